"""From rows of one person to what the outcomes are counted from, as of a day."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from services.engagement.application.ports import CarePoint, Case, CoursePoint, Grouped, Reading
from services.engagement.domain.local_time import in_utc
from services.engagement.domain.support.outcomes import History, Score
from services.engagement.domain.support.rules import OutcomeRules


def history_of(case: Case, rules: OutcomeRules, *, on: date, until: datetime) -> History:
    """What had been recorded by ``until``, the end of that day. Later amendments and late records
    are not in it."""
    readings = _known(case.readings, until)
    points = [one for one in case.points if one.known_at < until]
    contacts = [one for one in case.contacts if one.recorded_at < until]
    programmes = [one for one in case.programmes if one.started_at < until]
    looks = [look for one in programmes for look in one.looks if look.at < until]
    starts = [one.started_on for one in programmes]
    starts += [point.started_on for point in points if point.started_on]
    return History(
        key=key_of(case.patient_id),
        counts_from=case.counts_from,
        language="".join(_groups(case, Grouped.LANGUAGE, until, (case.language,))),
        barriers=_groups(case, Grouped.BARRIERS, until, _barriers(case)),
        in_care=_in_care(case, on, until),
        started_on=min(starts, default=None),
        depression=_scores(readings, rules.instrument),
        network=_scores(readings, rules.network),
        loneliness=_scores(readings, rules.loneliness),
        contacts=tuple(one.on for one in contacts if one.reached),
        meetings=sum(one.is_meeting for one in contacts),
        missed=sum(one.is_missed_meeting for one in contacts),
        minutes=sum(one.minutes for one in contacts),
        reviews=tuple(sorted({*_reviewed(points), *(look.on for look in looks)})),
    )


def key_of(patient_id: UUID) -> str:
    """How an export numbers a person."""
    return patient_id.hex[:8].upper()


def care_known(case: Case, until: datetime) -> CarePoint | None:
    """The last word by then about where somebody is in care.

    For whoever came before these words were kept, the first one kept says since when they are.
    """
    known = [one for one in case.care if one.known_at < until]
    if known:
        return known[-1]
    first = next(iter(case.care), None)
    return first if first and first.version > 1 else None


def _in_care(case: Case, on: date, until: datetime) -> bool:
    """Whether the person was in care on that day, as it was known by its end."""
    if not case.care:
        return case.status == "active"
    point = care_known(case, until)
    return point is not None and point.holds_on(on)


def scores_of(readings: Iterable[Reading], instruments: Iterable[str]) -> list[tuple[str, Score]]:
    """The totals of these instruments by their latest version, in order of days."""
    latest = _latest(readings)
    return [
        (one.instrument, Score(one.taken_on, one.total))
        for one in latest
        if one.instrument in set(instruments) and one.total is not None
    ]


def _known(readings: Iterable[Reading], until: datetime) -> list[Reading]:
    return _latest(one for one in readings if one.known_at < until)


def _latest(readings: Iterable[Reading]) -> list[Reading]:
    """Each reading by its latest version, in the order of when they were taken."""
    by_id: dict[object, Reading] = {}
    for one in sorted(readings, key=lambda one: one.version):
        by_id[one.assessment_id] = one
    return sorted(by_id.values(), key=lambda one: (in_utc(one.taken_at), one.assessment_id))


def _scores(readings: Iterable[Reading], instrument: str) -> tuple[Score, ...]:
    return tuple(
        Score(one.taken_on, one.total)
        for one in readings
        if one.instrument == instrument and one.total is not None
    )


def _reviewed(points: Iterable[CoursePoint]) -> set[date]:
    return {on for point in points for on in point.reviewed_on}


def _groups(case: Case, kind: Grouped, until: datetime, now: tuple[str, ...]) -> tuple[str, ...]:
    """The groups somebody belonged to, as it was known by then. Of whoever came before these words
    were kept the first one kept counts; without any, as it is ``now``."""
    said = [one for one in case.groups if one.kind is kind]
    if not said:
        return now
    known = [one for one in said if one.known_at < until]
    if known:
        return known[-1].values
    return said[0].values if said[0].version > 1 else ()


def _barriers(case: Case) -> tuple[str, ...]:
    return tuple(one.barrier for one in case.profile.adaptations) if case.profile else ()
