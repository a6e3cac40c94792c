"""Who listens to what. ``provision`` makes the broker's consumers from this table.

A test holds it equal to the subscriptions each service declares.
"""

from shared.events import FACTS, assessment, engagement, portal, treatment
from shared.events.envelope import Fact

RELATIONS = (assessment.CareTeamChanged, engagement.StandInChanged)
"""What may take somebody's access away: carried by the portal too, while the broker is away
(decision 0086)."""

_STAFF = (portal.StaffAdded, portal.StaffRoleChanged, portal.StaffDisabled)
_OPENED = (assessment.RecordOpened,)
_PATIENT = (
    assessment.PatientEnrolled,
    assessment.PatientDetailsChanged,
    assessment.CareTeamChanged,
    assessment.PatientLeftCare,
    assessment.PatientReturnedToCare,
    assessment.PatientMessagesRestarted,
)
_SCORES = (
    assessment.AssessmentCompleted,
    assessment.AssessmentAmended,
    assessment.RelapseCriteriaMet,
)
_FLAG = (
    assessment.SafetyFlagRaised,
    assessment.SafetyFlagAcknowledged,
    assessment.SafetyFlagClosed,
)
_COURSE = tuple(fact for fact in FACTS if issubclass(fact, treatment.CourseFact))

_LIFE = (
    engagement.LifeEventRecorded,
    engagement.LifeEventFollowedUp,
    engagement.LifeEventWithdrawn,
)

LISTENERS: dict[str, tuple[type[Fact], ...]] = {
    "portal": (),
    "assessment": (
        *_STAFF,
        engagement.StandInChanged,
        treatment.CourseConfirmed,
        treatment.CourseClosed,
        treatment.TaperCheckInRecorded,
    ),
    "treatment": (
        *_STAFF,
        *_OPENED,
        engagement.StandInChanged,
        *_PATIENT,
        *_SCORES,
        *_FLAG,
        *_LIFE,
        engagement.ContactMissed,
    ),
    "engagement": (
        *_STAFF,
        *_OPENED,
        *_PATIENT,
        *_FLAG,
        *_COURSE,
        treatment.SignatureRequested,
        treatment.SignatureSettled,
        assessment.AssessmentCompleted,
        assessment.AssessmentAmended,
    ),
}

WATCHED: dict[str, tuple[str, ...]] = {
    "portal": ("care.engagement.reminder.>", "care.assessment.flag.>"),
}
"""Subjects a process may follow live, without delivery guarantee, to refetch what changed."""


def heard(service: str, owner: str) -> tuple[str, ...]:
    """The exact types ``service`` hears from ``owner``, sorted."""
    return tuple(sorted(f.TYPE for f in LISTENERS[service] if f.owner() == owner))


def owners_heard(service: str) -> tuple[str, ...]:
    """The owners ``service`` listens to, sorted."""
    return tuple(sorted({fact.owner() for fact in LISTENERS[service]}))
