"""Which refusal answers with which status."""

from services.engagement.domain import errors

PROBLEMS: dict[type[Exception], int] = {
    errors.Refusal: 409,
    errors.UnknownReminder: 404,
    errors.StaleVersion: 412,
    errors.DeferralTooLong: 422,
    errors.DeferralInThePast: 422,
    errors.UnknownColleague: 422,
}
