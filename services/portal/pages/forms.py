"""Sending what was typed to a service; a refusal gives the form back with what to put right."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from services.portal.clients import Refused
from services.portal.identity.front_door import Locked, TooManyTries, WrongPassword
from services.portal.pages.visit import Visit
from services.portal.presenters import drafts, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _

B = TypeVar("B")
_STALE = 412
_GIVEN_BACK = frozenset({400, 409, 412, 422, 428})
_BY_ANOTHER = "four-eyes"
"""Theirs to do, but not by the person who proposed it: the page stays and says so."""


class CannotSign(Exception):
    """An identity provider vouches for them, so there is no password to sign with (0024)."""


class MovedOn(Exception):
    """What was to be signed is no longer what the page had shown."""


async def attempt(draft: Draft, send: Callable[[], Awaitable[B]]) -> B | Draft:
    """The service's answer, or the form again. A status of 412 asks whoever shows the form to
    say what has changed.

    Raises:
        Refused: what was asked for is not this person's to see or do.
        Unreachable: nobody knows whether it arrived; sending it again is safe.
    """
    try:
        return await send()
    except ValidationError as error:
        return draft.refused(drafts.faults_of(error))
    except MovedOn:
        return draft.refused((), status=_STALE)
    except (CannotSign, WrongPassword, Locked, TooManyTries) as error:
        return draft.refused([_at_password(error)], status=_STATUS[type(error)])
    except Refused as refused:
        problem = refused.problem
        if problem.status not in _GIVEN_BACK and problem.code != _BY_ANOTHER:
            raise
        faults = () if problem.status == _STALE else drafts.faults_in(problem)
        return draft.refused(faults, status=problem.status)


_STATUS: dict[type[Exception], int] = {
    CannotSign: 403,
    WrongPassword: 403,
    Locked: 403,
    TooManyTries: 429,
}


def _at_password(error: Exception) -> Fault:
    if isinstance(error, TooManyTries):
        seconds = words.count(error.seconds, "second")
        return Fault("password", _("Too many tries. Please wait %(seconds)s.", seconds=seconds))
    if isinstance(error, CannotSign):
        return Fault("password", _cannot_sign())
    if isinstance(error, Locked):
        return Fault("password", _("This account is locked. A lead or operations can unlock it."))
    return Fault("password", _("This is not your password. Nothing was signed."))


def _cannot_sign() -> str:
    """What the forms say too, in place of a field for a password."""
    return _(
        "You sign in with your organisation's account, and such accounts cannot sign here yet."
        " Somebody with a password of this portal has to sign."
    )


def is_stale(draft: Draft) -> bool:
    """Whether the record has moved on since the form was rendered."""
    return draft.status == _STALE


def overtaken_meanwhile(draft: Draft, visit: Visit, *, read: int) -> bool:
    """Whether the record moved on even after it was read for this very request, at version
    ``read``: then what was read does not say yet what has changed."""
    return is_stale(draft) and read == visit.version()


async def signature(visit: Visit, *, hash_: str, meaning: str, audience: str = "treatment") -> str:
    """The signed-in person's signature over one version, with the password they just typed.

    Raises:
        CannotSign: they have no password here; nothing was signed.
        WrongPassword: nothing was signed.
        Locked: the account is locked for browsers it does not know, and this is one.
        TooManyTries: says how long to wait.
    """
    if visit.visitor.by_provider:
        raise CannotSign
    return await visit.desk.front_door.signature(
        visit.visitor.staff.username,
        visit.one("password")[:256],
        hash_=hash_,
        meaning=meaning,
        address=visit.desk.manner.address(visit.request),
        device=visit.desk.manner.device(visit.request),
        audience=audience,
    )
