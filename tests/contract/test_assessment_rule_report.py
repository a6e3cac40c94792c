"""Override rates, shadow rules, and old proposals under the rules that made them."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.assessment.adapters.http import build_api
from services.assessment.domain.content import Content
from shared.api.identity import Role
from tests.support.assessment import CONTENT, NURSE, PRESCRIBER, Clinic, clinic_on
from tests.support.callers import Caller, site
from tests.support.databases import Databases

WHOLE = {"plan-format": "individual", "support-length": "prolonged", "follow-on": "yes"}
DIFFERENT = "2099.1"


def without_rule(content: Content, *rules: str) -> Content:
    """The same content with a shadow version that lacks some rules."""
    kept = tuple(rule for rule in content.pathway.rules if rule.id not in rules)
    return replace(content, shadow=replace(content.pathway, version=DIFFERENT, rules=kept))


SHADOWED = without_rule(CONTENT, "R-14c", "R-23")


@pytest.fixture
async def clinic(databases: Databases) -> AsyncIterator[Clinic]:
    async with clinic_on(databases, SHADOWED) as opened:
        yield opened


async def propose(clinic: Clinic) -> dict[str, Any]:
    return dict((await clinic.nurse.post(f"{clinic.path}/pathway-proposals", {})).json)


async def decide(clinic: Clinic, made: dict[str, Any], **body: Any) -> None:
    answer = await clinic.decide(made, signed_by=PRESCRIBER, **body)
    assert answer.status == 200, answer.json


async def report(clinic: Clinic, **query: str) -> dict[str, Any]:
    answer = await clinic.prescriber.get("pathway/report", **query)
    assert answer.status == 200, answer.json
    return dict(answer.json)


async def test_override_rates_count_decisions_for_and_against_each_rule(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    await decide(clinic, await propose(clinic), decision="accepted", arm="combined", plan=WHOLE)
    await decide(clinic, await propose(clinic), decision="declined", reason="clinical-judgement")
    await decide(
        clinic,
        await propose(clinic),
        decision="changed",
        arm="open-door",
        reason="clinical-judgement",
    )

    rules = {(r["rule"], r["part"]): r for r in (await report(clinic))["rules"]}

    combined = rules["R-23", "offer"]
    assert (combined["decided"], combined["overridden"]) == (3, 2)
    assert combined["override_percent"] == "66.7"
    assert [(r["code"], r["count"]) for r in combined["reasons"]] == [("clinical-judgement", 2)]
    assert combined["review"] == "pending human review"


async def test_a_guard_that_was_gone_past_is_counted_with_its_reason(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    await decide(
        clinic,
        await propose(clinic),
        decision="accepted",
        arm="cbt",
        plan=WHOLE | {"plan-format": "group"},
        guard_reasons={"group-only": "patient-choice-after-information"},
    )

    rules = {(r["rule"], r["part"]): r for r in (await report(clinic))["rules"]}

    group = rules["R-18", "guard"]
    assert (group["decided"], group["overridden"]) == (1, 1)
    assert [r["code"] for r in group["reasons"]] == ["patient-choice-after-information"]


async def test_the_report_is_about_its_days_only(clinic: Clinic) -> None:
    await clinic.ready_to_propose()
    await decide(clinic, await propose(clinic), decision="declined", reason="clinical-judgement")

    before = await report(clinic, until="2020-01-01")
    after = await report(clinic, since="2020-01-01")

    assert (before["rules"], before["shadow"]) == ([], [])
    assert after["rules"]
    assert after["shadow"][0]["compared"] == 1


async def test_a_shadow_version_is_compared_and_shown_to_nobody_who_decides(
    clinic: Clinic,
) -> None:
    await propose(clinic)
    await clinic.ready_to_propose()
    made = await propose(clinic)

    (shadow,) = (await report(clinic))["shadow"]

    assert (shadow["active_version"], shadow["shadow_version"]) == (
        CONTENT.pathway.version,
        DIFFERENT,
    )
    assert (shadow["compared"], shadow["disagreed"]) == (2, 1)
    (differing,) = shadow["disagreements"]
    assert differing["active_arms"] == [arm["code"] for arm in made["arms"]]
    assert "combined" not in differing["shadow_arms"]
    assert {"rule": "R-23", "count": 2} in shadow["rules"]
    assert DIFFERENT not in str(made)


async def test_without_a_shadow_version_nothing_is_compared(databases: Databases) -> None:
    async with clinic_on(databases) as clinic:
        await propose(clinic)

        assert (await report(clinic))["shadow"] == []


async def test_an_old_proposal_explains_itself_under_the_rules_that_made_it(
    clinic: Clinic,
) -> None:
    await clinic.ready_to_propose()
    made = await propose(clinic)
    newer = replace(CONTENT, pathway=replace(CONTENT.pathway, version=DIFFERENT, rules=()))

    async with site(build_api(newer), clinic.db) as served:
        prescriber = served.caller(PRESCRIBER, Role.PRESCRIBER)
        path = f"pathway-proposals/{made['proposal_id']}"
        shown = await prescriber.get(path)
        decided = await prescriber.post(
            f"{path}/decision",
            {"decision": "declined", "reason": "clinical-judgement"},
            version=1,
        )

    assert shown.json["ruleset_version"] == CONTENT.pathway.version
    assert shown.json["trace"] == made["trace"]
    assert shown.json["arms"] == made["arms"]
    assert (decided.status, decided.json["code"]) == (409, "rules-changed")


@pytest.mark.parametrize("role", [Role.NURSE, Role.FACILITATOR, Role.OPERATIONS, Role.AUDITOR])
async def test_the_report_is_for_prescribers_and_leads(clinic: Clinic, role: Role) -> None:
    other: Caller = clinic.site.caller(NURSE, role)
    lead = clinic.site.caller(UUID(int=9), Role.LEAD, teams=("hill",))

    assert (await other.get("pathway/report")).status == 403
    assert (await lead.get("pathway/report")).status == 200


async def test_a_shadow_of_the_same_version_stops_the_start() -> None:
    with pytest.raises(ValueError, match="shadow rules: version"):
        replace(CONTENT, shadow=CONTENT.pathway)
