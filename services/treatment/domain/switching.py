"""From one drug to another: how the old one ends, how the new one begins, and what lies between.

A switch is no taper (T-17): it may be faster, it leaves nobody without a drug unless that was
signed, and what both drugs do together is said before anybody signs.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, Ending, LeavingStep, with_reviews
from services.treatment.domain.drug import Drug
from services.treatment.domain.errors import (
    AlreadyDone,
    BadDate,
    BadDose,
    Frozen,
    IllegalMove,
    NoSuchItem,
)
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.live_taper import NO_DOSE
from services.treatment.domain.phases import TAKING, Move, Phase, require
from services.treatment.domain.quantities import plain
from services.treatment.domain.reviews import Review
from services.treatment.domain.safety import SafetyRule

RULE = "T-17"
TOGETHER = "T-17-ceiling"
TAIL = "T-17-tail"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchRules:
    """Bounds in days from the content file, and the share of both ceilings used together."""

    longest_overlap_days: int
    longest_gap_days: int
    ceiling_share: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """From this day on, so many milligrams a day."""

    on: date
    mg: Decimal
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One drug on the common time axis; ``ceiling_mg`` is the lowest that applies to it."""

    drug: Drug
    points: tuple[Point, ...]
    ceiling_mg: Decimal | None

    def mg_on(self, day: date) -> Decimal:
        """The daily dose on that day; nothing before the first point."""
        return next((point.mg for point in reversed(self.points) if point.on <= day), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Both drugs on one axis. ``gap_days`` lie with neither, ``overlap_days`` with both."""

    leaving: Track
    coming: Track
    last_dose_on: date
    first_dose_on: date

    @property
    def overlap_days(self) -> int:
        return max(0, (self.last_dose_on - self.first_dose_on).days + 1)

    @property
    def gap_days(self) -> int:
        return max(0, (self.first_dose_on - self.last_dose_on).days - 1)

    @property
    def still_acts_until(self) -> date:
        """The old drug acts on for the days its label wants before an MAOI."""
        return self.last_dose_on + timedelta(days=self.leaving.drug.maoi.before_maoi_days)


def axis(
    outgoing: Course,
    steps: tuple[LeavingStep, ...],
    incoming: Course,
    *,
    leaving: Drug,
    coming: Drug,
    leaving_ceiling_mg: Decimal | None,
    coming_ceiling_mg: Decimal | None,
) -> Axis:
    """What is taken when, from the day before the first change to the last one."""
    starts = incoming.starts_on
    now = Point(
        on=min(starts, steps[0].on) - timedelta(days=1),
        mg=outgoing.dose.mg,
        text=outgoing.dose.text,
    )
    down = tuple(
        Point(on=step.taken_on or step.on, mg=step.dose.mg, text=step.dose.text) for step in steps
    )
    up = tuple(
        Point(on=starts + timedelta(days=step.from_day), mg=step.dose.mg, text=step.dose.text)
        for step in incoming.titration
    )
    return Axis(
        leaving=Track(drug=leaving, points=(now, *down), ceiling_mg=leaving_ceiling_mg),
        coming=Track(drug=coming, points=up, ceiling_mg=coming_ceiling_mg),
        last_dose_on=down[-1].on - timedelta(days=1),
        first_dose_on=starts,
    )


def check_steps(
    steps: tuple[LeavingStep, ...], *, dose_mg: Decimal, today: date, latest: date
) -> None:
    """Refuse a way out that does not fall to zero, day by day later.

    Raises:
        BadDose, BadDate: naming the step.
    """
    if not steps or steps[-1].dose.mg:
        raise BadDose("The last step out of the old drug is 0 mg.", field="leaving")
    before_mg, before_on = dose_mg, today - timedelta(days=1)
    for step in steps:
        if step.dose.mg >= before_mg:
            raise BadDose(
                f"Step {step.ordinal} must be below {plain(before_mg)} mg.", field="leaving"
            )
        if not before_on < step.on <= latest:
            raise BadDate(
                f"Step {step.ordinal} lies after {before_on} and not after {latest}.",
                field="leaving",
            )
        before_mg, before_on = step.dose.mg, step.on


def required_gap_days(leaving: Drug, coming: Drug, rules: Iterable[SafetyRule]) -> int:
    """Days the rules want between the last dose of one and the first of the other."""
    days = [0]
    for rule in rules:
        if rule.is_gap and coming.code in rule.medicines:
            names_leaving = not rule.drugs or leaving.code in rule.drugs
            days.append(rule.gap_days(leaving) if names_leaving else 0)
        elif rule.within_days and leaving.code in rule.medicines:
            names_coming = not rule.drugs or coming.code in rule.drugs
            days.append(rule.within_days if names_coming else 0)
    return max(days)


def switch_findings(
    found: Axis, *, rules: SwitchRules, safety: Iterable[SafetyRule]
) -> tuple[Finding, ...]:
    """What overlap, gap and ceiling of a switch have to say, the hardest first."""
    needed = required_gap_days(found.leaving.drug, found.coming.drug, safety)
    return (
        *_gap(found, needed, rules),
        *_overlap(found, rules),
        *_together(found, rules),
        *_tail(found),
    )


def _names(found: Axis) -> str:
    return f"{found.leaving.drug.name} and {found.coming.drug.name}"


def _gap(found: Axis, needed: int, rules: SwitchRules) -> Iterator[Finding]:
    days = (found.first_dose_on - found.last_dose_on).days
    if needed and days < needed:
        first = found.last_dose_on + timedelta(days=needed)
        yield Finding(
            RULE,
            Level.BLOCK,
            f"{found.coming.drug.name} may begin {needed} days after the last dose of "
            f"{found.leaving.drug.name}: from {first}.",
        )
    if found.gap_days > rules.longest_gap_days:
        yield Finding(
            RULE,
            Level.STRONG_WARN,
            f"{found.gap_days} days with neither drug: withdrawal and relapse are possible.",
        )


def _overlap(found: Axis, rules: SwitchRules) -> Iterator[Finding]:
    days = found.overlap_days
    if not days:
        return
    if days > rules.longest_overlap_days:
        yield Finding(
            RULE,
            Level.BLOCK,
            f"{days} days with both drugs: at most {rules.longest_overlap_days} can be planned.",
        )
        return
    yield Finding(
        RULE,
        Level.STRONG_WARN,
        f"{_names(found)} together for {days} days, {found.first_dose_on} to "
        f"{found.last_dose_on}: watch for serotonin syndrome for 24 h after each change.",
    )


def _together(found: Axis, rules: SwitchRules) -> Iterator[Finding]:
    """On no day may the shares of both ceilings add up to more than is allowed."""
    if found.leaving.ceiling_mg is None or found.coming.ceiling_mg is None:
        return
    if not (found.leaving.ceiling_mg and found.coming.ceiling_mg):
        return
    for offset in range(found.overlap_days):
        day = found.first_dose_on + timedelta(days=offset)
        share = (
            found.leaving.mg_on(day) / found.leaving.ceiling_mg
            + found.coming.mg_on(day) / found.coming.ceiling_mg
        )
        if share > rules.ceiling_share:
            yield Finding(
                TOGETHER,
                Level.BLOCK,
                f"On {day} both doses together reach {100 * share:.0f}% of their ceilings; "
                f"at most {100 * rules.ceiling_share:.0f}%.",
            )
            return


def _tail(found: Axis) -> Iterator[Finding]:
    if found.first_dose_on > found.still_acts_until:
        return
    yield Finding(
        TAIL,
        Level.INFORM,
        f"{found.leaving.drug.name} acts on until about {found.still_acts_until}.",
    )


def leave(
    course: Course, *, successor_id: UUID, steps: tuple[LeavingStep, ...], today: date
) -> Course:
    """The successor was signed: the old drug is left by its own steps, each asked of a nurse.

    What was still asked about the person goes to the successor (``take_over``).

    Raises:
        IllegalMove: its phase does not allow a switch, or its dose is not the one signed from.
        BadDate: the first step out has passed since the proposal.
    """
    require(Move.SWITCH, course.phase)
    if steps and steps[0].previous_mg != course.dose.mg:
        raise IllegalMove("The dose has changed since this switch was drafted: draft it again.")
    check_steps(steps, dose_mg=course.dose.mg, today=today, latest=steps[-1].on)
    asked = tuple(
        Review(
            ordinal=course.reviews_made + place,
            kind=looks.SWITCH_STEP,
            due_on=step.on,
            for_role="nurse",
            rule=RULE,
        )
        for place, step in enumerate(steps, start=1)
    )
    left = replace(
        course,
        phase=Phase.SWITCHING_OUT,
        reviews=looks.only_open(course.reviews, frozenset()),
        successor_id=successor_id,
        leaving=steps,
    )
    return with_reviews(left, asked)


def take_over(successor: Course, old: Course) -> Course:
    """The new course asks on what was asked about the person under the old one."""
    open_ones = [
        review
        for review in old.reviews
        if review.done_at is None and review.kind in looks.ABOUT_THE_PERSON
    ]
    return with_reviews(
        successor,
        tuple(
            replace(review, ordinal=successor.reviews_made + place)
            for place, review in enumerate(open_ones, start=1)
        ),
    )


def take_leaving_step(
    course: Course, ordinal: int, *, taken_on: date, today: date, at: datetime, flagged: bool
) -> Course:
    """The old drug went down by one signed step; zero ends it, with its successor running.

    Raises:
        IllegalMove, NoSuchItem, AlreadyDone, BadDate
        Frozen: a safety flag is open.
    """
    require(Move.SWITCH_STEP, course.phase)
    if flagged:
        raise Frozen("The switch is frozen: a safety flag is open.")
    step = _leaving_step(course, ordinal)
    earliest = max([step.on, *(done.taken_on for done in course.leaving if done.taken_on)])
    if not earliest <= taken_on <= today:
        raise BadDate(f"The step lies between {earliest} and today.", field="taken_on")
    steps = tuple(
        replace(one, taken_on=taken_on) if one.ordinal == ordinal else one for one in course.leaving
    )
    moved = replace(
        course,
        dose=step.dose,
        leaving=steps,
        reviews=looks.first_done(course.reviews, looks.SWITCH_STEP, at=at),
    )
    if step.dose.mg:
        return moved
    return replace(
        moved,
        phase=Phase.SWITCHED,
        dose=NO_DOSE,
        ending=Ending.SWITCHED,
        ended_on=taken_on,
        closed_on=today,
        reviews=looks.only_open(moved.reviews, frozenset()),
    )


def _leaving_step(course: Course, ordinal: int) -> LeavingStep:
    for step in course.leaving:
        if step.ordinal == ordinal and step.taken_on is not None:
            raise AlreadyDone(f"Step {ordinal} was taken on {step.taken_on}.", field="ordinal")
        if step.ordinal == ordinal:
            return step
        if step.taken_on is None:
            raise IllegalMove(f"Step {step.ordinal} comes first.", field="ordinal")
    raise NoSuchItem(f"The switch has no step {ordinal}.", field="ordinal")


def stay(course: Course, successor: Course, *, today: date) -> Course:
    """The new drug did not work out: stay on the old one, at the dose taken now.

    Raises:
        IllegalMove: no switch is under way, the new drug is still taken, or a third followed it.
    """
    require(Move.STAY, course.phase)
    if successor.phase in TAKING:
        raise IllegalMove("The new drug is still taken: stop or change that course first.")
    if successor.successor_id is not None:
        raise IllegalMove("The new drug was itself switched to another: decide on that course.")
    back = replace(
        course,
        phase=Phase.ACUTE,
        successor_id=None,
        leaving=(),
        reviews=looks.without_open(course.reviews, frozenset({looks.SWITCH_STEP})),
    )
    return with_reviews(
        back,
        (
            Review(
                ordinal=back.reviews_made + 1,
                kind=looks.NOT_THERE_YET,
                due_on=today,
                for_role="prescriber",
                rule=RULE,
            ),
        ),
    )
