"""Who looked at a record: kept before the answer, shown to whoever may see the record."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.api.identity import Role
from tests.support.assessment import NURSE, Clinic, clinic_on
from tests.support.databases import Databases

OUTSIDER = UUID(int=77)


@pytest.fixture
async def clinic(sqlite_databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(sqlite_databases) as opened:
        yield opened


async def test_looks_and_refused_looks_are_shown_newest_first(clinic: Clinic) -> None:
    outsider = clinic.site.caller(OUTSIDER, Role.NURSE, teams=("hill",))
    await clinic.nurse.get(clinic.path)
    await clinic.nurse.get(f"{clinic.path}/intake")
    assert (await outsider.get(clinic.path)).status == 404

    seen = await clinic.prescriber.get(f"{clinic.path}/looks")

    assert [(one["actor"], one["action"], one["reason"]) for one in seen.json["items"]] == [
        (f"staff:{OUTSIDER}", "access.denied", "outside-relation"),
        (f"staff:{NURSE}", "intake.read", None),
        (f"staff:{NURSE}", "patient.read", None),
    ]
    first = await clinic.prescriber.get(f"{clinic.path}/looks", limit="1")
    rest = await clinic.prescriber.get(f"{clinic.path}/looks", cursor=first.json["next"])
    assert [one["action"] for one in first.json["items"]] == ["looks.read"]
    assert [one["action"] for one in rest.json["items"]][-1] == "patient.read"
    assert (await outsider.get(f"{clinic.path}/looks")).status == 404


async def test_looks_are_told_up_to_an_instant_which_is_included(clinic: Clinic) -> None:
    await clinic.nurse.get(clinic.path)
    await clinic.nurse.get(f"{clinic.path}/intake")
    path = f"{clinic.path}/looks"
    newest, oldest = (await clinic.prescriber.get(path)).json["items"]

    until = (await clinic.prescriber.get(path, until=oldest["at"])).json["items"]
    strange = await clinic.prescriber.get(path, until="yesterday")

    assert newest["at"] >= oldest["at"]
    assert oldest in until
    assert [one for one in until if one["at"] > oldest["at"]] == []
    assert strange.status == 422


async def test_what_cannot_be_kept_in_the_trail_is_not_shown(clinic: Clinic) -> None:
    async with clinic.db.housekeeping() as tx:
        await tx.session.execute(text("ALTER TABLE audit RENAME TO audit_away"))

    answer = await clinic.nurse.get(clinic.path)

    assert answer.status == 500
    assert "Markerson" not in str(answer.json)
