"""Any order of moves, switches among them: how a drug may end, and when the clock runs out."""

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.treatment.domain import course as life
from services.treatment.domain import reviews as looks
from services.treatment.domain import tapering
from services.treatment.domain.clock import Pause, Remission, read_clock
from services.treatment.domain.course import Course, Ending, LeavingStep, TitrationStep
from services.treatment.domain.errors import Refusal
from services.treatment.domain.live_taper import NO_DOSE, Dose
from services.treatment.domain.phases import ON_DRUG, TAKING, Phase
from services.treatment.domain.response import Category
from services.treatment.domain.resumption import resume
from services.treatment.domain.switching import leave, stay, take_leaving_step, take_over
from tests.support.courses import BOOK, CALM, HALF, NOTHING, NOW, TODAY, a_course, a_taper, said

DAYS = st.integers(0, 45)
MONTHS = st.sampled_from([1, 6, 12, 24])


def months_after(day: date, months: int) -> date:
    """Calendar months later, clamped to the month's end; written apart from the code."""
    place = day.month - 1 + months
    year, month = day.year + place // 12, place % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


class Life(RuleBasedStateMachine):
    """One person and every course they have had; time only passes."""

    @initialize()
    def begin(self) -> None:
        self.today = TODAY
        self.courses: list[Course] = [a_course()]
        self.falls: list[tuple[str, Course, Course]] = []
        self.harmed: set[UUID] = set()

    @property
    def course(self) -> Course:
        """The one that is taken, or the last one."""
        return next((one for one in self.courses if one.phase in TAKING), self.courses[-1])

    def put(self, name: str, before: Course, after: Course) -> None:
        place = [one.id for one in self.courses].index(before.id)
        self.courses[place] = after
        if after.dose.mg < before.dose.mg:
            self.falls.append((name, before, after))

    def attempt(self, name: str, course: Course, change: object) -> None:
        """Make the move, or leave everything as it was when it is refused."""
        try:
            self.put(name, course, change())  # type: ignore[operator]
        except (Refusal, AttributeError):
            return

    @rule(days=DAYS)
    def days_pass(self, days: int) -> None:
        self.today += timedelta(days=days)

    @rule(category=st.sampled_from([Category.NONE, Category.RESPONSE, Category.REMISSION]))
    def review(self, category: Category) -> None:
        self.attempt(
            "review",
            self.course,
            lambda: life.record_review(
                self.course,
                None,
                response=category,
                by_prescriber=True,
                today=self.today,
                at=NOW,
                cadence=BOOK.cadence,
                rules=BOOK.duration,
            ),
        )

    @rule(months=MONTHS, ago=DAYS)
    def remit(self, months: int, ago: int) -> None:
        found = Remission(on=self.today - timedelta(days=ago), months=months, why="test")
        self.attempt(
            "remit",
            self.course,
            lambda: life.record_remission(
                self.course, found, today=self.today, at=NOW, rules=BOOK.duration
            ),
        )

    @rule()
    def relapse(self) -> None:
        self.attempt(
            "relapse",
            self.course,
            lambda: life.record_relapse(self.course, self.today, today=self.today),
        )

    @rule(decision=st.sampled_from(["continue", "maintain", "taper"]))
    def decide(self, decision: str) -> None:
        self.attempt(
            "decide",
            self.course,
            lambda: life.decide(
                self.course, decision, today=self.today, at=NOW, rules=BOOK.duration
            ),
        )

    @rule(ago=st.integers(1, 60), is_over=st.booleans())
    def gap(self, ago: int, *, is_over: bool) -> None:
        since = self.today - timedelta(days=ago)
        pause = Pause(since=since, until=self.today if is_over else None)
        self.attempt(
            "gap",
            self.course,
            lambda: life.record_gap(self.course, pause, today=self.today, rules=BOOK.duration),
        )

    @rule(mg=st.sampled_from(["12.5", "25", "50", "100"]))
    def change_dose(self, mg: str) -> None:
        self.attempt(
            "dose",
            self.course,
            lambda: life.change_dose(
                self.course,
                Dose(Decimal(mg), f"{mg} mg"),
                effective_on=self.today,
                today=self.today,
                cadence=BOOK.cadence,
                age=40,
            ),
        )

    @rule()
    def suspend(self) -> None:
        self.attempt("suspend", self.course, lambda: life.suspend(self.course, today=self.today))

    @rule()
    def go_on(self) -> None:
        self.attempt(
            "resume", self.course, lambda: resume(self.course, on=self.today, today=self.today)
        )

    @rule()
    def sign_taper(self) -> None:
        self.attempt(
            "sign",
            self.course,
            lambda: tapering.sign(self.course, a_taper(), today=self.today, at=NOW),
        )

    @rule()
    def supply(self) -> None:
        self.attempt(
            "supply",
            self.course,
            lambda: tapering.confirm_supply(
                self.course,
                self.course.taper.last.ordinal,  # type: ignore[union-attr]
                plan_version=self.course.taper.plan_version,  # type: ignore[union-attr]
                at=NOW,
            ),
        )

    @rule()
    def take_step(self) -> None:
        self.attempt(
            "take",
            self.course,
            lambda: tapering.take_step(
                self.course,
                self.course.taper.last.ordinal,  # type: ignore[union-attr]
                plan_version=self.course.taper.plan_version,  # type: ignore[union-attr]
                taken_on=self.today,
                today=self.today,
                at=NOW,
                around=CALM,
                cadence=BOOK.steps,
                surveillance=BOOK.surveillance,
            ),
        )

    @rule()
    def gate(self) -> None:
        self.attempt(
            "gate",
            self.course,
            lambda: tapering.check_in(
                self.course,
                said(),
                kind="gate",
                ordinal=self.course.taper.last.ordinal,  # type: ignore[union-attr]
                plan_version=self.course.taper.plan_version,  # type: ignore[union-attr]
                today=self.today,
                at=NOW,
                around=CALM,
                cadence=BOOK.steps,
            )[0],
        )

    @rule(harm=st.sampled_from(sorted(BOOK.harms)), ago=st.integers(0, 3))
    def stop_for_harm(self, harm: str, ago: int) -> None:
        before = self.course
        self.attempt(
            "harm",
            before,
            lambda: tapering.harm_stop(
                before,
                harm=harm,
                last_dose_on=self.today - timedelta(days=ago),
                today=self.today,
                surveillance=BOOK.surveillance,
            ),
        )
        if self.courses[[one.id for one in self.courses].index(before.id)] is not before:
            self.harmed.add(before.id)

    @rule(has_left_care=st.booleans())
    def close(self, *, has_left_care: bool) -> None:
        self.attempt(
            "close",
            self.course,
            lambda: life.close(self.course, today=self.today, has_left_care=has_left_care),
        )

    @rule(days=st.integers(0, 20), cross=st.booleans())
    def switch(self, days: int, *, cross: bool) -> None:
        """The successor is signed: both courses change in one go, or neither."""
        old = self.course
        zero_on = self.today + timedelta(days=days)
        steps = (LeavingStep(ordinal=1, on=zero_on, dose=NO_DOSE, previous_mg=old.dose.mg),)
        if cross and days and old.dose.mg > HALF.mg:
            first = LeavingStep(ordinal=1, on=self.today, dose=HALF, previous_mg=old.dose.mg)
            steps = (first, replace(steps[0], ordinal=2, previous_mg=HALF.mg))
        draft = a_course(
            Phase.DRAFT,
            id=UUID(int=1000 + len(self.courses)),
            drug="escitalopram" if old.drug == "sertraline" else "sertraline",
            starts_on=self.today,
            replaces=old.id,
            leaving=steps,
            titration=(TitrationStep(ordinal=1, from_day=0, dose=HALF),),
            dose=HALF,
        )
        try:
            left = leave(old, successor_id=draft.id, steps=steps, today=self.today)
            new = take_over(life.confirm(draft, cadence=BOOK.cadence, age=40), old)
        except Refusal:
            return
        self.put("switch", old, left)
        self.courses.append(replace(new, leaving=()))

    @rule()
    def take_switch_step(self) -> None:
        for old in [one for one in self.courses if one.phase is Phase.SWITCHING_OUT]:
            waiting = [step.ordinal for step in old.leaving if step.taken_on is None]
            self.attempt(
                "switch-step",
                old,
                lambda old=old, waiting=waiting: take_leaving_step(
                    old, waiting[0], taken_on=self.today, today=self.today, at=NOW, flagged=False
                ),
            )

    @rule()
    def stay(self) -> None:
        for old in [one for one in self.courses if one.phase is Phase.SWITCHING_OUT]:
            new = next(one for one in self.courses if one.id == old.successor_id)
            self.attempt("stay", old, lambda old=old, new=new: stay(old, new, today=self.today))

    @invariant()
    def no_drug_ends_without_a_taper_a_harm_or_a_successor(self) -> None:
        for one in self.courses:
            if one.dose.mg:
                continue
            if one.ending is Ending.TAPERED:
                assert one.taper is not None
                assert all(step.taken_at for step in one.taper.scheduled)
            elif one.ending is Ending.SWITCHED:
                assert all(step.taken_on for step in one.leaving)
                assert any(other.id == one.successor_id for other in self.courses)
            else:
                assert one.ending is Ending.HARM
                assert one.harm in BOOK.harms
                assert one.id in self.harmed

    @invariant()
    def nobody_who_takes_a_drug_has_a_dose_of_nothing(self) -> None:
        for one in self.courses:
            assert bool(one.dose.mg) or one.phase not in ON_DRUG
            assert one.phase not in ON_DRUG or one.closed_on is None

    @invariant()
    def only_people_lower_a_dose(self) -> None:
        allowed = {"dose", "take", "harm", "switch-step"}
        assert {name for name, _, _ in self.falls} <= allowed
        to_nothing = {name for name, _, after in self.falls if after.dose.mg == NOTHING.mg}
        assert to_nothing <= {"take", "harm", "switch-step"}

    @invariant()
    def one_course_at_a_time(self) -> None:
        assert sum(one.phase in TAKING for one in self.courses) <= 1

    @invariant()
    def the_clock_never_runs_out_before_remission_and_its_months(self) -> None:
        for one in self.courses:
            remission = one.history.remission
            clock = read_clock(one.history)
            open_ones = [
                each for each in one.reviews if each.kind == looks.DECISION and each.done_at is None
            ]
            if remission is None:
                assert clock.minimum_end_on is None
                assert open_ones == []
                continue
            earliest = months_after(remission.on, remission.months)
            if clock.minimum_end_on is not None:
                assert clock.minimum_end_on >= earliest
            assert all(each.due_on >= earliest for each in open_ones)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_switch_that_was_switched_itself_is_not_given_up() -> None:
    """Else the first drug would be taken beside the third."""
    person = Life()
    person.begin()
    for _ in range(2):
        person.switch(days=0, cross=False)
    assert len(person.courses) == 3

    person.stay()

    person.one_course_at_a_time()
    assert person.courses[0].phase is Phase.SWITCHING_OUT
