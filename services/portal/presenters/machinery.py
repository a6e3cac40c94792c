"""How the services are, in words for whoever runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.today import Setting
from shared.api.operations import AuditEntryBody, AuditVerdict, OperationsBody, ParkedBody

WAITING_TOO_LONG_S = 30.0

STRIDES = {
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "28d": timedelta(days=28),
}
STRIDE_WORDS = (
    ("1h", "One hour"),
    ("1d", "One day"),
    ("7d", "One week"),
    ("28d", "Four weeks"),
)
FACT_NAMES = (
    "Waiting to be sent",
    "Waiting to be taken in",
    "Parked",
    "Last tick",
    "Oldest thing due",
    "Release",
    "Schema",
)
REASONS = (
    ("cause-mended", "The cause is mended"),
    ("superseded", "Later news made it needless"),
    ("recorded-by-hand", "Recorded by hand instead"),
    ("not-for-us", "It should never have come here"),
)


@dataclass(frozen=True, slots=True)
class State:
    """One service: ``tone`` says at a glance, ``headline`` in a word, ``facts`` in full."""

    service: str
    tone: str
    headline: str
    facts: tuple[tuple[str, str], ...]


def state(
    service: str, body: OperationsBody | None, setting: Setting, *, real_now: datetime
) -> State:
    """A service that does not answer is said to be silent. Ticks are in real time."""
    if body is None:
        return State(service, "danger", "does not answer", ())
    age = body.oldest_unpublished_s
    late = age is not None and age > WAITING_TOO_LONG_S
    broker = body.pending is None
    tone, headline = "good", "well"
    if body.parked:
        tone, headline = "warn", f"{words.count(body.parked, 'message')} parked"
    if late or broker:
        tone, headline = "warn", "cannot pass on its messages"
    return State(service, tone, headline, _facts(body, setting, real_now=real_now))


def parked(message: ParkedBody, setting: Setting) -> dict[str, str]:
    """A parked message without its contents."""
    return {
        "id": str(message.id),
        "what": message.type,
        "why": f"{words.plain(message.reason)} ({message.error})",
        "tries": words.count(message.tries, "attempt"),
        "since": words.moment(message.parked_at, zone=setting.zone, now=setting.now),
        "proposed": _proposed(message, setting),
    }


def _proposed(message: ParkedBody, setting: Setting) -> str:
    """Who wants what done to it, and that a second person has to agree."""
    if message.proposed is None or message.proposed_by is None:
        return ""
    who = words.who_recorded(message.proposed_by, setting.staff)
    if message.proposed == "discard":
        return _("%(name)s wants to give it up. A second person has to do the same.", name=who)
    return _("%(name)s wants to apply it again. A second person has to do the same.", name=who)


def clock(states: Sequence[OperationsBody], setting: Setting) -> str:
    """What time it is in the demo, as the services have it."""
    if not states:
        return "not known"
    latest = max(state.now for state in states).astimezone(setting.zone)
    return f"{words.day(latest.date())}, {latest:%H:%M}"


def verdict(service: str, found: AuditVerdict | None) -> State:
    """What checking a service's audit trail found."""
    if found is None:
        return State(service, "danger", "does not answer", ())
    facts = (
        ("Entries", str(found.entries)),
        ("Head", f"{found.head[:16]}…"),
        ("Anchors outside", str(found.anchors)),
    )
    if found.intact:
        return State(service, "good", "unbroken", facts)
    broken = tuple(("Broken", place) for place in found.broken[:10])
    return State(service, "danger", "broken", facts + broken)


def entry(one: AuditEntryBody, setting: Setting) -> tuple[str, ...]:
    """One line of the trail: when, who, what, on what."""
    return (
        f"{one.at.astimezone(setting.zone):%Y-%m-%d %H:%M:%S}",
        words.who_recorded(one.actor, setting.staff),
        one.action,
        one.object if one.object_version is None else f"{one.object}, version {one.object_version}",
        one.reason or "",
    )


def _facts(
    body: OperationsBody, setting: Setting, *, real_now: datetime
) -> tuple[tuple[str, str], ...]:
    age = body.oldest_unpublished_s
    waiting = str(body.unpublished)
    if age is not None:
        waiting += f", the oldest for {words.lateness(int(age // 60))}"
    pending = "the broker cannot be asked" if body.pending is None else str(body.pending)
    said = (
        waiting,
        pending,
        str(body.parked),
        _at(body.last_tick_at, setting, now=real_now) or "never",
        _at(body.oldest_due_at, setting, now=setting.now) or "nothing",
        body.release,
        body.schema_version or "none",
    )
    return tuple(zip(FACT_NAMES, said, strict=True))


def _at(value: datetime | None, setting: Setting, *, now: datetime) -> str:
    return words.deadline(value, zone=setting.zone, now=now) if value else ""
