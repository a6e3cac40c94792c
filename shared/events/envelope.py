"""The envelope every fact travels in: CloudEvents 1.0, structured JSON."""

from typing import Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

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
    aggregate: str = Field(pattern=r"^[a-z-]+:.+$")
    version: int = Field(ge=1, lt=2**31)
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
