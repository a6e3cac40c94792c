"""One person in care in each service, with one of everything an address can name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient, TestServer
from joserfc.jwk import KeySet
from sqlalchemy import MetaData, event, select

from services.assessment.adapters.db import SqlWork as AssessmentWork
from services.assessment.adapters.stored import contact_from
from services.assessment.application.open_in_emergency import open_in_emergency
from services.assessment.domain.emergency import Reason
from services.engagement.adapters.db import SqlWork as EngagementWork
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.application.apply_flag_state import apply_flag_state
from services.engagement.application.apply_patient_details import apply_patient_details
from services.engagement.application.apply_patient_state import apply_patient_state
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.ports import Identity
from services.engagement.application.record_life_event import record_life_event
from services.engagement.domain.on_call import Shift
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.referral import Referral
from services.engagement.domain.team import CareStatus
from services.engagement.main import SCHEMA as ENGAGEMENT
from shared.runtime import tables
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from tests.support import assessment, engagement, treatment
from tests.support.callers import KEY
from tests.support.databases import Databases
from tests.support.matrix import Ward
from tests.support.sentinel import FAMILY, GIVEN
from tests.support.sites import BUILDS, whole
from tests.support.support import a_programme

KEYS = StaticKeys(KeySet([KEY]))
ALWAYS = {"ordinal": "1", "code": "phq-9", "kind": "early", "instrument": "phq-9", "version": "1"}
_RUNTIME = frozenset(tables.runtime.tables)


@asynccontextmanager
async def assessment_ward(databases: Databases) -> AsyncIterator[tuple[Database, UUID, UUID]]:
    """Somebody with answers, a flag, an intake and a proposal."""
    async with assessment.clinic_on(databases) as clinic:
        await clinic.ready_to_propose()
        made = await clinic.prescriber.post(f"{clinic.path}/pathway-proposals", {})
        assert made.status == 201, made.json
        flagged = await clinic.nurse.post(
            f"{clinic.path}/flags", {"trigger": "overdose", "note": "said on the phone"}
        )
        assert flagged.status == 201, flagged.json
        link = {"instrument": "phq-9", "channel": "in-person", "secret_sha256": "0" * 64}
        invited = await clinic.nurse.post(f"{clinic.path}/invitations", link)
        assert invited.status == 201, invited.json
        carer = {"name": "A sister", "relationship": "sister", "scopes": []}
        kept = await clinic.nurse.post(f"{clinic.path}/carers", carer, version=1)
        assert kept.status == 201, kept.json
        async with clinic.db.transaction(actor=f"staff:{assessment.STRANGER}") as tx:
            await open_in_emergency(
                AssessmentWork(tx),
                patient_id=clinic.patient_id,
                staff_id=assessment.STRANGER,
                reason=Reason.TEAM_UNREACHABLE,
                words="nobody of the team answered",
                now=tx.now,
            )
        yield clinic.db, clinic.patient_id, assessment.NURSE


@asynccontextmanager
async def treatment_ward(databases: Databases) -> AsyncIterator[tuple[Database, UUID, UUID]]:
    """Somebody on their way down."""
    async with treatment.clinic_on(databases) as clinic:
        course = await clinic.tapering_course()
        taken = await clinic.take_next_step(course["course_id"])
        proposed = await clinic.propose_change(taken, "hold", days=14)
        assert proposed.status == 201, proposed.json
        link = {"secret_sha256": "0" * 64, "change_title": "Reminder", "check_in_title": "Call"}
        shared = await clinic.nurse.post(f"patients/{treatment.PATIENT}/calendar-links", link)
        assert shared.status == 201, shared.json
        yield clinic.db, treatment.PATIENT, treatment.NURSE


@asynccontextmanager
async def engagement_ward(databases: Databases) -> AsyncIterator[tuple[Database, UUID, UUID]]:
    """Somebody whom reminders are about."""
    db = Database.open(
        await databases.migrated(ENGAGEMENT), source="engagement", person_keys=databases.person_keys
    )
    rules, now = engagement.CONTENT, engagement.NOW
    async with db.transaction(actor="service:engagement", at=now) as tx:
        work = EngagementWork(tx, rules)
        for colleague in engagement.STAFF:
            await apply_staff_state(work, colleague=colleague, rules=rules, now=now)
        await apply_patient_state(
            work,
            patient_id=engagement.PATIENT,
            status=CareStatus.ACTIVE,
            team="harbour",
            care_team=(engagement.NURSE, engagement.PRESCRIBER),
            rules=rules,
            now=now,
        )
        await apply_patient_details(
            work,
            patient_id=engagement.PATIENT,
            identity=Identity(
                given_name=GIVEN,
                family_name=FAMILY,
                birth_date=engagement.CHANGE_ON,
                zone="Europe/London",
            ),
            rules=rules,
            now=now,
        )
        course = engagement.a_course(engagement.a_taper())
        await apply_course_state(work, course=course, rules=rules, now=now)
        await apply_flag_state(work, flag=engagement.a_flag(), rules=rules, now=now)
        await work.support.referrals.put(
            Referral(
                referral_id=UUID(int=0xA11),
                patient_id=engagement.PATIENT,
                activity_id=UUID(int=0xA12),
                activity="Chess in the library",
                contact="",
                sent_on=engagement.CHANGE_ON,
                sent_at=now,
                by=engagement.NURSE,
            )
        )
        await work.support.programmes.put(a_programme())
        await work.support.drops.put(
            Drop(
                reading_id=UUID(int=0xA14),
                patient_id=engagement.PATIENT,
                value=2,
                previous=6,
                measured_on=engagement.CHANGE_ON,
                because=("dropped",),
                contact_by=engagement.CHANGE_ON + timedelta(days=7),
                recorded_at=now,
            )
        )
        await record_life_event(
            work,
            patient_id=engagement.PATIENT,
            kind="bereavement",
            happened_on=engagement.CHANGE_ON,
            note=None,
            by=engagement.NURSE,
            rules=rules,
            now=now,
        )
        await work.rota.put(
            Shift(
                shift_id=UUID(int=0xA13),
                team="harbour",
                staff_id=engagement.NURSE,
                from_at=now,
                until_at=now + timedelta(days=1),
                made_by=engagement.LEAD,
                made_at=now,
            )
        )
    yield db, engagement.PATIENT, engagement.NURSE
    await db.close()


WARDS = {
    "assessment": assessment_ward,
    "treatment": treatment_ward,
    "engagement": engagement_ward,
}


@asynccontextmanager
async def ward(
    service: str, databases: Databases, environment: pytest.MonkeyPatch
) -> AsyncIterator[Ward]:
    """The whole application of a service, with somebody in its care."""
    async with WARDS[service](databases) as (db, patient_id, nurse):
        environment.setenv("MOORING_DATABASE_URL", db.engine.url.render_as_string(False))
        environment.setenv("MOORING_DEMO", "true")
        environment.setenv("MOORING_PERSON_KEYS", str(databases.folder / "person-keys"))
        _hurry(db)
        known = await _known(db, BUILDS[service][1].metadata, patient_id)
        build = BUILDS[service][0]
        async with build() as built:
            _hurry(built.db)
            app = whole(replace(built, keys=KEYS), KEYS)
            async with TestClient(TestServer(app)) as client:
                answer = await client.get("/openapi.json")
                found = Ward(
                    service, client, built.db, await answer.json(), patient_id, known, nurse
                )
                await found.introduce()
                yield found


def _hurry(db: Database) -> None:
    """These tests ask thousands of times and need not survive a power cut."""
    if db.dialect == "sqlite":
        event.listen(
            db.engine.sync_engine,
            "connect",
            lambda dbapi, _record: dbapi.execute("PRAGMA synchronous=OFF"),
        )


async def _known(db: Database, metadata: MetaData, patient_id: UUID) -> dict[str, str]:
    """An id for each name that a path may use, read from what is stored."""
    known: dict[str, str] = dict(ALWAYS)
    async with db.reading() as tx:
        for table in metadata.sorted_tables:
            if table.name in _RUNTIME:
                continue
            row = (await tx.session.execute(select(table).limit(1))).first()
            if row is not None:
                known |= {k: v for k, v in _ids(table.name, row).items() if k not in known}
                if "contact" in row._mapping and db.person_keys:  # sealed with the person
                    carers = contact_from(row, db.person_keys)["carers"]
                    known["carer_id"] = carers[0]["carer_id"]
    return known | {"patient_id": str(patient_id)}


def _ids(table: str, row: Any) -> dict[str, str]:
    found = {}
    for name, value in row._mapping.items():
        if isinstance(value, UUID):
            found[
                f"{table.removeprefix('taper_').removeprefix('plan_')}_id" if name == "id" else name
            ] = str(value)
    return found
