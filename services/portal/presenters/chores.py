"""Reminders of one person, and what can be said about one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.portal.presenters import places, words
from services.portal.presenters.today import Setting
from shared.api.engagement import Outcome, ReminderBody

_STATES = {
    "planned": ("planned", ""),
    "visible": ("due", "warn"),
    "acknowledged": ("in hand", "calm"),
    "done": ("done", "good"),
    "cancelled": ("no longer needed", ""),
}
OUTCOMES = {
    Outcome.NO_ANSWER: "No answer",
    Outcome.CALL_BACK: "They asked to be called back",
    Outcome.REFUSED: "They did not want to",
    Outcome.RESCHEDULE: "Do it on another day",
    Outcome.ESCALATE: "Pass it on to the next person now",
    Outcome.HAND_OVER: "Hand it to a colleague",
    Outcome.DONE: "Done",
}


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


def chores(items: Iterable[ReminderBody], setting: Setting) -> tuple[Chore, ...]:
    """Reminders as they came."""
    return tuple(chore(item, setting) for item in items)


def chore(item: ReminderBody, setting: Setting) -> Chore:
    """One reminder."""
    state, tone = _STATES[item.state]
    detail = item.detail
    both = detail.previous_dose_text and detail.dose_text
    dose = f"{detail.previous_dose_text} → {detail.dose_text}" if both else detail.dose_text or ""
    due = words.when(item.due_on, today=setting.today)
    level = f", passed on {words.count(item.key.level, 'time')}" if item.key.level else ""
    whose = words.who(item.owner_id, setting.staff) if item.owner_id else ""
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
        attempts=words.count(item.attempts, "attempt") if item.attempts else "none yet",
        work_href=places.work(
            item.key.kind,
            patient_id=item.patient_id,
            course_id=item.course_id,
            subject_id=item.key.subject_id,
            ordinal=item.key.ordinal,
        ),
        href=places.reminder(item.patient_id, item.reminder_id),
        lines=(f"State: {state}{level}", f"Due: {due}", f"With: {whose or 'nobody yet'}"),
    )


def outcomes(item: ReminderBody) -> tuple[tuple[str, str], ...]:
    """What may be recorded now, because the service said so."""
    return tuple(
        (outcome.value, said) for outcome, said in OUTCOMES.items() if outcome.value in item.actions
    )


def instant(text: str, clock_time: str, setting: Setting) -> datetime | None:
    """A day and a time as typed, in the clinic's zone; None when either is unreadable."""
    try:
        day = datetime.fromisoformat(text).date()
        at = time.fromisoformat(clock_time or "09:00")
    except ValueError:
        return None
    return datetime.combine(day, at, tzinfo=setting.zone)


def tomorrow(setting: Setting) -> str:
    """The day a thing is most often moved to."""
    return (setting.today + timedelta(days=1)).isoformat()
