"""A plan against a warning goes on by a coded reason and the prescriber's password alone."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import SignIn
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]

PLAN = {"plan-format": "group", "support-length": "prolonged", "follow-on": "yes"}


async def somebody_to_decide_about(clinic: Clinic) -> str:
    """Somebody without an open flag whose newest proposal is made now and offers something."""
    patients = await clinic.get("amara", "assessment/patients?limit=200")
    for person in patients["items"]:
        if person["open_flags"]:
            continue
        path = f"assessment/patients/{person['patient_id']}/pathway-proposals"
        made = await clinic.post("amara", path)
        if made["arms"] and any(guard["code"] == "group-only" for guard in made["guards"]):
            return str(person["patient_id"])
    raise AssertionError("nobody in the demo cohort has a proposal with guards")


async def test_a_group_alone_is_signed_for(sign_in: SignIn, clinic: Clinic) -> None:
    patient_id = await somebody_to_decide_about(clinic)
    prescriber = await sign_in("amara")
    await prescriber.goto(f"{clinic.services['portal']}/patients/{patient_id}/pathway")
    form = prescriber.locator("form.sign")
    proposed = form.locator("input[name=decision][value='accepted:cbt']")
    if await proposed.count():
        await proposed.check()
    else:
        await form.locator("input[name=decision][value='changed:cbt']").check()
        await form.locator("select[name=reason]").select_option("clinical-judgement")
    for question, answer in PLAN.items():
        await form.locator(f"input[name='plan.{question}'][value='{answer}']").check()
    record = form.get_by_role("button", name="Record the decision")

    await record.click()
    await expect(prescriber.locator("#trouble")).to_contain_text("A coded reason is needed")
    await form.locator("select[name='guard.group-only']").select_option(
        "patient-choice-after-information"
    )
    await record.click()
    await expect(prescriber.locator("#trouble")).to_contain_text("sign it with your password")
    await form.get_by_label("Your password again").fill("not my password")
    await record.click()
    await expect(prescriber.locator("#trouble")).to_contain_text("This is not your password")
    await form.get_by_label("Your password again").fill(clinic.password)
    await record.click()

    await expect(prescriber.locator("main")).to_contain_text("Against a warning (signed)")
    path = f"assessment/patients/{patient_id}/pathway-proposals?limit=1"
    newest = (await clinic.get("amara", path))["items"][0]
    assert newest["guard_reasons"] == {"group-only": "patient-choice-after-information"}
    assert newest["signed_at"] == newest["decided_at"]
