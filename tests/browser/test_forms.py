"""Forms on the real system: nothing typed is lost, nothing is done twice, nobody is overwritten."""

import pytest
from playwright.async_api import Page, expect

from shared.runtime import clock
from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.system.clinic import Clinic

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(600)]


async def enrol(nurse: Page, clinic: Clinic, family_name: str) -> str:
    """Enrol somebody through the form; the record's address."""
    await nurse.goto(f"{clinic.services['portal']}/patients/new")
    await nurse.get_by_label("Given name").fill("Robin")
    await nurse.get_by_label("Family name").fill(family_name)
    await nurse.get_by_label("Birth date").fill("1975-03-09")
    await nurse.get_by_role("button", name="Enrol").click()
    await expect(nurse.get_by_role("status")).to_have_text("The person is enrolled.")
    return nurse.url.partition("?")[0]


def somebody_new() -> str:
    return f"Fairweather {clock.new_id().hex[:8]}"


async def test_what_somebody_else_changed_is_shown_and_what_was_typed_is_kept(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    record = await enrol(nurse, clinic, somebody_new())
    await nurse.goto(f"{record}/details")
    await nurse.get_by_label("E-mail").fill("robin@example.org")

    other = await sign_in("tomas")
    await other.goto(f"{record}/details")
    await other.get_by_label("Telephone").fill("+44 20 7946 0000")
    await other.get_by_role("button", name="Save the details").click()
    await expect(other.get_by_role("status")).to_be_visible()

    await nurse.get_by_role("button", name="Save the details").click()

    trouble = nurse.locator("#trouble")
    await expect(trouble).to_contain_text("Somebody changed this while you were writing")
    await expect(trouble).to_contain_text("Telephone: +44 20 7946 0000")
    await expect(trouble).not_to_contain_text("Language")
    await expect(nurse.get_by_label("E-mail")).to_have_value("robin@example.org")


async def test_a_link_goes_only_the_way_the_person_agreed_to(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    record = await enrol(nurse, clinic, somebody_new())
    by_mail = nurse.locator("input[name='channel'][value='email']")
    await nurse.goto(f"{record}/links")
    await expect(nurse.locator("input[name='channel'][value='in-person']")).to_be_visible()
    await expect(by_mail).to_have_count(0)

    await nurse.goto(f"{record}/details")
    await nurse.get_by_label("E-mail").first.fill("robin@example.org")
    await nurse.check("input[name='consents.email'][value='questionnaires']")
    await nurse.get_by_role("button", name="Save the details").click()
    await expect(nurse.get_by_role("status")).to_contain_text("saved")
    await nurse.goto(f"{record}/links")
    await expect(by_mail).to_be_visible()

    await nurse.goto(f"{record}/details")
    await nurse.uncheck("input[name='consents.email'][value='questionnaires']")
    await nurse.get_by_role("button", name="Save the details").click()
    await expect(nurse.get_by_role("status")).to_contain_text("saved")
    await nurse.goto(f"{record}/links")
    await expect(by_mail).to_have_count(0)


async def test_another_time_zone_shows_what_it_moves_before_it_is_saved(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    record = await somebody_tapering(nurse, clinic)
    await nurse.goto(f"{record}/details")
    await nurse.get_by_label("Time zone they live in").select_option("Australia/Lord_Howe")
    await nurse.get_by_role("button", name="Save the details").click()

    seen = nurse.get_by_role("alert")
    await expect(seen).to_contain_text("Nothing is saved yet")
    await expect(seen.locator("tbody tr")).not_to_have_count(0)
    await expect(nurse.get_by_label("Team", exact=True)).not_to_have_value("")
    await look(nurse)
    await nurse.goto(f"{record}/details")
    await expect(nurse.get_by_label("Time zone they live in")).not_to_have_value(
        "Australia/Lord_Howe"
    )

    await nurse.get_by_label("Time zone they live in").select_option("Australia/Lord_Howe")
    await nurse.get_by_role("button", name="Save the details").click()
    await nurse.get_by_role("button", name="Save with this time zone").click()
    await expect(nurse.get_by_role("status")).to_be_visible()
    await expect(nurse.get_by_label("Time zone they live in")).to_have_value("Australia/Lord_Howe")


async def somebody_tapering(nurse: Page, clinic: Clinic) -> str:
    """The record of somebody for whom reminders are planned."""
    found = await clinic.get("nell", "engagement/worklist?scope=mine")
    for row in found["items"]:
        patient_id = row["patient_id"]
        path = f"engagement/patients/{patient_id}/zone-difference?time_zone=Australia/Lord_Howe"
        if (await clinic.get("nell", path))["moves"]:
            return f"{clinic.services['portal']}/patients/{patient_id}"
    raise AssertionError("nobody on the list has a reminder that moves")


async def test_the_back_button_and_sending_again_enrol_nobody_twice(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    family_name = somebody_new()
    record = await enrol(nurse, clinic, family_name)

    await nurse.go_back()
    await nurse.get_by_label("Given name").fill("Robin")
    await nurse.get_by_label("Family name").fill(family_name)
    await nurse.get_by_label("Birth date").fill("1975-03-09")
    await nurse.get_by_role("button", name="Enrol").click()
    await nurse.wait_for_load_state()

    found = await clinic.post("nell", "assessment/patients/search", {"name": family_name})
    assert [person["patient_id"] for person in found["items"]] == [record.rsplit("/", 1)[1]]


async def test_a_duplicate_leads_to_the_record_that_is_there(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    family_name = somebody_new()
    record = await enrol(nurse, clinic, family_name)

    await nurse.goto(f"{clinic.services['portal']}/patients/new")
    await nurse.get_by_label("Given name").fill("Robin")
    await nurse.get_by_label("Family name").fill(family_name)
    await nurse.get_by_label("Birth date").fill("1975-03-09")
    await nurse.get_by_role("button", name="Enrol").click()

    await nurse.get_by_role("link", name="Open the record that is already there").click()
    await expect(nurse.get_by_role("heading", level=1)).to_contain_text(family_name)
    assert nurse.url == record


async def test_a_positive_answer_shows_the_flag_and_what_to_do_at_once(
    sign_in: SignIn, clinic: Clinic
) -> None:
    nurse = await sign_in("nell")
    record = await enrol(nurse, clinic, somebody_new())
    await nurse.goto(f"{record}/assessments/new/phq-9")
    await nurse.locator("[data-item] input").first.focus()
    for digit in "00000000":
        await nurse.keyboard.press(digit)
    await nurse.keyboard.press("1")
    await nurse.get_by_role("button", name="Save the answers").click()

    flag = nurse.get_by_role("alert").filter(has_text="What to do:")
    await expect(flag).to_be_visible()
    await expect(flag.get_by_role("link", name="Take it in hand")).to_be_visible()
    await expect(nurse.locator(".figure")).to_have_text("1 of 27")


async def test_names_are_text_however_they_are_written(sign_in: SignIn, clinic: Clinic) -> None:
    nurse = await sign_in("nell")
    name = f"<img src=x onerror=alert(1)> مريم 🦊 {clock.new_id().hex[:6]}"

    await enrol(nurse, clinic, name)

    await expect(nurse.get_by_role("heading", level=1)).to_contain_text(name)


async def test_another_teams_patient_does_not_exist(sign_in: SignIn, clinic: Clinic) -> None:
    nurse = await sign_in("nell")
    stranger = clock.new_id()

    answer = await nurse.goto(f"{clinic.services['portal']}/patients/{stranger}")

    assert answer is not None
    assert answer.status == 404
    await expect(nurse.get_by_role("heading", level=1)).to_contain_text("not yours to see")
