"""Absence cover: only a yes changes hands, and nobody is ever without an owner."""

from collections.abc import Coroutine
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

import pytest

from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.plan_cover import (
    answer_for_cover,
    ask_for_cover,
    follow_absences,
    withdraw_absence,
)
from services.engagement.domain.absence import Answer
from services.engagement.domain.errors import Refusal
from services.engagement.domain.reminder import Reminder
from services.engagement.domain.team import CareStatus
from shared.events.engagement import StandInChanged
from tests.fakes.engagement import FakeWork
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
    STAFF,
    STRANGER,
    a_course,
    a_step,
    a_taper,
    at,
)
from tests.support.instantly import instantly

T = TypeVar("T")
BEFORE = at("2026-07-01T12:00")
FIRST, LAST = date(2026, 7, 4), date(2026, 7, 11)
DURING = at("2026-07-06T12:00")
AFTER = at("2026-07-12T12:00")
PEOPLE = tuple(uuid5(PATIENT, str(number)) for number in range(18))


class Ward:
    """Eighteen people of one nurse, each with a change day during her leave."""

    def __init__(self) -> None:
        self.work = FakeWork(CONTENT.kinds)
        for colleague in STAFF:
            self.run(apply_staff_state(self.work, colleague=colleague, rules=CONTENT, now=BEFORE))
        for person in PEOPLE:
            self.run(
                apply_patient_state(
                    self.work,
                    patient_id=person,
                    status=CareStatus.ACTIVE,
                    team="harbour",
                    care_team=(NURSE, PRESCRIBER),
                    rules=CONTENT,
                    now=BEFORE,
                )
            )
            taper = a_taper(a_step(change_on=date(2026, 7, 7)), plan_id=uuid5(PLAN, str(person)))
            course = a_course(taper, course_id=uuid5(person, "course"), patient_id=person)
            self.run(apply_course_state(self.work, course=course, rules=CONTENT, now=BEFORE))

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        return instantly(doing)

    def ask(self, **changes: Any) -> UUID:
        asked: dict[str, Any] = {
            "staff_id": NURSE,
            "cover_id": OTHER_NURSE,
            "starts_on": FIRST,
            "ends_on": LAST,
            "note": "Mrs B likes to be called late.",
            "by": NURSE,
            "now": BEFORE,
        }
        return self.run(
            ask_for_cover(self.work, rules=CONTENT, real_now=BEFORE, **(asked | changes))
        )

    def answer(
        self,
        absence_id: UUID,
        *,
        yes: tuple[UUID, ...] = (),
        no: tuple[UUID, ...] = (),
        by: UUID = OTHER_NURSE,
        now: datetime = BEFORE,
    ) -> None:
        self.run(
            answer_for_cover(
                self.work,
                absence_id=absence_id,
                accepted=frozenset(yes),
                declined=frozenset(no),
                by=by,
                rules=CONTENT,
                now=now,
            )
        )

    def days_pass(self, now: datetime) -> int:
        return self.run(follow_absences(self.work, rules=CONTENT, now=now))

    def owners(self, person: UUID) -> set[UUID | None]:
        """Whose reminders this person's are."""
        return {row.owner_id for row in self.rows(person) if row.for_role == "nurse"}

    def rows(self, person: UUID, level: int = 0) -> list[Reminder]:
        rows = self.work.reminders.rows.values()
        return [r for r in rows if r.patient_id == person and r.level == level and r.is_open]


def test_accepted_people_change_hands_for_those_days_and_return() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE)
    assert ward.owners(PEOPLE[0]) == {NURSE}

    assert ward.days_pass(DURING) == 1
    assert ward.days_pass(DURING) == 0
    during = {owner for person in PEOPLE for owner in ward.owners(person)}
    ward.days_pass(AFTER)
    after = {owner for person in PEOPLE for owner in ward.owners(person)}

    assert during == {OTHER_NURSE}
    assert after == {NURSE}


def test_seventeen_of_eighteen_and_the_last_goes_to_the_lead_at_once() -> None:
    """Features C2, step 7."""
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE[:17], no=PEOPLE[17:])

    ward.days_pass(DURING)

    left = PEOPLE[17]
    assert ward.owners(left) == {None}
    for row, rung in zip(
        sorted(ward.rows(left), key=str_key), sorted(ward.rows(left, 1), key=str_key), strict=True
    ):
        assert rung.for_role == "lead"
        assert rung.due_at <= max(row.due_at, DURING)
    assert {owner for person in PEOPLE[:17] for owner in ward.owners(person)} == {OTHER_NURSE}


def str_key(row: Reminder) -> str:
    return str(row.key)


def test_no_answer_is_no_yes() -> None:
    ward = Ward()
    ward.ask()

    ward.days_pass(DURING)

    assert {owner for person in PEOPLE for owner in ward.owners(person)} == {None}


def test_another_nurse_of_the_care_team_is_not_given_somebody_unasked() -> None:
    ward = Ward()
    ward.run(
        apply_patient_state(
            ward.work,
            patient_id=PEOPLE[0],
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=(NURSE, OTHER_NURSE),
            rules=CONTENT,
            now=BEFORE,
        )
    )
    ward.ask()

    ward.days_pass(DURING)

    assert ward.owners(PEOPLE[0]) == {None}


def test_a_late_yes_during_the_absence_counts_at_once() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.days_pass(DURING)

    ward.answer(absence_id, yes=(PEOPLE[3],), now=DURING)

    assert ward.owners(PEOPLE[3]) == {OTHER_NURSE}


def test_a_yes_taken_back_goes_to_the_lead_at_once() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE)
    ward.days_pass(DURING)

    ward.answer(absence_id, no=(PEOPLE[3],), now=DURING)

    assert ward.owners(PEOPLE[3]) == {None}


def test_a_cover_who_leaves_while_covering_leaves_it_to_the_lead_at_once() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE)
    ward.days_pass(DURING)

    gone = replace(next(one for one in STAFF if one.staff_id == OTHER_NURSE), active=False)
    ward.run(apply_staff_state(ward.work, colleague=gone, rules=CONTENT, now=DURING))

    assert {owner for person in PEOPLE for owner in ward.owners(person)} == {None}


def test_being_back_early_returns_everything() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE)
    ward.days_pass(DURING)

    ward.run(withdraw_absence(ward.work, absence_id=absence_id, by=LEAD, rules=CONTENT, now=DURING))

    assert {owner for person in PEOPLE for owner in ward.owners(person)} == {NURSE}


def test_an_absence_that_starts_today_counts_from_now() -> None:
    ward = Ward()

    ward.ask(starts_on=DURING.date(), now=DURING)

    assert ward.owners(PEOPLE[0]) == {None}


def test_others_hear_who_covers_whom() -> None:
    ward = Ward()
    absence_id = ward.ask()
    ward.answer(absence_id, yes=PEOPLE[:2])
    ward.run(
        withdraw_absence(ward.work, absence_id=absence_id, by=NURSE, rules=CONTENT, now=BEFORE)
    )

    facts = [published.fact for published in ward.work.published]
    told = [fact.stand_in for fact in facts if isinstance(fact, StandInChanged)]
    assert [state.active for state in told] == [False, True, False]
    assert {(state.staff_id, state.for_staff_id) for state in told} == {(OTHER_NURSE, NURSE)}
    assert told[0].from_at == at("2026-07-04T00:00")
    assert told[0].until_at == at("2026-07-12T00:00")


@pytest.mark.parametrize(
    ("why", "changes", "code"),
    [
        ("ends before it starts", {"ends_on": FIRST - timedelta(days=1)}, "bad-dates"),
        ("is over", {"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 2)}, "bad-dates"),
        ("is longer than a year", {"ends_on": FIRST + timedelta(days=366)}, "bad-dates"),
        ("asks oneself", {"cover_id": NURSE}, "cannot-cover"),
        ("asks another role", {"cover_id": PRESCRIBER}, "cannot-cover"),
        ("asks another team", {"cover_id": STRANGER}, "cannot-cover"),
        ("asks nobody", {"cover_id": PATIENT}, "cannot-cover"),
        ("is somebody else's", {"by": OTHER_NURSE}, "not-theirs"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(why: str, changes: dict[str, Any], code: str) -> None:
    ward = Ward()

    with pytest.raises(Refusal) as refused:
        ward.ask(**changes)

    assert refused.value.code == code, why
    assert not ward.work.absences.known


def test_two_absences_on_one_day_are_refused_and_so_is_a_cover_who_is_away() -> None:
    ward = Ward()
    ward.ask()

    with pytest.raises(Refusal) as again:
        ward.ask(starts_on=LAST, ends_on=LAST + timedelta(days=3))
    with pytest.raises(Refusal) as away:
        ward.ask(staff_id=OTHER_NURSE, cover_id=NURSE, by=OTHER_NURSE)

    assert (again.value.code, away.value.code) == ("absence-overlaps", "cannot-cover")


def test_only_the_one_asked_answers_about_those_asked_about_while_it_lasts() -> None:
    ward = Ward()
    absence_id = ward.ask()

    for by, yes, now, code in (
        (LEAD, PEOPLE[:1], BEFORE, "not-theirs"),
        (OTHER_NURSE, (PATIENT,), BEFORE, "not-asked"),
        (OTHER_NURSE, PEOPLE[:1], AFTER, "absence-over"),
    ):
        with pytest.raises(Refusal) as refused:
            ward.answer(absence_id, yes=yes, by=by, now=now)
        assert refused.value.code == code
    assert set(ward.work.absences.known[absence_id].people.values()) == {Answer.ASKED}
