"""When somebody looks at a course: the cadence from its start, and what comes after each look."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.treatment.domain.calendar_days import add_months
from services.treatment.domain.clock import DurationRules, History, minimum_end
from services.treatment.domain.errors import AlreadyDone, NoSuchItem

DECISION = "decision-review"
MAINTENANCE = "maintenance-review"
NOT_THERE_YET = "not-there-yet-review"
ADHERENCE = "adherence-review"
RELAPSE = "relapse-review"
RELAPSE_SUSPECTED = "relapse-suspected"
SEVERE = "severe-check-in"
RED_FLAG = "red-flag"
MISSED_DOSES = "missed-doses"
REPEATED_HOLD = "repeated-hold"
CALL_AGAIN = "call-again"
SUPPLY_GAP = "supply-gap"
LIFE_EVENT = "life-event"
REPLAN = "re-plan"
REINSTATED = "reinstatement-check"
AFTER_STOP = "after-stop-review"
SAFETY = "safety-review"
BIRTHDAY = "birthday-review"
SWITCH_STEP = "switch-step"
SEROTONIN_WATCH = "serotonin-watch"
NOT_IMPROVING = "not-improving-review"
FORMULARY = "formulary-review"

FREEZING = frozenset({RELAPSE_SUSPECTED, SEVERE, RED_FLAG, MISSED_DOSES})
"""While one of these is open no gate opens and no step is taken (T-08, T-18, T-20)."""

ABOUT_THE_PERSON = frozenset({RELAPSE, RELAPSE_SUSPECTED, SEVERE, RED_FLAG, CALL_AGAIN})
"""What is still asked once the drug is stopped; every other open review was about the drug."""

OF_THE_CLOCK = frozenset({DECISION, MAINTENANCE})

PRESCRIBERS_OWN = (
    FREEZING | OF_THE_CLOCK | {RELAPSE, REPEATED_HOLD, SAFETY, FORMULARY, BIRTHDAY, NOT_IMPROVING}
)
"""Recording one of these lifts a freeze, weighs a rule, or decides how long: only a prescriber
may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One planned look. ``slot`` keeps one look of each moment of the cadence."""

    ordinal: int
    kind: str
    due_on: date
    for_role: str
    rule: str
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CadenceRow:
    """One moment of the cadence, for the courses it applies to; ages are inclusive.

    Of several rows for the same ``slot`` the earliest that applies is taken (evidence pack 6.1).
    """

    slot: str
    kind: str
    after_days: int
    for_role: str
    rule: str
    source: str = ""
    grade: str = ""
    age_from: int | None = None
    age_to: int | None = None
    only_suicide_concern: bool = False
    indications: frozenset[str] = frozenset()
    drugs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """The rhythm of reviews, all in days from the moment named."""

    start: tuple[CadenceRow, ...]
    after_change: tuple[CadenceRow, ...]
    then_every_days: int
    reinstated_after_days: tuple[int, ...]
    replan_after_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the cadence looks at. ``age`` is in whole years on the day of the first dose."""

    on: date
    age: int
    suicide_concern: bool
    indication: str
    drug: str


def rows_for(rows: Iterable[CadenceRow], start: Start) -> tuple[CadenceRow, ...]:
    """Of the rows that apply the earliest of each slot, in order of time."""
    earliest: dict[str, CadenceRow] = {}
    for row in rows:
        known = earliest.get(row.slot)
        if _applies(row, start) and (known is None or row.after_days < known.after_days):
            earliest[row.slot] = row
    return tuple(sorted(earliest.values(), key=lambda row: (row.after_days, row.slot)))


def reviews_from(rows: Iterable[CadenceRow], start: Start, *, first: int) -> tuple[Review, ...]:
    """The reviews the rows give, earliest row per slot, numbered from ``first`` by date."""
    return tuple(
        Review(
            ordinal=first + place,
            kind=row.kind,
            due_on=start.on + timedelta(days=row.after_days),
            for_role=row.for_role,
            rule=row.rule,
        )
        for place, row in enumerate(rows_for(rows, start))
    )


def _applies(row: CadenceRow, start: Start) -> bool:
    return (
        (row.age_from is None or start.age >= row.age_from)
        and (row.age_to is None or start.age <= row.age_to)
        and (start.suicide_concern or not row.only_suicide_concern)
        and (not row.indications or start.indication in row.indications)
        and (not row.drugs or start.drug in row.drugs)
    )


def decision_reviews(history: History, *, rules: DurationRules, first: int) -> tuple[Review, ...]:
    """A review at the minimum end, and a second at month 12 where that is later (C-03)."""
    remission = history.remission
    if remission is None:
        return ()
    end = minimum_end(remission, history.pauses)
    if end is None:
        return ()
    second = add_months(remission.on, rules.second_review_months)
    days = (end, second) if second > end else (end,)
    return tuple(
        Review(ordinal=first + place, kind=DECISION, due_on=day, for_role="prescriber", rule="C-03")
        for place, day in enumerate(days)
    )


def maintenance_review(*, after: date, rules: DurationRules, ordinal: int) -> Review:
    """The next look at a course that goes on: at least six-monthly."""
    return Review(
        ordinal=ordinal,
        kind=MAINTENANCE,
        due_on=add_months(after, rules.review_every_months),
        for_role="prescriber",
        rule="C-03",
    )


def find(reviews: tuple[Review, ...], ordinal: int) -> Review:
    """The review with that number.

    Raises:
        NoSuchItem: there is none, or it was cancelled.
    """
    for review in reviews:
        if review.ordinal == ordinal:
            return review
    raise NoSuchItem(f"This course has no review {ordinal}.", field="ordinal")


def done(reviews: tuple[Review, ...], ordinal: int, *, at: datetime) -> tuple[Review, ...]:
    """The reviews with one of them done.

    Raises:
        NoSuchItem: there is none with that number.
        AlreadyDone: it was recorded before.
    """
    if find(reviews, ordinal).done_at is not None:
        raise AlreadyDone(f"Review {ordinal} was recorded before.", field="ordinal")
    return tuple(
        replace(review, done_at=at) if review.ordinal == ordinal else review for review in reviews
    )


def without_open(reviews: tuple[Review, ...], kinds: frozenset[str]) -> tuple[Review, ...]:
    """The reviews without the open ones of those kinds: what they were for is gone."""
    return tuple(
        review for review in reviews if review.done_at is not None or review.kind not in kinds
    )


def only_open(reviews: tuple[Review, ...], kinds: frozenset[str]) -> tuple[Review, ...]:
    """The reviews done, and of the open ones those kinds only."""
    return tuple(review for review in reviews if review.done_at is not None or review.kind in kinds)


def all_done(
    reviews: tuple[Review, ...], kinds: frozenset[str], *, today: date, at: datetime
) -> tuple[Review, ...]:
    """The reviews with every open one of those kinds that is due by today done."""
    return tuple(
        replace(review, done_at=at)
        if review.done_at is None and review.kind in kinds and review.due_on <= today
        else review
        for review in reviews
    )


def first_done(reviews: tuple[Review, ...], kind: str, *, at: datetime) -> tuple[Review, ...]:
    """The reviews with the earliest open one of that kind done."""
    waiting = [review for review in reviews if review.kind == kind and review.done_at is None]
    if not waiting:
        return reviews
    first = min(waiting, key=lambda review: (review.due_on, review.ordinal))
    return done(reviews, first.ordinal, at=at)


def answered(
    reviews: tuple[Review, ...], kinds: frozenset[str], *, today: date, at: datetime
) -> tuple[Review, ...]:
    """The reviews with every open one of those kinds done, or gone where it was not due yet."""
    return without_open(all_done(reviews, kinds, today=today, at=at), kinds)


def freezing(reviews: tuple[Review, ...]) -> tuple[Review, ...]:
    """The open reviews that keep a taper where it is."""
    return tuple(review for review in reviews if review.done_at is None and review.kind in FREEZING)
