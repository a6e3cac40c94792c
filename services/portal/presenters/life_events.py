"""What happens in a person's life: somebody speaks with them, and no step is taken meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.portal.presenters import listing, support, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.support import LifeEventBody, SupportBody

_STATUSES = said(
    {
        "open": mark("nobody has spoken with them about it yet"),
        "followed-up": mark("spoken about"),
        "withdrawn": mark("recorded by mistake"),
    }
)
_LONGEST_PAGE = 20


@dataclass(frozen=True, slots=True)
class Line:
    """One event. ``contact_href`` is where the talk about it is recorded."""

    title: str
    status: str
    text: str
    pause: str
    note: str
    is_open: bool
    version: int
    may_withdraw: bool
    href: str
    contact_href: str


def listed(body: SupportBody, query: Mapping[str, str]) -> listing.Listed[LifeEventBody]:
    """The events the address asks for; what was recorded last first by itself."""
    recorded = {one.life_event_id: -place for place, one in enumerate(body.life_events)}
    return listing.whole(
        body.life_events,
        path=support.place(body.patient_id, "life-events"),
        query=query,
        orders={
            "recorded": (_("Recorded"), lambda one: recorded[one.life_event_id]),
            "day": (_("Day"), lambda one: (one.happened_on, recorded[one.life_event_id])),
        },
        default="-recorded",
        narrowing=listing.Narrowing("status", _STATUSES, lambda one: one.status),
        longest=_LONGEST_PAGE,
    )


def lines(events: Iterable[LifeEventBody], body: SupportBody, setting: Setting) -> tuple[Line, ...]:
    """These events of a person, in the order given."""
    return tuple(_line(one, body, setting) for one in events)


def _line(one: LifeEventBody, body: SupportBody, setting: Setting) -> Line:
    today = setting.today
    is_open = one.status == "open"
    text = (
        _("Speak with them by %(day)s (R-35).", day=words.when(one.contact_by, today=today))
        if is_open
        else _STATUSES[one.status]
    )
    holds = one.status != "withdrawn" and one.no_new_step_before > today
    contact = support.place(body.patient_id, "contacts", "new")
    return Line(
        title=f"{one.label}, {words.when(one.happened_on, today=today)}",
        status=_STATUSES[one.status],
        text=text,
        pause=_(
            "No new taper step from %(first)s to %(last)s (T-22).",
            first=words.when(one.no_new_step_from or one.happened_on, today=today),
            last=words.when(one.no_new_step_before - timedelta(days=1), today=today),
        )
        if holds
        else "",
        note=one.note or "",
        is_open=is_open,
        version=one.version,
        may_withdraw="withdraw" in one.actions,
        href=support.place(body.patient_id, "life-events", one.life_event_id),
        contact_href=f"{contact}?about=life-event:{one.life_event_id}",
    )
