"""Every fact that may cross between services, by its type. Listing one here publishes it."""

from functools import cache

from shared.events import assessment, engagement, portal, treatment
from shared.events.envelope import Event, Fact

OWNERS = ("portal", "assessment", "treatment", "engagement")

FACTS: tuple[type[Fact], ...] = (
    portal.StaffAdded,
    portal.StaffRoleChanged,
    portal.StaffDisabled,
    assessment.PatientEnrolled,
    assessment.PatientDetailsChanged,
    assessment.CareTeamChanged,
    assessment.PatientLeftCare,
    assessment.PatientReturnedToCare,
    assessment.PatientMessagesRestarted,
    assessment.AssessmentCompleted,
    assessment.AssessmentAmended,
    assessment.SafetyFlagRaised,
    assessment.SafetyFlagAcknowledged,
    assessment.SafetyFlagClosed,
    assessment.PathwayProposed,
    assessment.PathwayDecided,
    assessment.ResponseChanged,
    assessment.RemissionCriteriaMet,
    assessment.RemissionCriteriaLost,
    assessment.RelapseCriteriaMet,
    assessment.RecordOpened,
    treatment.CourseProposed,
    treatment.CourseConfirmed,
    treatment.CourseDoseChanged,
    treatment.CourseSuspended,
    treatment.CourseResumed,
    treatment.CourseSwitched,
    treatment.CourseStopped,
    treatment.CourseClosed,
    treatment.ContinuationDecided,
    treatment.AdherenceGapRecorded,
    treatment.ReviewPlanned,
    treatment.ResponseReviewed,
    treatment.RemissionRecorded,
    treatment.RelapseRecorded,
    treatment.FormularyChanged,
    treatment.TaperPlanned,
    treatment.TaperStepScheduled,
    treatment.TaperSupplyConfirmed,
    treatment.TaperStepTaken,
    treatment.TaperCheckInRecorded,
    treatment.TaperHeld,
    treatment.TaperSteppedBack,
    treatment.TaperReplanned,
    treatment.TaperCompleted,
    treatment.TaperStopped,
    treatment.SignatureRequested,
    treatment.SignatureSettled,
    engagement.ReminderMadeVisible,
    engagement.ReminderAcknowledged,
    engagement.ReminderEscalated,
    engagement.ReminderDone,
    engagement.ReminderCancelled,
    engagement.ProgrammeStarted,
    engagement.ProgrammeChanged,
    engagement.FacilitatorAssigned,
    engagement.FacilitationGap,
    engagement.ProgrammeClosed,
    engagement.ContactRecorded,
    engagement.ContactMissed,
    engagement.MotivationDropped,
    engagement.MotivationWorkedOn,
    engagement.LifeEventRecorded,
    engagement.LifeEventFollowedUp,
    engagement.LifeEventWithdrawn,
    engagement.RelapsePlanWritten,
    engagement.SupportProfileSaved,
    engagement.StandInChanged,
)

CATALOGUE: dict[str, type[Fact]] = {fact.TYPE: fact for fact in FACTS}


def decode(type_: str, raw: bytes) -> Event[Fact]:
    """Read one event from the wire.

    Raises:
        UnknownFact: no reader knows this type.
        pydantic.ValidationError: the bytes are not that fact, or name another type.
    """
    fact = CATALOGUE.get(type_)
    if fact is None:
        raise UnknownFact(type_)
    event = _envelope(fact).model_validate_json(raw, strict=True)
    if event.type != type_:
        raise MislabelledFact(event.type)
    return event


@cache
def _envelope(fact: type[Fact]) -> type[Event[Fact]]:
    """Made once: left alone, it is forgotten with the last event of its type and made anew."""
    return Event[fact]  # type: ignore[valid-type]


class UnknownFact(Exception):
    """The type is in no catalogue of this release."""


class MislabelledFact(Exception):
    """The envelope names another type than the subject it came on."""
