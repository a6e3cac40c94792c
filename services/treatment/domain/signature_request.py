"""What a prescriber is asked to sign: of each course at most one draft taper and its proposal,
and the second signature under either."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.treatment.domain.second_signature import FirstSignature


class Signable(StrEnum):
    """What waits for a signature. A change of a plan is a document of its own."""

    COURSE = "course"
    TAPER = "taper-plan"
    COURSE_SECOND = "course-second"
    TAPER_SECOND = "taper-second"


SECOND_OF = {Signable.COURSE: Signable.COURSE_SECOND, Signable.TAPER: Signable.TAPER_SECOND}
"""What else has to be signed where a warning is marked for two prescribers."""


class Asking(StrEnum):
    """How a request stands; the words are those of the fact."""

    NOT_YET = "not-yet"
    OPEN = "open"
    SIGNED = "signed"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One for each course and thing to sign; asked again it is the same one, a version later."""

    id: UUID
    course_id: UUID
    what: Signable
    status: Asking = Asking.NOT_YET
    plan_id: UUID | None = None
    """The newest draft; a proposal is signed as the course itself."""
    plan_version: int = 1
    asked_at: datetime | None = None
    version: int = 0
    first: FirstSignature | None = None
    """Of a second signature: the one it has to follow."""

    @property
    def is_open(self) -> bool:
        """Whether somebody is being asked now."""
        return self.status is Asking.OPEN


def asked(request: Request, *, plan_id: UUID, plan_version: int, now: datetime) -> Request:
    """The prescriber is asked; a newer draft does not begin the waiting anew."""
    return replace(
        request,
        status=Asking.OPEN,
        plan_id=plan_id,
        plan_version=plan_version,
        asked_at=request.asked_at if request.is_open else now,
        version=request.version + 1,
    )


def asked_again_by(
    request: Request, first: FirstSignature, *, plan_id: UUID, plan_version: int
) -> Request:
    """Somebody signed first: another prescriber is asked from this moment on."""
    return replace(
        request,
        status=Asking.OPEN,
        plan_id=plan_id,
        plan_version=plan_version,
        asked_at=first.at,
        version=request.version + 1,
        first=first,
    )


def settled(request: Request, status: Asking) -> Request:
    """Signed, or no longer to be signed."""
    return replace(request, status=status, version=request.version + 1)
