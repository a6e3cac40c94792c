"""The addresses of pages. No address ever holds anything personal."""

from uuid import UUID

_SUPPORT: dict[str, tuple[str, ...]] = {
    "mode-review": (),
    "missed-contact": ("contacts",),
    "missed-contact-urgent": ("contacts",),
    "missed-letter": ("contacts",),
    "missed-prescriber": ("contacts",),
    "missed-review": ("contacts",),
    "welfare-check": ("contacts",),
    "life-event-contact": ("life-events",),
    "motivation-contact": ("motivation",),
    "carer-call": ("guidance",),
}
"""Work of support by its kind, and the page of the person's support where it is done."""
_OF_A_PROGRAMME = frozenset(
    {
        "programme-contact",
        "programme-review",
        "programme-decision",
        "confirm-closing",
        "facilitator-gap",
        "facilitator-gap-long",
        "deputy-gap",
        "pace",
    }
)


def patient(patient_id: UUID, *parts: object) -> str:
    """A page of one person's record."""
    return "/".join(str(part) for part in ("/patients", patient_id, *parts))


def course(patient_id: UUID, course_id: UUID, *parts: object) -> str:
    """A page of one course."""
    return patient(patient_id, "courses", course_id, *parts)


def work(
    kind: str, *, patient_id: UUID, course_id: UUID | None, subject_id: UUID, ordinal: int
) -> str:
    """Where the work behind an entry of the list is done."""
    if kind.startswith("safety"):
        return patient(patient_id, "flags", subject_id)
    if kind == "relapse-plan":
        return patient(patient_id, kind)
    if kind in _OF_A_PROGRAMME:
        return patient(patient_id, "support", "programmes", subject_id)
    if kind in _SUPPORT:
        return patient(patient_id, "support", *_SUPPORT[kind])
    if course_id is None:
        return patient(patient_id)
    parts = {
        "prepare-supply": ("steps", ordinal),
        "change-day": ("steps", ordinal),
        "check-in-early": ("check-ins", "early", ordinal),
        "check-in-gate": ("check-ins", "gate", ordinal),
        "missed-check-in-early": ("check-ins", "early", ordinal),
        "missed-check-in-gate": ("check-ins", "gate", ordinal),
        "surveillance": ("check-ins", "surveillance", ordinal),
        "course-review": ("reviews", ordinal),
        "sign-request": ("changes", subject_id),
    }
    return course(patient_id, course_id, *parts.get(kind, ()))


def is_of_a_course(href: str) -> bool:
    """Whether a page is about a course, which only a role that is told about medicines opens."""
    return "/courses/" in href


def reminder(patient_id: UUID, reminder_id: UUID) -> str:
    """What stands behind an entry of the list, and what to do when it cannot be done."""
    return patient(patient_id, "reminders", reminder_id)
