"""What was signed is verified later by what was kept with it, without the portal. On both
databases."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select, update

from services.treatment.adapters.signatures_command import check_signatures
from services.treatment.adapters.tables import SignatureRow
from shared.runtime.auth import (
    StaticKeys,
    Unauthenticated,
    issue_signature,
    proven,
    verify_signature,
)
from tests.support.databases import Databases
from tests.support.treatment import PRESCRIBER, Clinic, clinic_on

TABLE = SignatureRow.__table__  # type: ignore[attr-defined]
STRANGER = ECKey.generate_key("P-256", parameters={"kid": "test"})


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


async def test_what_was_signed_is_verified_from_the_database_alone(clinic: Clinic) -> None:
    await clinic.tapering_course()

    found = await check_signatures(clinic.db)

    assert (found.hold, found.without_proof, found.broken) == (2, 0, ())
    async with clinic.db.reading() as tx:
        rows = (await tx.session.execute(select(TABLE))).all()
    for row in rows:
        assert proven(row.proof, audience="treatment").staff_id == PRESCRIBER
        assert "d" not in json.loads(row.proof)["key"], "the public half"


@pytest.mark.parametrize("column", ["hash", "meaning", "proof"])
async def test_a_signature_that_was_changed_is_named(clinic: Clinic, column: str) -> None:
    await clinic.start_course()
    other = issue_signature(
        STRANGER,
        staff_id=PRESCRIBER,
        hash_="a" * 64,
        meaning="confirm-course",
        audience="treatment",
    )
    async with clinic.db.reading() as tx:
        (kept,) = (await tx.session.execute(select(TABLE))).all()
    forged = {
        "hash": "a" * 64,
        "meaning": "sign-taper",
        "proof": json.dumps(json.loads(kept.proof) | {"token": other}),
    }
    async with clinic.db.housekeeping() as tx:
        await tx.session.execute(update(TABLE).values({column: forged[column]}))

    found = await check_signatures(clinic.db)

    assert (found.hold, found.broken) == (0, (kept.object,))


async def test_a_signature_holds_after_its_token_ran_out_and_for_its_service_alone() -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "one"})
    token = issue_signature(
        key,
        staff_id=PRESCRIBER,
        hash_="b" * 64,
        meaning="sign-taper",
        audience="treatment",
        lifetime=timedelta(0),
    )
    signed = await verify_signature(token, keys=StaticKeys(KeySet([key])), audience="treatment")

    assert proven(signed.proof, audience="treatment") == signed
    for proof, audience in ((signed.proof, "engagement"), ("{}", "treatment"), ("", "treatment")):
        with pytest.raises(Unauthenticated):
            proven(proof, audience=audience)
