"""What a safety flag owes the person: somebody now, and an outcome before its limit."""

from datetime import datetime

from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.kind import Kind, Kinds
from services.engagement.domain.local_time import local_day
from services.engagement.domain.obligation import (
    FLAG,
    Acknowledgement,
    Key,
    KindCode,
    Obligation,
    Place,
)


def obligations_of_flag(flag: Flag, kinds: Kinds, place: Place) -> tuple[Obligation, ...]:
    """Both close with the flag; acknowledging it stops only the ladder of the first.

    So a flag that somebody took in hand and then forgot comes back at its limit.
    """
    return (
        _obligation(
            flag,
            kinds[KindCode.SAFETY],
            place,
            due_at=flag.raised_at,
            acknowledged=_acknowledgement(flag),
        ),
        _obligation(
            flag, kinds[KindCode.SAFETY_LIMIT], place, due_at=flag.due_at, acknowledged=None
        ),
    )


def _acknowledgement(flag: Flag) -> Acknowledgement | None:
    if flag.acknowledged_by is None:
        return None
    return Acknowledgement(flag.acknowledged_by, flag.changed_at, "seen")


def _obligation(
    flag: Flag,
    kind: Kind,
    place: Place,
    *,
    due_at: datetime,
    acknowledged: Acknowledgement | None,
) -> Obligation:
    return Obligation(
        key=Key(FLAG, flag.flag_id, 1, 0, kind.code),
        patient_id=flag.patient_id,
        course_id=None,
        for_role=kind.role,
        risk=flag.severity,
        due_on=local_day(due_at, place.zone),
        due_at=due_at,
        overdue_from=flag.due_at,
        detail={"subtype": flag.kind, "rule": flag.rule},
        done_at=flag.changed_at if flag.status is FlagStatus.CLOSED else None,
        acknowledged=acknowledged,
    )
