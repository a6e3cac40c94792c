"""What was signed is verified later by what was kept with it, without the portal. In every service
that keeps signatures, on both databases."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, KeySet
from sqlalchemy import Table, delete, insert, select, update

from services.assessment.adapters.signed import recorded
from services.assessment.adapters.tables import PROPOSAL
from services.assessment.adapters.tables import SIGNATURE as ASSESSMENT
from services.engagement.adapters.tables import SIGNATURE as ENGAGEMENT
from services.treatment.adapters.tables import SignatureRow
from shared.runtime import signatures
from shared.runtime.auth import (
    StaticKeys,
    Unauthenticated,
    VerifiedSignature,
    issue_signature,
    proven,
    verify_signature,
)
from shared.runtime.db import Database, Transaction
from shared.runtime.signatures import Recorded, SignatureUsed, Verdict
from tests.contract.test_assessment_http import PAST_A_GUARD
from tests.contract.test_support_http import PLAN, signed, ward_on
from tests.support import assessment, treatment
from tests.support.callers import KEY
from tests.support.databases import Databases
from tests.support.engagement import LEAD, NOW, PATIENT
from tests.support.support import FACILITATOR

TREATMENT = SignatureRow.metadata.tables["signature"]
STRANGER = ECKey.generate_key("P-256", parameters={"kid": "test"})
GROUP_ALONE = PLAN | {"form": "group", "reasons": {"group-only": "prefers-group"}}
LATER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Signer:
    """A service in which one signature was given over HTTP."""

    name: str
    db: Database
    table: Table
    recorded: Recorded | None = None
    always_told: bool = True

    async def verdict(self) -> Verdict:
        return await signatures.check(
            self.db,
            self.table,
            audience=self.name,
            recorded=self.recorded,
            always_told=self.always_told,
        )

    async def rows(self) -> list[dict[str, Any]]:
        async with self.db.reading() as tx:
            found = (await tx.session.execute(select(self.table))).mappings()
            return [dict(row) for row in found]

    async def edit(self, **values: Any) -> None:
        """As somebody does who can write to the database."""
        async with self.db.housekeeping() as tx:
            await tx.session.execute(update(self.table).values(values))

    async def slip_in(self, given: VerifiedSignature, **changes: Any) -> None:
        """A row beside those the service wrote."""
        values = {
            "token_id": given.token_id,
            "object": "slipped-in",
            "staff_id": given.staff_id,
            "hash": given.hash,
            "meaning": given.meaning,
            "signed_at": NOW,
            "proof": given.proof,
        }
        async with self.db.housekeeping() as tx:
            await tx.session.execute(insert(self.table), [values | changes])

    async def given(
        self, key: ECKey = KEY, *, by: UUID = LEAD, hash_: str = "a" * 64
    ) -> VerifiedSignature:
        """One more signature, as this service checks it."""
        token = issue_signature(
            key, staff_id=by, hash_=hash_, meaning="override-guard", audience=self.name
        )
        return await verify_signature(token, keys=StaticKeys(KeySet([key])), audience=self.name)

    async def keep(self, given: VerifiedSignature, *, of: str = "kept:1") -> None:
        """As a use case does."""
        async with self.db.transaction(actor="staff:test") as tx:
            await signatures.keep(tx, self.table, given, of=of)


@asynccontextmanager
async def in_treatment(databases: Databases) -> AsyncIterator[Signer]:
    async with treatment.clinic_on(databases) as clinic:
        await clinic.start_course()
        yield Signer("treatment", clinic.db, TREATMENT, always_told=False)


@asynccontextmanager
async def in_assessment(databases: Databases) -> AsyncIterator[Signer]:
    async with assessment.clinic_on(databases) as clinic:
        await clinic.ready_to_propose()
        made = (await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json
        decided = await clinic.decide(made, signed_by=assessment.PRESCRIBER, **PAST_A_GUARD)
        assert decided.status == 200, decided.json
        yield Signer("assessment", clinic.db, ASSESSMENT, recorded)


@asynccontextmanager
async def in_engagement(databases: Databases) -> AsyncIterator[Signer]:
    async with ward_on(databases) as ward:
        checked = (await ward.femi.post(f"patients/{PATIENT}/programmes/check", GROUP_ALONE)).json
        signature = signed(FACILITATOR, checked["hash"], checked["meaning"])
        started = await ward.start(**GROUP_ALONE, signature=signature)
        assert started.status == 200, started.json
        yield Signer("engagement", ward.db, ENGAGEMENT)


SERVICES: dict[str, Callable[[Databases], AbstractAsyncContextManager[Signer]]] = {
    "treatment": in_treatment,
    "assessment": in_assessment,
    "engagement": in_engagement,
}


@pytest.fixture(params=SERVICES)
async def signer(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Signer]:
    async with SERVICES[request.param](databases) as opened:
        yield opened


async def test_what_was_signed_is_verified_from_the_database_alone(signer: Signer) -> None:
    found = await signer.verdict()

    assert found == Verdict(hold=1)
    (row,) = await signer.rows()
    assert proven(row["proof"], audience=signer.name).staff_id == row["staff_id"]
    assert "d" not in json.loads(row["proof"])["key"], "the public half"


EDITS: dict[str, Any] = {
    "hash": "a" * 64,
    "meaning": "something-else",
    "staff_id": UUID(int=99),
    "object": "course:another",
    "signed_at": NOW - timedelta(days=400),
    "proof": "{}",
}


async def test_a_row_that_was_edited_is_named(signer: Signer) -> None:
    (kept,) = await signer.rows()
    for column, value in EDITS.items():
        await signer.edit(**{column: value})

        found = await signer.verdict()

        assert (found.hold, kept["object"] in found.broken) == (0, True), column
        await signer.edit(**kept)
    await signer.edit(proof=None)
    assert await signer.verdict() == Verdict(without_proof=1, broken=(kept["object"],))


async def test_a_signature_that_was_taken_away_is_named(signer: Signer) -> None:
    (kept,) = await signer.rows()
    async with signer.db.housekeeping() as tx:
        await tx.session.execute(delete(signer.table))

    assert await signer.verdict() == Verdict(broken=(kept["object"],))


async def test_a_signature_by_another_key_is_named(signer: Signer) -> None:
    (kept,) = await signer.rows()
    forged = await signer.given(STRANGER, by=kept["staff_id"], hash_="b" * 64)
    assert proven(forged.proof, audience=signer.name) == forged, "whole in itself"
    await signer.edit(
        token_id=forged.token_id, hash=forged.hash, meaning=forged.meaning, proof=forged.proof
    )

    found = await signer.verdict()

    assert (found.hold, found.broken) == (0, (kept["object"],))


async def test_a_signature_that_was_slipped_in_is_named(signer: Signer) -> None:
    await signer.slip_in(await signer.given(STRANGER))

    found = await signer.verdict()

    assert (found.hold, found.broken) == (1, ("slipped-in",))


async def test_a_signature_that_had_ended_when_it_was_checked_is_named(signer: Signer) -> None:
    good = await signer.given()
    assert good.checked_at is not None
    late = json.loads(good.proof) | {"checked_at": (good.checked_at + LATER).isoformat()}
    await signer.keep(replace(good, proof=json.dumps(late)))

    found = await signer.verdict()

    assert (found.hold, found.broken) == (1, ("kept:1",))


async def test_a_signature_is_kept_once(signer: Signer) -> None:
    good = await signer.given()
    await signer.keep(good)

    with pytest.raises(SignatureUsed):
        await signer.keep(good, of="kept:2")

    assert await signer.verdict() == Verdict(hold=2)


async def test_a_change_that_is_taken_back_keeps_no_signature(signer: Signer) -> None:
    good = await signer.given()

    async def half(tx: Transaction) -> None:
        await signatures.keep(tx, signer.table, good, of="kept:1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        async with signer.db.transaction(actor="staff:test") as tx:
            await half(tx)

    assert await signer.verdict() == Verdict(hold=1)


async def test_a_decision_that_was_edited_after_its_signature_is_named(
    databases: Databases,
) -> None:
    async with in_assessment(databases) as signer:
        (kept,) = await signer.rows()
        async with signer.db.housekeeping() as tx:
            (made,) = (await tx.session.execute(select(PROPOSAL.c.decision))).scalars()
            another = made | {"plan": made["plan"] | {"plan-format": "individual"}}
            await tx.session.execute(update(PROPOSAL).values(decision=another))

        assert await signer.verdict() == Verdict(broken=(kept["object"],))


async def test_what_was_signed_about_support_can_be_read_and_is_held_to(
    databases: Databases,
) -> None:
    async with in_engagement(databases) as signer:
        (kept,) = await signer.rows()
        said = json.loads(kept["document"])
        assert (said["meaning"], said["form"]) == ("override-guard", "group")
        assert said["rungs"] == [[1, "Walk past the hall", True]]
        await signer.edit(document=json.dumps(said | {"form": "alone"}))

        assert await signer.verdict() == Verdict(broken=(kept["object"],))


async def test_what_an_older_release_kept_holds_by_its_own_key(databases: Databases) -> None:
    async with in_treatment(databases) as signer:
        good = await signer.given()
        proof = json.loads(good.proof)
        del proof["checked_at"]
        await signer.slip_in(good, object="course:older", proof=json.dumps(proof))
        await signer.slip_in(good, object="course:older", token_id="none", proof=None)

        assert await signer.verdict() == Verdict(hold=2, untold=1, without_proof=1)


async def test_a_signature_holds_after_its_token_ran_out_and_for_its_service_alone() -> None:
    key = ECKey.generate_key("P-256", parameters={"kid": "one"})
    token = issue_signature(
        key,
        staff_id=UUID(int=1),
        hash_="b" * 64,
        meaning="sign-taper",
        audience="treatment",
        lifetime=timedelta(0),
    )
    verified = await verify_signature(token, keys=StaticKeys(KeySet([key])), audience="treatment")

    assert proven(verified.proof, audience="treatment") == verified
    for proof, audience in ((verified.proof, "engagement"), ("{}", "treatment"), ("", "treatment")):
        with pytest.raises(Unauthenticated):
            proven(proof, audience=audience)
