"""One request of somebody who is signed in: who, what they sent, and the way to answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web

from services.portal.clients import Care, care_for
from services.portal.identity import sessions
from services.portal.identity.front_door import Visitor
from services.portal.identity.staff import Staff
from services.portal.identity.step_up import LIFETIME
from services.portal.pages.desk import Desk
from services.portal.presenters import frame, interrupted, step_up
from services.portal.presenters.drafts import Draft
from services.portal.presenters.today import Setting
from shared.api.body import Body
from shared.runtime import clock
from shared.runtime.http.dispatch import correlation_key, received_form

B = TypeVar("B", bound=Body)
_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})
MET = "met"
"""The cookie of a browser whose demo user has read what this is."""
Form = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Visit:
    """``missing`` collects the services that did not answer; the page says which. ``spent``: the
    fresh sign-in that this very request used up."""

    request: web.Request
    desk: Desk
    visitor: Visitor
    care: Care
    people: Mapping[UUID, Staff]
    setting: Setting
    form: Form
    missing: list[str] = field(default_factory=list)
    spent: set[datetime] = field(default_factory=set)

    def id(self, name: str) -> UUID:
        """An identifier from the address."""
        try:
            return UUID(self.request.match_info[name])
        except ValueError:
            raise web.HTTPNotFound from None

    def number(self, name: str) -> int:
        """A number from the address."""
        text = self.request.match_info[name]
        if not (text.isascii() and text.isdigit() and len(text) < 5):
            raise web.HTTPNotFound
        return int(text)

    def draft(self, **given: str | tuple[str, ...]) -> Draft:
        """A new form, prefilled."""
        values = {
            name: (value,) if isinstance(value, str) else value for name, value in given.items()
        }
        return Draft(str(clock.new_id()), values)

    def sent(self) -> Draft:
        """The form as it was sent, under the key it was rendered with."""
        key = self.one("key")
        return Draft(key if 8 <= len(key) <= 48 else str(clock.new_id()), self.form)

    def one(self, name: str) -> str:
        """What was typed in one field, or nothing."""
        return self.form.get(name, ("",))[0]

    def version(self) -> int:
        """The version the person was looking at."""
        text = self.one("version")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def fields(self, *names: str) -> dict[str, Any]:
        """What was typed in these fields, without the empty ones."""
        return {name: self.one(name) for name in names if self.one(name)}

    def page(self, template: str, *, status: int = 200, **context: Any) -> web.Response:
        """The page, inside the frame every page has."""
        return render(
            self.desk,
            template,
            status=status,
            frame=frame.signed_in(
                self.visitor.staff.display_name,
                self.visitor.staff.role,
                path=self.request.path,
                missing=tuple(dict.fromkeys(self.missing)),
                notice=frame.notice(
                    self.request.query.get("done", ""),
                    self.request.query.get("back", ""),
                    self.setting,
                ),
                demo=self.desk.manner.demo,
                held=self.visitor.is_held,
                newcomer=MET not in self.request.cookies or "about" in self.request.query,
            ),
            csrf=self.visitor.csrf_token,
            again=self._again(),
            **context,
        )

    def _again(self) -> step_up.Again | None:
        """What a form to sign says in place of a field for the password, if there is none."""
        if not self.visitor.by_provider:
            return None
        held = self.visitor.stepped_up_at
        return step_up.again(
            None if held in self.spent else held,
            lifetime=LIFETIME,
            back_to=_page_of_form(self.request),
            zone=self.desk.manner.zone,
        )


def _page_of_form(request: web.Request) -> str:
    """Where the page of a form is read: at its own address, or one up where that only takes it."""
    if request.method == "GET":
        return request.path_qs
    routes, here = request.app.router.routes(), request.match_info.route.resource
    is_read = any(route.method == "GET" and _same(route.resource, here) for route in routes)
    return request.path if is_read else request.path.rpartition("/")[0]


def _same(one: web.AbstractResource | None, other: web.AbstractResource | None) -> bool:
    return one is not None and other is not None and one.canonical == other.canonical


async def open_visit(request: web.Request, desk: Desk, visitor: Visitor) -> Visit:
    """Everything a handler needs, once it is known who is asking."""

    async def token(service: str) -> str:
        return await desk.front_door.token(visitor.staff, audience=service)

    people = await desk.directory.people()
    form = await read_form(request)
    if is_of_session_before(request, form, visitor=visitor, desk=desk):
        form = {**form, interrupted.IS_BACK: ("true",)}
    return Visit(
        request=request,
        desk=desk,
        visitor=visitor,
        care=care_for(
            desk.session,
            desk.addresses,
            token=token,
            correlation_id=request[correlation_key],
            holds_back=interrupted.IS_BACK in form,
            about=_patient_of(request),
        ),
        people=people,
        setting=Setting(
            now=visitor.now,
            zone=desk.manner.zone,
            staff={person.staff_id: person.display_name for person in people.values()},
        ),
        form=form,
    )


def _patient_of(request: web.Request) -> UUID | None:
    """Whose page it is by its address; an id that is none is refused by the page itself."""
    try:
        return UUID(request.match_info.get("patient_id", ""))
    except ValueError:
        return None


async def read_form(request: web.Request) -> Form:
    """What the browser sent, trimmed; an empty field is no field."""
    if request.method != "POST":
        return {}
    if request.content_type not in _FORMS:
        raise web.HTTPUnsupportedMediaType
    sent = await received_form(request)
    form: dict[str, tuple[str, ...]] = {}
    for name in sent:
        values = [value.strip() for value in sent.getall(name) if isinstance(value, str)]
        form[name] = tuple(value for value in values if value)
    return {name: values for name, values in form.items() if values}


def is_from_our_form(request: web.Request, form: Form, *, visitor: Visitor, origin: str) -> bool:
    """Whether a change was sent from one of our own pages: its token, and where it came from."""
    token = form.get("csrf", ("",))[0]
    ours = sessions.is_csrf_token(token, secret=visitor.secret, staff_id=visitor.staff.staff_id)
    return ours and is_same_origin(request, origin=origin)


def is_of_session_before(request: web.Request, form: Form, *, visitor: Visitor, desk: Desk) -> bool:
    """Whether this very person had filled it in here, in their session that ended before this one.
    Then it is shown to them once more, and nothing is changed by it."""
    before, whose = request.cookies.get(desk.manner.before_cookie, ""), visitor.staff.staff_id
    token = form.get("csrf", ("",))[0]
    ended = before not in {"", visitor.secret}
    theirs = ended and sessions.is_csrf_token(token, secret=before, staff_id=whose)
    return theirs and is_same_origin(request, origin=desk.manner.origin)


def is_same_origin(request: web.Request, *, origin: str) -> bool:
    """What the browser itself says about where a request comes from; silence is accepted from
    old browsers only as far as the token reaches."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    claimed = request.headers.get("Origin")
    return claimed is None or claimed == (origin or f"{request.scheme}://{request.host}")


def render(desk: Desk, template: str, *, status: int = 200, **context: Any) -> web.Response:
    """A template as a response."""
    text = desk.theme.templates.get_template(template).render(**context)
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={
            "Content-Security-Policy": CONTENT_SECURITY_POLICY,
            "Referrer-Policy": "same-origin",  # without it browsers hide the Origin of our forms
            "Vary": "HX-Request",
        },
    )


CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
