"""A plan lived in any order: one live version, past days untouched, no reminder without a plan.

Reminders are engagement's own: what it derives from the state treatment announces.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.engagement.adapters.events.courses import course_of
from services.engagement.domain.gone import why_gone
from services.engagement.domain.owed_by_course import obligations_of
from services.engagement.domain.reconcile import reconcile
from services.engagement.domain.reminder import Reminder
from services.treatment.application.course_state import state_of
from services.treatment.domain import course as life
from services.treatment.domain import tapering
from services.treatment.domain.carrying_out import NextPlan, Wanted, carry_out
from services.treatment.domain.course import Course
from services.treatment.domain.diary import KINDS, DiaryEntry, EntryState, rewritten
from services.treatment.domain.errors import Refusal
from services.treatment.domain.gate import Severity
from services.treatment.domain.live_taper import Dose
from services.treatment.domain.owed import owed_by
from services.treatment.domain.phases import TAKING, Phase
from services.treatment.domain.plan import Outline
from services.treatment.domain.plan_change import ChangeKind, compare
from services.treatment.domain.response import Category
from tests.support import engagement
from tests.support.courses import BOOK, CALM, HALF, NOTHING, NOW, TODAY, a_plan, said
from tests.support.courses import a_tapering_course as signed

Shown = tuple[Wanted, NextPlan | None, date, object]


class PlanMachine(RuleBasedStateMachine):
    """One person's plan; a day passes now and then, and everybody does what they may."""

    @initialize()
    def sign(self) -> None:
        self.course: Course = signed()
        self.today: date = TODAY
        self.plans = 0
        self.proposed: Shown | None = None
        self.lived: dict[tuple[UUID, int], tuple[date | None, Dose]] = {}
        self.reminders: dict[object, Reminder] = {}
        self.diary: dict[UUID, DiaryEntry] = {}
        self._tell()

    @rule(days=st.integers(1, 9))
    def time_passes(self, days: int) -> None:
        before = self.course
        self.today += timedelta(days=days)
        assert self.course is before  # time alone changes nothing (T-06)

    @rule()
    def supply(self) -> None:
        taper = self.course.taper
        self._try(
            lambda: tapering.confirm_supply(
                self.course, taper.last.ordinal, plan_version=taper.plan_version, at=self.now
            )
        )

    @rule()
    def take(self) -> None:
        taper = self.course.taper
        self._try(
            lambda: tapering.take_step(
                self.course,
                taper.last.ordinal,
                plan_version=taper.plan_version,
                taken_on=self.today,
                today=self.today,
                at=self.now,
                around=CALM,
                cadence=BOOK.steps,
                surveillance=BOOK.surveillance,
            )
        )

    @rule(
        kind=st.sampled_from(["early", "gate", "unscheduled"]),
        how=st.sampled_from(["well", "hold", "severe", "away"]),
    )
    def check_in(self, kind: str, how: str) -> None:
        words = {
            "well": {},
            "hold": {"tolerable": False},
            "severe": {"withdrawal": Severity.SEVERE},
            "away": {"reached": False},
        }[how]
        taper = self.course.taper
        self._try(
            lambda: tapering.check_in(
                self.course,
                said(**words),
                kind=kind,
                ordinal=taper.last.ordinal,
                plan_version=taper.plan_version,
                around=CALM,
                today=self.today,
                at=self.now,
                cadence=BOOK.steps,
            )[0]
        )

    @rule(days=st.integers(1, 9))
    def hold_under_the_standing_order(self, days: int) -> None:
        self._try(
            lambda: tapering.hold(
                self.course,
                plan_version=self.course.taper.plan_version,
                days=days,
                today=self.today,
                at=self.now,
                by_prescriber=False,
                cadence=BOOK.steps,
            )
        )
        assert self.course.taper.held_days <= 60

    @rule()
    def review(self) -> None:
        """A prescriber looks at everything that is open."""
        for one in self.course.reviews:
            if one.done_at is None:
                self._try(
                    lambda one=one: life.record_review(
                        self.course,
                        one.ordinal,
                        response=Category.REMISSION,
                        by_prescriber=True,
                        today=self.today,
                        at=self.now,
                        cadence=BOOK.cadence,
                        rules=BOOK.duration,
                    )
                )

    @rule(kind=st.sampled_from(list(ChangeKind)), days=st.integers(1, 14))
    def propose(self, kind: ChangeKind, days: int) -> None:
        before = self.course
        wanted = Wanted(
            kind=kind,
            plan_version=self.course.taper.plan_version,
            days=days if kind is ChangeKind.HOLD else None,
            on=None if kind is ChangeKind.HOLD else self.today,
        )
        following = self._following(kind)
        try:
            after = self._carried_out(wanted, following, self.today)
        except Refusal:
            return
        diff = self._compared(after, self.today)
        self.proposed = (wanted, following, self.today, diff)
        assert self.course is before  # nothing changes before it is signed

    @precondition(lambda self: getattr(self, "proposed", None) is not None)
    @rule()
    def sign_what_was_proposed(self) -> None:
        wanted, following, day, shown = self.proposed
        self.proposed = None
        before = self.course
        try:
            after = self._carried_out(wanted, following, day)
        except Refusal:
            return
        if not self._compared(after, day).is_as(shown):
            return
        self.course = after
        old, new = before.taper, after.taper
        assert (new.plan_id, new.plan_version) != (old.plan_id, old.plan_version)
        self._tell()

    @rule()
    def stop_for_harm(self) -> None:
        if len(self.lived) < 2:
            return
        self._try(
            lambda: tapering.harm_stop(
                self.course,
                harm="mania",
                last_dose_on=self.today,
                today=self.today,
                surveillance=BOOK.surveillance,
            )
        )

    @invariant()
    def past_days_stay(self) -> None:
        if not hasattr(self, "course"):
            return
        taper = self.course.taper
        for step in taper.scheduled:
            if step.taken_at is None:
                continue
            was = self.lived.setdefault((taper.plan_id, step.ordinal), (step.taken_on, step.dose))
            assert was == (step.taken_on, step.dose)
            assert step.taken_on <= self.today

    @invariant()
    def no_reminder_is_without_its_plan(self) -> None:
        if not hasattr(self, "course"):
            return
        owed = obligations_of(
            course_of(state_of(self.course)), engagement.CONTENT.kinds, engagement.a_place()
        )
        wanted = {one.key for one in owed if one.done_at is None}
        open_now = {row.key for row in self.reminders.values() if row.level == 0 and row.is_open}
        assert open_now == wanted
        taper = self.course.taper
        live = {(taper.plan_id, taper.plan_version)}
        plans = {(k.subject_id, k.subject_version) for k in open_now if k.subject_kind != "course"}
        assert plans <= live

    @invariant()
    def the_calendar_shows_what_is_owed(self) -> None:
        if not hasattr(self, "course"):
            return
        owed = owed_by(self.course, supply_working_days=0)
        ahead = [one for one in self.diary.values() if one.state is EntryState.AHEAD]
        assert sorted((one.on, one.kind) for one in ahead) == sorted(
            (one.due_on, one.kind) for one in owed if one.kind in KINDS
        )

    @invariant()
    def a_drug_ends_by_its_last_step_or_by_harm(self) -> None:
        if hasattr(self, "course") and self.course.dose.mg == 0:
            assert self.course.phase is Phase.STOPPED_WATCH
        if hasattr(self, "course") and self.course.phase in TAKING:
            assert self.course.dose.mg > 0

    @property
    def now(self) -> datetime:
        return datetime.combine(self.today, time(10), tzinfo=NOW.tzinfo)

    def _try(self, change) -> None:
        try:
            changed = change()
        except Refusal:
            return
        if changed is not self.course:
            self.course = changed
            self._tell()

    def _tell(self) -> None:
        """Engagement applies the state in one transaction."""
        told = course_of(state_of(self.course))
        changes = reconcile(
            self.reminders.values(),
            obligations_of(told, engagement.CONTENT.kinds, engagement.a_place()),
            gone=lambda row: why_gone(row.key, told, engagement.CONTENT.kinds),
            setting=engagement.a_setting(),
            now=self.now,
        )
        self.reminders |= {row.reminder_id: row for row, _ in changes}
        self._write_diary()

    def _write_diary(self) -> None:
        """A calendar that has read an entry learns of every change by a higher sequence."""
        for entry in rewritten(self.diary.values(), self.course, zone="Europe/London", at=self.now):
            before = self.diary.get(entry.uid)
            if before is not None:
                assert entry.sequence - before.sequence == (not entry.is_as(before))
                assert before.state is not EntryState.PAST or entry.state is not EntryState.OFF
            self.diary[entry.uid] = entry

    def _carried_out(self, wanted: Wanted, following: NextPlan | None, day: date) -> Course:
        return carry_out(
            self.course,
            wanted,
            following=following,
            today=day,
            at=self.now,
            cadence=BOOK.steps,
            rhythm=BOOK.cadence,
        )

    def _compared(self, after: Course, day: date):
        return compare(
            self.course,
            after,
            today=day,
            cadence=BOOK.steps,
            supply_working_days=BOOK.supply_working_days,
        )

    def _following(self, kind: ChangeKind) -> NextPlan | None:
        if kind in {ChangeKind.HOLD, ChangeKind.RESUME}:
            return None
        self.plans += 1
        starts_on = self.today + timedelta(days=28)
        return NextPlan(
            plan_id=UUID(int=10_000 + self.plans),
            outline=gentler(self.course, starts_on),
            standing_days=7,
        )


def gentler(course: Course, starts_on: date) -> Outline:
    """Half of what is taken now, then nothing, from that day."""
    outline = a_plan().outline
    half = Dose(max(course.dose.mg, HALF.mg) / 2, "about half of it")
    doses = (replace(half, mg=min(half.mg, Decimal("12.5"))), NOTHING)
    rows = tuple(
        replace(row, dose=dose, expected_on=starts_on + timedelta(days=14 * place))
        for place, (row, dose) in enumerate(zip(outline.rows, doses, strict=True))
    )
    return replace(outline, starts_on=starts_on, rows=rows)


PlanMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPlanMachine = PlanMachine.TestCase
