"""The frame around every page: who is signed in, where one can go, and what is wrong."""

from dataclasses import dataclass

from services.portal.presenters import words
from shared.api.identity import Role

CLINICAL = frozenset({Role.PRESCRIBER, Role.NURSE, Role.LEAD, Role.FACILITATOR})

_SILENCE = {
    "assessment": "Questionnaires, safety flags and patient details cannot be read right now.",
    "treatment": "Courses, doses and taper plans cannot be read right now.",
    "engagement": "Reminders and who has them in hand cannot be read right now.",
}

NOTICES = {
    "enrolled": "The person is enrolled.",
    "details": "The details are saved.",
    "assessment": "The questionnaire is saved.",
    "intake": "The answers are saved.",
    "health": "The health questions are saved.",
    "decided": "The decision is recorded.",
    "proposed": "The course is proposed. Nothing starts before it is signed.",
    "confirmed": "The course is signed and confirmed.",
    "withdrawn": "The proposal is withdrawn.",
    "review": "The review is recorded.",
    "remission": "Remission is recorded. The clock of the course starts there.",
    "relapse": "Relapse is recorded. The clock has stopped.",
    "decision": "The decision is recorded.",
    "gap": "The gap is recorded.",
    "dose": "The change of dose is recorded.",
    "plan": "The plan is saved as a draft. It counts once it is signed.",
    "signed": "The plan is signed. Its first step is scheduled.",
    "supply": "The supply is confirmed.",
    "taken": "The change of dose is recorded.",
    "check-in": "The check-in is recorded.",
    "hold": "The dose stays as it is for now. All later dates have moved.",
    "resume": "The taper goes on.",
    "closed": "The course is closed.",
    "flag-taken": "You have this safety flag in hand.",
    "flag-closed": "The safety flag is closed.",
    "flag-raised": "The safety flag is raised.",
    "taken-on": "You have this in hand.",
    "outcome": "This is noted.",
    "clock": "The demo clock has moved.",
    "parked": "The parked message is dealt with.",
}

_HOMES = {Role.OPERATIONS: "Operations", Role.AUDITOR: "Audit"}


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the main navigation."""

    title: str
    href: str
    here: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """``missing`` are sentences, one for each service that did not answer."""

    name: str
    role: str
    links: tuple[Link, ...]
    missing: tuple[str, ...]
    notice: str
    demo: bool


def signed_in(
    name: str, role: Role, *, path: str, missing: tuple[str, ...], notice: str, demo: bool
) -> Frame:
    """The frame for somebody at work."""
    places = [(_HOMES.get(role, "Today"), "/")]
    if role in CLINICAL:
        places.append(("Patients", "/patients"))
    return Frame(
        name=name,
        role=words.ROLES[role.value],
        links=tuple(Link(title, href, _is_here(path, href)) for title, href in places),
        missing=tuple(_SILENCE[service] for service in missing),
        notice=NOTICES.get(notice, ""),
        demo=demo,
    )


def outside(*, demo: bool) -> Frame:
    """The frame of the sign-in page and of pages that lead there."""
    return Frame(name="", role="", links=(), missing=(), notice="", demo=demo)


def _is_here(path: str, href: str) -> bool:
    return path == href or (href != "/" and path.startswith(href))
