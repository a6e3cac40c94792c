"""Whatever is recorded, amended and closed in any order: a flag is never lost or lowered."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.assessment.application.amend_assessment import amend_assessment
from services.assessment.application.answer_flag import acknowledge_flag, close_flag
from services.assessment.application.enrol_patient import enrol_patient
from services.assessment.application.finding import living
from services.assessment.application.record_assessment import record_assessment
from services.assessment.domain.assessment import Answers, Assessment, Mode
from services.assessment.domain.patient import Details
from services.assessment.domain.safety import Flag, FlagStatus
from tests.fakes.assessment import FakeWork
from tests.support.assessment import CONTENT, NURSE, scored_items
from tests.support.instantly import instantly

PATIENT = UUID(int=100)
START = datetime(2026, 3, 20, 22, tzinfo=UTC)
ITEMS = scored_items("phq-9")
SHEETS = st.dictionaries(st.sampled_from(ITEMS), st.integers(0, 3), min_size=1)


class FlagsUnderEverything(RuleBasedStateMachine):
    """PHQ-9 sheets, whole and torn, and what people do about the flags."""

    def __init__(self) -> None:
        super().__init__()
        self.work = FakeWork()
        self.now = START
        self.seen: dict[UUID, Flag] = {}
        self.recorded: list[Assessment] = []

    @initialize()
    def enrol(self) -> None:
        instantly(
            enrol_patient(
                self.work,
                patient_id=PATIENT,
                details=Details(
                    given_name="A",
                    family_name="B",
                    birth_date=date(1990, 1, 1),
                    time_zone="Europe/London",
                    language="en",
                ),
                team="harbour",
                care_team=(),
                callers_teams=("harbour",),
                duplicate_reason=None,
                now=self.now,
            )
        )

    @rule(sheet=SHEETS, intent=st.booleans(), hours=st.integers(1, 200))
    def record(self, sheet: dict[str, int], intent: bool, hours: int) -> None:
        self.now += timedelta(hours=hours)
        found, flags = instantly(
            record_assessment(
                self.work,
                CONTENT,
                patient=instantly(living(self.work, PATIENT)),
                instrument="phq-9",
                instrument_version=None,
                answers=Answers(by_item=sheet, intent_stated=intent),
                taken_at=self.now,
                mode=Mode.REMOTE,
                now=self.now,
            )
        )
        self.recorded.append(found)
        assert bool(flags) == (sheet.get("self-harm") != 0 or intent)
        assert (found.score.total is None) == (set(sheet) != set(ITEMS))

    @precondition(lambda self: self.recorded)
    @rule(data=st.data(), sheet=SHEETS)
    def amend(self, data: Any, sheet: dict[str, int]) -> None:
        place = data.draw(st.integers(0, len(self.recorded) - 1))
        before = self.recorded[place]
        found, _new = instantly(
            amend_assessment(
                self.work,
                CONTENT,
                assessment_id=before.assessment_id,
                answers=Answers(by_item=sheet),
                reason="Read again",
                expected=before.version,
                now=self.now,
            )
        )
        self.recorded[place] = found

    @precondition(lambda self: self._open())
    @rule(data=st.data(), closing=st.booleans())
    def answer(self, data: Any, closing: bool) -> None:
        flag = data.draw(st.sampled_from(self._open()))
        if not closing:
            instantly(acknowledge_flag(self.work, flag_id=flag.flag_id, by=NURSE, now=self.now))
            return
        instantly(
            close_flag(
                self.work,
                CONTENT,
                flag_id=flag.flag_id,
                by=NURSE,
                outcome="safety-plan-agreed",
                note=None,
                now=self.now,
            )
        )

    @invariant()
    def no_flag_is_lost_or_lowered(self) -> None:
        rows = self.work.flags.rows
        for flag_id, before in self.seen.items():
            assert rows[flag_id].level == before.level
            assert rows[flag_id].due_at == before.due_at
        self.seen = dict(rows)

    @invariant()
    def every_closed_flag_has_a_person_and_an_outcome(self) -> None:
        for flag in self.work.flags.rows.values():
            assert (flag.status is FlagStatus.CLOSED) == (flag.outcome is not None)
            assert (flag.closed_by is None) == (flag.outcome is None)

    @invariant()
    def every_worrying_answer_has_its_flag(self) -> None:
        for done in self.recorded:
            own = [
                f for f in self.work.flags.rows.values() if f.assessment_id == done.assessment_id
            ]
            answer = done.answers.by_item.get("self-harm")
            assert own or answer == 0
            assert not answer or min(flag.level for flag in own) <= (3 if answer == 1 else 2)

    @invariant()
    def every_version_is_published_once_and_in_order(self) -> None:
        told: dict[str, int] = {}
        for published in self.work.published:
            assert published.version == told.get(published.aggregate, 0) + 1
            told[published.aggregate] = published.version

    def _open(self) -> list[Flag]:
        return [f for f in self.work.flags.rows.values() if f.status is not FlagStatus.CLOSED]


FlagsUnderEverything.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None
)
TestFlags = FlagsUnderEverything.TestCase
