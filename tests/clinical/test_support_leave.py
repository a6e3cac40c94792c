"""R-33: a facilitator on leave or elsewhere is a gap as one who left; 7 days warn, 14 escalate."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.engagement.domain.obligation import Obligation
from services.engagement.domain.owed_by_support import Known, obligations_of_support
from services.engagement.domain.support.programme import staffed
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


# Who works no longer in the person's team, nor in their care team, is gone as one who left is


GONE = [  # (teams of the facilitator, in the care team, gap)
    ("in the person's team", {"harbour"}, False, False),
    ("in two teams, one of them the person's", {"hill", "harbour"}, False, False),
    ("in another team, and in the care team", {"hill"}, True, False),
    ("in another team", {"hill"}, False, True),
    ("in no team", set(), False, True),
]


@pytest.mark.parametrize(
    ("teams", "in_care_team", "gone"), [row[1:] for row in GONE], ids=[row[0] for row in GONE]
)
@pytest.mark.parametrize("who", [FACILITATOR, DEPUTY], ids=["facilitator", "deputy"])
def test_who_works_elsewhere_is_gone(
    who: UUID, teams: set[str], *, in_care_team: bool, gone: bool
) -> None:
    patient = a_patient(care_team=(NURSE, who) if in_care_team else (NURSE,))
    staff = [
        replace(one, teams=frozenset(teams)) if one.staff_id == who else one for one in SUPPORTERS
    ]
    staffing = Staffing(patient, by_id(staff))
    kind = RULES.kinds["facilitated-participation"]

    one = staffed(a_programme(), kind, staffing.belongs_here, day(20))
    found: dict[str, list[Obligation]] = {}
    known = Known(programmes=[one])
    for each in obligations_of_support(known, RULES, CONTENT.kinds, a_place(), staffing):
        found.setdefault(each.key.kind, []).append(each)

    leads = who == FACILITATOR
    assert due(found, "facilitator-gap") == ([day(27)] if gone and leads else [])
    assert due(found, "facilitator-gap-long") == ([day(34)] if gone and leads else [])
    assert due(found, "deputy-gap") == ([day(27)] if gone and not leads else [])
    assert found["programme-contact"][0].owner == (DEPUTY if gone and leads else FACILITATOR)
    back = Staffing(a_patient(), by_id(SUPPORTERS))
    again = staffed(one, kind, back.belongs_here, day(30))
    assert (again.gap_since, again.deputy_gap_since) == (None, None)


@pytest.mark.parametrize("kind", ["cbt", "self-help"])
def test_a_kind_that_needs_no_deputy_misses_none(kind: str) -> None:
    alone = a_programme(kind, deputy_id=None)

    assert staffed(alone, RULES.kinds[kind], lambda _: True, day(20)) is alone


def test_the_lead_hears_of_a_lost_deputy() -> None:
    lost = a_programme(deputy_id=None, deputy_gap_since=day(20))
    staffing = Staffing(a_patient(), by_id(SUPPORTERS))
    every = obligations_of_support(
        Known(programmes=[lost]), RULES, CONTENT.kinds, a_place(), staffing
    )

    (told,) = [one for one in every if one.key.kind == "deputy-gap"]
    assert (told.for_role, told.due_on, told.detail["rule"]) == ("lead", day(27), "R-11")
