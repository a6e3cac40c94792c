"""Which refusal answers with which status."""

from services.treatment.application.refusals import (
    InformationMissing,
    NotYetKnown,
    OtherCourse,
    SignatureUsed,
    StaleVersion,
    Unknown,
)
from services.treatment.domain.errors import (
    AlreadyDone,
    Frozen,
    IllegalMove,
    NoSuchItem,
    NotAuthorised,
    NotInCare,
    PlanSuperseded,
    Refusal,
)
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.second_signature import FirstSignatureGone, FourEyes
from services.treatment.domain.signing import SignatureMismatch

PROBLEMS: dict[type[Exception], int] = {
    Unknown: 404,
    NoSuchItem: 404,
    StaleVersion: 412,
    NotYetKnown: 409,
    OtherCourse: 409,
    InformationMissing: 409,
    SignatureUsed: 409,
    IllegalMove: 409,
    NotInCare: 409,
    AlreadyDone: 409,
    PlanSuperseded: 409,
    Frozen: 409,
    NotAuthorised: 403,
    FourEyes: 403,
    FirstSignatureGone: 410,
    SignatureMismatch: 422,
    RuleRefusal: 422,
    Refusal: 422,
}
"""A class without a row of its own answers as its base does."""
