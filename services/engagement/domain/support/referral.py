"""Somebody is put in touch with an activity of the directory, and what the other side said."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.engagement.domain.support.refusals import AlreadyDone


class Answer(StrEnum):
    """What became of it."""

    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """``activity`` and ``contact`` are kept as they were, whatever the directory says later.

    It is a record of what a person did; nothing about the person is sent by the system.
    """

    referral_id: UUID
    patient_id: UUID
    activity_id: UUID
    activity: str
    contact: str
    sent_on: date
    sent_at: datetime
    by: UUID
    status: Answer = Answer.SENT
    answered_on: date | None = None
    answered_by: UUID | None = None
    note: str | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the other side has not answered yet."""
        return self.status is Answer.SENT


def answered(
    referral: Referral, status: Answer, *, by: UUID, on: date, note: str | None
) -> Referral:
    """The other side said yes or no, or we took it back.

    Raises:
        AlreadyDone: it was answered before; refer once more instead.
    """
    if not referral.is_open:
        raise AlreadyDone
    return replace(
        referral,
        status=status,
        answered_on=on,
        answered_by=by,
        note=note or referral.note,
        version=referral.version + 1,
    )
