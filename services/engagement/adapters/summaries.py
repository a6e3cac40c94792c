"""What is told of a thousand people at once, from one small row of each instead of their records:
their outcomes, and where their programmes stand.

A summary counts as long as its row bears the mark of the rules: triggers take it off with whatever
is recorded about the person (migration 0012d), and the engine sums up anew. With it go the rows of
what was known before, each until the next thing was recorded: a report of a past day reads the one
of that day. No report waits for the engine: whoever has no summary is counted from the records. So
the answer is the same with and without summaries, only later without.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    bindparam,
    case,
    cast,
    delete,
    insert,
    or_,
    select,
    update,
)

from services.engagement.adapters.histories import care_known, history_of, key_of
from services.engagement.adapters.list_statements import patient
from services.engagement.adapters.names import NAME_COLUMNS, named
from services.engagement.adapters.support import SqlSupport
from services.engagement.adapters.tables import HistoryBeforeRow, HistorySummaryRow
from services.engagement.application.ports import Case
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.outcomes import Outcome, outcome_of
from services.engagement.domain.support.rules import OutcomeRules
from services.engagement.domain.support.standing import Standing, standing_of
from services.engagement.domain.support.summary import Summary, outcome_on, sum_up_history
from shared.runtime.db import Transaction

_FORM = 3
"""Count this up with every change of how a summary is made or of what it holds."""
_END = datetime.max.replace(tzinfo=UTC)
_FEW = 500
_summary = HistorySummaryRow.metadata.tables["history_summary"]
_before = HistoryBeforeRow.metadata.tables["history_before"]
_KEEP = (
    update(_summary)
    .where(_summary.c.patient_id == bindparam("of"))
    .values({name: bindparam(name) for name in ("rules", "known_at", "state")})
)


@dataclass(frozen=True, slots=True)
class _Standing:
    """As much of a summary as a caseload asks for."""

    standing: Standing | None


_ONE = TypeAdapter(Summary)
_MANY = TypeAdapter(tuple[Summary, ...])
_STANDINGS = TypeAdapter(tuple[_Standing, ...])


def mark_of(rules: OutcomeRules) -> str:
    """Names the rules a summary was made by; another release may have others."""
    return sha256(f"{_FORM} {rules!r}".encode()).hexdigest()


async def outcomes(
    tx: Transaction, seen: ColumnElement[bool], rules: OutcomeRules, *, on: date, until: datetime
) -> list[Outcome]:
    """Everybody whose row of ``patient`` meets the condition, judged by what was recorded by
    ``until``, the end of that day."""
    known_then = or_(_summary.c.known_at.is_(None), _summary.c.known_at < until)
    before = (
        select(cast(_before.c.state, Text))
        .where(_before.c.patient_id == patient.c.patient_id, _before.c.known_until >= until)
        .order_by(_before.c.known_until)
        .limit(1)
        .scalar_subquery()
    )
    state = case((known_then, cast(_summary.c.state, Text)), else_=before)
    query = (
        select(
            patient.c.patient_id,
            patient.c.status,
            *NAME_COLUMNS,
            case((_summary.c.rules == mark_of(rules), state)).label("state"),
        )
        .outerjoin(_summary, _summary.c.patient_id == patient.c.patient_id)
        .where(seen)
        .order_by(patient.c.patient_id)
    )
    rows = (await tx.session.execute(query)).all()
    texts = [row.state for row in rows if row.state is not None]
    summaries = iter(_MANY.validate_json(f"[{','.join(texts)}]"))
    others = {row.patient_id for row in rows if row.state is None}
    counted = await _counted(tx, seen, others, rules, on=on, until=until)
    return [
        counted[row.patient_id]
        if row.state is None
        else _judged(row, next(summaries), tx, rules, on)
        for row in rows
        if row.state is not None or row.patient_id in counted
    ]


async def standings(
    tx: Transaction, people: Collection[UUID], rules: OutcomeRules
) -> Mapping[UUID, Standing]:
    """Of those among these people who have an open programme, and a summary that counts."""
    query = select(_summary.c.patient_id, cast(_summary.c.state, Text).label("state")).where(
        _summary.c.rules == mark_of(rules), _summary.c.patient_id.in_(people)
    )
    rows = (await tx.session.execute(query)).all()
    found = _STANDINGS.validate_json(f"[{','.join(row.state for row in rows)}]")
    return {
        row.patient_id: one.standing
        for row, one in zip(rows, found, strict=True)
        if one.standing is not None
    }


def _judged(row: Any, summary: Summary, tx: Transaction, rules: OutcomeRules, on: date) -> Outcome:
    return outcome_on(
        summary,
        rules,
        on,
        key=key_of(row.patient_id),
        counts_from=named(row, tx).birth.counts_from,
        active=row.status == "active",
    )


async def _counted(
    tx: Transaction,
    seen: ColumnElement[bool],
    people: set[UUID],
    rules: OutcomeRules,
    *,
    on: date,
    until: datetime,
) -> dict[UUID, Outcome]:
    """These people from their records. The many are picked out of everybody: no database takes a
    condition of any length."""
    if not people:
        return {}
    which = and_(seen, patient.c.patient_id.in_(people)) if len(people) <= _FEW else seen
    cases = await SqlSupport(tx).cases(which, rules.counted)
    return {
        one.patient_id: outcome_of(history_of(one, rules, on=on, until=until), rules, on)
        for one in cases
        if one.patient_id in people
    }


async def sum_up(tx: Transaction, rules: OutcomeRules, *, limit: int) -> int:
    """Sum up the next people who have no summary by these rules; how many there were.

    Their rows are held first, and the records read after that: what is written meanwhile takes the
    mark off when we have committed, and whoever is being written about now is left for later.
    """
    mark = mark_of(rules)
    other = or_(_summary.c.rules.is_(None), _summary.c.rules < mark, _summary.c.rules > mark)
    query = (
        select(_summary.c.patient_id)
        .join(patient, patient.c.patient_id == _summary.c.patient_id)
        .where(other)
        .limit(limit)
        .with_for_update(of=_summary, skip_locked=True)
    )
    people = (await tx.session.execute(query)).scalars().all()
    if not people:
        return 0
    cases = await SqlSupport(tx).cases(patient.c.patient_id.in_(people), rules.counted)
    now: list[dict[str, Any]] = []
    before: list[dict[str, Any]] = []
    for one in cases:
        *earlier, (_end, latest) = _known_over_time(one, rules)
        now.append(
            {
                "of": one.patient_id,
                "rules": mark,
                "known_at": earlier[-1][0] if earlier else None,
                "state": _stored(replace(latest, standing=_standing_of(one, rules))),
            }
        )
        before += [
            {"patient_id": one.patient_id, "known_until": until, "state": _stored(summary)}
            for until, summary in earlier
        ]
    await tx.session.execute(_KEEP, now)
    await tx.session.execute(delete(_before).where(_before.c.patient_id.in_(people)))
    if before:
        await tx.session.execute(insert(_before), before)
    return len(people)


def _stored(summary: Summary) -> Any:
    return _ONE.dump_python(summary, mode="json")


def _known_over_time(one: Case, rules: OutcomeRules) -> list[tuple[datetime, Summary]]:
    """What was known until each moment at which that changed; at last what is known now."""
    found: list[tuple[datetime, Summary]] = []
    for until in (*sorted(set(_moments(one))), _END):
        summary = _summary_of(one, rules, until)
        if found and found[-1][1] == summary:
            found.pop()
        found.append((until, summary))
    return found


def _summary_of(one: Case, rules: OutcomeRules, until: datetime) -> Summary:
    care = care_known(one, until)
    return sum_up_history(
        history_of(one, rules, on=date.max, until=until),
        rules,
        care_kept=bool(one.care),
        enrolled_on=care.enrolled_on if care else None,
        ended_on=care.ended_on if care else None,
    )


def _standing_of(one: Case, rules: OutcomeRules) -> Standing | None:
    """Of everything recorded about a person."""
    if not any(programme.is_open for programme in one.programmes):
        return None
    known = Known(programmes=one.programmes, contacts=one.contacts)
    return standing_of(known, history_of(one, rules, on=date.max, until=_END).depression)


def _moments(one: Case) -> Iterator[datetime]:
    """When each thing that ``history_of`` reads was recorded."""
    yield from (reading.known_at for reading in one.readings)
    yield from (point.known_at for point in one.points)
    yield from (care.known_at for care in one.care)
    yield from (group.known_at for group in one.groups)
    yield from (contact.recorded_at for contact in one.contacts)
    for programme in one.programmes:
        yield programme.started_at
        yield from (look.at for look in programme.looks)
