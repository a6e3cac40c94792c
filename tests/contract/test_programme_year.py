"""A programme's year on both databases, under the demo clock: nothing lost, doubled, early, ended.

Weekly to day 84, fortnightly to day 182, monthly from then (evidence pack 6.3). The person misses
two meetings, calls one off, loses somebody, and the facilitator is away for twelve days. The clock
stands still a minute before each thing is due, and again when it is.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.application.plan_cover import follow_absences
from services.engagement.domain.absence import Absence
from services.engagement.domain.reminder import Reminder, State
from shared.runtime import clock
from tests.contract.test_support_http import Ward, ward
from tests.support.engagement import CONTENT, NOW, PATIENT
from tests.support.support import DEPUTY, FACILITATOR

__all__ = ["ward"]
WEEKLY = tuple(range(7, 85, 7))
FORTNIGHTLY = tuple(range(98, 183, 14))
MONTHLY = tuple(range(212, 365, 30))
YEAR = (*WEEKLY, *FORTNIGHTLY, *MONTHLY)
"""The days of the programme on which a meeting is owed."""
MISSED_EARLY, CALLED_OFF, MISSED_LATE = 21, 49, 126
AWAY = (98, 110)
BEREAVED = 150
ENDS = 365
MINUTE = timedelta(minutes=1)
LEFT_ALONE = {"programme-decision", "facilitator-gap"}
"""Nobody decides about the end, and the gap ends when the facilitator is back."""


@dataclass(slots=True)
class Year:
    """The programme as it is lived, and what was asked when."""

    ward: Ward
    programme_id: UUID
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Kind and day of everything that was shown, as it was shown."""
    seen: set[UUID] = field(default_factory=set)
    owners: dict[int, UUID | None] = field(default_factory=dict)
    """Whom the meeting of a day was asked of."""

    async def rows(self) -> Sequence[Reminder]:
        """Every reminder of the person's, owner's level, by the instant it is due."""
        async with self.ward.db.transaction(actor="service:engagement") as tx:
            found = await SqlWork(tx, CONTENT).reminders.about(PATIENT)
        return sorted((row for row in found if row.level == 0), key=lambda row: row.due_at)

    async def live_until(self, day: int) -> None:
        """From one thing that is due to the next; each is done as soon as it is shown."""
        end = NOW + timedelta(days=day)
        while True:
            ahead = [row for row in await self.rows() if row.state is State.PLANNED]
            if not ahead or ahead[0].due_at > end:
                return
            due_at = ahead[0].due_at
            if due_at - MINUTE > await self.now():
                await self.ward.travel(due_at - MINUTE)
                assert await self.shown() == [], "early"
            await self.ward.travel(due_at)
            shown = await self.shown()
            assert shown, "late"
            for row in shown:
                self.seen.add(row.reminder_id)
                self.asked.append((row.key.kind, _day(row.due_at)))
                await self.do(row)

    async def shown(self) -> Sequence[Reminder]:
        """What has come onto a list since the last look."""
        rows = [row for row in await self.rows() if row.visible_at is not None]
        return [row for row in rows if row.reminder_id not in self.seen]

    async def now(self) -> datetime:
        async with self.ward.db.reading() as tx:
            return tx.now

    async def do(self, row: Reminder) -> None:
        """What the team does about it."""
        kind, day = row.key.kind, _day(row.due_at)
        if kind == "programme-contact":
            self.owners[day] = row.owner_id
            await self.meet(day)
        elif kind == "missed-contact-urgent":
            await self.contact(purpose="outreach", mode="telephone", outcome="not-reached")
        elif kind == "welfare-check":
            await self.contact(purpose="outreach", mode="visit", minutes=20)
        elif kind == "missed-contact":
            reached = row.key.ordinal == 2
            much = {"minutes": 10} if reached else {"outcome": "not-reached"}
            await self.contact(purpose="outreach", mode="telephone", **much)
        elif kind == "life-event-contact":
            about = {"life_event_id": str(row.key.subject_id), "minutes": 25}
            await self.contact(purpose="life-event", mode="face-to-face", **about)
        elif kind == "programme-review":
            await self.review()
        elif kind == "relapse-plan":
            await self.write_plan()
        else:
            assert kind in LEFT_ALONE, f"nobody expected {kind} on day {day}"

    async def meet(self, day: int) -> None:
        """The meeting of that day, or what came of it."""
        outcome = {
            MISSED_EARLY: "missed",
            MISSED_LATE: "missed",
            CALLED_OFF: "called-off",
        }.get(day, "took-place")
        await self.contact(
            purpose="programme",
            mode="face-to-face",
            outcome=outcome,
            minutes=50 if outcome == "took-place" else 0,
            programme_id=str(self.programme_id),
        )

    async def contact(self, **said: Any) -> None:
        body = {"outcome": "took-place", "at": (await self.now()).isoformat()} | said
        answer = await self.ward.femi.post(f"patients/{PATIENT}/contacts", body)
        assert answer.status == 200, answer.json

    async def review(self) -> None:
        version = (await self.ward.programme())["version"]
        body = {"serves_goal": True, "mode_still_right": True}
        path = f"programmes/{self.programme_id}/reviews"
        answer = await self.ward.femi.post(path, body, version=version)
        assert answer.status == 200, answer.json

    async def write_plan(self) -> None:
        body = {
            "warning_signs": "Staying in bed.",
            "what_helps": "The choir.",
            "whom_to_call": "My sister.",
            "agreed": True,
        }
        answer = await self.ward.femi.put(f"patients/{PATIENT}/relapse-plan", body, version=0)
        assert answer.status == 200, answer.json

    async def plan_leave(self, first: int, last: int) -> None:
        """The facilitator says beforehand when they are away."""
        absence = Absence(
            absence_id=clock.new_id(),
            staff_id=FACILITATOR,
            cover_id=DEPUTY,
            starts_on=(NOW + timedelta(days=first)).date(),
            ends_on=(NOW + timedelta(days=last)).date(),
            note="",
            made_by=FACILITATOR,
            made_at=NOW,
        )
        async with self.ward.db.transaction(actor="service:engagement") as tx:
            await SqlWork(tx, CONTENT).absences.put(absence)
            tx.audit("absence.planned", object=f"absence:{absence.absence_id}")

    async def midnight(self, day: int) -> None:
        """The day begins: whoever is away from now on, or back, is."""
        await self.ward.travel((NOW + timedelta(days=day)).replace(hour=1))
        async with self.ward.db.transaction(actor="service:engagement") as tx:
            await follow_absences(SqlWork(tx, CONTENT), rules=CONTENT, now=tx.now)

    async def bereavement(self, day: int) -> None:
        await self.ward.travel(NOW + timedelta(days=day))
        body = {"kind": "bereavement", "happened_on": (NOW + timedelta(days=day)).date()}
        said = {name: str(value) for name, value in body.items()}
        answer = await self.ward.femi.post(f"patients/{PATIENT}/life-events", said)
        assert answer.status == 200, answer.json


def _day(at: datetime) -> int:
    return (at.date() - NOW.date()).days


@pytest.fixture
async def year(ward: Ward) -> Year:
    """The programme has just begun."""
    assert (await ward.start()).status == 200
    return Year(ward, UUID((await ward.programme())["programme_id"]))


async def test_a_year_is_asked_for_once_in_time_and_ended_by_nobody(year: Year) -> None:
    first, last = AWAY
    await year.plan_leave(first, last)
    await year.live_until(first - 1)
    await year.midnight(first)
    await year.live_until(last)
    await year.midnight(last + 1)
    await year.live_until(BEREAVED - 1)
    await year.bereavement(BEREAVED)
    await year.live_until(ENDS + 20)

    asked = Counter(year.asked)
    assert [day for kind, day in year.asked if kind == "programme-contact" and day <= ENDS] == [
        *YEAR
    ], "each meeting on its day, none lost"
    assert max(asked.values()) == 1, "nothing twice"
    days = {kind: [day for each, day in year.asked if each == kind] for kind, _ in year.asked}
    assert days["missed-contact-urgent"] == [MISSED_EARLY], "within the first four weeks"
    assert days["welfare-check"] == [MISSED_EARLY]
    assert days["missed-contact"] == [MISSED_LATE, MISSED_LATE + 2]
    assert "missed-letter" not in days, "somebody spoke with them before"
    assert days["life-event-contact"] == [BEREAVED]
    assert days["relapse-plan"] == [ENDS - 14]
    assert len(days["programme-review"]) == 4

    assert year.owners[first] == DEPUTY, "the facilitator is away"
    assert {who for day, who in year.owners.items() if not first <= day <= last} == {FACILITATOR}
    assert days["facilitator-gap"] == [first + 7]
    assert "facilitator-gap-long" not in days, "back before 14 days"

    rows = await year.rows()
    assert all(row.visible_at >= row.due_at for row in rows if row.visible_at), "none early"
    (decision,) = [row for row in rows if row.key.kind == "programme-decision"]
    assert decision.state is State.VISIBLE, "it asks for a decision, and takes none"
    programme = await year.ward.programme()
    assert programme["status"] == "active"
    told = Counter(await year.ward.told())
    assert told["care.engagement.programme.closed.v1"] == 0
    assert told["care.engagement.contact.missed.v1"] == 2
