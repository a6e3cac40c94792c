"""Where a person is in care and who they are, as assessment tells."""

from collections.abc import Mapping
from datetime import time

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.events.about import require_about
from services.engagement.adapters.notices import SqlNotices
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.ports import (
    CarePoint,
    Grouped,
    GroupPoint,
    Identity,
    Reach,
    Surroundings,
)
from services.engagement.domain.errors import UnknownZone
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.notice import Quiet
from services.engagement.domain.rules import Rules
from services.engagement.domain.support.carer import Carer
from services.engagement.domain.team import CareStatus
from shared.events.assessment import (
    CareTeamChanged,
    PatientDetails,
    PatientDetailsChanged,
    PatientEnrolled,
    PatientFact,
    PatientLeftCare,
    PatientMessagesRestarted,
    PatientReturnedToCare,
)
from shared.events.envelope import Event, Fact
from shared.runtime.db import Transaction
from shared.runtime.inbox import Handler, Unacceptable
from shared.runtime.retention import forget_person
from shared.runtime.sealed_details import opened

PLACES: tuple[type[Fact], ...] = (
    PatientEnrolled,
    CareTeamChanged,
    PatientLeftCare,
    PatientReturnedToCare,
    PatientMessagesRestarted,
)
"""Each says the same in full: where somebody is in care, and whether they may be written to."""


def on_people(rules: Rules) -> Mapping[type[Fact], Handler]:
    """The facts of this file and what is done about each."""

    async def on_patient(tx: Transaction, event: Event[PatientFact]) -> None:
        patient = event.data.patient
        require_about(event, patient.patient_id)
        await SqlWork(tx, rules).support.add_care(care_of(event))
        await apply_patient_state(
            SqlWork(tx, rules),
            patient_id=patient.patient_id,
            status=CareStatus(patient.status),
            team=patient.team,
            care_team=patient.care_team,
            messages_stopped=patient.messages_stopped,
            rules=rules,
            now=tx.now,
        )

    async def on_details(tx: Transaction, event: Event[PatientDetailsChanged]) -> None:
        if (details := opened(event.data.details, tx)) is None:
            return
        require_about(event, details.patient_id)
        _require_zone(details.time_zone)
        work = SqlWork(tx, rules)
        await work.support.surroundings.put(surroundings_of(details))
        await work.support.add_group(language_of(event))
        await apply_patient_details(
            SqlWork(tx, rules),
            patient_id=details.patient_id,
            identity=Identity(
                given_name=details.given_name,
                family_name=details.family_name,
                birth_date=details.birth_date,
                zone=details.time_zone,
                reach=_reach(details),
                erased=details.erased_on is not None,
            ),
            rules=rules,
            now=tx.now,
        )
        if details.erased_on is not None:
            await forget_person(tx, details.patient_id, told_in=event.type)
            await SqlNotices(tx, rules.kinds).unname(details.patient_id)

    return {
        **dict.fromkeys(PLACES, on_patient),
        PatientDetailsChanged: on_details,
    }


def care_of(event: Event[PatientFact]) -> CarePoint:
    """Since when, or until when, somebody is in care, as it was said at that moment."""
    patient = event.data.patient
    ended_on = None
    if CareStatus(patient.status) is not CareStatus.ACTIVE:
        ended_on = patient.ended_on or event.time.date()
    return CarePoint(
        patient_id=patient.patient_id,
        version=event.version,
        known_at=event.time,
        enrolled_on=patient.enrolled_on,
        ended_on=ended_on,
    )


def language_of(event: Event[PatientDetailsChanged]) -> GroupPoint:
    """The language of the record, as it was said at that moment."""
    return GroupPoint(
        patient_id=event.data.details.patient_id,
        kind=Grouped.LANGUAGE,
        version=event.version,
        known_at=event.time,
        values=(event.data.details.language,),
    )


def surroundings_of(details: PatientDetails) -> Surroundings:
    """The language and the people around a person."""
    return Surroundings(
        patient_id=details.patient_id,
        language=details.language,
        neutral_wording=details.neutral_wording,
        carers=tuple(
            Carer(
                carer_id=one.carer_id,
                name=one.name,
                relationship=one.relationship or "",
                scopes=tuple(one.scopes),
            )
            for one in details.carers
        ),
    )


def _reach(details: PatientDetails) -> Reach:
    """How the person may be written to; what they did not agree to is not in it."""
    quiet = details.quiet_hours
    return Reach(
        email=details.email,
        agreed={one.channel: one.purposes for one in details.consents},
        quiet=None
        if quiet is None
        else Quiet(begins=time.fromisoformat(quiet.starts), ends=time.fromisoformat(quiet.ends)),
    )


def _require_zone(name: str) -> None:
    try:
        zone_named(name)
    except UnknownZone as unknown:
        raise Unacceptable(UnknownZone.code) from unknown
