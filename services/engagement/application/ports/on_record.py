"""Everything on record about one person that what is owed to them follows from."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.engagement.application.ports.support import Surroundings
from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag
from services.engagement.domain.signature import Signature
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.life_event import LifeEvent
from services.engagement.domain.support.lost import Decision
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.programme import Programme
from services.engagement.domain.support.relapse_plan import RelapsePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class OnRecord:
    """Read at one moment, each kind by id."""

    programmes: Sequence[Programme]
    contacts: Sequence[Contact]
    life_events: Sequence[LifeEvent]
    drops: Sequence[Drop]
    plans: Sequence[RelapsePlan]
    decisions: Sequence[Decision]
    surroundings: Sequence[Surroundings]
    flags: Sequence[Flag]
    courses: Sequence[Course]
    signatures: Sequence[Signature]
