"""A taper without a plan for when it comes back says so, loudest at its last step (NICE 1.8.7)."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.presenters.prevention import prevention
from services.portal.presenters.today import Setting
from shared.api.support import RelapsePlanBody, SupportBody

ADA = UUID(int=1)
SETTING = Setting(now=datetime(2027, 5, 4, 8, 0, tzinfo=UTC), zone=ZoneInfo("Europe/London"))


def support(**plan: Any) -> SupportBody:
    """Support of somebody whose plan is as given; nothing given is no plan."""
    written = RelapsePlanBody(
        warning_signs="no sleep",
        what_helps="walks",
        whom_to_call="sister",
        version=1,
        written_on=date(2027, 3, 1),
        by=UUID(int=3),
        **{"review_on": date(2027, 9, 1), "agreed": True, "holds": True} | plan,
    )
    return SupportBody.model_construct(patient_id=ADA, relapse_plan=written if plan else None)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({}, "Not written yet"),
        ({"agreed": False, "holds": False}, "the person has not agreed"),
        ({"review_on": date(2027, 5, 3), "holds": False}, "should be looked at again"),
    ],
)
def test_what_is_missing_is_said_and_louder_at_the_last_step(
    plan: dict[str, Any], said: str
) -> None:
    early = prevention(support(**plan), SETTING)
    last = prevention(support(**plan), SETTING, is_last_step=True)

    assert early is not None
    assert last is not None
    assert said in early.said == last.said
    assert (early.is_missing, early.tone, last.tone) == (True, "warn", "danger")
    assert early.href == f"/patients/{ADA}/relapse-plan"


def test_a_plan_that_holds_is_only_named() -> None:
    written = prevention(support(agreed=True), SETTING, is_last_step=True)

    assert written is not None
    assert (written.is_missing, written.tone) == (False, "good")
    assert "1 March" in written.said or "1 Mar" in written.said


def test_nothing_is_claimed_while_engagement_cannot_say() -> None:
    assert prevention(None, SETTING) is None
