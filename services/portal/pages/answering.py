"""The questionnaire behind a one-time link, for somebody without an account.

The secret of the link is in its fragment, which browsers send to nobody: a small script puts it
into a form, and from there it only ever travels in bodies. Without script it is typed. No page
says who the link was made for.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import ValidationError

from services.portal.clients import Caller, Refused, Unreachable, care_for
from services.portal.identity.restored import Held
from services.portal.pages.desk import Desk, desk_key
from services.portal.pages.tongues import listen
from services.portal.pages.visit import Form, is_same_origin, read_form, render
from services.portal.presenters import answering, drafts, frame, questionnaires
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _
from shared.api.assessment import (
    AnsweredInvitation,
    InvitationAnswers,
    OpenedInvitation,
    Secret,
)
from shared.runtime import clock
from shared.runtime.http.dispatch import correlation_key
from shared.runtime.http.problems import Problem

_GONE = 410
Page = Callable[[web.Request, Desk, Form], Awaitable[web.Response]]


def public(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The handler of a page anybody with a link may open: whatever happens, help is on it, no
    browser keeps it, and it is only ever sent from itself."""

    async def handle(request: web.Request) -> web.StreamResponse:
        listen(request)
        desk = request.app[desk_key]
        try:
            form = await read_form(request)
            if request.method == "POST" and not is_same_origin(request, origin=desk.manner.origin):
                raise web.HTTPForbidden
            response = await page(request, desk, form)
        except Refused as refused:
            response = _over(desk) if refused.problem.status == _GONE else _later(desk)
        except (Unreachable, Held, web.HTTPException):
            response = _later(desk)
        response.headers["Cache-Control"] = "no-store"
        return response

    return handle


async def show_start(_request: web.Request, desk: Desk, _form: Form) -> web.Response:
    """Takes the secret out of the address, or asks for it."""
    return _start(desk, Draft(""))


async def open_link(request: web.Request, desk: Desk, form: Form) -> web.Response:
    """The questionnaire."""
    draft = Draft(str(clock.new_id()), form)
    try:
        secret = Secret(secret=_secret(form))
    except ValidationError:
        fault = Fault("secret", _("This is not the whole code. Please copy all of it."))
        return _start(desk, draft.refused([fault]))
    return await _questionnaire(request, desk, draft, secret)


async def send_answers(request: web.Request, desk: Desk, form: Form) -> web.Response:
    """Keep the answers; when one is alarming, what comes first is where help is."""
    draft = Draft(form.get("key", ("",))[0], form)
    try:
        body = InvitationAnswers.model_validate(_answers(draft))
        done = await _assessment(request, desk).post(
            "/invitations/answer", body, AnsweredInvitation, key=draft.key
        )
    except ValidationError as error:
        faults = _faults(draft, drafts.faults_of(error))
    except Refused as refused:
        if refused.problem.status == _GONE:
            raise
        faults = _refusal(refused.problem)
    else:
        return _page(desk, "answer_done.html", alarming=done.alarming)
    secret = Secret(secret=_secret(form))
    return await _questionnaire(request, desk, draft.refused(faults), secret)


async def _questionnaire(
    request: web.Request, desk: Desk, draft: Draft, secret: Secret
) -> web.Response:
    opened = await _assessment(request, desk).ask("/invitations/open", secret, OpenedInvitation)
    return _page(
        desk,
        "answer_questions.html",
        status=draft.status,
        draft=draft,
        secret=secret.secret,
        questions=answering.questions(opened.instrument),
    )


def _start(desk: Desk, draft: Draft) -> web.Response:
    return _page(desk, "answer_start.html", status=draft.status, draft=draft)


def _over(desk: Desk) -> web.Response:
    return _page(desk, "answer_over.html", status=_GONE)


def _later(desk: Desk) -> web.Response:
    return _page(desk, "answer_later.html", status=503)


def _page(desk: Desk, template: str, *, status: int = 200, **context: Any) -> web.Response:
    return render(
        desk,
        template,
        status=status,
        frame=frame.outside(demo=desk.manner.demo),
        crisis=desk.crisis,
        **context,
    )


def _answers(draft: Draft) -> dict[str, Any]:
    data: dict[str, Any] = {
        "secret": draft.value("secret"),
        "answers": questionnaires.answers(draft.values),
        "not_applicable": draft.all("not_applicable"),
    }
    if draft.value("who") == "somebody-else":
        data["answered_by"] = draft.value("answered_by")
    return data


def _faults(draft: Draft, faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    """The same, in words for somebody at home."""
    if draft.value("who") == "somebody-else" and not draft.value("answered_by"):
        return (Fault("answered_by", _("Please say who you are to them, such as sister.")),)
    return faults


def _refusal(problem: Problem) -> tuple[Fault, ...]:
    if problem.code == "no-answers":
        return (Fault("", _("Nothing is answered yet. Please answer what you can.")),)
    return drafts.faults_in(problem)


def _secret(form: Form) -> str:
    """What was in the link; somebody who types may have copied the whole address."""
    return form.get("secret", ("",))[0].rpartition("#")[2]


def _assessment(request: web.Request, desk: Desk) -> Caller:
    """Assessment, called by the portal itself: whoever holds a link has no account."""
    return care_for(
        desk.session,
        desk.addresses,
        token=desk.front_door.link_token,
        correlation_id=request[correlation_key],
    ).assessment
