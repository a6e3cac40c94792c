"""Reminders of one person, and what can be said about one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from urllib.parse import quote
from uuid import UUID

from services.portal.presenters import listing, on_call, places, words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import MISSED_KINDS, Setting
from shared.api.engagement import (
    AttemptBody,
    Meaning,
    Outcome,
    ReminderBody,
    ReminderHistory,
    RungBody,
)

_STATES = {
    "planned": (mark("planned"), ""),
    "visible": (mark("due"), "warn"),
    "acknowledged": (mark("in hand"), "calm"),
    "done": (mark("done"), "good"),
    "cancelled": (mark("no longer needed"), ""),
}
_SHOWN = said({"open": mark("Open"), "closed": mark("Closed"), "all": mark("All")})
_DONE = said(
    {
        "acknowledge": mark("taken in hand"),
        Outcome.DONE: mark("done"),
        Outcome.NO_ANSWER: mark("no answer"),
        Outcome.CALL_BACK: mark("asked to be called back"),
        Outcome.REFUSED: mark("did not want to"),
        Outcome.RESCHEDULE: mark("put off"),
        Outcome.ESCALATE: mark("passed on"),
        Outcome.HAND_OVER: mark("handed over"),
    }
)
MEANINGS = said(
    {
        Meaning.CALLED: mark("I have called"),
        Meaning.SEEN: mark("I am looking after it"),
        Meaning.NOT_REACHED: mark("I tried and did not reach them"),
        Meaning.DEFERRED: mark("I do it at the time below"),
    }
)
_FROM_NINE = "09:00"


@dataclass(frozen=True, slots=True)
class Chore:
    """One reminder in words."""

    title: str
    due: str
    state: str
    tone: str
    whose: str
    why: str
    what: str
    dose: str
    supply: str
    attempts: str
    work_href: str
    href: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """How one person's reminders may be narrowed and ordered, and the other pages of them."""

    choices: tuple[listing.Choice, ...]
    columns: tuple[listing.Column, ...]
    pages: listing.Pages


def asked(query: Mapping[str, str]) -> dict[str, str]:
    """What the address asks for: the open ones, soonest first, by itself. What is closed begins
    with the latest."""
    show = query.get("show", "")
    show = show if show in _SHOWN else "open"
    usual = "due" if show == "open" else "-due"
    sort = query.get("sort", "")
    found = {"show": show, "sort": sort if sort in {"due", "-due"} else usual}
    return found | ({"cursor": query["cursor"]} if query.get("cursor") else {})


def listed(patient_id: UUID, asked: Mapping[str, str], *, next_cursor: str | None) -> Listed:
    """The ways on from this page of the list."""
    path, kept = places.patient(patient_id, "reminders"), dict(asked)
    titles = (("due", _("Due")), ("", _("What")), ("", _("State")), ("", _("Whose")))
    return Listed(
        choices=tuple(
            listing.Choice(title, listing.address(path, {"show": code}), code == asked["show"])
            for code, title in _SHOWN.items()
        ),
        columns=listing.columns(titles, path=path, query=kept, default="due"),
        pages=listing.pages(path, kept, next_cursor=next_cursor, shown=0, of=None),
    )


def chores(items: Iterable[ReminderBody], setting: Setting) -> tuple[Chore, ...]:
    """Reminders as they came. A call about a missed check-in is none before it was missed."""
    return tuple(chore(item, setting) for item in items if not _is_unneeded_call(item, setting))


def _is_unneeded_call(item: ReminderBody, setting: Setting) -> bool:
    was_missed = item.visible_at or (item.state == "planned" and item.due_at <= setting.now)
    return item.key.kind in MISSED_KINDS and not was_missed


def chore(item: ReminderBody, setting: Setting, *, sees_courses: bool = True) -> Chore:
    """One reminder; without where the work is done for a role that may not open that page."""
    state, tone = _(_STATES[item.state][0]), _STATES[item.state][1]
    detail = item.detail
    both = detail.previous_dose_text and detail.dose_text
    dose = f"{detail.previous_dose_text} → {detail.dose_text}" if both else detail.dose_text or ""
    due = words.when(item.due_on, today=setting.today)
    level = (
        _(", passed on %(times)s", times=words.count(item.key.level, "time"))
        if item.key.level
        else ""
    )
    whose = words.who(item.owner_id, setting.staff) if item.owner_id else ""
    work = places.work(
        item.key.kind,
        patient_id=item.patient_id,
        course_id=item.course_id,
        subject_id=item.key.subject_id,
        ordinal=item.key.ordinal,
    )
    return Chore(
        title=item.title,
        due=due,
        state=f"{state}{level}",
        tone=tone,
        whose=whose or words.ANYBODY[item.for_role.value],
        why=item.why,
        what=item.what,
        dose=dose,
        supply=detail.supply_text or "",
        attempts=words.count(item.attempts, "attempt") if item.attempts else _("none yet"),
        work_href=work if sees_courses or not places.is_of_a_course(work) else "",
        href=places.reminder(item.patient_id, item.reminder_id),
        lines=(
            _("State: %(state)s", state=f"{state}{level}"),
            _("Due: %(due)s", due=due),
            _("With: %(whose)s", whose=whose or _("nobody yet")),
        ),
    )


@dataclass(frozen=True, slots=True)
class Tried:
    """One thing somebody did about it."""

    when: str
    title: str
    text: str
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One rung of the ladder: who, and when they hear or heard of it."""

    who: str
    when: str
    is_next: bool


@dataclass(frozen=True, slots=True)
class History:
    """What was tried, who hears next, and what one more unanswered call leads to."""

    tried: tuple[Tried, ...]
    told: tuple[Told, ...]
    after_no_answer: str
    longest_wait: str
    needs_lead: bool
    """It was put off so often that only a lead may do it again."""


def history(told: ReminderHistory, setting: Setting) -> History:
    """A reminder's past, latest first, and its ladder from the bottom."""
    ahead = [rung for rung in told.ladder if rung.told_at is None and not rung.stopped]
    return History(
        tried=tuple(_tried(one, setting) for one in reversed(told.attempts)),
        told=tuple(
            _told(rung, rung in ahead[:1], setting) for rung in told.ladder if not rung.stopped
        ),
        after_no_answer=_after(told.tries_left),
        longest_wait=words.count(told.longest_deferral_hours, "hour"),
        needs_lead=told.deferrals_left == 0,
    )


def meanings(item: ReminderBody, *, may_wait: bool = True) -> tuple[tuple[str, str], ...]:
    """What taking it in hand may mean; what cannot be put off is not put off that way either."""
    return tuple(
        (meaning.value, MEANINGS[meaning])
        for meaning in Meaning
        if meaning is not Meaning.DEFERRED
        or (may_wait and Outcome.RESCHEDULE.value in item.actions)
    )


def _tried(one: AttemptBody, setting: Setting) -> Tried:
    more = []
    if one.meaning is not None and one.meaning is not Meaning.DEFERRED:
        more.append(MEANINGS[one.meaning])
    if one.until is not None:
        until = words.moment(one.until, zone=setting.zone, now=setting.now)
        more.append(_("until %(when)s", when=until))
    if one.to is not None:
        more.append(_("to %(name)s", name=words.who(one.to, setting.staff)))
    if one.note:
        more.append(f"\u201c{one.note}\u201d")
    return Tried(
        when=words.moment(one.at, zone=setting.zone, now=setting.now),
        title=f"{words.who(one.by, setting.staff)}: {_DONE[one.act]}",
        text=", ".join(more),
    )


def _told(rung: RungBody, is_next: bool, setting: Setting) -> Told:  # noqa: FBT001
    at = rung.told_at or rung.due_at
    when = words.moment(at, zone=setting.zone, now=setting.now)
    return Told(
        who=on_call.rung(rung, setting)
        if rung.on_call
        else words.who(rung.owner_id, setting.staff)
        if rung.owner_id
        else words.ANYBODY[rung.for_role.value],
        when=_("knows since %(when)s", when=when) if rung.told_at else when,
        is_next=is_next,
    )


def _after(tries_left: int) -> str:
    if not tries_left:
        return _("This was the last try: the next person hears of it now.")
    return ngettext(
        "It comes back by itself. After %(num)s more unanswered call the next person hears of it.",
        "It comes back by itself. After %(num)s more unanswered calls the next person hears of it.",
        tries_left,
    )


def noted(outcome: str, item: ReminderBody) -> str:
    """The part of an address that says what follows from it: which notice, and when it is back."""
    if outcome == Outcome.HAND_OVER:
        return "handed-over"
    if outcome == Outcome.DONE:
        return "outcome"
    if item.told_now:
        return "passed-on"
    if item.comes_back_at is None:
        return "everybody-told" if item.everybody_told else "outcome"
    back = quote(item.comes_back_at.isoformat(timespec="minutes"))
    return f"{'comes-back' if item.escalated_to is None else 'comes-back-known'}&back={back}"


def instant(text: str, clock_time: str, setting: Setting) -> datetime | None:
    """A day and a time as typed, in the clinic's zone; None when either is unreadable."""
    try:
        day = datetime.fromisoformat(text).date()
        at = time.fromisoformat(clock_time or _FROM_NINE)
    except ValueError:
        return None
    return datetime.combine(day, at, tzinfo=setting.zone)


def tomorrow(setting: Setting) -> str:
    """The day a thing is most often moved to."""
    return (setting.today + timedelta(days=1)).isoformat()
