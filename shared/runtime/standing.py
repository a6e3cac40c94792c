"""Who stands in for whom, who is on call, and who opened a record in an emergency.

The owner of each fact publishes it; every service keeps its own copy here and asks it at each
call, so that an end counts at once and needs no other service.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, literal, select

from shared.events.assessment import RecordOpened
from shared.events.engagement import StandInChanged, StandInState
from shared.events.envelope import Event
from shared.runtime.access import Relation, Standing
from shared.runtime.auth import Principal
from shared.runtime.db import Transaction
from shared.runtime.tables import applied, standing

_VERSION = select(applied.c.version).where(applied.c.aggregate == bindparam("account"))
_LIVE = and_(
    standing.c.staff_id == bindparam("staff"),
    standing.c.from_at <= bindparam("now"),
    standing.c.until_at > bindparam("now"),
)
_ONE_ROW = select(literal(0)).subquery()
"""To be joined with, so that the account's version comes also where nothing is live."""
# Built once, as every request asks it: building a statement costs as much as running it.
_ASKED = select(
    _VERSION.scalar_subquery().label("version"), standing.c.kind, standing.c.about
).select_from(_ONE_ROW.outerjoin(standing, _LIVE))


class Outdated(Exception):
    """The account changed since the token was made: another role, or closed."""


async def of(tx: Transaction, principal: Principal) -> Standing:
    """What this member of staff may reach now beside their own caseload.

    Raises:
        Outdated: they have to ask for a new token.
    """
    who = {"account": f"staff:{principal.staff_id}", "staff": principal.staff_id, "now": tx.now}
    rows = (await tx.session.execute(_ASKED, who)).all()
    version = rows[0].version
    if version is not None and version > principal.version:
        raise Outdated
    found: dict[str, set[str]] = {}
    for _, kind, about in rows:
        found.setdefault(kind, set()).add(about)
    return Standing(
        covers=frozenset(map(UUID, found.get(Relation.COVERING, ()))),
        on_call=frozenset(found.get(Relation.ON_CALL, ())),
        opened=frozenset(map(UUID, found.get(Relation.BREAK_GLASS, ()))),
    )


async def put(
    tx: Transaction,
    *,
    id_: UUID,
    staff_id: UUID,
    kind: Relation,
    about: str,
    from_at: datetime,
    until_at: datetime,
) -> None:
    """Remember it, in place of what was known under this id."""
    await forget(tx, id_)
    await tx.session.execute(
        insert(standing).values(
            id=id_,
            staff_id=staff_id,
            kind=kind.value,
            about=about,
            from_at=from_at,
            until_at=until_at,
        )
    )


async def forget(tx: Transaction, id_: UUID) -> None:
    """It counts no more."""
    await tx.session.execute(delete(standing).where(standing.c.id == id_))


async def stand_in(tx: Transaction, state: StandInState) -> None:
    """Keep a cover or a time on call as it is now; engagement calls this for its own facts."""
    if not state.active:
        await forget(tx, state.stand_in_id)
        return
    kind = Relation(state.kind)
    about = state.team if kind is Relation.ON_CALL else state.for_staff_id
    await put(
        tx,
        id_=state.stand_in_id,
        staff_id=state.staff_id,
        kind=kind,
        about=str(about),
        from_at=state.from_at,
        until_at=state.until_at,
    )


async def on_stand_in(tx: Transaction, event: Event[StandInChanged]) -> None:
    """Engagement said who stands in for whom, or who is on call."""
    await stand_in(tx, event.data.stand_in)


async def on_record_opened(tx: Transaction, event: Event[RecordOpened]) -> None:
    """Assessment let somebody look at one record in an emergency."""
    grant = event.data.grant
    await put(
        tx,
        id_=grant.grant_id,
        staff_id=grant.staff_id,
        kind=Relation.BREAK_GLASS,
        about=str(grant.patient_id),
        from_at=grant.opened_at,
        until_at=grant.until,
    )


async def on_staff(_tx: Transaction, _event: Event[Any]) -> None:
    """An account changed. Its version is kept by the inbox, and older tokens end with it."""
