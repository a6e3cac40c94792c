"""Where somebody is after signing a plan: with the plan, if another person signs it too."""

from typing import Any
from uuid import UUID

import pytest

from services.portal.pages.tapers import after_signing
from shared.api.treatment import TaperPlanBody

ADA, COURSE, PLAN = (UUID(int=number) for number in (1, 2, 3))
THE_COURSE = f"/patients/{ADA}/courses/{COURSE}"
THE_PLAN = f"{THE_COURSE}/plans/{PLAN}"


@pytest.mark.parametrize(
    ("signed", "address"),
    [
        ({}, f"{THE_COURSE}?done=signed"),
        ({"first_signature": object()}, f"{THE_PLAN}?done=signed-first"),
        ({"second_signed_by": UUID(int=4)}, f"{THE_PLAN}?done=signed"),
    ],
    ids=["one signature is enough", "the first of two", "the second of two"],
)
def test_the_plan_is_shown_where_two_sign(signed: dict[str, Any], address: str) -> None:
    plan = TaperPlanBody.model_construct(
        patient_id=ADA,
        course_id=COURSE,
        plan_id=PLAN,
        **{"first_signature": None, "second_signed_by": None} | signed,
    )

    assert after_signing(plan) == address
