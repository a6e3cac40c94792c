"""R-33: a facilitator on leave is a gap as one who left is; 7 days warn, 14 escalate."""

from datetime import date
from uuid import UUID

from services.engagement.domain.obligation import Obligation
from services.engagement.domain.owed_by_support import Known, obligations_of_support
from services.engagement.domain.team import Away, Staffing, by_id
from tests.support.engagement import CONTENT, NURSE, a_patient, a_place
from tests.support.support import (
    DEPUTY,
    FACILITATOR,
    RULES,
    SUPPORTERS,
    a_programme,
    day,
)


def owed_while(away: dict[UUID, Away]) -> dict[str, list[Obligation]]:
    """What a programme owes while these colleagues are away."""
    staffing = Staffing(a_patient(), by_id(SUPPORTERS), away)
    found: dict[str, list[Obligation]] = {}
    known = Known(programmes=[a_programme()])
    for one in obligations_of_support(known, RULES, CONTENT.kinds, a_place(), staffing):
        found.setdefault(one.key.kind, []).append(one)
    return found


def since(number: int, cover: UUID | None = None) -> Away:
    return Away(day(number), cover)


def due(found: dict[str, list[Obligation]], kind: str) -> list[date]:
    return [one.due_on for one in found.get(kind, [])]


def test_leave_warns_at_7_days_and_escalates_at_14() -> None:
    found = owed_while({FACILITATOR: since(20)})

    assert due(found, "facilitator-gap") == [day(27)]
    assert due(found, "facilitator-gap-long") == [day(34)]
    assert {one.for_role for one in found["facilitator-gap"]} == {"lead"}


def test_nobody_is_missing_when_the_deputy_is_away() -> None:
    assert due(owed_while({DEPUTY: since(20)}), "facilitator-gap") == []
    assert due(owed_while({}), "facilitator-gap") == []


def test_the_deputy_meets_the_person_meanwhile() -> None:
    (meeting,) = owed_while({FACILITATOR: since(20)})["programme-contact"]

    assert meeting.owner == DEPUTY


def test_with_both_away_it_falls_to_who_said_yes_and_else_to_the_team() -> None:
    covered = owed_while({FACILITATOR: since(20, NURSE), DEPUTY: since(21)})
    nobody = owed_while({FACILITATOR: since(20), DEPUTY: since(21)})

    assert covered["programme-contact"][0].owner == NURSE
    assert nobody["programme-contact"][0].owner is None
