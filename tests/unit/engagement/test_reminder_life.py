"""The life of reminders under everything that happens to them, against an oracle of its own.

Plans change, are held and stopped; zones change; clocks jump over summer time; the engine is
down for days; events come late, twice and in any order; people act on what they see. At every
moment: none lost, none doubled, none early, none for a plan that was replaced.
"""

from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from services.engagement.application.acknowledge_reminder import acknowledge_reminder
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_signature_state import apply_signature_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity, Viewer, Wanted
from services.engagement.application.record_outcome import record_outcome
from services.engagement.application.replan import replan
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.acts import Act
from services.engagement.domain.course import Course
from services.engagement.domain.errors import Refusal
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.obligation import SIGNATURE
from services.engagement.domain.reminder import Reminder, State
from services.engagement.domain.signature import Signature
from services.engagement.domain.team import CareStatus
from shared.events.engagement import (
    ReminderCancelled,
    ReminderDone,
    ReminderEscalated,
    ReminderMadeVisible,
)
from tests.fakes.engagement import FakeWork
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    a_course,
    a_flag,
    a_look,
    a_step,
    a_taper,
)
from tests.support.instantly import instantly
from tests.support.owed import What, owed
from tests.support.sentinel import FAMILY, GIVEN

ZONES = (
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Africa/Cairo",
)
STARTS = (date(2026, 3, 20), date(2026, 10, 16), date(2026, 12, 18))
DEFERRALS_WITHOUT_LEAD = 2
LIST = Viewer(staff_id=NURSE, role="nurse", teams=("harbour",))
INTERVAL = timedelta(days=14)
NO_TAPER = {"draft", "continuation"}
REQUESTS = tuple(UUID(int=0xF0 + number) for number in range(4))
SIGNED_IN = {
    "plan-change": {"taper-active", "step-back", "suspended", "stopped-watch", "continuation"},
    "taper-plan": {"step-back", "continuation"},
    "course": {"draft"},
}
"""What may be asked to be signed, and the phases of a course in which it can be."""


@dataclass(slots=True)
class Message:
    """An event on its way: it takes effect if nothing newer of its aggregate has."""

    aggregate: str
    version: int
    apply: Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class World:
    """What is true, whether or not engagement has heard of it yet."""

    course: Course
    flag: Flag
    zone: str
    care: CareStatus = CareStatus.ACTIVE
    asked: dict[UUID, Signature] = field(default_factory=dict)
    versions: Counter[str] = field(default_factory=Counter)


class ReminderLife(RuleBasedStateMachine):
    """One person, one course, one flag, and everything that happens."""

    @initialize(start=st.sampled_from(STARTS), zone=st.sampled_from(ZONES))
    def begin(self, start: date, zone: str) -> None:
        self.work = FakeWork(CONTENT.kinds)
        self.now = datetime.combine(start, time(12), UTC)
        self.pending: list[Message] = []
        self.heard: dict[str, int] = {}
        self.ended: dict[UUID, Reminder] = {}
        self.known_course: Course | None = None
        self.known_flag: Flag | None = None
        self.known_requests: dict[UUID, Signature] = {}
        self.known_care = CareStatus.ACTIVE
        first = a_step(1, change_on=start + timedelta(days=7))
        self.world = World(course=a_course(a_taper(first)), flag=a_flag(), zone=zone)
        for colleague in STAFF:
            instantly(
                apply_staff_state(self.work, colleague=colleague, rules=CONTENT, now=self.now)
            )
        self._tell_care(CareStatus.ACTIVE)
        self._tell_zone(zone)
        self._deliver(0)
        self._deliver(0)
        self._tell_course(self.world.course)

    # What happens in the world

    @rule(days=st.integers(1, 21))
    def hold(self, days: int) -> None:
        """A newer version of the plan, with what is not done yet later."""
        taper = self._taper
        steps = tuple(
            step if step.taken_at else moved(step.ordinal, step.change_on + timedelta(days=days))
            for step in taper.steps
        )
        self._tell_taper(steps=steps, plan_version=taper.plan_version + 1, status="hold")

    @rule(what=st.sampled_from(["supply_confirmed_at", "taken_at", "early_check_in_at"]))
    def record(self, what: str) -> None:
        """Treatment records something about the last step."""
        *done, last = self._taper.steps
        self._tell_taper(steps=(*done, replace(last, **{what: self.now})))

    @rule()
    def pass_gate(self) -> None:
        """The gate opens and the next step is scheduled."""
        *done, last = self._taper.steps
        passed = replace(last, taken_at=last.taken_at or self.now, gate_check_in_at=self.now)
        following = moved(last.ordinal + 1, last.change_on + INTERVAL)
        self._tell_taper(steps=(*done, passed, following), status="active")

    @rule()
    def stop(self) -> None:
        """The taper ends; surveillance begins."""
        looks = tuple(
            a_look(number, due_on=self.now.date() + timedelta(days=7 * number)) for number in (1, 2)
        )
        taper = replace(self._taper, status="stopped", surveillance=looks)
        self._tell_course(replace(self.world.course, taper=taper, phase="stopped-watch"))

    @rule(
        phase=st.sampled_from(
            [
                "draft",
                "continuation",
                "taper-active",
                "suspended",
                "step-back",
                "stopped-watch",
                "closed",
            ]
        )
    )
    def change_phase(self, phase: str) -> None:
        """Suspended, resumed, stepped back or closed; or before any taper, or after one."""
        taper = self._taper
        if phase in NO_TAPER:
            taper = replace(taper, status="stopped", surveillance=())
        self._tell_course(replace(self.world.course, taper=taper, phase=phase))

    @rule(zone=st.sampled_from(ZONES))
    def move_house(self, zone: str) -> None:
        """The person lives in another zone."""
        self._tell_zone(zone)

    @rule(status=st.sampled_from(list(CareStatus)))
    def leave_or_return(self, status: CareStatus) -> None:
        """The person leaves care, or is back."""
        self._tell_care(status)

    @rule(severity=st.integers(0, 3), status=st.sampled_from(list(FlagStatus)))
    def change_flag(self, severity: int, status: FlagStatus) -> None:
        """The flag is raised, acknowledged or closed."""
        named = None if status is FlagStatus.OPEN else NURSE
        raised_at = min(self.world.flag.raised_at, self.now)
        self._tell_flag(
            replace(
                self.world.flag,
                severity=severity,
                status=status,
                acknowledged_by=named,
                raised_at=raised_at,
                due_at=raised_at + timedelta(hours=4),
                changed_at=self.now,
            )
        )

    @rule(what=st.sampled_from(sorted(SIGNED_IN)), request=st.sampled_from(REQUESTS))
    def ask_to_sign(self, what: str, request: UUID) -> None:
        """A changed plan, a draft taper or a proposed course waits for the prescriber."""
        if request in self.world.asked:
            return
        course, taper = self.world.course, self._taper
        self._tell_request(
            Signature(
                request_id=request,
                patient_id=PATIENT,
                course_id=course.course_id,
                plan_id=taper.plan_id,
                plan_version=taper.plan_version,
                for_staff_id=PRESCRIBER,
                rule="T-06",
                asked_at=self.now,
                status="open",
                what=what,
            )
        )

    @rule(
        request=st.sampled_from(REQUESTS),
        status=st.sampled_from(["signed", "declined", "overtaken"]),
    )
    def settle_request(self, request: UUID, status: str) -> None:
        """The prescriber signs or declines, or something newer overtakes it."""
        asked = self.world.asked.get(request)
        if asked is None or asked.status != "open":
            return
        settled_at = None if status == "overtaken" else self.now
        self._tell_request(replace(asked, status=status, settled_at=settled_at))

    # What happens on the way

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), again=st.booleans())
    def deliver(self, data: st.DataObject, again: bool) -> None:
        """Some message arrives, perhaps not for the last time."""
        number = data.draw(st.integers(0, len(self.pending) - 1))
        if again:
            self.pending.append(self.pending[number])
        self._deliver(number)

    @rule()
    def deliver_everything(self) -> None:
        """The broker has caught up."""
        while self.pending:
            self._deliver(len(self.pending) - 1)

    # What time and the engine do

    @rule(wait=st.sampled_from([1, 60, 15 * 60, 4 * 3600, 24 * 3600, 9 * 24 * 3600]))
    def time_passes(self, wait: int) -> None:
        """Seconds, hours or days in which the engine does not run."""
        self.now += timedelta(seconds=wait)

    @rule(limit=st.sampled_from([1, 3, 500]))
    def tick(self, limit: int) -> None:
        """The engine runs until nothing is due."""
        while instantly(
            show_due_reminders(
                self.work, rules=CONTENT, now=self.now, real_now=self.now, limit=limit
            )
        ):
            pass
        due = [row for row in self._open if row.due_at <= self.now]
        assert not [row for row in due if row.state is State.PLANNED], "due and not shown"

    @rule()
    def recount(self) -> None:
        """Looking again finds nothing to mend."""
        changes = instantly(replan(self.work, patient_id=PATIENT, rules=CONTENT, now=self.now))
        assert changes == ()

    # What people do

    @rule(data=st.data(), act=st.sampled_from([a for a in Act if a is not Act.DONE]))
    def act(self, data: st.DataObject, act: Act) -> None:
        """Somebody acts on a reminder they see, or tries to."""
        if not self._open:
            return
        row = data.draw(st.sampled_from(sorted(self._open, key=lambda row: row.reminder_id.hex)))
        until = self.now + timedelta(hours=data.draw(st.integers(-2, 80)))
        try:
            instantly(self._act(row, act, until))
        except Refusal:
            return
        if act in {Act.CALL_BACK, Act.RESCHEDULE}:
            assert self.now < until <= self.now + timedelta(hours=72)
            assert instantly(self.work.attempts.deferrals(row.item_id)) <= DEFERRALS_WITHOUT_LEAD

    @precondition(lambda self: self._told)
    @rule(
        data=st.data(),
        act=st.sampled_from([Act.NO_ANSWER, Act.CALL_BACK, Act.RESCHEDULE, Act.ESCALATE]),
        hours=st.integers(1, 72),
    )
    def act_on_what_went_up(self, data: st.DataObject, act: Act, hours: int) -> None:
        """Whoever was told above stays told: putting it off takes nothing back."""
        told = self._told
        items = sorted({row.item_id for row in told.values()}, key=lambda item: item.hex)
        owner = self.work.reminders.rows[data.draw(st.sampled_from(items))]
        with suppress(Refusal):
            instantly(self._act(owner, act, self.now + timedelta(hours=hours)))
        for id_, one in told.items():
            assert self.work.reminders.rows[id_].visible_at == one.visible_at

    def _act(self, row: Reminder, act: Act, until: datetime) -> Coroutine[Any, Any, None]:
        common: dict[str, Any] = {
            "reminder_id": row.reminder_id,
            "seen_version": row.version,
            "by": NURSE,
            "rules": CONTENT,
            "now": self.now,
        }
        if act is Act.ACKNOWLEDGE:
            return acknowledge_reminder(self.work, meaning="called", until=None, **common)
        timed = act in {Act.CALL_BACK, Act.RESCHEDULE}
        return record_outcome(
            self.work,
            act=act,
            at=until if timed else None,
            to=OTHER_NURSE if act is Act.HAND_OVER else None,
            note=None,
            real_now=self.now,
            **common,
        )

    # What must always hold

    @invariant()
    def none_lost_and_none_too_many(self) -> None:
        """Exactly what is owed by what has been heard is open."""
        found = Counter(
            (row.key.subject_version, row.key.kind, row.key.ordinal)
            for row in self._open
            if row.level == 0 and row.key.subject_kind != SIGNATURE
        )
        assert found == Counter(list(self._owed()))

    @invariant()
    def a_signature_is_asked_for_once_while_it_can_be_given(self) -> None:
        """Exactly the requests that are open, of somebody in care, about what there is to sign:
        none for a plan that was replaced."""
        found = Counter(
            (row.key.subject_id, row.due_at if row.state is State.PLANNED else None)
            for row in self._open
            if row.level == 0 and row.key.subject_kind == SIGNATURE and not row.is_put_off
        )
        put_off = Counter(
            row.key.subject_id
            for row in self._open
            if row.level == 0 and row.key.subject_kind == SIGNATURE and row.is_put_off
        )
        owed = {one.request_id: one.asked_at for one in self._requests_owed()}
        assert Counter(id_ for id_, _ in found.elements()) + put_off == Counter(list(owed))
        assert all(due_at in {None, owed[id_]} for id_, due_at in found)

    @invariant()
    def planned_for_the_right_instant(self) -> None:
        """What nobody has seen or put off is planned for its date at nine where they live."""
        owed = self._owed()
        for row in self._open:
            if row.key.subject_kind == SIGNATURE:
                continue
            if row.level == 0 and row.state is State.PLANNED and not row.is_put_off:
                key = (row.key.subject_version, row.key.kind, row.key.ordinal)
                assert row.due_at == owed[key]

    @invariant()
    def none_early(self) -> None:
        """Nothing was ever announced before its time."""
        for published in self.work.published:
            if isinstance(published.fact, ReminderMadeVisible | ReminderEscalated):
                state = published.fact.reminder
                assert state.visible_at is not None
                assert state.due_at <= state.visible_at <= self.now

    @invariant()
    def none_doubled(self) -> None:
        """One announcement for each time of a reminder, and one end."""
        shown: Counter[tuple[UUID, datetime]] = Counter()
        closed: Counter[UUID] = Counter()
        for published in self.work.published:
            if isinstance(published.fact, ReminderMadeVisible):
                state = published.fact.reminder
                shown[state.reminder_id, state.due_at] += 1
                assert state.reminder_id not in closed, "shown after its end"
            if isinstance(published.fact, ReminderCancelled | ReminderDone):
                closed[published.fact.reminder.reminder_id] += 1
        assert {*shown.values(), *closed.values()} <= {1}

    @invariant()
    def the_list_shows_all_that_is_due(self) -> None:
        """Whether or not the engine has run since."""
        wanted = Wanted(viewer=LIST, mine=False, as_of=self.now, limit=10_000)
        listed = {one.row.reminder_id for one in instantly(self.work.reminders.listed(wanted))}
        due = {r.reminder_id for r in self._open if r.level == 0 and r.due_at <= self.now}
        assert due <= listed

    @invariant()
    def ladders_live_and_die_with_their_reminder(self) -> None:
        """Answered or closed: nobody further hears. Otherwise the whole ladder stands."""
        rungs = Counter(row.item_id for row in self._open if row.level > 0)
        for owner in self._rows:
            if owner.level > 0:
                continue
            if not owner.is_open:
                assert rungs[owner.item_id] == 0
            elif owner.state is not State.ACKNOWLEDGED:
                ladder = CONTENT.kinds[owner.key.kind].ladder(owner.risk)
                assert rungs[owner.item_id] == len(ladder)

    @invariant()
    def what_is_closed_stays_as_it_was(self) -> None:
        """Done and cancelled are the end of a row."""
        closed = {row.reminder_id: row for row in self._rows if not row.is_open}
        assert self.ended.items() <= closed.items()
        self.ended = closed

    def _owed(self) -> dict[What, datetime]:
        return owed(
            course=self.known_course,
            flag=self.known_flag,
            care=self.known_care,
            zone=self.known_zone,
        )

    def _requests_owed(self) -> list[Signature]:
        """Worked out another way than the service does."""
        course = self.known_course
        if self.known_care is not CareStatus.ACTIVE or course is None or course.taper is None:
            return []
        live = (course.taper.plan_id, course.taper.plan_version)
        return [
            one
            for one in self.known_requests.values()
            if one.status == "open"
            and course.phase in SIGNED_IN[one.what]
            and (one.what != "plan-change" or (one.plan_id, one.plan_version) == live)
        ]

    # Telling

    @property
    def _taper(self) -> Any:
        return self.world.course.taper

    def _tell_taper(self, **changes: Any) -> None:
        """Of a taper that goes on: before one and after one there is nothing to tell."""
        if self.world.course.phase in NO_TAPER:
            return
        self._tell_course(replace(self.world.course, taper=replace(self._taper, **changes)))

    def _tell_course(self, course: Course) -> None:
        self.world.course = course

        async def apply() -> None:
            self.known_course = course
            await apply_course_state(self.work, course=course, rules=CONTENT, now=self.now)

        self._tell("course", apply)

    def _tell_flag(self, flag: Flag) -> None:
        self.world.flag = flag

        async def apply() -> None:
            self.known_flag = flag
            await apply_flag_state(self.work, flag=flag, rules=CONTENT, now=self.now)

        self._tell("flag", apply)

    def _tell_request(self, asked: Signature) -> None:
        self.world.asked[asked.request_id] = asked

        async def apply() -> None:
            self.known_requests[asked.request_id] = asked
            await apply_signature_state(self.work, signature=asked, rules=CONTENT, now=self.now)

        self._tell(f"signature:{asked.request_id}", apply)

    def _tell_zone(self, zone: str) -> None:
        identity = Identity(
            given_name=GIVEN, family_name=FAMILY, birth_date=date(1984, 2, 29), zone=zone
        )

        async def apply() -> None:
            self.known_zone = zone
            await apply_patient_details(
                self.work, patient_id=PATIENT, identity=identity, rules=CONTENT, now=self.now
            )

        self._tell("details", apply)

    def _tell_care(self, status: CareStatus) -> None:
        async def apply() -> None:
            self.known_care = status
            await apply_patient_state(
                self.work,
                patient_id=PATIENT,
                status=status,
                team="harbour",
                care_team=(NURSE, PRESCRIBER, LEAD),
                rules=CONTENT,
                now=self.now,
            )

        self._tell("patient", apply)

    def _tell(self, aggregate: str, apply: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self.world.versions[aggregate] += 1
        self.pending.append(Message(aggregate, self.world.versions[aggregate], apply))

    def _deliver(self, number: int) -> None:
        message = self.pending.pop(number)
        if message.version > self.heard.get(message.aggregate, 0):
            self.heard[message.aggregate] = message.version
            instantly(message.apply())

    @property
    def _rows(self) -> list[Reminder]:
        return list(self.work.reminders.rows.values())

    @property
    def _told(self) -> dict[UUID, Reminder]:
        """What somebody above has seen."""
        return {row.reminder_id: row for row in self._open if row.level and row.visible_at}

    @property
    def _open(self) -> list[Reminder]:
        return [row for row in self._rows if row.is_open]


def moved(ordinal: int, change_on: date) -> Any:
    """A step as it is scheduled, with nothing done."""
    return a_step(ordinal, change_on=change_on)


ReminderLife.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestReminderLife = ReminderLife.TestCase
