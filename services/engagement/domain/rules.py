"""What the content files say, as one value the use cases are given."""

from dataclasses import dataclass, field
from datetime import time

from services.engagement.domain.kind import Kinds, Patience
from services.engagement.domain.ladder import Setting
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.notice import Delivery
from services.engagement.domain.obligation import Place
from services.engagement.domain.support.outside import Letterhead
from services.engagement.domain.support.rules import SupportRules
from services.engagement.domain.team import Patient, Staffing
from services.engagement.domain.working_days import ClinicHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Kinds and ladders, the clinic's hours, and how long things may wait.

    ``letterhead`` is the installation's, not a content file's.
    """

    kinds: Kinds
    phases: frozenset[str]
    """Every phase of a course these rules know, running or not."""
    hours: ClinicHours
    clinic_time: time
    currency: str
    """ISO 4217; what a directory's prices are in unless it says otherwise."""
    supply_working_days: int
    missed_call_working_days: int
    patience: Patience
    support: SupportRules
    delivery: Delivery
    letterhead: Letterhead = field(default_factory=Letterhead)

    def place(self, patient: Patient) -> Place:
        """How a local date becomes an instant for this patient.

        Raises:
            UnknownZone: nobody lives in that zone.
        """
        return self.place_in(patient.zone)

    def place_in(self, zone: str) -> Place:
        """How a local date becomes an instant in this zone.

        Raises:
            UnknownZone: nobody lives in that zone.
        """
        return Place(
            zone=zone_named(zone),
            clinic_time=self.clinic_time,
            supply_working_days=self.supply_working_days,
            missed_call_working_days=self.missed_call_working_days,
            is_working_day=self.hours.is_working_day,
        )

    def setting(self, staffing: Staffing) -> Setting:
        """The same rules around one patient."""
        return Setting(
            kinds=self.kinds, hours=self.hours, staffing=staffing, patience=self.patience
        )
