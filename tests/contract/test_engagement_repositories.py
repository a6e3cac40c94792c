"""One suite for engagement's fake and for SQL on both databases."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid5

import pytest
from sqlalchemy import text

from services.engagement.adapters.db import SqlWork
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.keep_digests import keep_digests
from services.engagement.application.ports import (
    Attempt,
    ChannelLevels,
    Digest,
    Identity,
    Stretch,
    Viewer,
    Wanted,
    Work,
)
from services.engagement.application.replan import replan
from services.engagement.application.show_due_reminders import show_due_reminders
from services.engagement.domain.change import Change, What
from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.notice import Channel, Notice, Purpose
from services.engagement.domain.reminder import EVERY_STATE, OPEN, Reminder, State
from services.engagement.domain.team import CareStatus
from services.engagement.domain.worklist import Section
from services.engagement.main import SCHEMA
from shared.runtime import clock
from shared.runtime.db import Database
from tests.fakes.engagement import FakeWork
from tests.support.databases import Databases
from tests.support.engagement import (
    CHANGE_ON,
    CONTENT,
    COURSE,
    FLAG,
    LEAD,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    STRANGER,
    a_course,
    a_flag,
    a_look,
    a_review,
    a_step,
    a_taper,
    at,
    into_care,
)
from tests.support.notices import MADE, NOTICES, keep
from tests.support.sentinel import FAMILY, GIVEN

Opened = Callable[[datetime], AbstractAsyncContextManager[Work]]
NURSES_LIST = Viewer(staff_id=NURSE, role="nurse", teams=("harbour",))
LEADS_LIST = Viewer(staff_id=LEAD, role="lead", teams=("harbour",))
STRANGERS_LIST = Viewer(staff_id=STRANGER, role="nurse", teams=("hill",))
DUE = at("2026-06-12T09:00")


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    """Open a unit of work at an instant; it commits on leaving."""
    if request.param == "fake":
        fake = FakeWork(CONTENT.kinds)

        @asynccontextmanager
        async def open_fake(_at: datetime) -> AsyncIterator[Work]:
            yield fake

        yield open_fake
        return
    databases = request.getfixturevalue(f"{request.param}_databases")
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )

    @asynccontextmanager
    async def open_sql(at_: datetime) -> AsyncIterator[Work]:
        async with db.transaction(actor="service:engagement", at=at_) as tx:
            yield SqlWork(tx, CONTENT)
            tx.audit("test.wrote", object="test:1")

    yield open_sql
    await db.close()


async def a_clinic(work: Work, *, patient_id: UUID = PATIENT, now: datetime = NOW) -> None:
    """The staff, and one person in their care."""
    for colleague in STAFF:
        await apply_staff_state(work, colleague=colleague, rules=CONTENT, now=now)
    await into_care(work, patient_id=patient_id, now=now)


async def rows_of(work: Work) -> dict[tuple[str, int], Reminder]:
    """By kind and level, of the one person of most tests."""
    return {(row.key.kind, row.level): row for row in await work.reminders.about(PATIENT)}


def wanted(viewer: Viewer, as_of: datetime, *, mine: bool = False, **changes: object) -> Wanted:
    """A list of one viewer."""
    return replace(Wanted(viewer=viewer, mine=mine, as_of=as_of), **changes)  # type: ignore[arg-type]


async def test_what_was_planned_comes_back_as_it_was(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        planned = await rows_of(work)
    async with opened(NOW) as work:
        assert await rows_of(work) == planned
        row = planned["change-day", 0]
        assert (row.due_at, row.due_on) == (DUE, CHANGE_ON)
        assert (row.owner_id, row.for_role) == (NURSE, "nurse")
        assert row.detail["dose_text"] == "half a 50 mg tablet"
        assert len(planned) == (4 + 2) * 4


async def test_the_same_state_again_changes_nothing(opened: Opened) -> None:
    course = a_course(a_taper(surveillance=(a_look(),)), reviews=(a_review(),))
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=course, rules=CONTENT, now=NOW)
        before = await rows_of(work)
    async with opened(NOW + timedelta(hours=1)) as work:
        changes = await replan(work, patient_id=PATIENT, rules=CONTENT, now=NOW)

        assert changes == ()
        assert await rows_of(work) == before


async def test_due_reminders_are_claimed_once_and_never_early(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    async with opened(NOW) as work:
        assert await work.reminders.next_due() == at("2026-06-09T09:00")
        assert await work.reminders.show_due(at("2026-06-09T08:59"), limit=10) == []
        shown = await work.reminders.show_due(at("2026-06-09T09:00"), limit=10)
        assert [row.key.kind for row in shown] == ["prepare-supply"]
        assert shown[0].visible_at == at("2026-06-09T09:00")
        assert await work.reminders.show_due(at("2026-06-09T09:00"), limit=10) == []


async def test_a_claim_takes_the_oldest_first_and_no_more_than_asked(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    late = at("2026-07-20T09:00")
    async with opened(late) as work:
        first = await work.reminders.show_due(late, limit=5)
        rest = await work.reminders.show_due(late, limit=50)
        assert (len(first), len(rest)) == (5, 19)
        assert max(row.due_at for row in first) <= min(row.due_at for row in rest)
        assert [row.due_at for row in first] == sorted(row.due_at for row in first)


async def test_a_newer_plan_hides_the_older_one_at_once(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    async with opened(DUE) as work:
        await show_due_reminders(work, rules=CONTENT, now=DUE, real_now=DUE)
        later = a_step(change_on=CHANGE_ON + timedelta(days=7))
        held = a_course(a_taper(later, version=2, status="hold"))
        await apply_course_state(work, course=held, rules=CONTENT, now=DUE)
    async with opened(DUE) as work:
        rows = await work.reminders.about(PATIENT)
        old = [row for row in rows if row.key.subject_version == 1 and row.level == 0]
        assert {row.state for row in old} == {State.CANCELLED}
        assert {row.reason for row in old} == {"superseded"}
        page = await work.reminders.listed(wanted(NURSES_LIST, DUE))
        assert {one.row.key.subject_version for one in page} <= {2}


async def test_nothing_is_shown_for_a_version_that_is_not_live(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        row = (await rows_of(work))["change-day", 0]
        await work.reminders.set_live({("taper-plan", row.key.subject_id): 2}, retired=frozenset())
    async with opened(DUE) as work:
        assert await work.reminders.show_due(DUE, limit=50) == []
        await work.reminders.set_live({}, retired=frozenset({("taper-plan", row.key.subject_id)}))
        assert await work.reminders.show_due(DUE, limit=50) == []


async def test_leaving_care_cancels_everything_and_returning_plans_it_again(
    opened: Opened,
) -> None:
    async def move(work: Work, status: CareStatus) -> None:
        await apply_patient_state(
            work,
            patient_id=PATIENT,
            status=status,
            team="harbour",
            care_team=(NURSE,),
            rules=CONTENT,
            now=NOW,
        )

    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_flag_state(work, flag=a_flag(), rules=CONTENT, now=NOW)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await move(work, CareStatus.LEFT_CARE)
    async with opened(NOW) as work:
        rows = await work.reminders.about(PATIENT)
        left = {row.state for row in rows if row.course_id is None}
        assert left == {State.PLANNED}, "an open flag waits for a named person's word"
        assert {row.reason for row in rows if row.course_id} == {"left-care"}
        await move(work, CareStatus.DECEASED)
    async with opened(NOW) as work:
        rows = await work.reminders.about(PATIENT)
        assert {row.state for row in rows} == {State.CANCELLED}
        assert {row.reason for row in rows} == {"left-care", "deceased"}
        assert await work.reminders.next_due() is None
        await move(work, CareStatus.ACTIVE)
    async with opened(NOW) as work:
        owners = [row for row in await work.reminders.about(PATIENT) if row.level == 0]
        lives = {state: {r.life for r in owners if r.state is state} for state in State}
        assert (lives[State.CANCELLED], lives[State.PLANNED]) == ({1}, {2})


async def test_the_list_names_the_person_and_reads_safety_first(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_patient_details(
            work,
            patient_id=PATIENT,
            identity=Identity(
                given_name=GIVEN,
                family_name=FAMILY,
                birth_date=date(1984, 2, 29),
                zone="Europe/London",
            ),
            rules=CONTENT,
            now=NOW,
        )
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await apply_flag_state(work, flag=a_flag(raised_at=DUE), rules=CONTENT, now=DUE)
    async with opened(DUE) as work:
        page = await work.reminders.listed(wanted(NURSES_LIST, DUE))
        assert [(one.section, one.row.key.kind) for one in page] == [
            (Section.SAFETY_NOW, "safety-limit"),
            (Section.SAFETY_NOW, "safety"),
            (Section.OVERDUE, "prepare-supply"),
            (Section.DUE_TODAY, "change-day"),
        ]
        assert {one.patient_name for one in page} == {f"{GIVEN} {FAMILY}"}
        assert {one.birth_date for one in page} == {date(1984, 2, 29)}
        counts = await work.reminders.counts(wanted(NURSES_LIST, DUE))
        assert counts == {
            Section.SAFETY_NOW: 2,
            Section.OVERDUE: 1,
            Section.DUE_TODAY: 1,
            Section.PREPARE: 0,
            Section.WAITING: 0,
        }


async def test_pages_follow_each_other_without_gap_or_repeat(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        steps = tuple(a_step(n, change_on=CHANGE_ON - timedelta(days=n)) for n in range(1, 8))
        await apply_course_state(work, course=a_course(a_taper(*steps)), rules=CONTENT, now=NOW)
    async with opened(DUE) as work:
        whole = await work.reminders.listed(wanted(NURSES_LIST, DUE, limit=100))
        paged = []
        after = None
        while page := await work.reminders.listed(wanted(NURSES_LIST, DUE, limit=3, after=after)):
            paged += page
            last = page[-1]
            assert last.section is not None
            after = (last.section, last.row.risk, last.row.due_at, last.row.reminder_id)
        assert len(whole) > 14
        assert paged == list(whole)


async def test_filters_narrow_the_list_but_not_the_counts(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    async with opened(DUE) as work:
        only = wanted(NURSES_LIST, DUE, section=Section.OVERDUE)
        assert [one.row.key.kind for one in await work.reminders.listed(only)] == ["prepare-supply"]
        nobody = wanted(NURSES_LIST, DUE, patients=frozenset({COURSE}))
        assert await work.reminders.listed(nobody) == []
        checks = wanted(NURSES_LIST, DUE, action="take-step")
        assert [one.row.key.kind for one in await work.reminders.listed(checks)] == ["change-day"]
        assert (await work.reminders.counts(nobody))[Section.DUE_TODAY] == 1


async def test_another_team_sees_nothing(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    async with opened(DUE) as work:
        assert await work.reminders.listed(wanted(STRANGERS_LIST, DUE)) == []
        assert await work.reminders.listed(wanted(STRANGERS_LIST, DUE, mine=True)) == []


async def test_somebody_of_the_care_team_sees_it_from_any_team(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await apply_patient_state(
            work,
            patient_id=PATIENT,
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=(STRANGER,),
            rules=CONTENT,
            now=NOW,
        )
    async with opened(DUE) as work:
        page = await work.reminders.listed(wanted(STRANGERS_LIST, DUE, mine=True))
        assert {one.row.owner_id for one in page} == {STRANGER}
        assert len(page) == 2


async def test_a_person_who_changes_team_is_on_the_other_list_at_once(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await apply_patient_state(
            work,
            patient_id=PATIENT,
            status=CareStatus.ACTIVE,
            team="hill",
            care_team=(),
            rules=CONTENT,
            now=NOW,
        )
    async with opened(DUE) as work:
        here = await work.reminders.listed(wanted(NURSES_LIST, DUE))
        there = await work.reminders.listed(wanted(STRANGERS_LIST, DUE))
        assert here == []
        assert {one.team for one in there} == {"hill"}
        assert len(there) == 2


async def test_my_list_has_mine_and_what_came_up_to_me(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    later = at("2026-06-12T13:00")
    async with opened(later) as work:
        nurse = await work.reminders.listed(wanted(NURSES_LIST, later, mine=True))
        lead = await work.reminders.listed(wanted(LEADS_LIST, later, mine=True))
        other = await work.reminders.listed(
            wanted(replace(NURSES_LIST, staff_id=OTHER_NURSE), later, mine=True)
        )
        assert {one.row.level for one in nurse} == {0}
        assert {(one.row.key.kind, one.row.level) for one in lead} == {
            ("prepare-supply", 1),
            ("change-day", 1),
        }
        assert other == []
        up = {one.row.key.kind: one.escalated_to for one in nurse}
        assert up == {"prepare-supply": 3, "change-day": 1}


async def test_one_persons_reminders_run_back_in_time_page_by_page(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        whole = await work.reminders.of_patient(PATIENT, NOW, Stretch(limit=50))
        first = await work.reminders.of_patient(PATIENT, NOW, Stretch(limit=3))
        last = first[-1].row
        rest = await work.reminders.of_patient(
            PATIENT, NOW, Stretch(after=(last.due_at, last.reminder_id), limit=50)
        )
        assert [*first, *rest] == list(whole)
        assert [one.row.key.kind for one in whole] == [
            "missed-check-in-gate",
            "check-in-gate",
            "missed-check-in-early",
            "check-in-early",
            "change-day",
            "prepare-supply",
        ]
        assert await work.reminders.one(last.reminder_id, NOW) == first[-1]


async def test_what_is_due_next_is_first_among_the_open_ones(opened: Opened) -> None:
    """A plan of many steps has more reminders than a page, most of them far ahead."""
    steps = [
        a_step(number + 1, change_on=CHANGE_ON + timedelta(days=14 * number))
        for number in range(40)
    ]
    async with opened(NOW) as work:
        await a_clinic(work)
        course = a_course(a_taper(*steps))
        await apply_course_state(work, course=course, rules=CONTENT, now=NOW)
        far = await work.reminders.of_patient(PATIENT, NOW, Stretch(limit=50))
        near, read = None, []
        while near is None or near:
            last = (near[-1].row.due_at, near[-1].row.reminder_id) if near else None
            near = await work.reminders.of_patient(
                PATIENT, NOW, Stretch(states=OPEN, soonest_first=True, after=last, limit=50)
            )
            read += near
        closed = await work.reminders.of_patient(
            PATIENT, NOW, Stretch(states=EVERY_STATE - OPEN, limit=50)
        )

    assert len(read) > 100
    assert [one.row.due_at for one in read] == sorted(one.row.due_at for one in read)
    assert len({one.row.reminder_id for one in read}) == len(read)
    assert read[0].row.due_at < min(one.row.due_at for one in far), "not among the latest fifty"
    assert not closed


async def test_an_item_is_found_by_any_of_its_levels(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        rows = await rows_of(work)
        for level in range(4):
            row = rows["change-day", level]
            item = await work.reminders.item(row.reminder_id)
            assert item is not None
            assert item.owner == rows["change-day", 0]
            assert {rung.level for rung in item.rungs} == {1, 2, 3}
            assert await work.reminders.patient_of(row.reminder_id) == PATIENT
        assert await work.reminders.item(COURSE) is None
        assert await work.reminders.patient_of(COURSE) is None


async def test_a_record_withdrawn_as_a_mistake_brings_its_reminder_back(opened: Opened) -> None:
    done = a_course(a_taper(a_step(taken_at=NOW)))
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await apply_course_state(work, course=done, rules=CONTENT, now=NOW)
        assert (await rows_of(work))["change-day", 0].state is State.DONE
        assert ("change-day", 1) not in await rows_of(work)
    async with opened(NOW) as work:
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
    async with opened(DUE) as work:
        back = {level: (await rows_of(work))["change-day", level] for level in range(4)}
        assert {row.state for row in back.values()} == {State.PLANNED}
        rungs = await work.reminders.rungs_of([back[0].reminder_id])
        assert {row.level: row for row in rungs} == {n: back[n] for n in (1, 2, 3)}
        assert not await work.reminders.rungs_of([])


async def test_levels_count_on_time_late_and_waiting(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        await work.reminders.show_due(at("2026-06-09T09:00:30"), limit=50)
    late = at("2026-06-12T10:00")
    async with opened(late) as work:
        before = await work.reminders.levels(None, late)
        await work.reminders.show_due(late, limit=50)
        after = await work.reminders.levels(None, late)
        assert (before.on_time, before.late, before.waiting, before.open) == (1, 0, 4, 5)
        assert (after.on_time, after.late, after.waiting, after.open) == (1, 4, 0, 5)
        assert (after.early, after.doubled, after.lost) == (0, 0, 0)
        assert after.worst_lateness_s == 69 * 3600
        assert (await work.reminders.levels(DUE, late)).late == 1


@pytest.mark.parametrize(
    ("again_after", "doubled"), [(-timedelta(seconds=1), 1), (timedelta(0), 0)]
)
async def test_what_was_shown_twice_at_once_is_counted(
    opened: Opened, again_after: timedelta, doubled: int
) -> None:
    """The count reads the rows and not the indexes that ought to keep such rows out."""
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        first = (await rows_of(work))["change-day", 0]
        over = DUE + timedelta(hours=1)
        done = replace(first, state=State.DONE, visible_at=DUE, done_at=over, version=2)
        again = replace(done, reminder_id=STRANGER, item_id=STRANGER, life=2, version=1)
        again = replace(again, visible_at=over + again_after, done_at=over + timedelta(hours=1))
        await work.reminders.save((Change(done, What.DONE), Change(again, What.DONE)))

        assert (await work.reminders.levels(None, DUE)).doubled == doubled


async def test_two_open_ones_are_counted_where_the_index_is_gone(databases: Databases) -> None:
    db = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        work = SqlWork(tx, CONTENT)
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        first = (await rows_of(work))["change-day", 0]
        await tx.session.execute(text("DROP INDEX uq_reminder_one_open"))
        again = replace(first, reminder_id=STRANGER, item_id=STRANGER, life=2, version=1)
        await work.reminders.save((Change(again, What.PLANNED),))
        levels = await work.reminders.levels(None, DUE)
        tx.audit("test.wrote", object="test:1")
    await db.close()

    assert levels.doubled == 1


async def test_levels_count_notices_by_channel(opened: Opened) -> None:
    async with opened(NOW) as work:
        for row in NOTICES:
            await keep(work.notices, row)
        await keep(work.notices, NOTICES[0], -timedelta(days=1))
        work.audit("notices.kept", object="test")
    async with opened(NOW) as work:
        every = (await work.reminders.levels(None, NOW)).channels
        later = (await work.reminders.levels(MADE, NOW)).channels
        none = (await work.reminders.levels(MADE + timedelta(seconds=1), NOW)).channels
    assert every == (
        ChannelLevels(channel="email", on_time=5, late=2, failed=1),
        ChannelLevels(channel="webhook", on_time=1, late=0, failed=3),
    )
    assert later[0] == ChannelLevels(channel="email", on_time=4, late=2, failed=1)
    assert none == ()


async def test_notices_go_on_where_a_page_ended(opened: Opened) -> None:
    """Two of them were made at the same moment; the lead's list has the failed alone."""
    async with opened(NOW) as work:
        await a_clinic(work)
        for hours, row in enumerate(NOTICES):
            await keep(work.notices, row, -timedelta(hours=hours // 2))
        work.audit("notices.kept", object="test")
    async with opened(NOW) as work:
        every = await work.notices.of_staff(NURSE, limit=99)
        unsent = await work.notices.unsent(["harbour"], limit=99)
        last, paged = None, []
        while page := await work.notices.of_staff(NURSE, limit=2, after=last):
            paged += page
            last = (page[-1].made_at, page[-1].notice_id)
        first, *others = unsent
        after = await work.notices.unsent(
            ["harbour"], limit=99, after=(first.made_at, first.notice_id)
        )
    assert len(every) == len(NOTICES)
    assert every == sorted(every, key=lambda one: one.made_at, reverse=True)
    assert paged == list(every)
    assert list(after) == others


async def test_urgent_notices_are_sent_before_any_backlog(opened: Opened) -> None:
    """A hundred routine ones have waited since the morning when the others come."""
    later = [(Purpose.ESCALATED, 1), (Purpose.SAFETY, 2), (Purpose.ON_CALL, 3)]
    async with opened(NOW) as work:
        backlog = [a_notice(Purpose.DUE, NOW - timedelta(hours=2)) for _ in range(100)]
        others = [a_notice(one, NOW - timedelta(minutes=10 - after)) for one, after in later]
        await work.notices.add([*backlog, *others])
        work.audit("notices.kept", object="test")
    async with opened(NOW) as work:
        batches = [
            await work.notices.claim(NOW, NOW, lease_until=NOW + timedelta(minutes=2), limit=20)
            for _ in range(6)
        ]
        work.audit("notices.claimed", object="test")
    first = [one.purpose for one in batches[0]]
    assert first == [Purpose.SAFETY, Purpose.ON_CALL, Purpose.ESCALATED, *[Purpose.DUE] * 17]
    assert sum(map(len, batches)) == 103


def a_notice(purpose: Purpose, made_at: datetime) -> Notice:
    """One to the nurse that may go at once."""
    return Notice(
        notice_id=clock.new_id(),
        purpose=purpose,
        staff_id=NURSE,
        channels=(Channel.EMAIL,),
        made_at=made_at,
        not_before=made_at,
        retry_at=made_at,
    )


async def test_what_was_lost_is_counted(opened: Opened) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        await apply_course_state(work, course=a_course(a_taper()), rules=CONTENT, now=NOW)
        rows = await rows_of(work)
        await work.reminders.add_lost([rows["change-day", 0]], NOW)
        await work.reminders.add_lost([], NOW)
        assert (await work.reminders.levels(None, NOW)).lost == 1
        assert (await work.reminders.levels(NOW + timedelta(days=1), NOW)).lost == 0


async def test_a_person_nobody_told_about_is_held_and_then_known(opened: Opened) -> None:
    async with opened(NOW) as work:
        assert await work.patients.find(PATIENT) is None
        stub = await work.patients.hold(PATIENT)
        assert (stub.status, stub.team, stub.care_team) == (CareStatus.ACTIVE, "", ())
        await a_clinic(work)
        known = await work.patients.hold(PATIENT)
        assert (known.team, known.care_team) == ("harbour", (NURSE, PRESCRIBER))
        assert await work.patients.find(PATIENT) == known
        who = Identity(given_name="A", family_name="B", birth_date=CHANGE_ON, zone="Asia/Tokyo")
        await work.patients.identify(PATIENT, who)
        assert (await work.patients.hold(PATIENT)).zone == "Asia/Tokyo"


async def test_people_around_a_colleague_by_care_team_and_by_what_they_own(
    opened: Opened,
) -> None:
    async with opened(NOW) as work:
        await a_clinic(work)
        assert await work.patients.around(NURSE) == [PATIENT]
        assert await work.patients.around(OTHER_NURSE) == []
        course = a_course(reviews=(a_review(),), prescriber_id=PRESCRIBER)
        await apply_course_state(work, course=course, rules=CONTENT, now=NOW)
        await apply_patient_state(
            work,
            patient_id=PATIENT,
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=(NURSE,),
            rules=CONTENT,
            now=NOW,
        )
        assert await work.patients.around(PRESCRIBER) == [PATIENT]


async def test_people_are_walked_by_id(opened: Opened) -> None:
    people = sorted(uuid5(PATIENT, str(number)) for number in range(5))
    async with opened(NOW) as work:
        for patient_id in people:
            await work.patients.hold(patient_id)
        first = await work.patients.after(None, limit=2)
        assert list(first) == people[:2]
        assert list(await work.patients.after(first[-1], limit=9)) == people[2:]


async def test_courses_and_flags_keep_their_last_state(opened: Opened) -> None:
    course = a_course(a_taper(surveillance=(a_look(done_at=NOW),)), reviews=(a_review(),))
    closed = a_flag(status=FlagStatus.CLOSED, acknowledged_by=NURSE)
    async with opened(NOW) as work:
        await work.courses.put(a_course())
        await work.courses.put(course)
        await work.flags.put(a_flag())
        await work.flags.put(closed)
    async with opened(NOW) as work:
        assert await work.courses.of_patient(PATIENT) == [course]
        assert await work.flags.of_patient(PATIENT) == [closed]
        assert await work.courses.of_patient(FLAG) == []


async def test_staff_keep_their_last_state(opened: Opened) -> None:
    async with opened(NOW) as work:
        for colleague in STAFF:
            await work.staff.put(colleague)
        gone = replace(STAFF[0], active=False, teams=frozenset({"harbour", "hill"}))
        await work.staff.put(gone)
    async with opened(NOW) as work:
        everybody = await work.staff.all()
        assert everybody[NURSE] == gone
        assert len(everybody) == len(STAFF)


async def test_attempts_are_kept(opened: Opened) -> None:
    async with opened(NOW) as work:
        for number in range(2):
            await work.attempts.add(
                Attempt(
                    attempt_id=uuid5(PATIENT, str(number)),
                    reminder_id=COURSE,
                    patient_id=PATIENT,
                    act="call-back",
                    by=NURSE,
                    at=datetime(2026, 6, 1, tzinfo=UTC),
                    until=DUE,
                    note="after lunch",
                )
            )


async def test_lists_of_old_mornings_are_forgotten(opened: Opened) -> None:
    days = [DUE.date() - timedelta(days=days) for days in (36, 35, 0)]
    async with opened(DUE) as work:
        for day in days:
            one = Digest(staff_id=NURSE, day=day, made_at=DUE, items=())
            assert await work.notices.keep_digest(one)

        forgotten = await work.notices.forget_digests(days[1])

        kept = [await work.notices.digest(NURSE, day) for day in days]
    assert forgotten == 1
    assert [one and one.day for one in kept] == [None, *days[1:]]


async def test_the_mornings_lists_push_out_those_past_their_time(opened: Opened) -> None:
    today = DUE.date()
    first_kept = today - CONTENT.delivery.digest_kept
    days = [first_kept - timedelta(days=1), first_kept, today]
    async with opened(DUE) as work:
        (nurse,) = [one for one in STAFF if one.staff_id == NURSE]
        await apply_staff_state(work, colleague=nurse, rules=CONTENT, now=DUE)
        for day in days[:2]:
            one = Digest(staff_id=NURSE, day=day, made_at=DUE, items=())
            assert await work.notices.keep_digest(one)

        assert await keep_digests(work, rules=CONTENT, now=DUE, real_now=DUE) == 1

        kept = [await work.notices.digest(NURSE, day) is not None for day in days]
    assert kept == [False, True, True]
