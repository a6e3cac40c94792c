"""The check-in form: what it is about, and the answers it offers."""

from dataclasses import dataclass

from services.portal.presenters import courses
from services.portal.presenters.tapers import SEVERITIES
from services.portal.presenters.today import Setting
from shared.api.treatment import CourseBody

__all__ = ["FIELDS", "KINDS", "MOODS", "REPORTED", "SEVERITIES", "Words", "words_for"]

KINDS = {
    "early": "Early check-in",
    "gate": "Check-in before the next step",
    "surveillance": "Check-in after the last dose",
}
MOODS = (("same", "As before"), ("worse", "Worse"), ("much-worse", "Much worse"))
FIELDS = (
    "plan_version",
    "withdrawal",
    "tolerable",
    "can_work_and_care",
    "mood",
    "suicidal_thoughts",
    "marked_agitation",
    "emergency_signs",
    "missed_doses_in_a_row",
    "note",
)
REPORTED = {
    "suicidal_thoughts": "asked-thoughts",
    "marked_agitation": "marked-agitation",
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
        return Words(KINDS[kind], "After the last dose", "", version)
    for step in courses.steps(course, setting):
        if step.href.endswith(f"/{ordinal}"):
            detail = f"Changed {step.on}." if step.taken else f"Change planned {step.on}."
            about = f"{step.title}: {step.change}"
            return Words(KINDS[kind], about, detail, version, step.before, step.after)
    return Words(KINDS[kind], "This step is no longer part of the plan.", "", version)
