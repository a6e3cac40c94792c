"""The envelope every fact travels in: CloudEvents 1.0, structured JSON."""

import re
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import to_json

CONTENT_TYPE = "application/cloudevents+json"
MAX_MESSAGE_BYTES = 64 * 1024
"""What the broker takes at once: one event and its headers."""
MAX_BYTES = MAX_MESSAGE_BYTES - 1024
"""How large an event may be, so that it and its headers always fit the broker's limit."""


class Payload(BaseModel):
    """Part of a fact. Unknown fields are ignored, so an older reader survives a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fact(Payload):
    """Something that happened, named in the past tense; one subclass per subject.

    ``TYPE`` is both the CloudEvents type and the NATS subject:
    ``care.<owner>.<thing>.<fact>.v<N>``. It never holds a person's identifier.
    """

    TYPE: ClassVar[str]

    @classmethod
    def owner(cls) -> str:
        """The one service that may publish this fact."""
        return cls.TYPE.split(".")[1]


F = TypeVar("F", bound=Fact)

_AGGREGATE = r"^[a-z-]+:.+$"
_VERSIONS = 2**31
_is_aggregate = re.compile(_AGGREGATE).fullmatch


def _is_none(value: object) -> bool:
    """An absent attribute is left out; inside ``data`` a null says something and stays."""
    return value is None


def _is_zero(value: object) -> bool:
    """Most owners were never restored, and say nothing about it."""
    return value == 0


class Event(BaseModel, Generic[F]):
    """A fact with who, when, about whom and because of what.

    ``subject`` is the opaque id of the patient (or of the staff member for identity facts).
    ``recordedby`` is ``staff:<id>``, ``patient:<id>`` or ``rule:<id>@<version>``, never absent.
    ``aggregate`` is ``<kind>:<id>`` and ``version`` its own counter: a reader applies only a
    higher version and drops the rest without loss, because ``data`` is the full current state.
    ``epoch`` goes before ``version``: it is higher after the owner's database was restored to the
    moment ``restoredto``, and absent when it never was.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = Field(min_length=1)
    type: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    time: AwareDatetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: str = Field(min_length=1)
    recordedby: str = Field(pattern=r"^(staff|patient|rule|service):.+$")
    aggregate: str = Field(pattern=_AGGREGATE)
    version: int = Field(ge=1, lt=_VERSIONS)
    correlationid: str = Field(min_length=1)
    causationid: str | None = Field(default=None, exclude_if=_is_none)
    traceparent: str | None = Field(default=None, exclude_if=_is_none)
    epoch: int = Field(default=0, ge=0, lt=2**53, exclude_if=_is_zero)
    restoredto: AwareDatetime | None = Field(default=None, exclude_if=_is_none)
    data: F

    def to_bytes(self) -> bytes:
        """The bytes that go on the wire and into the outbox."""
        return self.model_dump_json().encode()


AnyEvent = Event[Any]


_GAPS = (UUID(int=0), UUID(int=1), "gap:aggregate", _VERSIONS - 1)


class Letterhead:
    """What the envelopes of one type and one cause share, checked and written once.

    It writes byte for byte what ``Event.to_bytes`` does, for a fraction of the time: a specimen
    of that very model is written with gaps, and only the gaps are filled in for each fact.
    """

    def __init__(
        self,
        *,
        source: str,
        type_: str,
        time: datetime,
        recordedby: str,
        correlationid: str,
        causationid: str | None,
        traceparent: str | None,
        epoch: int,
        restoredto: datetime | None,
    ) -> None:
        id_, subject, aggregate, version = _GAPS
        specimen = AnyEvent(
            id=id_,
            source=source,
            type=type_,
            subject=str(subject),
            time=time,
            dataschema=f"urn:mooring:{type_}",
            recordedby=recordedby,
            aggregate=aggregate,
            version=version,
            correlationid=correlationid,
            causationid=causationid,
            traceparent=traceparent,
            epoch=epoch,
            restoredto=restoredto,
            data=None,
        )
        rest = specimen.to_bytes()
        self._parts: list[bytes] = []
        for name, gap in zip(("id", "subject", "aggregate", "version"), _GAPS, strict=True):
            before, found, rest = rest.partition(b'"%b":%b' % (name.encode(), to_json(gap)))
            self._parts.append(before + found[: len(name) + 3])
        self._parts.append(rest.removesuffix(b"null}"))

    def to_bytes(
        self,
        fact: Fact,
        *,
        id: UUID,  # noqa: A002 - the envelope's own word
        subject: UUID,
        aggregate: str,
        version: int,
    ) -> bytes:
        """One fact in its envelope.

        Raises:
            ValueError: ``aggregate`` is not ``<kind>:<id>``, or ``version`` no counter.
        """
        if not _is_aggregate(aggregate) or not 1 <= version < _VERSIONS:
            raise ValueError(f"not an aggregate and its version: {aggregate}, {version}")
        until_id, until_subject, until_aggregate, until_version, until_data = self._parts
        return b"".join(
            (
                until_id,
                to_json(id),
                until_subject,
                to_json(str(subject)),  # a driver's own kind of UUID is spelled faster by itself
                until_aggregate,
                to_json(aggregate),
                until_version,
                to_json(version),
                until_data,
                to_json(fact),
                b"}",
            )
        )
