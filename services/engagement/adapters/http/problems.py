"""Which refusal answers with which status."""

from services.engagement.domain import errors
from services.engagement.domain.support import refusals

PROBLEMS: dict[type[Exception], int] = {
    errors.Refusal: 409,
    errors.UnknownReminder: 404,
    errors.StaleVersion: 412,
    errors.UnknownZone: 422,
    errors.DeferralTooLong: 422,
    errors.DeferralInThePast: 422,
    errors.DeferralNeedsLead: 422,
    errors.UnknownColleague: 422,
    errors.UnknownAbsence: 404,
    errors.BadDates: 422,
    errors.CannotCover: 422,
    errors.AbsenceOverlaps: 422,
    errors.NotAsked: 422,
    errors.UnknownShift: 404,
    errors.BadShift: 422,
    errors.CannotBeOnCall: 422,
    errors.NoWayToReach: 422,
    errors.UnsafeAddress: 422,
    refusals.RuleBroken: 422,
    refusals.SignatureMismatch: 422,
    refusals.UnknownSupport: 404,
}
