"""When a page cannot be shown: what happened, and what to do now."""

from dataclasses import dataclass, replace

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from shared.runtime.http.problems import Problem


@dataclass(frozen=True, slots=True)
class Trouble:
    """``code`` is for whoever is asked for help; it names no person."""

    status: int
    title: str
    advice: str
    code: str = ""
    href: str = "/"
    link: str = ""


_WRONG_ROLE = Trouble(
    403,
    mark("This page is for another role"),
    mark("Your role does not open it. If you need it for your work, ask your team lead."),
)
_NOT_OUR_FORM = Trouble(
    403,
    mark("This form could not be checked"),
    mark("Nothing was saved. Go back, reload the page and send it again."),
)
_BY_STATUS = {
    403: _WRONG_ROLE,
    400: Trouble(
        400,
        mark("This could not be done"),
        mark("Nothing was saved. Go back, look at what was typed and send it again."),
    ),
    404: Trouble(
        404,
        mark("There is no such page, or it is not yours to see"),
        mark(
            "Check the address, or look for the person on the patients page. If somebody is in"
            " your care and you cannot see them, ask your team lead to add you to the care team."
            " In an emergency, the patients page has a way to open one record."
        ),
    ),
    409: Trouble(
        409,
        mark("This does not fit what is recorded"),
        mark("Nothing was saved. Go back and look at the record as it is now."),
    ),
    412: Trouble(
        412,
        mark("Somebody changed this in the meantime"),
        mark("Nothing was saved. Go back, reload the page and look at it again."),
    ),
    413: Trouble(413, mark("That is too much at once"), mark("Nothing was saved. Send less text.")),
    500: Trouble(
        500,
        mark("Something went wrong here"),
        mark(
            "Nothing was saved. Try once more; if it happens again, tell operations what you did."
        ),
    ),
}
_SILENT = said(
    {
        "assessment": mark(
            "The part for questionnaires, flags and patient details gave no answer in time."
        ),
        "treatment": mark("The part for courses and doses gave no answer in time."),
        "engagement": mark("The part for reminders gave no answer in time."),
    }
)


def wrong_role() -> Trouble:
    """Signed in, and not in a role this page is for."""
    return _said(_WRONG_ROLE)


def not_our_form() -> Trouble:
    """A change that did not come from a page of ours."""
    return _said(_NOT_OUR_FORM)


def of_status(status: int) -> Trouble:
    """A refusal that has only a number."""
    if status in _BY_STATUS:
        return _said(_BY_STATUS[status])
    return _said(_BY_STATUS[400] if status < 500 else _BY_STATUS[500])


def of_problem(problem: Problem) -> Trouble:
    """A service's refusal, in its own sentence where it has one for staff."""
    known = of_status(problem.status)
    if problem.status in {403, 404}:
        return replace(known, code=problem.code)
    advice = f"{words.spoken(problem.detail)} {_('Nothing was saved.')}"
    return replace(known, status=problem.status, advice=advice, code=problem.code)


def of_silence(service: str) -> Trouble:
    """A service gave no answer in time, so nobody knows whether a change arrived."""
    silent = _SILENT.get(service) or _("A part of the system gave no answer in time.")
    todo = _(
        "Wait a minute, then go back and send it again: the same form is never counted twice."
        " If it cannot wait, use the telephone and write down what you did."
    )
    return Trouble(
        503,
        _("Part of the system is not answering"),
        f"{silent} {todo}",
        code=service,
        link=_("Go to today's list"),
    )


def _said(trouble: Trouble) -> Trouble:
    return replace(
        trouble, title=_(trouble.title), advice=_(trouble.advice), link=_("Go to today's list")
    )
