"""Notices that fared in every way, to be counted by channel."""

from datetime import UTC, datetime, timedelta

from services.engagement.application.ports import Notices, Try
from services.engagement.domain.notice import Channel, Notice, Purpose, Reason, State
from shared.runtime import clock
from tests.support.engagement import NURSE

MADE = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
OPENS = MADE + timedelta(minutes=30)
TAKEN, LATER, NEVER = "taken", "later", "never"

Row = tuple[str, datetime, State, int, list[tuple[str, str]]]
NOTICES: list[Row] = [  # may go from, how it stands, seconds until it ended, what each try met
    ("at once", MADE, State.SENT, 0, [("email", TAKEN)]),
    ("in the last second of two minutes", MADE, State.SENT, 120, [("email", TAKEN)]),
    ("a second late", MADE, State.SENT, 121, [("email", LATER), ("email", TAKEN)]),
    ("after quiet hours", OPENS, State.SENT, 30 * 60 + 120, [("email", TAKEN)]),
    ("late after quiet hours", OPENS, State.SENT, 30 * 60 + 121, [("email", TAKEN)]),
    ("by mail instead", MADE, State.SENT, 90, [("webhook", NEVER), ("email", TAKEN)]),
    ("by nothing", MADE, State.FAILED, 90, [("webhook", NEVER), ("email", NEVER)]),
    ("still being tried", MADE, State.PLANNED, 0, [("webhook", LATER), ("webhook", LATER)]),
    ("answered meanwhile", MADE, State.CANCELLED, 90, [("webhook", LATER)]),
    ("never tried", MADE, State.CANCELLED, 0, []),
    ("by webhook", MADE, State.SENT, 5, [("webhook", TAKEN)]),
]
REASONS = {State.FAILED: Reason.REFUSED, State.CANCELLED: Reason.ANSWERED}


async def keep(notices: Notices, row: Row, away: timedelta = timedelta()) -> None:
    """Keep one of them, made earlier or later by ``away``."""
    _why, may_go_from, state, seconds, tries = row
    made = Notice(
        notice_id=clock.new_id(),
        purpose=Purpose.DUE,
        staff_id=NURSE,
        channels=(Channel.EMAIL,),
        state=state,
        reason=REASONS.get(state),
        made_at=MADE + away,
        not_before=may_go_from + away,
        retry_at=MADE + away,
        ended_at=None if state is State.PLANNED else MADE + away + timedelta(seconds=seconds),
    )
    await notices.add([made])
    for number, (channel, answer) in enumerate(tries, start=1):
        attempt = Try(
            notice_id=made.notice_id,
            number=number,
            channel=channel,
            at=MADE,
            answer=answer,
            code="test",
        )
        await notices.add_try(attempt)
