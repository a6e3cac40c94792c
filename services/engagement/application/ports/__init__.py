"""What the use cases need of a transaction. SQL and the tests' fake both provide it."""

from services.engagement.application.ports.absences import Absences
from services.engagement.application.ports.facts import (
    Courses,
    Flags,
    Signatures,
)
from services.engagement.application.ports.notices import (
    Digest,
    Notices,
    Reach,
    Try,
)
from services.engagement.application.ports.on_record import OnRecord
from services.engagement.application.ports.people import (
    Identity,
    Patients,
    Staff,
)
from services.engagement.application.ports.reminders import (
    Announced,
    Attempt,
    Attempts,
    Before,
    ChannelLevels,
    Levels,
    Listed,
    Reminders,
    Shown,
    Stretch,
    Subject,
    Viewer,
    Wanted,
    key_subject,
)
from services.engagement.application.ports.rota import Rota
from services.engagement.application.ports.support import (
    Activities,
    CarePoint,
    Case,
    CoursePoint,
    Grouped,
    GroupPoint,
    Named,
    Reading,
    Records,
    Support,
    Surroundings,
)
from services.engagement.application.ports.work import (
    Work,
)

__all__ = [
    "Absences",
    "Activities",
    "Announced",
    "Attempt",
    "Attempts",
    "Before",
    "CarePoint",
    "Case",
    "ChannelLevels",
    "CoursePoint",
    "Courses",
    "Digest",
    "Flags",
    "GroupPoint",
    "Grouped",
    "Identity",
    "Levels",
    "Listed",
    "Named",
    "Notices",
    "OnRecord",
    "Patients",
    "Reach",
    "Reading",
    "Records",
    "Reminders",
    "Rota",
    "Shown",
    "Signatures",
    "Staff",
    "Stretch",
    "Subject",
    "Support",
    "Surroundings",
    "Try",
    "Viewer",
    "Wanted",
    "Work",
    "key_subject",
]
