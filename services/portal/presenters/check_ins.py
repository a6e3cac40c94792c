"""The check-in form: what it is about, and the answers it offers."""

from dataclasses import dataclass

from services.portal.presenters import courses
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.tapers import SEVERITIES
from services.portal.presenters.today import Setting
from shared.api.treatment import CourseBody

__all__ = [
    "FIELDS",
    "FOUR",
    "KINDS",
    "LIFE_EVENTS",
    "MOODS",
    "NOT_REACHED",
    "REPORTED",
    "SEVERITIES",
    "Words",
    "words_for",
]

KINDS = said(
    {
        "early": mark("Early check-in"),
        "gate": mark("Check-in before the next step"),
        "surveillance": mark("Check-in after the last dose"),
        "unscheduled": mark("Said between the check-ins"),
    }
)
FOUR = said(
    {
        "dizziness": mark("Dizziness"),
        "brain_zaps": mark("Electric feelings in the head"),
        "irritability": mark("Irritability"),
        "anxiety": mark("Anxiety"),
    }
).items()
"""The four symptoms that are compared with how they were before the first step down."""

LIFE_EVENTS = said(
    {
        "bereavement": mark("Bereavement"),
        "work": mark("Work or study"),
        "move": mark("Moving home"),
        "birth": mark("Birth"),
        "separation": mark("Separation"),
        "discharge": mark("Discharge from hospital"),
        "anniversary": mark("Anniversary"),
        "other": mark("Something else"),
    }
).items()
NOT_REACHED = {
    "reached": False,
    "withdrawal": "none",
    "tolerable": True,
    "can_work_and_care": True,
    "mood": "same",
    "suicidal_thoughts": False,
    "marked_agitation": False,
    "emergency_signs": False,
}
"""Nobody answered: the service knows that nothing is known, whatever else is sent with it."""

MOODS = said(
    {
        "same": mark("As before"),
        "worse": mark("Worse"),
        "much-worse": mark("Much worse"),
    }
).items()
FIELDS = (
    "plan_version",
    "withdrawal",
    "tolerable",
    "can_work_and_care",
    "mood",
    "suicidal_thoughts",
    "marked_agitation",
    "emergency_signs",
    "mania_signs",
    "low_sodium_signs",
    "supply_lasts",
    "life_event",
    "life_event_on",
    "score_total",
    "self_harm_item",
    "missed_doses_in_a_row",
    "note",
)
REPORTED = {
    "suicidal_thoughts": "asked-thoughts",
    "marked_agitation": "marked-agitation",
    "mania_signs": "mania-signs",
    "emergency_signs": "serotonin-syndrome-signs",
}
"""What assessment calls each answer that it has to hear of, whoever else is told."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the check-in is about, in the plan's words."""

    title: str
    about: str
    detail: str
    plan_version: int
    before: str = ""
    after: str = ""


def words_for(course: CourseBody, kind: str, ordinal: int, setting: Setting) -> Words:
    """The head of the form. A step of an older plan is said to be gone."""
    version = course.taper.plan_version if course.taper else 0
    if kind == "surveillance":
        return Words(KINDS[kind], _("After the last dose"), "", version)
    for step in courses.steps(course, setting):
        if step.href.endswith(f"/{ordinal}"):
            detail = (
                _("Changed %(on)s.", on=step.on)
                if step.taken
                else _("Change planned %(on)s.", on=step.on)
            )
            about = f"{step.title}: {step.change}"
            return Words(KINDS[kind], about, detail, version, step.before, step.after)
    return Words(KINDS[kind], _("This step is no longer part of the plan."), "", version)
