"""The facilitators' caseload: open programmes in the order of a registry (E-01, E-02)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.histories import scores_of
from services.engagement.adapters.summaries import standings
from services.engagement.adapters.support import grouped
from services.engagement.adapters.support_bodies import month_of
from services.engagement.application.apply_reading import lowest
from services.engagement.application.ports import Named, Reading
from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.local_time import local_day
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.rules import Rules
from services.engagement.domain.support import package
from services.engagement.domain.support.contact import Contact, Outcome
from services.engagement.domain.support.life_event import EventStatus
from services.engagement.domain.support.outcomes import baseline_of, improved_by
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.rules import OutcomeRules
from services.engagement.domain.support.standing import Standing, standing_of
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
    """An open programme, and why it stands where it stands."""

    programme: Programme
    who: Named
    today: date
    """Where the person lives."""
    standing: Standing
    why: str

    @property
    def next_on(self) -> date:
        """When the next meeting is due."""
        return self.standing.next_on[self.programme.programme_id]


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
    work: SqlWork, call: Call, rules: Rules, programmes: Sequence[Programme]
) -> list[_Place]:
    """A caseload may be long, and a page shows little of it: of everybody no more is read than the
    order needs."""
    people = {one.patient_id for one in programmes}
    named = await work.support.named(people)
    standings = await _standings(work, call, rules, programmes)
    flags = await work.flags.of_people(people)
    flagged = {flag.patient_id for flag in flags if flag.status is not FlagStatus.CLOSED}
    places = []
    for one in programmes:
        who, standing = named[one.patient_id], standings[one.patient_id]
        today = local_day(call.tx.now, rules.place_in(who.zone).zone)
        is_flagged = one.patient_id in flagged
        why = _why(one, standing, rules.support.outcomes, today, is_flagged=is_flagged)
        places.append(_Place(programme=one, who=who, today=today, standing=standing, why=why))
    return places


async def _standings(
    work: SqlWork, call: Call, rules: Rules, programmes: Sequence[Programme]
) -> Mapping[UUID, Standing]:
    """Where everybody stands: from their summaries, and from the records of whoever has none, or
    one that was made since the programmes were read, and knows that one of them has ended."""
    outcomes = rules.support.outcomes
    theirs = grouped(programmes)
    found = dict(await standings(call.tx, theirs.keys(), outcomes))
    others = {
        person
        for person, open_ in theirs.items()
        if person not in found
        or not {one.programme_id for one in open_} <= found[person].next_on.keys()
    }
    contacts = grouped(await work.support.contacts.of_people(others))
    readings = await work.support.readings_of_people(others, (outcomes.instrument,))
    for person in others:
        known = Known(programmes=theirs[person], contacts=contacts[person])
        scores = scores_of(readings.get(person, ()), (outcomes.instrument,))
        found[person] = standing_of(known, [score for _code, score in scores])
    return found


def _why(
    one: Programme, standing: Standing, rules: OutcomeRules, today: date, *, is_flagged: bool
) -> str:
    """Red flag, missed meetings, overdue contact, no improvement by week 8, missing score, rest."""
    if is_flagged:
        return RED_FLAG
    if standing.missed_in_a_row:
        return MISSED
    if standing.next_on[one.programme_id] < today:
        return OVERDUE
    scores = standing.scores
    week_8 = one.started_on + timedelta(days=rules.review_from_days)
    baseline = baseline_of(scores, one.started_on, rules)
    if today >= week_8 and improved_by(scores, baseline, today, rules) is False:
        return NOT_IMPROVED
    oldest = today - timedelta(days=rules.missing_after_days)
    if not scores or scores[-1].on < oldest:
        return NO_SCORE
    return REST


async def _rows(work: SqlWork, rules: Rules, places: Sequence[_Place]) -> list[api.CaseloadRow]:
    """These in full."""
    people = {one.who.patient_id for one in places}
    contacts = grouped(await work.support.contacts.of_people(people))
    events = grouped(await work.support.life_events.of_people(people))
    drops = grouped(await work.support.drops.of_people(people))
    instrument = rules.support.motivation.instrument
    readings = await work.support.readings_of_people(people, (instrument,))
    return [
        _row(
            one,
            Known(
                contacts=contacts[one.who.patient_id],
                life_events=events[one.who.patient_id],
                drops=drops[one.who.patient_id],
            ),
            readings.get(one.who.patient_id, ()),
            rules,
        )
        for one in places
    ]


def _row(place: _Place, known: Known, rulers: Sequence[Reading], rules: Rules) -> api.CaseloadRow:
    one, who, today = place.programme, place.who, place.today
    occasions = known.of(one)
    meetings = [held for held in occasions if held.is_meeting]
    motivation = [
        value
        for reading in rulers
        if (value := lowest(reading, rules.support.motivation)) is not None
    ]
    latest = place.standing.scores[-1] if place.standing.scores else None
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
        missed=sum(held.outcome is Outcome.MISSED for held in occasions),
        missed_in_a_row=place.standing.missed_in_a_row,
        minutes=sum(held.minutes for held in meetings),
        modes=dict(Counter(held.mode for held in meetings)),
        motivation=motivation[-1] if motivation else None,
        motivation_before=motivation[-2] if len(motivation) > 1 else None,
        next_contact_on=place.next_on,
        late=place.next_on < today,
        latest_score_of=rules.support.outcomes.instrument,
        latest_score=latest.total if latest else None,
        latest_score_on=latest.on if latest else None,
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
