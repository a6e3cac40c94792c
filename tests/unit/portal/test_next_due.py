"""The head of a record says what is due next, however long the plan is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from services.portal.pages.records import read_record
from shared.api.assessment import PatientBody
from shared.api.identity import Role
from tests.unit.portal.test_leading import SOMEBODY


@dataclass
class Service:
    """Answers every question with nothing, but knows a person's name, and keeps what was asked."""

    service: str
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)

    async def get(
        self, path: str, answer: Any, query: Mapping[str, str] | None = None, **_: bool
    ) -> Any:
        self.asked.append((path, dict(query or {})))
        return SOMEBODY if answer is PatientBody else answer.model_construct(items=())


async def test_the_open_reminders_are_asked_for_soonest_first() -> None:
    """Fifty are a page, and a plan of twenty steps has more reminders, most of them far ahead."""
    services = {name: Service(name) for name in ("assessment", "treatment", "engagement")}
    visit: Any = SimpleNamespace(
        care=SimpleNamespace(**services),
        missing=[],
        visitor=SimpleNamespace(staff=SimpleNamespace(role=Role.NURSE)),
    )

    await read_record(visit, SOMEBODY.patient_id)

    path = f"/patients/{SOMEBODY.patient_id}/reminders"
    assert services["engagement"].asked == [(path, {"show": "open", "sort": "due"})]
