"""The demo cohort's past, played through the use cases on both databases."""

from collections import Counter
from datetime import UTC, date, datetime

from sqlalchemy import func, select

from services.assessment.adapters.db import SqlWork
from services.assessment.adapters.demo import play
from services.assessment.adapters.tables import FLAG, PATIENT, PROPOSAL
from services.assessment.application.learn_colleague import learn_colleague
from services.assessment.application.ports import Colleague
from services.assessment.main import SCHEMA
from shared.demo.cohort import DECISION_DAY, PATHWAY_DAY, PATIENTS
from shared.demo.staff import STAFF
from shared.runtime import audit_check
from shared.runtime.anchors import Anchors
from shared.runtime.db import Database
from tests.support.databases import Databases

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def test_the_cohort_is_enrolled_assessed_and_decided_about(databases: Databases) -> None:
    db = Database.open(
        await databases.migrated(SCHEMA), source="assessment", person_keys=databases.person_keys
    )
    async with db.transaction(actor="service:assessment", at=NOON) as tx:
        for one in STAFF:
            colleague = Colleague(staff_id=one.staff_id, role=one.role.value, active=True)
            await learn_colleague(SqlWork(tx), colleague)

    await play(db, TODAY)
    await play(db, TODAY)

    async with db.reading() as tx:
        statuses = Counter((await tx.session.scalars(select(PATIENT.c.status))).all())
        verdicts = Counter((await tx.session.scalars(select(PROPOSAL.c.verdict))).all())
        flags = (await tx.session.execute(select(func.count()).select_from(FLAG))).scalar_one()
        left = {p.patient_id for p in PATIENTS if p.twist == "left-care"}
    verdict = await audit_check.check(db, anchors=Anchors("test", None))
    await db.close()

    assert statuses == {"active": len(PATIENTS) - len(left), "left-care": len(left)}
    decided = sum(person.has_reached(DECISION_DAY) for person in PATIENTS)
    proposed = sum(person.has_reached(PATHWAY_DAY) for person in PATIENTS)
    assert verdicts == {"accepted": decided, None: proposed - decided}
    assert flags == sum(person.twist == "item-9" for person in PATIENTS)
    assert not verdict.broken
