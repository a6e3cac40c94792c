"""Sending what was typed to a service; a refusal gives the form back with what to put right."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pydantic import ValidationError

from services.portal.clients import Refused
from services.portal.identity.front_door import (
    Locked,
    NotSignedInAgain,
    TooManyTries,
    WrongPassword,
)
from services.portal.identity.step_up import LIFETIME
from services.portal.pages.visit import Visit
from services.portal.presenters import drafts, step_up, words
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.language import gettext as _

B = TypeVar("B")
_STALE = 412
_GIVEN_BACK = frozenset({400, 409, 412, 422, 428})
_BY_ANOTHER = "four-eyes"
"""Theirs to do, but not by the person who proposed it: the page stays and says so."""


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
    except (NotSignedInAgain, WrongPassword, Locked, TooManyTries) as error:
        return draft.refused([_at_password(error)], status=_STATUS[type(error)])
    except Refused as refused:
        problem = refused.problem
        if problem.status not in _GIVEN_BACK and problem.code != _BY_ANOTHER:
            raise
        faults = () if problem.status == _STALE else drafts.faults_in(problem)
        return draft.refused(faults, status=problem.status)


_STATUS: dict[type[Exception], int] = {
    NotSignedInAgain: 403,
    WrongPassword: 403,
    Locked: 403,
    TooManyTries: 429,
}


def _at_password(error: Exception) -> Fault:
    if isinstance(error, TooManyTries):
        seconds = words.count(error.seconds, "second")
        return Fault("password", _("Too many tries. Please wait %(seconds)s.", seconds=seconds))
    if isinstance(error, NotSignedInAgain):
        return Fault("password", _not_signed_in_again())
    if isinstance(error, Locked):
        return Fault("password", _("This account is locked. A lead or operations can unlock it."))
    return Fault("password", _("This is not your password. Nothing was signed."))


def _not_signed_in_again() -> str:
    return _(
        "Nothing was signed: first sign in again at your organisation. One such sign-in serves for"
        " one signature, within %(minutes)s.",
        minutes=step_up.said(LIFETIME),
    )


def is_stale(draft: Draft) -> bool:
    """Whether the record has moved on since the form was rendered."""
    return draft.status == _STALE


def overtaken_meanwhile(draft: Draft, visit: Visit, *, read: int) -> bool:
    """Whether the record moved on even after it was read for this very request, at version
    ``read``: then what was read does not say yet what has changed."""
    return is_stale(draft) and read == visit.version()


async def signature(visit: Visit, *, hash_: str, meaning: str, audience: str = "treatment") -> str:
    """The signed-in person's signature over one version, with the password they just typed or, for
    whom an identity provider vouches, with the fresh sign-in that their session holds.

    Raises:
        WrongPassword: nothing was signed.
        NotSignedInAgain: nothing was signed.
        Locked: the account is locked for browsers it does not know, and this is one.
        TooManyTries: says how long to wait.
        Refused: the form is only to be shown again.
    """
    visit.care.assessment.let_through()  # what only comes back uses no sign-in up, nor is it a try
    door, manner, visitor = visit.desk.front_door, visit.desk.manner, visit.visitor
    address, device = manner.address(visit.request), manner.device(visit.request)
    if not visitor.by_provider:
        return await door.signature(
            visitor.staff.username,
            visit.one("password")[:256],
            hash_=hash_,
            meaning=meaning,
            address=address,
            device=device,
            audience=audience,
        )
    signed = await door.signature_again(
        visitor, hash_=hash_, meaning=meaning, address=address, device=device, audience=audience
    )
    if visitor.stepped_up_at is not None:
        visit.spent.add(visitor.stepped_up_at)
    return signed
