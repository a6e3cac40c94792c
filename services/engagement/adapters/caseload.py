"""The facilitators' caseload: open programmes in the order of a registry (E-01, E-02)."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
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
from services.engagement.domain.support.contact import Contact, Outcome, missed_in_a_row
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An open programme with what its place on the caseload depends on."""

    programme: Programme
    who: Named
    today: date
    """Where the person lives."""
    contacts: Sequence[Contact]
    occasions: Sequence[Contact]
    missed: int
    next_on: date
    why: str
    readings: Sequence[Reading] | None = None
    """None as long as they were not needed."""

    @property
    def late(self) -> bool:
        """Whether the next meeting should have been."""
        return self.next_on < self.today


_SORTS: Mapping[str, Callable[[_Place], tuple[Any, ...]]] = {
    "pressing": lambda one: (
        _ORDER.index(one.why),
        one.who.name or "",
        one.programme.programme_id,
    ),
    "name": lambda one: (one.who.name or "", one.programme.programme_id),
    "next": lambda one: (one.next_on, one.who.name or "", one.programme.programme_id),
}


async def caseload_page(
    work: SqlWork, call: Call, rules: Rules, query: api.CaseloadQuery
) -> api.Caseload:
    """One row for each open programme the caller may see, in the order asked for."""
    team = await work.support.open_programmes(call.reach.teams, call.reach.staff)
    me = call.principal.staff_id
    own = [one for one in team if me in {one.facilitator_id, one.deputy_id}]
    places = await _places(work, call, rules, own if query.scope == "mine" else team)
    wanted = [one for one in places if query.why is None or one.why == query.why]
    order = _SORTS[query.sort.removeprefix("-")]
    wanted.sort(key=order, reverse=query.sort.startswith("-"))
    begin = _begin(wanted, query.cursor)
    shown = wanted[begin : begin + query.limit]
    more = begin + query.limit < len(wanted)
    return api.Caseload(
        as_of=call.tx.now,
        items=tuple(await _rows(work, rules, shown)),
        next=encode_cursor(str(shown[-1].programme.programme_id)) if more else None,
        mine=len(own),
        team=len(team),
    )


def _begin(places: Sequence[_Place], cursor: str | None) -> int:
    """After the row the cursor names; a programme that is gone leads to the first again."""
    if (after := decode_cursor(cursor, UUID)) is None:
        return 0
    found = (nth for nth, one in enumerate(places, 1) if one.programme.programme_id == after[0])
    return next(found, 0)


async def _places(
    work: SqlWork, call: Call, rules: Rules, programmes: Collection[Programme]
) -> list[_Place]:
    """Where each of them stands. What is known is read for everybody at once, and readings only of
    those for whom nothing else speaks: a caseload may be long, and a page shows little of it."""
    people = {one.patient_id for one in programmes}
    named = await work.support.named(people)
    contacts = grouped(await work.support.contacts.of_people(people))
    flags = await work.flags.of_people(people)
    flagged = {flag.patient_id for flag in flags if flag.status is not FlagStatus.CLOSED}
    places = [
        _place(
            one,
            named[one.patient_id],
            contacts[one.patient_id],
            local_day(call.tx.now, rules.place_in(named[one.patient_id].zone).zone),
            flagged=one.patient_id in flagged,
        )
        for one in programmes
    ]
    left = await _with_readings(work, rules, [one for one in places if one.why == REST])
    judged = [replace(one, why=_said_by_scores(one, rules.support.outcomes)) for one in left]
    return [*(one for one in places if one.why != REST), *judged]


async def _with_readings(work: SqlWork, rules: Rules, places: Sequence[_Place]) -> Sequence[_Place]:
    """The same, those who came without with the readings that a row is about."""
    asked = (rules.support.motivation.instrument, rules.support.outcomes.instrument)
    without = {one.who.patient_id for one in places if one.readings is None}
    found = await work.support.readings_of_people(without, asked)
    return [
        replace(one, readings=found.get(one.who.patient_id, ())) if one.readings is None else one
        for one in places
    ]


def _place(
    one: Programme, who: Named, contacts: Sequence[Contact], today: date, *, flagged: bool
) -> _Place:
    """As far as it can be said without scores."""
    occasions = Known(contacts=contacts).of(one)
    missed, next_on = missed_in_a_row(contacts), one.next_on(occasions)
    reasons = ((RED_FLAG, flagged), (MISSED, missed > 0), (OVERDUE, next_on < today))
    return _Place(
        programme=one,
        who=who,
        today=today,
        contacts=contacts,
        occasions=occasions,
        missed=missed,
        next_on=next_on,
        why=next((why for why, holds in reasons if holds), REST),
    )


def _said_by_scores(place: _Place, rules: OutcomeRules) -> str:
    """No improvement by week 8, a missing score, or the rest."""
    scores = _scores(place, rules)
    started_on, today = place.programme.started_on, place.today
    week_8 = started_on + timedelta(days=rules.review_from_days)
    baseline = baseline_of(scores, started_on, rules)
    if today >= week_8 and improved_by(scores, baseline, today, rules) is False:
        return NOT_IMPROVED
    oldest = today - timedelta(days=rules.missing_after_days)
    if not scores or scores[-1].on < oldest:
        return NO_SCORE
    return REST


def _scores(place: _Place, rules: OutcomeRules) -> list[Score]:
    return [score for _code, score in scores_of(place.readings or (), (rules.instrument,))]


async def _rows(work: SqlWork, rules: Rules, places: Sequence[_Place]) -> list[api.CaseloadRow]:
    """These in full, with what only a row shows."""
    people = {one.who.patient_id for one in places}
    events = grouped(await work.support.life_events.of_people(people))
    drops = grouped(await work.support.drops.of_people(people))
    return [
        _row(
            one,
            Known(
                contacts=one.contacts,
                life_events=events[one.who.patient_id],
                drops=drops[one.who.patient_id],
            ),
            rules,
        )
        for one in await _with_readings(work, rules, places)
    ]


def _row(place: _Place, known: Known, rules: Rules) -> api.CaseloadRow:
    one, who, today = place.programme, place.who, place.today
    meetings = [held for held in place.occasions if held.is_meeting]
    ruler = [
        value
        for reading in place.readings or ()
        if reading.instrument == rules.support.motivation.instrument
        and (value := lowest(reading, rules.support.motivation)) is not None
    ]
    outcomes = rules.support.outcomes
    scores = _scores(place, outcomes)
    return api.CaseloadRow(
        patient_id=one.patient_id,
        patient_name=who.name,
        birth_date=who.birth_date,
        birth_year=who.birth_year,
        programme_id=one.programme_id,
        kind=one.kind,
        label=rules.support.kinds[one.kind].label,
        status=one.status.value,
        facilitator_id=one.facilitator_id,
        deputy_id=one.deputy_id,
        gap_since=one.gap_since,
        month=month_of(one, today),
        months=round((one.planned_until - one.started_on).days / _MONTH_DAYS),
        meetings=len(meetings),
        expected=one.expected_by(today),
        missed=sum(held.outcome is Outcome.MISSED for held in place.occasions),
        missed_in_a_row=place.missed,
        minutes=sum(held.minutes for held in meetings),
        modes=dict(Counter(held.mode for held in meetings)),
        motivation=ruler[-1] if ruler else None,
        motivation_before=ruler[-2] if len(ruler) > 1 else None,
        next_contact_on=place.next_on,
        late=place.late,
        latest_score_of=outcomes.instrument,
        latest_score=scores[-1].total if scores else None,
        latest_score_on=scores[-1].on if scores else None,
        why=place.why,
        warnings=_warnings(one, known, meetings, rules, today),
    )


def _warnings(
    one: Programme, known: Known, meetings: Sequence[Contact], rules: Rules, today: date
) -> tuple[str, ...]:
    kind = rules.support.kinds[one.kind]
    found: list[str] = []
    if one.gap_since is not None:
        found.append("facilitator-gap")
    if kind.needs_deputy and (one.deputy_id is None or one.deputy_gap_since is not None):
        found.append("no-deputy")
    if not one.counts:
        found.append("encouragement-only")
    if kind.package is not None:
        found += package.delivered(
            kind.package, meetings, started_on=one.started_on, today=today
        ).warnings
    if any(drop.is_open for drop in known.drops):
        found.append("motivation")
    if any(event.status is EventStatus.OPEN for event in known.life_events):
        found.append("life-event")
    return tuple(found)
