"""One antidepressant course from proposal to close, and what happens to it outside a taper."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from services.treatment.domain import reviews as looks
from services.treatment.domain.clock import (
    NOT_YET,
    DurationRules,
    History,
    Pause,
    Relapse,
    Remission,
    check_relapse,
    check_remission,
    with_pause,
)
from services.treatment.domain.errors import (
    BadDate,
    BadDose,
    IllegalMove,
    NotAuthorised,
    ReasonNeeded,
)
from services.treatment.domain.live_taper import Dose, Taper, stop
from services.treatment.domain.phases import ON_DRUG, Move, Phase, require
from services.treatment.domain.response import Category
from services.treatment.domain.reviews import Cadence, Review, Start


class Ending(StrEnum):
    """Why no more of the drug is given under this course."""

    TAPERED = "tapered"
    HARM = "harm"
    SWITCHED = "switched"
    LEFT_CARE = "left-care"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class TitrationStep:
    """A dose on the way up, from that many days after the first dose."""

    ordinal: int
    from_day: int
    dose: Dose


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingStep:
    """A dose on the way out of a drug that another one replaces; ``on`` is its first day.

    ``previous_mg`` is the dose it was signed to follow.
    """

    ordinal: int
    on: date
    dose: Dose
    previous_mg: Decimal
    taken_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """``version`` counts changes. ``reviews_made`` numbers reviews and never goes back.

    ``resumes_to`` is the phase a suspension interrupted; ``ended_on`` the first day of dose zero,
    or the day of the last dose where harm stopped it. ``jurisdiction`` is the profile it was set
    up under, ``family`` the formulation its milligrams are of (None: the usual one), and
    ``dose_since`` the day the present dose began. ``replaces`` is the course this one takes over
    from and ``leaving`` how that drug ends; the old course carries ``successor_id`` (T-17).
    """

    id: UUID
    patient_id: UUID
    version: int
    phase: Phase
    drug: str
    indication: str
    instrument: str
    prescriber_id: UUID
    starts_on: date
    suicide_concern: bool
    dose: Dose
    titration: tuple[TitrationStep, ...]
    started_on: date | None = None
    history: History = NOT_YET
    reviews: tuple[Review, ...] = ()
    reviews_made: int = 0
    resumes_to: Phase | None = None
    taper: Taper | None = None
    ending: Ending | None = None
    harm: str | None = None
    ended_on: date | None = None
    closed_on: date | None = None
    jurisdiction: str | None = None
    family: str | None = None
    dose_since: date | None = None
    replaces: UUID | None = None
    successor_id: UUID | None = None
    leaving: tuple[LeavingStep, ...] = ()

    @property
    def last_dose_on(self) -> date | None:
        """The last day the drug was really taken; None while it is."""
        if self.ended_on is None or self.ending is Ending.HARM:
            return self.ended_on
        return self.ended_on - timedelta(days=1)

    @property
    def at_dose_since(self) -> date:
        """The day the present dose began, which counts for "weeks at this dose"."""
        return self.dose_since or self.first_dose_on

    @property
    def target(self) -> Dose:
        return self.titration[-1].dose

    @property
    def first_dose_on(self) -> date:
        """The day of the first dose: real once confirmed, intended before."""
        return self.started_on or self.starts_on


def confirm(course: Course, *, cadence: Cadence, age: int) -> Course:
    """The proposal becomes a course; its reviews are planned from the first dose.

    Raises:
        IllegalMove: it is no draft.
    """
    require(Move.CONFIRM, course.phase)
    climbing = len(course.titration) > 1
    started = replace(
        course,
        phase=Phase.TITRATION if climbing else Phase.ACUTE,
        started_on=course.starts_on,
        dose_since=course.starts_on,
    )
    return _with_cadence(started, cadence.start, on=course.starts_on, age=age)


def with_birthdays(course: Course, days: Iterable[date], *, today: date) -> Course:
    """The course with a look on each of those birthdays (F-08) and on no other day to come.

    One that is due and not done stays: it is still owed.
    """
    wanted = tuple(days)
    ahead = [
        review
        for review in course.reviews
        if review.kind == looks.BIRTHDAY and review.done_at is None and review.due_on > today
    ]
    if tuple(review.due_on for review in ahead) == wanted:
        return course
    kept = tuple(review for review in course.reviews if review not in ahead)
    return with_reviews(
        replace(course, reviews=kept),
        tuple(
            Review(
                ordinal=course.reviews_made + place,
                kind=looks.BIRTHDAY,
                due_on=day,
                for_role="prescriber",
                rule="F-08",
            )
            for place, day in enumerate(wanted, start=1)
        ),
    )


def withdraw(course: Course, *, today: date) -> Course:
    """Drop a proposal nobody confirmed.

    Raises:
        IllegalMove: it is no draft.
    """
    require(Move.WITHDRAW, course.phase)
    return replace(course, phase=Phase.WITHDRAWN, ending=Ending.WITHDRAWN, closed_on=today)


def change_dose(
    course: Course, dose: Dose, *, effective_on: date, today: date, cadence: Cadence, age: int
) -> Course:
    """A new daily dose; going up is watched like a start.

    Raises:
        IllegalMove: the phase does not allow it (inside a taper the plan decides).
        BadDose: it is no change.
        BadDate: before the first dose, or in the future.
    """
    require(Move.CHANGE_DOSE, course.phase)
    if dose.mg == course.dose.mg:
        raise BadDose("This is the dose already.", field="dose_mg")
    if not course.first_dose_on <= effective_on <= today:
        raise BadDate(
            f"A change counts from a day between {course.first_dose_on} and today.",
            field="effective_on",
        )
    reached = course.phase is Phase.TITRATION and dose.mg >= course.target.mg
    changed = replace(
        course,
        dose=dose,
        dose_since=effective_on,
        phase=Phase.ACUTE if reached else course.phase,
    )
    if dose.mg < course.dose.mg:
        return changed
    return _with_cadence(changed, cadence.after_change, on=effective_on, age=age)


def record_review(
    course: Course,
    ordinal: int | None,
    *,
    response: Category,
    by_prescriber: bool,
    today: date,
    at: datetime,
    cadence: Cadence,
    rules: DurationRules,
) -> Course:
    """A look that took place. The next one is planned when none is left.

    Raises:
        IllegalMove: nobody is taking or being watched.
        NoSuchItem, AlreadyDone: no such review, or recorded before.
        NotAuthorised: the review is a prescriber's own and somebody else records it.
    """
    require(Move.REVIEW, course.phase)
    if ordinal is not None:
        kind = looks.find(course.reviews, ordinal).kind
        if kind == looks.SWITCH_STEP:
            raise IllegalMove("Record the step of the switch itself.", field="ordinal")
        if not by_prescriber and kind in looks.PRESCRIBERS_OWN:
            raise NotAuthorised("A prescriber has to record this review.", field="ordinal")
        course = replace(course, reviews=looks.done(course.reviews, ordinal, at=at))
    if course.phase in {Phase.CONTINUATION, Phase.MAINTENANCE}:
        return _with_next_decision(course, today=today, rules=rules)
    if course.phase not in {Phase.ACUTE, Phase.RESPONDED}:
        return course
    responded = response in {Category.RESPONSE, Category.REMISSION}
    course = replace(course, phase=Phase.RESPONDED if responded else Phase.ACUTE)
    if any(review.done_at is None for review in course.reviews):
        return course
    return plan_review(
        course,
        kind=looks.NOT_THERE_YET,
        due_on=today + timedelta(days=cadence.then_every_days),
        for_role="prescriber",
        rule="C-07",
    )


def record_remission(
    course: Course, remission: Remission, *, today: date, at: datetime, rules: DurationRules
) -> Course:
    """The clock starts, and with it the reviews it opens (C-01, C-03).

    Raises:
        IllegalMove: the course is not before remission.
        BadDate: before the start or the last relapse, or in the future.
    """
    require(Move.RECORD_REMISSION, course.phase)
    check_remission(
        remission.on, started_on=course.first_dose_on, history=course.history, today=today
    )
    history = replace(course.history, marks=(*course.history.marks, remission))
    closed = looks.all_done(course.reviews, frozenset({looks.NOT_THERE_YET}), today=today, at=at)
    open_before = looks.without_open(closed, frozenset({looks.NOT_THERE_YET}))
    started = replace(course, phase=Phase.CONTINUATION, history=history, reviews=open_before)
    return _with_clock_reviews(started, rules=rules)


def record_relapse(course: Course, on: date, *, today: date) -> Course:
    """Back to acute with history kept; the clock stops and a running taper with it (C-06).

    After the last dose the phase stays, so that the looks at the person go on.

    Raises:
        IllegalMove: there is nothing to relapse from.
        BadDate: before the start or the remission, or in the future.
    """
    require(Move.RECORD_RELAPSE, course.phase)
    check_relapse(on, started_on=course.first_dose_on, history=course.history, today=today)
    stopped = course.phase is Phase.STOPPED_WATCH
    back = replace(
        course,
        phase=course.phase if stopped else Phase.ACUTE,
        history=replace(course.history, marks=(*course.history.marks, Relapse(on=on))),
        reviews=looks.without_open(
            course.reviews, looks.OF_THE_CLOCK | {looks.RELAPSE_SUSPECTED, looks.REPEATED_HOLD}
        ),
        taper=stop(course.taper) if course.taper and not stopped else course.taper,
    )
    return plan_review(back, kind=looks.RELAPSE, due_on=today, for_role="prescriber", rule="C-06")


def decide(
    course: Course, decision: str, *, today: date, at: datetime, rules: DurationRules
) -> Course:
    """The outcome of a decision review: go on, maintain, or write a taper plan (C-03).

    Raises:
        IllegalMove: there is no clock to decide on.
    """
    require(Move.DECIDE, course.phase)
    decided = replace(
        course,
        reviews=looks.without_open(
            looks.all_done(course.reviews, looks.OF_THE_CLOCK, today=today, at=at),
            looks.OF_THE_CLOCK,
        ),
    )
    if decision == "maintain":
        decided = replace(decided, phase=Phase.MAINTENANCE)
    following = looks.maintenance_review(after=today, rules=rules, ordinal=decided.reviews_made + 1)
    return with_reviews(decided, (following,))


def record_gap(course: Course, pause: Pause, *, today: date, rules: DurationRules) -> Course:
    """A gap in taking the drug; a long one pauses the clock and asks the prescriber (C-08).

    Raises:
        IllegalMove: the phase has no clock to pause.
        BadDate: before the start, in the future, or ending before it began.
    """
    require(Move.RECORD_GAP, course.phase)
    end = pause.until or today
    if not course.first_dose_on <= pause.since < end <= today:
        raise BadDate(
            f"A gap lies between {course.first_dose_on} and today and lasts a day or more.",
            field="first_missed_on",
        )
    history = with_pause(course.history, pause, rules=rules)
    paused = _with_clock_reviews(replace(course, history=history), rules=rules)
    if pause.until is not None and (end - pause.since).days <= rules.gap_days:
        return paused
    return plan_review(
        paused, kind=looks.ADHERENCE, due_on=today, for_role="prescriber", rule="C-08"
    )


def suspend(course: Course, *, today: date) -> Course:
    """Freeze dose changes because of a red flag. The drug goes on.

    Raises:
        IllegalMove: nothing is being taken, or it is suspended already.
    """
    require(Move.SUSPEND, course.phase)
    frozen = replace(course, phase=Phase.SUSPENDED, resumes_to=course.phase)
    return plan_review(
        frozen, kind=looks.RED_FLAG, due_on=today, for_role="prescriber", rule="T-18"
    )


def close(course: Course, *, today: date, has_left_care: bool) -> Course:
    """End of the record: every look after the last dose is done, or the person left care.

    Raises:
        IllegalMove: the drug is still taken, or looks are still owed.
    """
    require(Move.CLOSE, course.phase)
    if has_left_care:
        return replace(
            course,
            phase=Phase.CLOSED,
            ending=course.ending or Ending.LEFT_CARE,
            closed_on=today,
            taper=stop(course.taper) if course.taper and course.taper.is_live else course.taper,
        )
    if course.phase in ON_DRUG:
        raise IllegalMove(
            "A course ends by a taper or a recorded harm; closing does not end a drug."
        )
    owed = looks_owed(course)
    if owed:
        raise IllegalMove(
            f"{len(owed)} looks after the last dose are still owed, the last on {max(owed)}."
        )
    return replace(course, phase=Phase.CLOSED, closed_on=today)


def _with_next_decision(course: Course, *, today: date, rules: DurationRules) -> Course:
    open_kinds = {review.kind for review in course.reviews if review.done_at is None}
    if open_kinds & looks.OF_THE_CLOCK:
        return course
    following = looks.maintenance_review(after=today, rules=rules, ordinal=course.reviews_made + 1)
    return with_reviews(course, (following,))


def plan_review(course: Course, *, kind: str, due_on: date, for_role: str, rule: str) -> Course:
    """The course with one more review, unless one of that kind is open already."""
    ordinal = course.reviews_made + 1
    if any(review.kind == kind and review.done_at is None for review in course.reviews):
        return course
    review = Review(ordinal=ordinal, kind=kind, due_on=due_on, for_role=for_role, rule=rule)
    return with_reviews(course, (review,))


def with_reviews(course: Course, new: tuple[Review, ...]) -> Course:
    """The course with these reviews added; they are numbered from ``reviews_made`` on."""
    return replace(
        course, reviews=(*course.reviews, *new), reviews_made=course.reviews_made + len(new)
    )


def require_reason(reason: str | None, *, sentence: str, field: str = "reason") -> str:
    """The reason given.

    Raises:
        ReasonNeeded: with the sentence that says why one is needed.
    """
    if reason is None:
        raise ReasonNeeded(sentence, field=field)
    return reason


def _with_cadence(
    course: Course, rows: tuple[looks.CadenceRow, ...], *, on: date, age: int
) -> Course:
    start = Start(
        on=on,
        age=age,
        suicide_concern=course.suicide_concern,
        indication=course.indication,
        drug=course.drug,
    )
    new = looks.reviews_from(rows, start, first=course.reviews_made + 1)
    return with_reviews(course, new)


def _with_clock_reviews(course: Course, *, rules: DurationRules) -> Course:
    """The open decision reviews as the clock now gives them."""
    kept = looks.without_open(course.reviews, frozenset({looks.DECISION}))
    new = looks.decision_reviews(course.history, rules=rules, first=course.reviews_made + 1)
    return with_reviews(replace(course, reviews=kept), new)


def looks_owed(course: Course) -> list[date]:
    """The days of the looks at the person that are still to come or missing."""
    after_taper = course.taper.looks if course.taper else ()
    return [look.due_on for look in after_taper if look.done_at is None] + [
        review.due_on
        for review in course.reviews
        if review.kind in looks.ABOUT_THE_PERSON | {looks.AFTER_STOP} and review.done_at is None
    ]
