"""The moves of a taper: sign, supply, step, check in, hold, step back, and the fast stop."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.treatment.domain import live_taper
from services.treatment.domain import reviews as looks
from services.treatment.domain.calendar_days import working_days_after
from services.treatment.domain.course import Course, Ending, plan_review, with_reviews
from services.treatment.domain.errors import BadDate, Frozen, IllegalMove, NotAuthorised
from services.treatment.domain.gate import (
    Action,
    CheckIn,
    CheckInRules,
    Person,
    Proposal,
    judge,
    judge_after_stop,
)
from services.treatment.domain.life_events import LifeEvent, in_the_way
from services.treatment.domain.live_taper import (
    NO_DOSE,
    PlanStatus,
    ScheduledStep,
    StepCadence,
    Taper,
)
from services.treatment.domain.phases import ALLOWED, Move, Phase, require
from services.treatment.domain.reviews import Cadence, Review
from services.treatment.domain.surveillance import SurveillanceRules, find_look, looks_after, seen

ASKS_PRESCRIBER = {
    Action.PRESCRIBER_SAME_DAY: looks.SEVERE,
    Action.RED_FLAG: looks.RED_FLAG,
    Action.RELAPSE_PATHWAY: looks.RELAPSE_SUSPECTED,
}
"""Which review a check-in opens for a prescriber on the same day; T-20 has its own."""


LIVED = frozenset({Phase.TAPER_PLANNED, Phase.TAPER_ACTIVE, Phase.TAPER_HOLD})
"""Phases in which a plan of steps is being lived."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What bears on a taper from outside it: the person, open safety flags, stressors."""

    person: Person
    flagged: bool = False
    life_events: tuple[LifeEvent, ...] = ()


def sign(course: Course, taper: Taper, *, today: date, at: datetime) -> Course:
    """A plan is signed; its first step is scheduled and the reviews it answers are done.

    Raises:
        IllegalMove: the phase has no room for a plan.
    """
    require(Move.PLAN_TAPER, course.phase)
    answered = looks.OF_THE_CLOCK | {looks.REPLAN, looks.REPEATED_HOLD}
    return replace(
        course,
        phase=Phase.TAPER_PLANNED,
        taper=taper,
        reviews=looks.answered(course.reviews, answered, today=today, at=at),
    )


def confirm_supply(course: Course, ordinal: int, *, plan_version: int, at: datetime) -> Course:
    """The next step's supply is in the person's hands (T-19).

    Raises:
        IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone
    """
    require(Move.CONFIRM_SUPPLY, course.phase)
    taper = _taper(course, plan_version)
    return replace(course, taper=live_taper.confirm_supply(taper, ordinal, at=at))


def take_step(
    course: Course,
    ordinal: int,
    *,
    plan_version: int,
    taken_on: date,
    today: date,
    at: datetime,
    around: Around,
    cadence: StepCadence,
    surveillance: SurveillanceRules,
) -> Course:
    """The new dose was started. Dose zero completes the plan and opens the looks after it.

    Raises:
        IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate
        Frozen: a prescriber has to look first, or a stressor is near.
    """
    require(Move.TAKE_STEP, course.phase)
    why = _kept_by(course, taken_on, around=around, cadence=cadence)
    if why is not None:
        raise Frozen(f"The taper is frozen: {why}.")
    taper = live_taper.take(
        _taper(course, plan_version),
        ordinal,
        taken_on=taken_on,
        today=today,
        at=at,
        cadence=cadence,
    )
    taken = replace(course, phase=Phase.TAPER_ACTIVE, taper=taper, dose=taper.last.dose)
    if taper.status is not PlanStatus.COMPLETED:
        return taken
    after = looks_after(taken_on, drug=course.drug, rules=surveillance)
    return replace(
        taken,
        phase=Phase.STOPPED_WATCH,
        taper=replace(taper, looks=after),
        ending=Ending.TAPERED,
        ended_on=taken_on,
        reviews=looks.only_open(taken.reviews, looks.ABOUT_THE_PERSON),
    )


def check_in(
    course: Course,
    said: CheckIn,
    *,
    kind: str,
    ordinal: int,
    plan_version: int,
    around: Around,
    today: date,
    at: datetime,
    cadence: StepCadence,
) -> tuple[Course, Proposal]:
    """Record a check-in and say what it means. What a person must see today becomes a review.

    Raises:
        IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate
    """
    require(Move.CHECK_IN, course.phase)
    taper = _taper(course, plan_version)
    _require_item(taper, kind, ordinal)
    rules = cadence.check_in
    is_over = course.phase is Phase.STOPPED_WATCH
    decide = judge_after_stop if is_over else judge
    proposal = decide(said, person=around.person, rules=rules)
    if kind == "gate" and proposal.opens_gate:
        kept = _gate_kept_by(
            course, taper, ordinal, around=around, today=today, at=at, cadence=cadence
        )
        proposal = kept or proposal
    within = timedelta(hours=rules.disagree_hours)
    if not said.reached:
        unheard = taper.proposal is not None and taper.proposal.is_bad_news
        keeps = unheard and not proposal.is_bad_news
        checked = taper if keeps else replace(taper, proposal=proposal, proposed_at=at)
    elif kind == "surveillance":
        checked = replace(taper, looks=seen(taper.looks, ordinal, at=at))
    elif kind == "early":
        checked = live_taper.record_early(taper, ordinal, proposal, at=at)
    elif kind == "unscheduled":
        checked = live_taper.record_unscheduled(taper, proposal, at=at, within=within)
    else:
        checked = live_taper.record_gate(
            taper, ordinal, proposal, today=today, at=at, cadence=cadence
        )
    going_on = kind == "gate" and proposal.opens_gate
    phase = Phase.TAPER_ACTIVE if going_on else course.phase
    recorded = replace(course, taper=checked, phase=phase)
    asked = _ask_nurse(recorded, said, today=today, at=at, rules=rules)
    return _ask_prescriber(asked, proposal, today=today), proposal


def hold(
    course: Course,
    *,
    plan_version: int,
    days: int,
    today: date,
    at: datetime,
    by_prescriber: bool,
    cadence: StepCadence,
) -> Course:
    """Keep the dose until a later day: a new version of the plan with the same doses (T-07).

    A second hold in a row asks a prescriber for a gentler plan (T-09).

    Raises:
        IllegalMove, PlanSuperseded
        NotAuthorised: the standing order allows fewer days without a signature.
    """
    require(Move.HOLD, course.phase)
    taper = _taper(course, plan_version)
    allowed = standing_days(taper, cadence)
    if not by_prescriber and taper.held_days + days > allowed:
        raise NotAuthorised(
            f"The standing order allows {allowed} days at one dose, "
            f"{taper.held_days} are used: ask a prescriber.",
            field="days",
        )
    held = live_taper.hold(taper, days=days, today=today)
    reviews = looks.answered(course.reviews, frozenset({looks.LIFE_EVENT}), today=today, at=at)
    holding = replace(course, phase=Phase.TAPER_HOLD, taper=held, reviews=reviews)
    if held.holds < 2:
        return holding
    return plan_review(
        holding, kind=looks.REPEATED_HOLD, due_on=today, for_role="prescriber", rule="T-09"
    )


def standing_days(taper: Taper, cadence: StepCadence) -> int:
    """How many days at one dose the signed plan lets a nurse hold."""
    limit = cadence.standing_order_hold_days
    return limit if taper.standing_days is None else min(limit, taper.standing_days)


def release(course: Course, *, on: date, today: date) -> Course:
    """End a hold early or late; the gate is asked on that day.

    Raises:
        IllegalMove: no hold to end.
        BadDate: in the past.
    """
    require(Move.RESUME, course.phase)
    if course.taper is None or course.phase is not Phase.TAPER_HOLD:
        raise IllegalMove("There is no hold to end.")
    if on < today:
        raise BadDate("The day lies in the past.", field="resume_on")
    taper = live_taper.release(course.taper, on=on)
    started = live_taper.last_taken(taper) is not None
    phase = Phase.TAPER_ACTIVE if started else Phase.TAPER_PLANNED
    return replace(course, phase=phase, taper=taper)


def step_back(
    course: Course, *, plan_version: int, from_on: date, today: date, at: datetime, cadence: Cadence
) -> Course:
    """Return to the dose before the last cut, never further (T-08); a gentler plan follows.

    Raises:
        IllegalMove, PlanSuperseded
        BadDate: before the cut it takes back, or in the future.
    """
    require(Move.STEP_BACK, course.phase)
    taper = _taper(course, plan_version)
    cut = live_taper.last_taken(taper)
    if cut is None or cut.previous.mg <= cut.dose.mg:
        raise IllegalMove("No step was taken yet: there is nothing to step back from.")
    return _back(course, taper, cut, from_on=from_on, today=today, at=at, cadence=cadence)


def reinstate(
    course: Course, *, plan_version: int, from_on: date, today: date, at: datetime, cadence: Cadence
) -> Course:
    """Take the last dose before zero again; a gentler plan follows (T-08, 3.4).

    Raises:
        IllegalMove, PlanSuperseded: the drug was stopped for harm, or is not stopped.
        BadDate: before the stop, or in the future.
    """
    require(Move.REINSTATE, course.phase)
    if course.ending is not Ending.TAPERED:
        raise IllegalMove("The drug was stopped because of harm: it is not given again here.")
    taper = _taper(course, plan_version)
    back = _back(course, taper, taper.last, from_on=from_on, today=today, at=at, cadence=cadence)
    return replace(back, ending=None, ended_on=None)


def _back(
    course: Course,
    taper: Taper,
    cut: ScheduledStep,
    *,
    from_on: date,
    today: date,
    at: datetime,
    cadence: Cadence,
) -> Course:
    if not (cut.taken_on or cut.change_on) <= from_on <= today:
        raise BadDate(f"The day lies between {cut.taken_on} and today.", field="from_on")
    back = replace(
        course,
        phase=Phase.STEP_BACK,
        dose=cut.previous,
        taper=replace(live_taper.stop(taper), looks=()),
        reviews=looks.answered(course.reviews, frozenset({looks.SEVERE}), today=today, at=at),
    )
    checks = tuple(
        Review(
            ordinal=back.reviews_made + place,
            kind=looks.REINSTATED,
            due_on=from_on + timedelta(days=days),
            for_role="nurse",
            rule="T-21",
        )
        for place, days in enumerate(cadence.reinstated_after_days, start=1)
    )
    return plan_review(
        with_reviews(back, checks),
        kind=looks.REPLAN,
        due_on=from_on + timedelta(days=cadence.replan_after_days),
        for_role="prescriber",
        rule="T-09",
    )


def follow(course: Course, taper: Taper, *, today: date, at: datetime) -> Course:
    """Another plan takes the place of the one being lived; its step 0 is the dose of now."""
    answered = frozenset({looks.REPLAN, looks.REPEATED_HOLD, looks.LIFE_EVENT})
    return replace(
        course,
        phase=Phase.TAPER_ACTIVE,
        taper=taper,
        reviews=looks.answered(course.reviews, answered, today=today, at=at),
    )


def harm_stop(
    course: Course, *, harm: str, last_dose_on: date, today: date, surveillance: SurveillanceRules
) -> Course:
    """Stop at once because going on does serious harm; the person is watched as after a taper.

    Raises:
        IllegalMove: nothing is being taken.
        BadDate: before the first dose or in the future.
    """
    require(Move.HARM_STOP, course.phase)
    if not course.first_dose_on <= last_dose_on <= today:
        raise BadDate(
            f"The last dose lies between {course.first_dose_on} and today.", field="last_dose_on"
        )
    stopped = replace(
        course,
        phase=Phase.STOPPED_WATCH,
        dose=NO_DOSE,
        ending=Ending.HARM,
        harm=harm,
        ended_on=last_dose_on,
        resumes_to=None,
        taper=course.taper and live_taper.stop(course.taper),
        reviews=looks.only_open(course.reviews, looks.ABOUT_THE_PERSON),
    )
    watch = tuple(
        Review(
            ordinal=stopped.reviews_made + look.ordinal,
            kind=looks.AFTER_STOP,
            due_on=look.due_on,
            for_role="nurse",
            rule="T-16",
        )
        for look in looks_after(last_dose_on, drug=course.drug, rules=surveillance)
    )
    return with_reviews(stopped, watch)


def suspect_relapse(course: Course, *, today: date) -> Course:
    """The scores look like relapse: a prescriber looks today, a taper freezes until then."""
    if course.phase not in ALLOWED[Move.RECORD_RELAPSE] | {Phase.SUSPENDED}:
        return course
    return plan_review(
        course,
        kind=looks.RELAPSE_SUSPECTED,
        due_on=today,
        for_role="prescriber",
        rule="T-18",
    )


def miss_contact(course: Course, *, today: date) -> Course:
    """Somebody did not come while a step is being lived: call on the same day (6.4)."""
    if course.taper is None or not course.taper.is_live or course.phase not in LIVED:
        return course
    return plan_review(course, kind=looks.CALL_AGAIN, due_on=today, for_role="nurse", rule="T-06")


def face_life_event(course: Course, event: LifeEvent, *, today: date, days: int) -> Course:
    """A stressor is known: whoever has a step scheduled close to it is asked to hold (T-22)."""
    if course.taper is None or not course.taper.is_live or course.phase not in LIVED:
        return course
    step = course.taper.last
    if step.taken_at is not None or not event.is_near(step.change_on, days=days):
        return course
    return plan_review(course, kind=looks.LIFE_EVENT, due_on=today, for_role="nurse", rule="T-22")


def _taper(course: Course, plan_version: int) -> Taper:
    if course.taper is None or course.taper.status is PlanStatus.STOPPED:
        raise IllegalMove("This course has no live taper plan.")
    live_taper.require_version(course.taper, plan_version)
    return course.taper


def _require_item(taper: Taper, kind: str, ordinal: int) -> None:
    if kind == "surveillance":
        find_look(taper.looks, ordinal)
    else:
        live_taper.scheduled(taper, ordinal)


def _kept_by(course: Course, taken_on: date, *, around: Around, cadence: StepCadence) -> str | None:
    """Why the next dose may not be started on that day, or None."""
    frozen = _frozen_by(course, flagged=around.flagged)
    if frozen is not None:
        return frozen
    proposal = course.taper.proposal if course.taper else None
    if proposal is not None and proposal.is_bad_news:
        return f"the last check-in says no ({proposal.rule}); hold, or check in again"
    return _stressor(around, taken_on, cadence)


def _stressor(around: Around, day: date, cadence: StepCadence) -> str | None:
    days = cadence.check_in.life_event_days
    event = in_the_way(around.life_events, day, days=days)
    if event is None:
        return None
    return f"T-22: {event.kind} on {event.on}; no step before {event.free_from(days=days)}"


def _gate_kept_by(
    course: Course,
    taper: Taper,
    ordinal: int,
    *,
    around: Around,
    today: date,
    at: datetime,
    cadence: StepCadence,
) -> Proposal | None:
    """Why a gate stays shut although the person is well, or None (T-18, T-20, T-22)."""
    frozen = _frozen_by(course, flagged=around.flagged)
    if frozen is not None:
        return Proposal("T-18", Action.HOLD, f"The dose stays: {frozen}.")
    within = timedelta(hours=cadence.check_in.disagree_hours)
    if live_taper.contradicts(taper, at=at, within=within):
        return Proposal(
            "T-07",
            Action.HOLD,
            f"Two check-ins within {cadence.check_in.disagree_hours} hours contradict each other: "
            "the graver one counts. Ask again tomorrow.",
        )
    step = live_taper.scheduled(taper, ordinal)
    following = live_taper.next_on(taper, step, today=today, cadence=cadence)
    near = _stressor(around, following, cadence)
    return None if near is None else Proposal("T-22", Action.HOLD, f"The dose stays. {near}.")


def _frozen_by(course: Course, *, flagged: bool) -> str | None:
    """Why no dose may change now, or None."""
    if course.phase is Phase.SUSPENDED:
        return "the course is suspended"
    if flagged:
        return "a safety flag is open"
    waiting = [review.kind for review in looks.freezing(course.reviews)]
    return f"a prescriber has to look first ({', '.join(waiting)})" if waiting else None


def _ask_prescriber(course: Course, proposal: Proposal, *, today: date) -> Course:
    kind = ASKS_PRESCRIBER.get(proposal.action)
    if kind is None:
        return course
    if proposal.rule == "T-20":
        kind = looks.MISSED_DOSES
    return plan_review(course, kind=kind, due_on=today, for_role="prescriber", rule=proposal.rule)


def _ask_nurse(
    course: Course, said: CheckIn, *, today: date, at: datetime, rules: CheckInRules
) -> Course:
    """Somebody calls again who was not reached; a supply that does not last is mended today."""
    if not said.reached:
        return plan_review(
            course,
            kind=looks.CALL_AGAIN,
            due_on=working_days_after(today, rules.call_within_working_days),
            for_role="nurse",
            rule="T-06",
        )
    kinds = {looks.CALL_AGAIN} | ({looks.SUPPLY_GAP} if said.supply_lasts else set())
    reached = replace(
        course, reviews=looks.answered(course.reviews, frozenset(kinds), today=today, at=at)
    )
    if said.supply_lasts or course.phase is Phase.STOPPED_WATCH:
        return reached
    return plan_review(reached, kind=looks.SUPPLY_GAP, due_on=today, for_role="nurse", rule="T-19")
