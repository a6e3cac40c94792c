"""Names and rights on the broker, derived from who owns and who hears which facts."""

from dataclasses import dataclass

from shared.events import OWNERS
from shared.events.listeners import LISTENERS, WATCHED, owners_heard

PROVISIONER = "provision"
ADVISORIES = "ADV"
ADVISORY_SUBJECTS = (
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>",
    "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>",
)
OBSERVER = "observer"
LOGINS_REFUSED = "$SYS.SERVER.*.CLIENT.AUTH.ERR"
USERS = (*OWNERS, PROVISIONER, OBSERVER)


@dataclass(frozen=True, slots=True)
class Rights:
    """What one user may publish and subscribe to; everything else is refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


OBSERVING = Rights(publish=(), subscribe=(LOGINS_REFUSED,))
"""Of the observer, in the brokers' own account: to hear whom they did not let in."""


def stream_of(owner: str) -> str:
    """The stream that keeps an owner's facts."""
    return f"CARE_{owner.upper()}"


def subject_of(owner: str) -> str:
    """Every subject an owner may publish on."""
    return f"care.{owner}.>"


def inbox_of(user: str) -> str:
    """Where a user receives replies; nobody else may listen there."""
    return f"_INBOX_{user}"


def rights() -> dict[str, Rights]:
    """Allow-lists for every user of our account on the broker."""
    return {**{service: _service_rights(service) for service in LISTENERS}, **_provisioner()}


def _service_rights(service: str) -> Rights:
    own_consumers = tuple(
        subject
        for owner in owners_heard(service)
        for subject in (
            f"$JS.API.CONSUMER.MSG.NEXT.{stream_of(owner)}.{service}",
            f"$JS.API.CONSUMER.INFO.{stream_of(owner)}.{service}",
            f"$JS.ACK.{stream_of(owner)}.{service}.>",
        )
    )
    return Rights(
        publish=(subject_of(service), *own_consumers),
        subscribe=(f"{inbox_of(service)}.>", *WATCHED.get(service, ())),
    )


def _provisioner() -> dict[str, Rights]:
    api = (
        "INFO",
        "STREAM.CREATE.*",
        "STREAM.UPDATE.*",
        "STREAM.INFO.*",
        "CONSUMER.CREATE.>",
        "CONSUMER.DURABLE.CREATE.>",
        "CONSUMER.INFO.*.*",
    )
    return {
        PROVISIONER: Rights(
            publish=tuple(f"$JS.API.{subject}" for subject in api),
            subscribe=(f"{inbox_of(PROVISIONER)}.>",),
        )
    }
