"""A request that comes again is answered again, to whoever may still see what it is about."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import select, text

from shared.api.identity import Role
from shared.runtime.tables import audit
from tests.support.assessment import NURSE, PRESCRIBER, Clinic, clinic_on
from tests.support.databases import Databases

KEY = "flag-of-the-telephone-call"
FLAG = {"trigger": "overdose", "note": "said on the telephone"}


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def give_care_to(clinic: Clinic, *care_team: UUID) -> None:
    now = (await clinic.nurse.get(clinic.path)).json
    body = {"team": now["team"], "care_team": [str(one) for one in care_team]}
    answer = await clinic.nurse.put(f"{clinic.path}/care-team", body, version=now["version"])
    assert answer.status == 200


async def denied(clinic: Clinic) -> Sequence[str]:
    """Who was refused a look or an act about the person."""
    query = select(audit.c.actor).where(
        audit.c.action == "access.denied", audit.c.subject == str(clinic.patient_id)
    )
    async with clinic.db.reading() as tx:
        return (await tx.session.execute(query)).scalars().all()


async def test_the_first_answer_is_not_told_to_somebody_who_left_the_care_team(
    clinic: Clinic,
) -> None:
    # of another team: the care team is the only way
    guest = clinic.site.caller(PRESCRIBER, Role.PRESCRIBER, teams=("hill",))
    await give_care_to(clinic, NURSE, PRESCRIBER)
    first = await guest.post(f"{clinic.path}/flags", FLAG, key=KEY)
    again = await guest.post(f"{clinic.path}/flags", FLAG, key=KEY)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"

    await give_care_to(clinic, NURSE)
    after = await guest.post(f"{clinic.path}/flags", FLAG, key=KEY)

    assert after.status == 404
    assert "Idempotency-Replayed" not in after.headers
    assert await denied(clinic) == [f"staff:{PRESCRIBER}"]

    await give_care_to(clinic, NURSE, PRESCRIBER)
    assert (await guest.post(f"{clinic.path}/flags", FLAG, key=KEY)).json == first.json
    async with clinic.db.reading() as tx:
        flags = (await tx.session.execute(text("SELECT count(*) FROM safety_flag"))).scalar_one()
    assert flags == 1
