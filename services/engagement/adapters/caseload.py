"""The facilitators' caseload: open programmes in the order of a registry (E-01, E-02)."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.histories import scores_of
from services.engagement.adapters.support import grouped
from services.engagement.adapters.support_bodies import month_of
from services.engagement.application.apply_reading import lowest
from services.engagement.application.ports import Named, Reading
from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.local_time import local_day
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import package
from services.engagement.domain.support.contact import Outcome, missed_in_a_row
from services.engagement.domain.support.life_event import EventStatus
from services.engagement.domain.support.outcomes import Score, baseline_of, improved_by
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.rules import OutcomeRules
from shared.api import support as api
from shared.runtime.http import Call, decode_cursor, encode_cursor

RED_FLAG, MISSED, OVERDUE, NOT_IMPROVED, NO_SCORE, REST = (
    "red-flag",
    "missed",
    "overdue-contact",
    "not-improved",
    "no-score",
    "steady",
)
_ORDER = (RED_FLAG, MISSED, OVERDUE, NOT_IMPROVED, NO_SCORE, REST)
_MONTH_DAYS = 365 / 12
_SORTS: Mapping[str, Callable[[api.CaseloadRow], tuple[Any, ...]]] = {
    "pressing": lambda row: (_ORDER.index(row.why), row.patient_name or "", row.programme_id),
    "name": lambda row: (row.patient_name or "", row.programme_id),
    "next": lambda row: (row.next_contact_on or date.max, row.patient_name or "", row.programme_id),
}


async def caseload_page(
    work: SqlWork, call: Call, rules: Rules, query: api.CaseloadQuery
) -> api.Caseload:
    """One row for each open programme the caller may see, in the order asked for."""
    team = await work.support.open_programmes(call.reach.teams, call.reach.staff)
    me = call.principal.staff_id
    own = [one for one in team if me in {one.facilitator_id, one.deputy_id}]
    rows = await _rows(work, call, rules, own if query.scope == "mine" else team)
    wanted = [row for row in rows if query.why is None or row.why == query.why]
    order = _SORTS[query.sort.removeprefix("-")]
    wanted.sort(key=order, reverse=query.sort.startswith("-"))
    begin = _begin(wanted, query.cursor)
    shown = wanted[begin : begin + query.limit]
    more = begin + query.limit < len(wanted)
    return api.Caseload(
        as_of=call.tx.now,
        items=tuple(shown),
        next=encode_cursor(str(shown[-1].programme_id)) if more else None,
        mine=len(own),
        team=len(team),
    )


def _begin(rows: Sequence[api.CaseloadRow], cursor: str | None) -> int:
    """After the row the cursor names; a programme that is gone leads to the first again."""
    if (after := decode_cursor(cursor, UUID)) is None:
        return 0
    places = (place for place, row in enumerate(rows, 1) if row.programme_id == after[0])
    return next(places, 0)


async def _rows(
    work: SqlWork, call: Call, rules: Rules, programmes: Collection[Programme]
) -> list[api.CaseloadRow]:
    """All that is known is read for everybody at once: a caseload may be long."""
    people = {one.patient_id for one in programmes}
    named = await work.support.named(people)
    known = await _known(work, people)
    asked = (rules.support.motivation.instrument, rules.support.outcomes.instrument)
    readings = await work.support.readings_of_people(people, asked)
    return [
        _row(
            one,
            known[one.patient_id],
            readings.get(one.patient_id, ()),
            named[one.patient_id],
            rules,
            local_day(call.tx.now, rules.place_in(named[one.patient_id].zone).zone),
        )
        for one in programmes
    ]


async def _known(work: SqlWork, people: Collection[UUID]) -> Mapping[UUID, Known]:
    """As much of each person as a row says something about."""
    contacts = grouped(await work.support.contacts.of_people(people))
    events = grouped(await work.support.life_events.of_people(people))
    drops = grouped(await work.support.drops.of_people(people))
    flags = grouped(await work.flags.of_people(people))
    return {
        one: Known(
            contacts=contacts[one], life_events=events[one], drops=drops[one], flags=flags[one]
        )
        for one in people
    }


def _row(  # noqa: PLR0917 - everything known about one row
    one: Programme,
    known: Known,
    readings: Sequence[Reading],
    who: Named,
    rules: Rules,
    today: date,
) -> api.CaseloadRow:
    kind = rules.support.kinds[one.kind]
    occasions = known.of(one)
    meetings = [held for held in occasions if held.is_meeting]
    ruler = [
        value
        for reading in readings
        if reading.instrument == rules.support.motivation.instrument
        and (value := lowest(reading, rules.support.motivation)) is not None
    ]
    outcomes = rules.support.outcomes
    scores = [score for _code, score in scores_of(readings, (outcomes.instrument,))]
    next_on = one.next_on(occasions)
    missed = missed_in_a_row(known.contacts)
    return api.CaseloadRow(
        patient_id=one.patient_id,
        patient_name=who.name,
        birth_date=who.birth_date,
        birth_year=who.birth_year,
        programme_id=one.programme_id,
        kind=one.kind,
        label=kind.label,
        status=one.status.value,
        facilitator_id=one.facilitator_id,
        deputy_id=one.deputy_id,
        gap_since=one.gap_since,
        month=month_of(one, today),
        months=round((one.planned_until - one.started_on).days / _MONTH_DAYS),
        meetings=len(meetings),
        expected=one.expected_by(today),
        missed=sum(held.outcome is Outcome.MISSED for held in occasions),
        missed_in_a_row=missed,
        minutes=sum(held.minutes for held in meetings),
        modes=dict(Counter(held.mode for held in meetings)),
        motivation=ruler[-1] if ruler else None,
        motivation_before=ruler[-2] if len(ruler) > 1 else None,
        next_contact_on=next_on,
        late=next_on < today,
        latest_score_of=outcomes.instrument,
        latest_score=scores[-1].total if scores else None,
        latest_score_on=scores[-1].on if scores else None,
        why=_why(one, known, scores, outcomes, today, missed=missed, late=next_on < today),
        warnings=_warnings(one, known, rules, today),
    )


def _why(
    one: Programme,
    known: Known,
    scores: Sequence[Score],
    rules: OutcomeRules,
    today: date,
    *,
    missed: int,
    late: bool,
) -> str:
    """Red flag, overdue contact, no improvement by week 8, missing score, rest."""
    if any(flag.status is not FlagStatus.CLOSED for flag in known.flags):
        return RED_FLAG
    if missed:
        return MISSED
    if late:
        return OVERDUE
    week_8 = one.started_on + timedelta(days=rules.review_from_days)
    baseline = baseline_of(scores, one.started_on, rules)
    if today >= week_8 and improved_by(scores, baseline, today, rules) is False:
        return NOT_IMPROVED
    oldest = today - timedelta(days=rules.missing_after_days)
    if not scores or scores[-1].on < oldest:
        return NO_SCORE
    return REST


def _warnings(one: Programme, known: Known, rules: Rules, today: date) -> tuple[str, ...]:
    kind = rules.support.kinds[one.kind]
    found: list[str] = []
    if one.gap_since is not None:
        found.append("facilitator-gap")
    if kind.needs_deputy and (one.deputy_id is None or one.deputy_gap_since is not None):
        found.append("no-deputy")
    if not one.counts:
        found.append("encouragement-only")
    if kind.package is not None:
        held = [held for held in known.of(one) if held.is_meeting]
        found += package.delivered(
            kind.package, held, started_on=one.started_on, today=today
        ).warnings
    if any(drop.is_open for drop in known.drops):
        found.append("motivation")
    if any(event.status is EventStatus.OPEN for event in known.life_events):
        found.append("life-event")
    return tuple(found)
