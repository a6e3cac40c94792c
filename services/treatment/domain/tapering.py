"""The moves of a taper: sign, supply, step, check in, hold, step back, and the fast stop."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from services.treatment.domain import live_taper
from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, Ending, plan_review, with_reviews
from services.treatment.domain.errors import BadDate, Frozen, IllegalMove, NotAuthorised
from services.treatment.domain.gate import Action, CheckIn, Proposal, judge, judge_after_stop
from services.treatment.domain.live_taper import NO_DOSE, PlanStatus, StepCadence, Taper
from services.treatment.domain.phases import ALLOWED, Move, Phase, require
from services.treatment.domain.reviews import Cadence, Review
from services.treatment.domain.surveillance import SurveillanceRules, find_look, looks_after, seen

ASKS_PRESCRIBER = {
    Action.PRESCRIBER_SAME_DAY: looks.SEVERE,
    Action.RED_FLAG: looks.RED_FLAG,
    Action.RELAPSE_PATHWAY: looks.RELAPSE_SUSPECTED,
}
"""Which review a check-in opens for a prescriber on the same day."""


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
        reviews=looks.without_open(
            looks.all_done(course.reviews, answered, today=today, at=at), answered
        ),
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
    flagged: bool,
    cadence: StepCadence,
    surveillance: SurveillanceRules,
) -> Course:
    """The new dose was started. Dose zero completes the plan and opens the looks after it.

    Raises:
        IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate
        Frozen: a prescriber has to look first.
    """
    require(Move.TAKE_STEP, course.phase)
    why = _frozen_by(course, flagged=flagged)
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
    today: date,
    at: datetime,
    flagged: bool,
    cadence: StepCadence,
) -> tuple[Course, Proposal]:
    """Record a check-in and say what it means. What a person must see today becomes a review.

    Raises:
        IllegalMove, PlanSuperseded, NoSuchItem, AlreadyDone, BadDate
    """
    require(Move.CHECK_IN, course.phase)
    taper = _taper(course, plan_version)
    if kind == "surveillance":
        proposal = judge_after_stop(said)
    else:
        proposal = judge(said, missed_doses_limit=cadence.missed_doses_limit)
    why = _frozen_by(course, flagged=flagged)
    if kind == "gate" and proposal.opens_gate and why is not None:
        proposal = Proposal("T-18", Action.HOLD, f"The dose stays: {why}.")
    if not said.reached:
        _require_item(taper, kind, ordinal)
        noted = replace(course, taper=replace(taper, proposal=proposal, proposed_at=at))
        return _ask_prescriber(noted, proposal, today=today), proposal
    if kind == "surveillance":
        checked = replace(taper, looks=seen(taper.looks, ordinal, at=at))
    elif kind == "early":
        checked = live_taper.record_early(taper, ordinal, proposal, at=at)
    else:
        checked = live_taper.record_gate(
            taper, ordinal, proposal, today=today, at=at, cadence=cadence
        )
    going_on = kind == "gate" and proposal.opens_gate
    phase = Phase.TAPER_ACTIVE if going_on else course.phase
    recorded = replace(course, taper=checked, phase=phase)
    return _ask_prescriber(recorded, proposal, today=today), proposal


def hold(
    course: Course,
    *,
    plan_version: int,
    days: int,
    today: date,
    by_prescriber: bool,
    cadence: StepCadence,
) -> Course:
    """Keep the dose until a later day: a new version of the plan with the same doses (T-07).

    A second hold in a row asks a prescriber for a gentler plan (T-09).

    Raises:
        IllegalMove, PlanSuperseded
        NotAuthorised: the standing order allows fewer days without a prescriber.
    """
    require(Move.HOLD, course.phase)
    taper = _taper(course, plan_version)
    allowed = cadence.standing_order_hold_days - taper.held_days
    if not by_prescriber and days > allowed:
        raise NotAuthorised(
            f"The standing order allows {cadence.standing_order_hold_days} days at one dose, "
            f"{taper.held_days} are used: ask a prescriber.",
            field="days",
        )
    held = live_taper.hold(taper, until=today + timedelta(days=days), today=today)
    holding = replace(course, phase=Phase.TAPER_HOLD, taper=held)
    if held.holds < 2:
        return holding
    return plan_review(
        holding, kind=looks.REPEATED_HOLD, due_on=today, for_role="prescriber", rule="T-09"
    )


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
    if cut is None:
        raise IllegalMove("No step was taken yet: there is nothing to step back from.")
    if not (cut.taken_on or cut.change_on) <= from_on <= today:
        raise BadDate(f"The day lies between {cut.taken_on} and today.", field="from_on")
    back = replace(
        course,
        phase=Phase.STEP_BACK,
        dose=cut.previous,
        taper=live_taper.stop(taper),
        reviews=looks.without_open(
            looks.all_done(course.reviews, frozenset({looks.SEVERE}), today=today, at=at),
            frozenset({looks.SEVERE}),
        ),
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


def _taper(course: Course, plan_version: int) -> Taper:
    if course.taper is None or course.taper.status is PlanStatus.STOPPED:
        raise IllegalMove("This course has no live taper plan.")
    live_taper.require_version(course.taper, plan_version)
    return course.taper


def _require_item(taper: Taper, kind: str, ordinal: int) -> None:
    if kind == "surveillance":
        find_look(taper.looks, ordinal)
    else:
        live_taper.require_step(taper, ordinal)


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
    return plan_review(course, kind=kind, due_on=today, for_role="prescriber", rule=proposal.rule)
