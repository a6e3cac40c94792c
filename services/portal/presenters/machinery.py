"""How the services are, in words for whoever runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.operations import COPY, AuditEntryBody, AuditVerdict, OperationsBody, ParkedBody

WAITING_TOO_LONG_S = 30.0

STRIDES = {
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "7d": timedelta(days=7),
    "28d": timedelta(days=28),
}
STRIDE_WORDS = said(
    {
        "1h": mark("One hour"),
        "1d": mark("One day"),
        "7d": mark("One week"),
        "28d": mark("Four weeks"),
    }
).items()
_FACTS = (
    mark("Waiting to be sent"),
    mark("Waiting to be taken in"),
    mark("Parked"),
    mark("Last tick"),
    mark("Oldest thing due"),
    mark("Release"),
    mark("Schema"),
)
REASONS = said(
    {
        "cause-mended": mark("The cause is mended"),
        "superseded": mark("Later news made it needless"),
        "recorded-by-hand": mark("Recorded by hand instead"),
        "not-for-us": mark("It should never have come here"),
        "looked-at": mark("Looked at, and it is as it should be"),
    }
).items()


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
        return State(service, "danger", _("does not answer"), ())
    age = body.oldest_unpublished_s
    late = age is not None and age > WAITING_TOO_LONG_S
    broker = body.pending is None
    tone, headline = "good", _("well")
    if body.parked:
        tone, headline = (
            "warn",
            _("%(messages)s parked", messages=words.count(body.parked, "message")),
        )
    if late or broker:
        tone, headline = "warn", _("cannot pass on its messages")
    return State(service, tone, headline, _facts(body, setting, real_now=real_now))


def fact_names() -> tuple[str, ...]:
    """What is said of each service, in the order of its facts."""
    return tuple(map(_, _FACTS))


def parked(message: ParkedBody, setting: Setting) -> dict[str, str]:
    """A parked message without its contents; ``is_copy`` says that it stands for a whole restored
    copy, which is not applied again but released."""
    copy = message.reason == COPY
    return {
        "id": str(message.id),
        "is_copy": "yes" if copy else "",
        "what": _("a copy brought back from a backup") if copy else message.type,
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
    if message.reason == COPY:
        return _("%(name)s wants to release it. A second person has to do the same.", name=who)
    if message.proposed == "discard":
        return _("%(name)s wants to give it up. A second person has to do the same.", name=who)
    return _("%(name)s wants to apply it again. A second person has to do the same.", name=who)


def clock(states: Sequence[OperationsBody], setting: Setting) -> str:
    """What time it is in the demo, as the services have it."""
    if not states:
        return _("not known")
    latest = max(state.now for state in states).astimezone(setting.zone)
    return f"{words.day(latest.date())}, {latest:%H:%M}"


def verdict(service: str, found: AuditVerdict | None) -> State:
    """What checking a service's audit trail found."""
    if found is None:
        return State(service, "danger", _("does not answer"), ())
    facts = (
        (_("Entries"), str(found.entries)),
        (_("Head"), f"{found.head[:16]}…"),
        (_("Anchors outside"), str(found.anchors)),
    )
    if found.intact:
        return State(service, "good", _("unbroken"), facts)
    broken = tuple((_("Broken"), place) for place in found.broken[:10])
    return State(service, "danger", _("broken"), facts + broken)


def entry(one: AuditEntryBody, setting: Setting) -> tuple[str, ...]:
    """One line of the trail: when, who, what, on what."""
    return (
        f"{one.at.astimezone(setting.zone):%Y-%m-%d %H:%M:%S}",
        words.who_recorded(one.actor, setting.staff),
        one.action,
        one.object
        if one.object_version is None
        else _("%(object)s, version %(version)s", object=one.object, version=one.object_version),
        one.reason or "",
    )


def _facts(
    body: OperationsBody, setting: Setting, *, real_now: datetime
) -> tuple[tuple[str, str], ...]:
    age = body.oldest_unpublished_s
    waiting = str(body.unpublished)
    if age is not None:
        waiting = _(
            "%(count)s, the oldest for %(span)s",
            count=body.unpublished,
            span=words.lateness(int(age // 60)),
        )
    pending = _("the broker cannot be asked") if body.pending is None else str(body.pending)
    told = (
        waiting,
        pending,
        str(body.parked),
        _at(body.last_tick_at, setting, now=real_now) or _("never"),
        _at(body.oldest_due_at, setting, now=setting.now) or _("nothing"),
        body.release,
        body.schema_version or _("none"),
    )
    return tuple(zip(fact_names(), told, strict=True))


def _at(value: datetime | None, setting: Setting, *, now: datetime) -> str:
    return words.deadline(value, zone=setting.zone, now=now) if value else ""
