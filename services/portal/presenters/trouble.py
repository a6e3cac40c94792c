"""When a page cannot be shown: what happened, and what to do now."""

from dataclasses import dataclass, replace

from services.portal.presenters import words
from shared.runtime.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Trouble:
    """``code`` is for whoever is asked for help; it names no person."""

    status: int
    title: str
    advice: str
    code: str = ""
    href: str = "/"
    link: str = "Go to today's list"


WRONG_ROLE = Trouble(
    403,
    "This page is for another role",
    "Your role does not open it. If you need it for your work, ask your team lead.",
)
NOT_OUR_FORM = Trouble(
    403,
    "This form could not be checked",
    "Nothing was saved. Go back, reload the page and send it again.",
)
SIGNED_OUT = Trouble(
    401,
    "You have been signed out",
    "Nothing was saved. Sign in, then use your browser's back button: what you typed is still"
    " there, and sending it again is safe.",
    href="/sign-in",
    link="Sign in",
)
_BY_STATUS = {
    403: WRONG_ROLE,
    400: Trouble(
        400,
        "This could not be done",
        "Nothing was saved. Go back, look at what was typed and send it again.",
    ),
    404: Trouble(
        404,
        "There is no such page, or it is not yours to see",
        "Check the address, or look for the person on the patients page. If somebody is in your"
        " care and you cannot see them, ask your team lead to add you to the care team.",
    ),
    409: Trouble(
        409,
        "This does not fit what is recorded",
        "Nothing was saved. Go back and look at the record as it is now.",
    ),
    412: Trouble(
        412,
        "Somebody changed this in the meantime",
        "Nothing was saved. Go back, reload the page and look at it again.",
    ),
    413: Trouble(413, "That is too much at once", "Nothing was saved. Send less text."),
    500: Trouble(
        500,
        "Something went wrong here",
        "Nothing was saved. Try once more; if it happens again, tell operations what you did.",
    ),
}
_SERVICES = {
    "assessment": "questionnaires, flags and patient details",
    "treatment": "courses and doses",
    "engagement": "reminders",
}


def of_status(status: int) -> Trouble:
    """A refusal that has only a number."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return _BY_STATUS[400] if status < 500 else _BY_STATUS[500]


def of_problem(problem: Problem) -> Trouble:
    """A service's refusal, in its own sentence where it has one for staff."""
    known = of_status(problem.status)
    if problem.status in {403, 404}:
        return replace(known, code=problem.code)
    advice = f"{words.spoken(problem.detail)} Nothing was saved."
    return Trouble(problem.status, known.title, advice, problem.code)


def of_silence(service: str) -> Trouble:
    """A service gave no answer in time, so nobody knows whether a change arrived."""
    return Trouble(
        503,
        "Part of the system is not answering",
        f"The part for {_SERVICES.get(service, service)} gave no answer in time. Wait a minute,"
        " then go back and send it again: the same form is never counted twice. If it cannot"
        " wait, use the telephone and write down what you did.",
        code=service,
    )
