"""A service without the keys of its people serves, and says that it is not well and why."""

import shutil
from collections.abc import AsyncIterator

import prometheus_client
import pytest

from services.assessment.adapters.tables import PATIENT
from services.assessment.main import build as assessment
from services.commands.state import trouble
from services.engagement.main import build as engagement
from services.treatment.main import build as treatment
from shared.api.identity import Role
from shared.api.operations import OperationsBody
from shared.runtime import clock
from shared.runtime.keys_guard import KeysGuard
from tests.support.assessment import PERSON, Clinic, clinic_on
from tests.support.databases import Databases
from tests.support.operated import operated, probed


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases) as opened:
        yield opened


def alarmed() -> float | None:
    return prometheus_client.REGISTRY.get_sample_value(
        "mooring_person_keys_trouble", {"service": "assessment"}
    )


async def test_a_lost_folder_is_named_everywhere_and_care_goes_on(
    clinic: Clinic, databases: Databases
) -> None:
    guard = KeysGuard(clinic.db, PATIENT, PATIENT.c.contact.is_not(None))
    folder = databases.folder / "person-keys"

    async def seen() -> tuple[int, str, float | None]:
        await guard.look()
        async with probed(clinic.db, guard) as probe, probe.get("/health/ready") as answer:
            return answer.status, (await answer.json())["status"], alarmed()

    assert await seen() == (200, "ready", 0)

    away = shutil.move(folder, databases.folder / "elsewhere")
    assert await seen() == (503, "person keys missing", 1)
    async with operated(clinic.db, keys_guard=guard) as operations:
        oona = operations.caller(clock.new_id(), Role.OPERATIONS)
        state = OperationsBody.model_validate((await oona.get("operations")).json)
    assert state.person_keys == "missing"
    assert "person keys missing" in trouble(state), "doctor and status say so"
    assert (await clinic.nurse.get(clinic.path)).status == 200
    flag = {"trigger": "overdose", "note": "Tablets on the table"}
    assert (await clinic.nurse.post(f"{clinic.path}/flags", flag)).status == 201

    folder.mkdir()
    assert await seen() == (503, "person keys incomplete", 1), "an empty volume in its place"
    folder.rmdir()
    shutil.move(away, folder)
    assert await seen() == (200, "ready", 0)
    assert (await clinic.nurse.get(clinic.path)).json["family_name"] == PERSON["family_name"]


@pytest.mark.parametrize("build", [assessment, treatment, engagement])
async def test_each_service_with_names_looks_after_the_keys(
    build: object, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORING_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path / 'one.db'}")
    async with build() as service:  # type: ignore[operator]
        assert service.keys_guard is not None
