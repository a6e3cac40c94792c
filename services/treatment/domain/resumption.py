"""Going on after a suspension: nothing that was agreed before the red flag counts unasked."""

from dataclasses import replace
from datetime import date

from services.treatment.domain.course import Course
from services.treatment.domain.errors import BadDate, IllegalMove
from services.treatment.domain.live_taper import Taper
from services.treatment.domain.phases import Move, require


def resume(course: Course, *, on: date, today: date) -> Course:
    """Go on where a suspension interrupted; a taper is not cut before that day.

    Raises:
        IllegalMove: it is not suspended.
        BadDate: in the past, or later than today where no taper waits for the day.
    """
    require(Move.RESUME, course.phase)
    if course.resumes_to is None:
        raise IllegalMove("The course is not suspended; end the hold of its taper instead.")
    if on < today:
        raise BadDate("The day lies in the past.", field="resume_on")
    live = course.taper is not None and course.taper.is_live
    if on > today and not live:
        raise BadDate(
            "No taper is running, so there is nothing to plan ahead: resume on the day itself.",
            field="resume_on",
        )
    back = replace(course, phase=course.resumes_to, resumes_to=None)
    if course.taper is None or not live:
        return back
    return replace(back, taper=asked_again(course.taper, on=on))


def asked_again(taper: Taper, *, on: date) -> Taper:
    """The same doses in a new version, none changed before ``on`` (T-18).

    A gate that was opened before the flag says nothing about the person after it: the step it
    scheduled is taken back and the gate is asked again. A first step, which waits at no gate,
    just moves. No date comes forward.
    """
    last = taper.last
    if last.taken_at is not None:
        gate_on = max(on, last.check_in_gate_on or on)
        steps = (*taper.scheduled[:-1], replace(last, check_in_gate_on=gate_on))
    elif len(taper.scheduled) == 1:
        steps = (replace(last, change_on=max(on, last.change_on)),)
    else:
        before = taper.scheduled[-2]
        gate_on = max(on, before.check_in_gate_on or on)
        before = replace(before, check_in_gate_on=gate_on, gate_check_in_at=None)
        steps = (*taper.scheduled[:-2], before)
    return replace(
        taper,
        plan_version=taper.plan_version + 1,
        scheduled=steps,
        hold_until=taper.hold_until and max(on, taper.hold_until),
        proposal=None,
        proposed_at=None,
    )
