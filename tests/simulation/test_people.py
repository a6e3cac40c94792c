"""When the simulation lets a reminder show: by what was told until then, in any order."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from services.engagement.application.record import state_of
from services.engagement.domain.obligation import PLAN, Key
from services.engagement.domain.reminder import Reminder, State
from shared.events.engagement import ReminderState
from tests.simulation.people import Person, held, newcomer
from tests.simulation.verdict import Verdict, announced

TOLD = datetime(2026, 8, 5, 14, tzinfo=UTC)
HELD = datetime(2026, 8, 7, 2, 50, 32, tzinfo=UTC)
MOVED = datetime(2026, 8, 7, 2, 50, 35, tzinfo=UTC)
SUPPLY = (1, "prepare-supply", 1)


def test_the_older_plan_may_show_where_they_live_now_once_that_was_told() -> None:
    """The hold is on its way when they move: nine has passed there, and not where they were."""
    person = on_the_move()

    assert wrong(person, at=MOVED + timedelta(seconds=1)) == []
    assert wrong(person, at=MOVED - timedelta(seconds=1)) == ["early"]


def test_it_never_shows_before_nine_anywhere_they_ever_lived() -> None:
    person = on_the_move()

    assert person.earliest(SUPPLY, MOVED) == datetime(2026, 8, 6, 22, 30, tzinfo=UTC)
    assert person.earliest(SUPPLY, HELD) == datetime(2026, 8, 7, 8, 0, tzinfo=UTC)
    assert wrong(person, at=TOLD + timedelta(minutes=1)) == ["early"]


def test_what_no_plan_ever_owed_is_never_to_show() -> None:
    assert wrong(on_the_move(), at=MOVED, version=9) == ["never owed"]


def on_the_move() -> Person:
    """A first step in a week; then a hold, and three seconds later another zone."""
    person = newcomer(384, Random(1))
    person.zone = "America/Santiago"
    person.changed(TOLD)
    person.course = person.first_course(date(2026, 8, 5))
    person.changed(TOLD)
    person.course = held(person, person.course, 11)
    person.changed(HELD)
    person.zone = "Australia/Lord_Howe"
    person.changed(MOVED)
    return person


def wrong(person: Person, *, at: datetime, version: int = 1) -> list[str]:
    """What the verdict says of the supply reminder that shows then."""
    said = announced(shown(person, at, version), person, Verdict())
    return [one.split(":")[0] for one in said]


def shown(person: Person, at: datetime, version: int) -> ReminderState:
    key = Key(PLAN, person.plan_id, version, 1, "prepare-supply")
    row = Reminder(
        reminder_id=person.plan_id,
        item_id=person.plan_id,
        key=key,
        level=0,
        patient_id=person.patient_id,
        course_id=person.course_id,
        for_role="nurse",
        owner_id=None,
        risk=4,
        due_on=at.date(),
        owed_at=at,
        due_at=at,
        overdue_from=at,
        planned_at=at,
        state=State.VISIBLE,
        visible_at=at,
    )
    return state_of(row)
