"""A facilitator's month (journey C3) by keyboard alone, from caseload to review."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import SignIn
from tests.browser.keyboard import choose, enter, fill, follow, go_to, pick, tick
from tests.browser.test_facilitators_month import (
    knows_both,
    somebody_who_stopped_coming,
    support_of,
    until,
)
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(900)]

CARERS = (("Rea Orrin", "sister"), ("Jo Lane", "neighbour"))


async def test_a_facilitators_month(sign_in: SignIn, clinic: Clinic) -> None:
    femi = await sign_in("femi")
    mira, name = await somebody_who_stopped_coming(femi, clinic)
    await from_the_caseload_to_the_person(femi, name)
    await an_attempt_that_reaches_nobody(femi)
    nell = await sign_in("nell")
    await a_letter(femi, nell, clinic, mira)
    await a_talk_and_the_ruler_again(femi, clinic, mira)
    await two_carers_and_what_one_of_them_is_given(femi, nell, clinic, mira)
    await the_quarters_review(femi, clinic, mira)
    await closing_is_asked_for(femi, clinic, mira)


async def from_the_caseload_to_the_person(femi: Page, name: str) -> None:
    await follow(femi, "Caseload", tag="A")
    await expect(femi.get_by_role("heading", name="Caseload", exact=True)).to_be_visible()
    await follow(femi, name, tag="A")
    await expect(femi.get_by_role("heading", level=1)).to_have_text(name)


async def an_attempt_that_reaches_nobody(femi: Page) -> None:
    await follow(femi, "Record an attempt", tag="A")
    await pick(femi, "Nobody was reached", name="outcome")
    await pick(femi, "Telephone", name="mode")
    await follow(femi, "Record the contact", tag="BUTTON")
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")


async def a_letter(femi: Page, nell: Page, clinic: Clinic, mira: str) -> None:
    """Only by consent, which somebody else records meanwhile."""
    await follow(femi, "Write the letter", tag="A")
    await expect(femi.get_by_role("heading", level=1)).to_have_text("No letter is written")

    await nell.goto(f"{clinic.services['portal']}/patients/{mira}/details")
    await fill(nell, {"postal_address": "12 Quay Row"})
    await tick(nell, "Asking after them", name="consents.letter")
    await follow(nell, "Save the details", tag="BUTTON")
    await expect(nell.get_by_role("status")).to_have_text("The details are saved.")

    await follow(femi, "Back to the contacts", tag="A")
    await follow(femi, "Write the letter", tag="A")
    await expect(femi.locator("main")).to_contain_text("12 Quay Row")
    await follow(femi, "It is posted: record it", tag="BUTTON")
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")
    run = (await support_of(clinic, mira))["run"]
    assert [one["mode"] for one in run["steps"] if one["code"] == "letter"] == ["letter"]


async def a_talk_and_the_ruler_again(femi: Page, clinic: Clinic, mira: str) -> None:
    """Refused once: the focus is on what is wrong, its link leads to the field, all is kept."""
    await follow(femi, "Motivation", tag="A")
    said = {"why_not_lower": "I miss the games.", "what_would_raise": "Somebody who waits there."}
    # Fields carry the reading's id as the page has several talks; their names stay these.
    await fill(femi, said | {"smaller_step": "Ten minutes at the window."})
    await pick(femi, "Telephone", name="mode")
    await fill(femi, {"minutes": "0"})
    await follow(femi, "Record the talk", tag="BUTTON")
    await expect(femi.locator("#trouble")).to_be_focused()
    await go_to(femi, "1 to 240 minutes", tag="A")
    await femi.keyboard.press("Enter")
    await expect(femi.locator("#minutes")).to_be_focused()
    await femi.keyboard.press("Control+A")
    await femi.keyboard.type("20")
    await femi.keyboard.press("Tab")
    await enter(femi)
    await expect(femi.get_by_role("status")).to_have_text("The talk is recorded.")
    await expect(femi.locator("main")).to_contain_text("Ten minutes at the window.")
    assert (await support_of(clinic, mira))["run"] is None

    await follow(femi, "Take the ruler", tag="A")
    for answer in ("6", "5"):
        await femi.keyboard.press(answer)
    await follow(femi, "Save", tag="BUTTON")
    await expect(femi.get_by_role("status")).to_have_text("The questionnaire is saved.")


async def two_carers_and_what_one_of_them_is_given(
    femi: Page, nell: Page, clinic: Clinic, mira: str
) -> None:
    """The nurse records who they are and what was agreed; the facilitator gives what may be."""
    record = f"{clinic.services['portal']}/patients/{mira}"
    await nell.goto(f"{record}/carers")
    for name, relationship in CARERS:
        await go_to(nell, name="name", around="Add somebody")
        await nell.keyboard.type(name)
        await fill(nell, {"relationship": relationship})
        if name == CARERS[0][0]:
            await tick(nell, "upport", name="scopes")
        await go_to(nell, "Add", tag="BUTTON", around="Add somebody")
        await enter(nell)
        await expect(nell.get_by_role("heading", name=f"{name}, {relationship}")).to_be_visible()
    await until(femi, lambda: knows_both(clinic, mira))

    await femi.goto(f"{record}/support")
    await follow(femi, "Guidance for them", tag="A")
    await follow(femi, "For Jo Lane", tag="A")
    await expect(femi.get_by_role("heading", level=1)).to_have_text("Nothing is given")
    await follow(femi, "For Rea Orrin", tag="A")
    await follow(femi, "Record what was given", tag="A")
    await pick(femi, "Rea Orrin", name="carer_id")
    await pick(femi, "Telephone", name="mode")
    await fill(femi, {"minutes": "25"})
    await tick(femi, "Education", "Practical support", name="carer_support")
    await follow(femi, "Record the contact", tag="BUTTON")
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")
    carers = (await support_of(clinic, mira))["carers"]
    assert [one["given"] for one in carers if one["may_receive"]] == [["education", "practical"]]


async def the_quarters_review(femi: Page, clinic: Clinic, mira: str) -> None:
    await femi.goto(f"{clinic.services['portal']}/patients/{mira}/support")
    await follow(femi, "Facilitated participation", tag="A")
    await go_to(femi, "Review it with the person", tag="SUMMARY")
    await femi.keyboard.press("Enter")
    await pick(femi, "Yes", name="serves_goal")
    await pick(femi, "No", name="mode_still_right")
    await fill(femi, {"note": "Evenings suit better."})
    await follow(femi, "Record the review", tag="BUTTON")
    await expect(femi.get_by_role("status")).to_have_text("The review is recorded.")
    await expect(femi.locator("main")).to_contain_text("Evenings suit better.")


async def closing_is_asked_for(femi: Page, clinic: Clinic, mira: str) -> None:
    """In the weekly phase the brief-support guard stands before it, and a supervisor decides."""
    await go_to(femi, "End it by decision", tag="SUMMARY")
    await femi.keyboard.press("Enter")
    await expect(femi.locator("form[action$='/closing']")).to_contain_text("R-31")
    await go_to(femi, name="reason")
    await choose(femi, "Brief")
    await fill(femi, {"password": clinic.password})
    await enter(femi)
    await expect(femi.locator("main")).to_contain_text("closing asked for; a supervisor decides")
    (programme,) = (await support_of(clinic, mira))["programmes"]
    assert programme["status"] == "closing-requested"
