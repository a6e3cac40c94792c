"""From a listed reminder to the body the list shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.engagement.application.compare_zones import Difference
from services.engagement.application.ports import Attempt, Listed
from services.engagement.domain.acts import possible
from services.engagement.domain.kind import Kinds, Patience
from services.engagement.domain.ladder import Item
from services.engagement.domain.obligation import Key
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.reminder import Reminder, State
from services.engagement.domain.wording import detail_for, worded
from services.engagement.domain.worklist import Section, late_by_minutes
from shared.api import engagement as api
from shared.api.identity import Role

SECTIONS: Mapping[Section, api.Section] = dict(zip(Section, api.Section, strict=True))


_NOBODY: Mapping[str, UUID] = {}


def key_body(key: Key, level: int = 0) -> api.ReminderKey:
    """The key of an owner's reminder, or of one of its rungs."""
    return api.ReminderKey(**key._asdict(), level=level)


def reminder_body(
    listed: Listed,
    kinds: Kinds,
    now: datetime,
    on_call: Mapping[str, UUID] = _NOBODY,
    *,
    medicines: bool,
) -> api.ReminderBody:
    """The row in words, with what may be done about it now. ``on_call``: who is, by team;
    ``medicines``: whether the reader may read of them."""
    row = listed.row
    kind = kinds[row.key.kind]
    words = worded(row, kind, medicines=medicines)
    return api.ReminderBody(
        reminder_id=row.reminder_id,
        version=row.version,
        key=key_body(row.key, row.level),
        patient_id=row.patient_id,
        patient_name=listed.patient_name,
        birth_date=listed.birth_date,
        birth_year=listed.birth_year,
        team=listed.team,
        course_id=row.course_id,
        for_role=_role(row),
        owner_id=on_call.get(listed.team) if _is_on_call(row) else row.owner_id,
        on_call=_is_on_call(row),
        state=row.state.value,
        reason=None if row.reason is None else row.reason.value,
        section=None if listed.section is None else SECTIONS[listed.section],
        risk=row.risk,
        due_at=row.due_at,
        due_on=row.due_on,
        time_zone=listed.zone,
        visible_at=row.visible_at,
        late_by_minutes=late_by_minutes(row, now),
        title=words.title,
        why=words.why,
        what=words.what,
        detail=api.Detail.model_validate(detail_for(row, medicines=medicines)),
        escalated_to=listed.escalated_to,
        everybody_told=listed.escalated_to == len(kind.ladder(row.risk)),
        comes_back_at=listed.comes_back_at,
        acknowledged=_acknowledged(row),
        attempts=row.attempts,
        action=api.Action(kind.action),
        actions=tuple(act.value for act in possible(Item(row), kind, now)),
    )


def zone_difference(before: str, after: str, found: Difference) -> api.ZoneDifference:
    """What moves, each with both times."""
    return api.ZoneDifference(
        time_zone=before,
        new_time_zone=after,
        moves=tuple(
            api.ZoneMove(
                reminder_id=move.row.reminder_id,
                kind=move.row.key.kind,
                due_on=move.row.due_on,
                due_at=move.row.due_at,
                new_due_at=move.due_at,
            )
            for move in found.moves
        ),
        unmoved=found.unmoved,
    )


def history_body(
    item: Item, attempts: Sequence[Attempt], patience: Patience, *, on_call: UUID | None
) -> api.ReminderHistory:
    """One reminder from its first try to its last, and its ladder. ``on_call`` is who is now."""
    deferred = sum(one.until is not None for one in attempts)
    return api.ReminderHistory(
        reminder_id=item.owner.reminder_id,
        attempts=tuple(_attempt(one) for one in attempts),
        ladder=tuple(_rung(row, on_call) for row in item.rungs),
        tries_left=max(0, len(patience.retries) - item.owner.attempts),
        deferrals_left=max(0, patience.deferrals_without_lead - deferred),
        longest_deferral_hours=patience.longest_deferral // timedelta(hours=1),
    )


def _attempt(one: Attempt) -> api.AttemptBody:
    return api.AttemptBody(
        act=one.act,
        by=one.by,
        at=one.at,
        meaning=None if one.meaning is None else api.Meaning(one.meaning),
        until=one.until,
        to=one.to,
        note=one.note,
    )


def _is_on_call(row: Reminder) -> bool:
    return row.for_role == ON_CALL


def _role(row: Reminder) -> Role:
    """A rung on call is the leads' whenever nobody is on call."""
    return Role.LEAD if _is_on_call(row) else Role(row.for_role)


def _rung(row: Reminder, on_call: UUID | None) -> api.RungBody:
    return api.RungBody(
        level=row.level,
        for_role=_role(row),
        owner_id=on_call if _is_on_call(row) else row.owner_id,
        on_call=_is_on_call(row),
        due_at=row.due_at,
        told_at=row.visible_at,
        stopped=row.state is State.CANCELLED,
    )


def _acknowledged(row: Reminder) -> api.Acknowledged | None:
    if row.acknowledged is None:
        return None
    return api.Acknowledged(
        by=row.acknowledged.by,
        at=row.acknowledged.at,
        meaning=api.Meaning(row.acknowledged.meaning),
        on_earlier_version=row.answered_before,
    )
