"""Why somebody stands where they stand on the caseload, on both databases and both sides (E-01).

A red flag, missed meetings, an overdue contact, no improvement by week 8, no score, the rest: the
first that holds is named. Source: evidence pack 6.2; the 35 days after which a score is too old to
say anything are the house's own.
"""

from datetime import timedelta

import pytest

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.summaries import sum_up
from services.engagement.application.apply_flag_state import apply_flag_state
from tests.contract.test_support_http import Ward, ward
from tests.support.engagement import CONTENT, NOW, PATIENT, a_flag
from tests.support.heard import Wire, a_score

__all__ = ["ward"]
Scores = tuple[tuple[int, int], ...]
RECENT: Scores = ((0, 18),)
REASONS: list[tuple[str, int, tuple[int, ...], Scores, str]] = [
    ("on the day of the meeting", 7, (), RECENT, "steady"),
    ("the day after it", 8, (), RECENT, "overdue-contact"),
    ("a score of 35 days ago", 5, (), ((-30, 18),), "steady"),
    ("a score of 36 days ago", 5, (), ((-31, 18),), "no-score"),
    ("no score at all", 5, (), (), "no-score"),
    ("no better, a day before week 8", 55, (54,), ((0, 18), (50, 10)), "steady"),
    ("no better by week 8", 56, (54,), ((0, 18), (50, 10)), "not-improved"),
    ("better by week 8", 56, (54,), ((0, 18), (50, 9)), "steady"),
    ("half of it by week 8", 56, (54,), ((0, 20), (50, 10)), "steady"),
    ("no better, and overdue", 62, (54,), ((0, 18), (50, 10)), "overdue-contact"),
]


@pytest.mark.parametrize(
    ("today", "met", "scores", "why"), [row[1:] for row in REASONS], ids=[row[0] for row in REASONS]
)
async def test_the_first_reason_that_holds_is_named(
    ward: Ward, today: int, met: tuple[int, ...], scores: Scores, why: str
) -> None:
    await ward.start()
    await lived(ward, today, met, scores)

    assert await said(ward) == why


async def test_a_flag_comes_before_everything(ward: Ward) -> None:
    await ward.start()
    await lived(ward, 62, (54,), ())
    async with ward.db.transaction(actor="service:engagement") as tx:
        flag = a_flag(raised_at=tx.now, due_at=tx.now + timedelta(hours=4), changed_at=tx.now)
        await apply_flag_state(SqlWork(tx, CONTENT), flag=flag, rules=CONTENT, now=tx.now)

    assert await said(ward) == "red-flag"


async def test_a_missed_meeting_comes_before_one_that_is_overdue(ward: Ward) -> None:
    await ward.start()
    await lived(ward, 62, (), ())
    await ward.contact(54, outcome="missed", minutes=0)

    assert await said(ward) == "missed"


async def lived(ward: Ward, today: int, met: tuple[int, ...], scores: Scores) -> None:
    """Up to that day: these meetings took place, and PHQ-9 was answered so."""
    await ward.travel(NOW + timedelta(days=today))
    for number in met:
        answer = await ward.contact(number)
        assert answer.status == 200, answer.json
    wire = Wire(ward.db)
    for number, total in scores:
        await wire.take(a_score(PATIENT, (NOW + timedelta(days=number)).date(), total))


async def said(ward: Ward) -> str:
    """The reason on the one row of the caseload, which is the same from a summary."""
    (row,) = (await ward.femi.get("support-caseload")).json["items"]
    async with ward.db.housekeeping() as tx:
        assert await sum_up(tx, CONTENT.support.outcomes, limit=100)
    assert (await ward.femi.get("support-caseload")).json["items"] == [row]
    return str(row["why"])
