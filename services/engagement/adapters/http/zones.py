"""What another time zone would move, shown before it is saved."""

from uuid import UUID

from services.engagement.adapters.access import visible_patient
from services.engagement.adapters.bodies import zone_difference
from services.engagement.adapters.db import SqlWork
from services.engagement.application.compare_zones import compare_zones
from services.engagement.domain.rules import Rules
from shared.api.engagement import ZoneDifference, ZoneQuery
from shared.api.identity import CLINICIANS
from shared.runtime.http import Api, Call


def add_zones(api: Api, rules: Rules) -> None:
    """Add this file's route."""

    @api.get("/api/v1/patients/{patient_id}/zone-difference", roles=CLINICIANS, raises=(404, 422))
    async def read_zone_difference(
        call: Call, patient_id: UUID, query: ZoneQuery
    ) -> ZoneDifference:
        """What would move if the person lived in that zone; nothing is changed."""
        work = SqlWork(call.tx, rules)
        patient = await visible_patient(work, call, patient_id)
        found = await compare_zones(
            work, patient=patient, zone=query.time_zone, rules=rules, now=call.tx.now
        )
        call.tx.audit("reminders.read", object=f"patient:{patient_id}", subject=patient_id)
        return zone_difference(patient.zone, query.time_zone, found)
