"""What came of one person's treatment, worked out once for all days on which no more was known.

Of a report only two answers and who is in care go by the day: the answers are kept as they are when
their time is over. The name, the number and the birth date are not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from services.engagement.domain.support.outcomes import (
    NO,
    NOT_DUE,
    History,
    Outcome,
    Score,
    outcome_of,
)
from services.engagement.domain.support.rules import OutcomeRules
from services.engagement.domain.support.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """``History`` and ``Outcome`` as far as a report needs them."""

    language: str
    barriers: tuple[str, ...]
    care_kept: bool
    """False of whoever came before words about being in care were kept."""
    enrolled_on: date | None
    """By the last word about it. None while nobody had said so."""
    ended_on: date | None
    started_on: date | None
    baseline: Score | None
    latest: Score | None
    days_to_response: int | None
    days_to_remission: int | None
    contact_4_weeks: str
    review_8_12: str
    network: tuple[Score, ...]
    """The first and the last, where there are two; the same of loneliness."""
    loneliness: tuple[Score, ...]
    meetings: int
    missed: int
    minutes: int
    standing: Standing | None = None
    """For the caseload, of what is known now; None without an open programme."""


def sum_up_history(
    history: History,
    rules: OutcomeRules,
    *,
    care_kept: bool,
    enrolled_on: date | None,
    ended_on: date | None,
) -> Summary:
    """Of everything that was known of a person at one time."""
    judged = outcome_of(history, rules, date.max)
    return Summary(
        language=history.language,
        barriers=history.barriers,
        care_kept=care_kept,
        enrolled_on=enrolled_on,
        ended_on=ended_on,
        started_on=history.started_on,
        baseline=judged.baseline,
        latest=judged.latest,
        days_to_response=judged.days_to_response,
        days_to_remission=judged.days_to_remission,
        contact_4_weeks=judged.contact_4_weeks,
        review_8_12=judged.review_8_12,
        network=_ends(history.network),
        loneliness=_ends(history.loneliness),
        meetings=history.meetings,
        missed=history.missed,
        minutes=history.minutes,
    )


def outcome_on(
    one: Summary,
    rules: OutcomeRules,
    as_of: date,
    *,
    key: str,
    counts_from: date | None,
    active: bool,
) -> Outcome:
    """What ``outcome_of`` says on a day by whose end this was known, and no more.

    ``active`` is whether the person is in care now, for whom no word about it was kept.
    """
    return Outcome(
        history=History(
            key=key,
            counts_from=counts_from,
            language=one.language,
            barriers=one.barriers,
            in_care=_in_care(one, as_of) if one.care_kept else active,
            started_on=one.started_on,
            depression=(),
            network=one.network,
            loneliness=one.loneliness,
            contacts=(),
            meetings=one.meetings,
            missed=one.missed,
            minutes=one.minutes,
            reviews=(),
        ),
        baseline=one.baseline,
        latest=one.latest,
        days_to_response=one.days_to_response,
        days_to_remission=one.days_to_remission,
        contact_4_weeks=_contacted(one, rules, as_of),
        review_8_12=_reviewed(one, rules, as_of),
    )


def _in_care(one: Summary, as_of: date) -> bool:
    begun = one.enrolled_on is not None and one.enrolled_on <= as_of
    return begun and (one.ended_on is None or as_of < one.ended_on)


def _contacted(one: Summary, rules: OutcomeRules, as_of: date) -> str:
    start = one.started_on
    if one.contact_4_weeks != NO or start is None:
        return one.contact_4_weeks
    return NO if start + timedelta(days=rules.contact_within_days) <= as_of else NOT_DUE


def _reviewed(one: Summary, rules: OutcomeRules, as_of: date) -> str:
    start = one.started_on
    if start is None or start + timedelta(days=rules.review_to_days) > as_of:
        return NOT_DUE
    return one.review_8_12


def _ends(series: Sequence[Score]) -> tuple[Score, ...]:
    return (series[0], series[-1]) if len(series) > 1 else tuple(series)
