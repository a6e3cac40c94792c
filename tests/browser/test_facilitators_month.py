"""A facilitator's month (journey C3): whom to see, match, accompany, a drop, family, the guards."""

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from shared.runtime import clock
from tests.browser.conftest import SignIn
from tests.browser.test_accessibility import look
from tests.support import tour
from tests.system.clinic import Clinic, Refused, staff

pytestmark = [pytest.mark.browser, pytest.mark.system, pytest.mark.timeout(900)]

CHOSEN = {"form": "group", "company": "encouragement-only", "setting": "community"}
GUARDS = {"brief-only": "R-13", "group-only": "R-32", "encouragement-only": "R-12"}


async def person(clinic: Clinic, family_name: str) -> str:
    """Somebody of the demo cohort."""
    found = await clinic.get("femi", "assessment/patients?limit=200")
    return next(str(p["patient_id"]) for p in found["items"] if p["family_name"] == family_name)


async def support_of(clinic: Clinic, patient_id: str) -> dict[str, Any]:
    return dict(await clinic.get("femi", f"engagement/patients/{patient_id}/support"))


async def until(page: Page, happened: Callable[[], Awaitable[bool]]) -> None:
    """One service hears of what another did a moment later, and later on a busy machine."""
    for _ in range(240):
        if await happened():
            return
        await page.wait_for_timeout(250)
    raise AssertionError("it was not heard of")


async def somebody_who_stopped_coming(femi: Page, clinic: Clinic) -> tuple[str, str]:
    """A person of this test alone, and their name: a programme, a fall of the ruler, two misses."""
    family = f"Orrin {clock.new_id().hex[-6:]}"
    body = {"given_name": "Mira", "family_name": family, "birth_date": "1971-10-03"}
    body |= {"time_zone": "Europe/London", "language": "en", "team": "harbour"}
    known = await clinic.post("nell", "assessment/patients", body)
    patient_id = str(known["patient_id"])
    await until(femi, lambda: is_known(clinic, patient_id))
    await rule(clinic, patient_id, 7, 8)
    wish = {"interests": ["games", "reading"], "within_km": 5}
    path = f"engagement/patients/{patient_id}"
    await clinic.put("femi", f"{path}/support-profile", wish, version=0)
    plan = {"kind": "facilitated-participation", "facilitator_id": staff("femi")}
    plan |= {"deputy_id": staff("nell"), "activity": "Chess at the library"}
    rungs = ("Visit the library", "Watch a game", "Play one game")
    ladder = [{"ordinal": n, "what": what} for n, what in enumerate(rungs, start=1)]
    made = await clinic.post("femi", f"{path}/programmes", plan | {"rungs": ladder})
    for _ in range(2):
        missed = {"purpose": "programme", "mode": "face-to-face", "outcome": "missed"}
        missed |= {"at": await this_minute(clinic), "minutes": 0}
        missed |= {"programme_id": made["programmes"][0]["programme_id"]}
        await clinic.post("femi", f"{path}/contacts", missed)
    await rule(clinic, patient_id, 5, 4)
    await until(femi, lambda: has_drop(clinic, patient_id))
    return patient_id, f"Mira {family}"


async def is_known(clinic: Clinic, patient_id: str) -> bool:
    try:
        await support_of(clinic, patient_id)
    except Refused:
        return False
    return True


async def has_drop(clinic: Clinic, patient_id: str) -> bool:
    drops = (await support_of(clinic, patient_id))["drops"]
    return [(one["value"], one["previous"]) for one in drops] == [(4, 8)]


async def rule(clinic: Clinic, patient_id: str, importance: int, confidence: int) -> None:
    """What they said about their own readiness."""
    answers = {"importance": importance, "confidence": confidence}
    body = {"instrument": "readiness-ruler", "answers": answers}
    await clinic.post("nell", f"assessment/patients/{patient_id}/assessments", body)


async def this_minute(clinic: Clinic) -> str:
    """As exact as the form: what is recorded there later does not come before it."""
    now = datetime.fromisoformat((await clinic.get("femi", "engagement/worklist"))["as_of"])
    return now.replace(second=0, microsecond=0).isoformat()


async def test_a_facilitators_month(sign_in: SignIn, clinic: Clinic) -> None:
    femi = await sign_in("femi")
    mira, name = await somebody_who_stopped_coming(femi, clinic)
    await the_caseload_says_whom_to_see(femi, name)
    await a_match_and_a_referral(femi, mira, clinic)
    await the_way_back_after_two_misses(femi)
    await a_letter(femi, clinic, mira)
    await a_talk_about_motivation_ends_the_way_back(femi, clinic, mira)
    await a_life_event(femi)
    await a_carer_by_consent(femi, clinic, mira)
    await a_meeting_further_away_needs_a_reason(femi, clinic, mira)
    await the_quarters_review(femi)
    await cbt_behind_its_pace(femi, clinic)


async def the_caseload_says_whom_to_see(femi: Page, name: str) -> None:
    await femi.get_by_role("link", name="Caseload", exact=True).click()
    row = femi.locator("li", has=femi.get_by_role("link", name=name, exact=True))
    await expect(row).to_contain_text("Missed the last meeting")
    await expect(row).to_contain_text("2 in a row")
    await expect(row).to_contain_text("4 (was 7)")
    await look(femi)
    await row.get_by_role("link", name=name, exact=True).click()
    await expect(femi.get_by_role("heading", level=1)).to_have_text(name)
    await look(femi)


async def a_match_and_a_referral(femi: Page, mira: str, clinic: Clinic) -> None:
    await femi.get_by_role("link", name="Activities").click()
    best = femi.locator("section.card").first
    await expect(best).to_contain_text("Chess evening")
    await expect(best).to_contain_text("fits: interest")
    await look(femi)
    await best.get_by_role("button", name="Note a referral").click()
    await expect(femi.get_by_role("status")).to_have_text("The referral is noted.")
    await femi.get_by_label("They accepted").check()
    await femi.get_by_role("button", name="Record it").click()
    await expect(femi.get_by_role("status")).to_be_visible()
    (referral,) = (await support_of(clinic, mira))["referrals"]
    assert (referral["activity"], referral["status"]) == ("Chess evening", "accepted")


async def the_way_back_after_two_misses(femi: Page) -> None:
    await femi.get_by_role("link", name="Contacts").click()
    ladder = femi.locator("section.banner", has_text="Missed 2 contacts")
    await expect(ladder).to_contain_text("First attempt")
    await expect(ladder).to_contain_text("nobody is discharged")
    await expect(femi.get_by_role("heading", name="What you could say")).to_be_visible()
    await look(femi)
    await ladder.get_by_role("link", name="Record an attempt").click()
    await femi.get_by_label("Nobody was reached").check()
    await femi.get_by_label("Telephone").check()
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")


async def a_letter(femi: Page, clinic: Clinic, mira: str) -> None:
    """Only by consent, neutral as the person wants it, and an attempt once it is posted."""
    known = await clinic.get("nell", f"assessment/patients/{mira}")
    contacts = femi.url.partition("?")[0]
    await femi.get_by_role("link", name="Write the letter").click()
    await expect(femi.get_by_role("heading", level=1)).to_have_text("No letter is written")
    body = {"consents": {"letter": ["outreach"]}, "postal_address": "12 Quay Row\nHarbour"}
    await clinic.patch("nell", f"assessment/patients/{mira}", body, version=known["version"])
    await femi.reload()
    page = femi.locator("main")
    await expect(page).to_contain_text("12 Quay Row")
    await expect(page).to_contain_text("nothing ends because of this")
    await look(femi)
    await femi.get_by_role("button", name="It is posted: record it").click()
    await femi.wait_for_url(f"{contacts}?done=contact")
    run = (await support_of(clinic, mira))["run"]
    (step,) = (one for one in run["steps"] if one["code"] == "letter")
    assert step["mode"] == "letter"


async def a_talk_about_motivation_ends_the_way_back(femi: Page, clinic: Clinic, mira: str) -> None:
    """Somebody has spoken with the person: nobody has to look for them any more."""
    assert (await support_of(clinic, mira))["run"] is not None
    await femi.get_by_role("link", name="Motivation").click()
    await expect(femi.get_by_role("main")).to_contain_text(
        "Importance 5, was 7; Confidence 4, was 8"
    )
    await look(femi)
    await femi.get_by_label("Why is it not lower?").fill("I miss the games.")
    await femi.get_by_label("What would raise it?").fill("Somebody who waits for me there.")
    await femi.get_by_label("The smaller step that was agreed").fill("Ten minutes at the window.")
    await femi.get_by_label("Telephone").check()
    await femi.get_by_label("Minutes").fill("0")
    await femi.get_by_role("button", name="Record the talk").click()
    await expect(femi.locator("#trouble")).to_contain_text("1 to 240 minutes")
    await expect(femi.get_by_label("Why is it not lower?")).to_have_value("I miss the games.")
    await femi.get_by_label("Minutes").fill("20")
    await femi.get_by_role("button", name="Record the talk").click()
    await expect(femi.get_by_role("status")).to_have_text("The talk is recorded.")
    await expect(femi.get_by_text("Ten minutes at the window.")).to_be_visible()
    assert (await support_of(clinic, mira))["run"] is None


async def a_life_event(femi: Page) -> None:
    await femi.get_by_role("link", name="Life events").click()
    await femi.get_by_label("What", exact=True).select_option(label="Moved house")
    await femi.get_by_role("button", name="Record it").click()
    await expect(femi.get_by_role("status")).to_contain_text("no taper step meanwhile")
    event = femi.locator("section.card", has_text="Moved house")
    await expect(event).to_contain_text("R-35")
    await expect(event).to_contain_text("No new taper step from")
    await look(femi)
    await event.get_by_role("link", name="Record the contact").click()
    await femi.get_by_label("Minutes").fill("15")
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")


async def a_carer_by_consent(femi: Page, clinic: Clinic, mira: str) -> None:
    for name, scopes in (("Rea Orrin", ["support"]), ("Jo Lane", [])):
        known = await clinic.get("nell", f"assessment/patients/{mira}")
        body = {"name": name, "relationship": "sister", "scopes": scopes}
        await clinic.post(
            "nell", f"assessment/patients/{mira}/carers", body, version=known["version"]
        )
    await until(femi, lambda: knows_both(clinic, mira))
    await femi.goto(femi.url.partition("/support")[0] + "/support/contacts/new?about=carer")
    said = await femi.locator("#carer_id option", has_text="Jo Lane").inner_text()
    assert "receives nothing" in said
    await femi.get_by_label("With whom").select_option(label=said)
    await femi.get_by_label("Telephone").check()
    await femi.get_by_label("Minutes").fill("10")
    await femi.get_by_label("Emotional support").check()
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.locator("#trouble")).to_contain_text("R-39")
    await guidance_and_a_weekly_call(femi, clinic, mira)


async def guidance_and_a_weekly_call(femi: Page, clinic: Clinic, mira: str) -> None:
    """On paper for who may have it; the call is owed a week later."""
    record = femi.url.partition("/support")[0]
    await femi.goto(f"{record}/support/guidance")
    await expect(femi.get_by_role("heading", level=1)).to_have_text("For Rea Orrin")
    await expect(femi.locator("main")).to_contain_text("When to call at once")
    await expect(femi.locator("main")).not_to_contain_text("About a medicine")
    await look(femi)
    await femi.get_by_role("link", name="For Jo Lane").click()
    await expect(femi.get_by_role("heading", level=1)).to_have_text("Nothing is given")
    await expect(femi.locator("main")).to_contain_text("R-39")
    await look(femi)
    await femi.get_by_role("link", name="For Rea Orrin").click()
    await femi.get_by_role("link", name="Record what was given").click()
    for given in ("Education", "Practical support", "Emotional support"):
        await femi.get_by_label(given).check()
    await femi.get_by_label("Telephone").check()
    await femi.get_by_label("Minutes").fill("25")
    await look(femi)
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")
    rea = next(one for one in (await support_of(clinic, mira))["carers"] if one["may_receive"])
    assert rea["given"] == ["education", "emotional", "practical"]
    await femi.goto(f"{record}/support")
    await expect(femi.locator("main")).to_contain_text("Next call: ")


async def knows_both(clinic: Clinic, mira: str) -> bool:
    return len((await support_of(clinic, mira))["carers"]) == 2


async def a_meeting_further_away_needs_a_reason(femi: Page, clinic: Clinic, mira: str) -> None:
    (one,) = (await support_of(clinic, mira))["programmes"]
    at = femi.url.partition("/support")[0] + "/support"
    await femi.goto(f"{at}/contacts/new?about=programme:{one['programme_id']}")
    await look(femi)
    await expect(femi.get_by_role("radio", name="Letter")).to_have_count(0)
    await femi.get_by_role("radio", name="Took place").check()
    await femi.get_by_label("Video").check()
    await femi.get_by_label("Minutes").fill("50")
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.locator("#trouble")).to_contain_text("R-28")
    await femi.get_by_role("radio", name="Face to face").check()
    await femi.get_by_label("I went along").check()
    await femi.get_by_label("Step of the ladder").select_option(index=2)
    await femi.get_by_label("Anxiety before").fill("6")
    await femi.get_by_label("Anxiety after").fill("3")
    await femi.get_by_role("button", name="Record the contact").click()
    await expect(femi.get_by_role("status")).to_have_text("The contact is recorded.")
    await expect(femi.get_by_text("Anxiety 6 before, 3 after.")).to_be_visible()


async def the_quarters_review(femi: Page) -> None:
    await femi.get_by_role("link", name="At a glance").click()
    await femi.get_by_role("link", name="Facilitated participation", exact=True).first.click()
    await femi.get_by_text("Review it with the person").click()
    await look(femi)
    form = femi.locator("form[action$='/reviews']")
    await form.get_by_role("group", name="Does it serve its goal?").get_by_label("Yes").check()
    await form.get_by_role("group", name="Is the way to meet").get_by_label("Yes").check()
    await form.get_by_role("button", name="Record the review").click()
    await expect(femi.get_by_role("status")).to_have_text("The review is recorded.")
    await expect(femi.get_by_text("It serves its goal.")).to_be_visible()


async def cbt_behind_its_pace(femi: Page, clinic: Clinic) -> None:
    uma = await person(clinic, "Grey")
    (one,) = (await support_of(clinic, uma))["programmes"]
    await femi.goto(
        f"{clinic.services['portal']}/patients/{uma}/support/programmes/{one['programme_id']}"
    )
    await expect(femi.get_by_text(re.compile(r"\d of 14")).first).to_be_visible()
    await expect(femi.get_by_text("Behind the pace", exact=False).first).to_be_visible()
    await expect(femi.get_by_text("Graded exposure to social situations").first).to_be_visible()
    await look(femi)


async def test_the_network_is_drawn_beside_dose_scores_and_support(
    sign_in: SignIn, clinic: Clinic
) -> None:
    """Where the clinic has its author's leave for LSNS-6. The dose is for who cares for it; the
    facilitator sees the same without it."""
    nell = await sign_in("nell")
    uma = await person(clinic, "Grey")
    await network_of(clinic, uma, {"seen": 1, "private": 2, "help": 1})
    await network_of(clinic, uma, {"seen": 2, "private": 2, "help": 3})

    async def heard() -> bool:
        scores = (await support_of(clinic, uma))["scores"]
        return [one["total"] for one in scores if one["instrument"] == "lsns-6"] == [8, 14]

    await until(nell, heard)
    shared = {"PHQ-9", "LSNS-6", "Meetings held"}
    await drawn(nell, clinic, uma, "Support, medicine and scores", {*shared, "Medicine, mg a day"})
    femi = await sign_in("femi")
    card = await drawn(femi, clinic, uma, "Support and scores", shared)
    assert "mg" not in await card.inner_text()

    lena = await sign_in("lena")
    await lena.goto(f"{clinic.services['portal']}/outcomes")
    growth = lena.locator("section.card", has=lena.get_by_role("heading", name="Network growth"))
    await expect(growth).to_contain_text("1 of 1")
    await expect(growth).to_contain_text("100 %")
    await look(lena)


async def network_of(clinic: Clinic, patient_id: str, sizes: Mapping[str, int]) -> None:
    """The person says how many people they have, the same of family and of friends."""
    answers = {f"{of}-{what}": size for of in ("family", "friends") for what, size in sizes.items()}
    body = {"instrument": "lsns-6", "answers": answers}
    await clinic.post("nell", f"assessment/patients/{patient_id}/assessments", body)


async def drawn(
    page: Page, clinic: Clinic, patient_id: str, title: str, panels: set[str]
) -> Locator:
    """The card that charts somebody's support, with these panels and its table open."""
    await page.goto(f"{clinic.services['portal']}/patients/{patient_id}/support")
    card = page.locator("section.card", has=page.get_by_role("img", name=title))
    picture = await card.get_by_role("img", name=title).text_content()
    for panel in panels:
        assert panel in (picture or ""), panel
    await card.get_by_text("The same numbers as a table").click()
    sizes = card.get_by_role("row", name="LSNS-6")
    await expect(sizes).to_contain_text(["14", "8"])
    await look(page)
    return card


async def test_the_three_pitfall_guards_by_keyboard(sign_in: SignIn, clinic: Clinic) -> None:
    femi = await sign_in("femi")
    somebody = await person(clinic, "Roth")
    keys = femi.keyboard
    await femi.goto(
        f"{clinic.services['portal']}/patients/{somebody}/support/programmes/new"
        "?kind=facilitated-participation"
    )
    await look(femi)
    await expect(femi.locator("#rhythm")).to_contain_text("Fewer than 6 meetings in the first 12")
    await femi.locator("#activity").focus()
    await keys.type("Painting in the old mill")
    await choose(femi, "deputy_id", "Nell")
    for name, value in CHOSEN.items():
        await tick(femi, name, value)
    for number, (every, until) in enumerate((("7", "28"), ("", ""), ("", "")), start=1):
        await write(femi, f"every_days.{number}", every)
        await write(femi, f"until_day.{number}", until)
    async with femi.expect_response(lambda answer: answer.request.method == "POST") as sent:
        await keys.press("Enter")
    said = await (await sent.value).header_value("server-timing")
    assert tour.calls(said or "", at=femi.url) <= 3, "a look, beside the record"

    trouble = femi.locator("#trouble")
    await trouble.wait_for()
    assert await trouble.evaluate("e => e === document.activeElement")
    for rule in GUARDS.values():
        await expect(trouble).to_contain_text(rule)
        await expect(femi.locator("#guards")).to_contain_text(rule)
    assert (await support_of(clinic, somebody))["programmes"] == []
    await look(femi)

    for guard in GUARDS:
        await femi.locator(f"input[name='reasons.{guard}']").first.focus()
        await keys.press("Space")
    await femi.locator("#password").focus()
    await keys.type(clinic.password)
    await keys.press("Enter")

    await expect(femi.get_by_role("status")).to_have_text("The programme is under way.")
    await expect(femi.get_by_text("Encouragement alone does not count").first).to_be_visible()
    await expect(femi.get_by_text("The ladder is missing")).to_be_visible()
    for rule in GUARDS.values():
        await expect(femi.locator("aside")).to_contain_text(rule)
    (one,) = (await support_of(clinic, somebody))["programmes"]
    assert {(o["guard"], o["rule"]) for o in one["overrides"]} == set(GUARDS.items())
    assert one["counts"] is False


async def test_closing_in_the_weekly_phase_needs_a_reason_and_a_supervisor(
    sign_in: SignIn, clinic: Clinic
) -> None:
    femi = await sign_in("femi")
    otis = await person(clinic, "Reed")
    (one,) = (await support_of(clinic, otis))["programmes"]
    address = f"/patients/{otis}/support/programmes/{one['programme_id']}"
    await femi.goto(clinic.services["portal"] + address)
    await femi.get_by_text("End it by decision").focus()
    await femi.keyboard.press("Enter")
    form = femi.locator("form[action$='/closing']")
    await expect(form).to_contain_text("R-31")
    await expect(form).to_contain_text("No relapse-prevention plan holds")
    await form.locator("input[name=reason][value=completed-brief]").focus()
    await femi.keyboard.press("Space")
    await form.locator("input[type=password]").focus()
    await femi.keyboard.type(clinic.password)
    await femi.keyboard.press("Enter")
    await expect(femi.get_by_text("closing asked for; a supervisor decides")).to_be_visible()
    assert (await support_of(clinic, otis))["programmes"][0]["status"] == "closing-requested"

    lena = await sign_in("lena")
    await lena.goto(clinic.services["portal"] + address)
    await expect(lena.get_by_text("Look twice (R-31)")).to_be_visible()
    await look(lena)
    await lena.get_by_label("No, it goes on").check()
    await lena.get_by_role("button", name="Decide").click()
    await expect(lena.get_by_role("status")).to_have_text("The decision is recorded.")
    assert (await support_of(clinic, otis))["programmes"][0]["status"] == "active"


async def test_what_a_lead_sees_of_outcomes_and_the_directory(
    sign_in: SignIn, clinic: Clinic
) -> None:
    lena = await sign_in("lena")
    await lena.get_by_role("link", name="Outcomes", exact=True).click()
    await expect(lena.get_by_role("heading", name="Contact within 4 weeks")).to_be_visible()
    await expect(lena.get_by_text("Lost (must be 0)")).to_be_visible()
    await look(lena)
    async with lena.expect_download() as download:
        await lena.get_by_role("link", name="Rows (CSV)").click()
    assert re.fullmatch(r"outcomes-\d{4}-\d\d-\d\d\.csv", (await download.value).suggested_filename)

    await lena.goto(f"{clinic.services['portal']}/activities")
    await lena.get_by_label("Or paste the rows here").fill(
        "id,name,cost\nx1,Book club,\n,Nameless,\n"
    )
    await lena.get_by_role("button", name="Take it in").click()
    report = lena.get_by_role("status")
    await expect(report).to_contain_text("1 activity is in the directory.")
    await expect(report).to_contain_text("Row 2, id")
    await look(lena)


@pytest.mark.parametrize("part", ["needs", "privacy", "shared-plan"])
async def test_the_profile_pages(sign_in: SignIn, clinic: Clinic, part: str) -> None:
    nell = await sign_in("nell")
    yann = await person(clinic, "Ashe")
    await nell.goto(f"{clinic.services['portal']}/patients/{yann}/support/{part}")
    await look(nell)
    if part == "privacy":
        await nell.get_by_label("Subject of messages").fill("Your therapy")
        await nell.get_by_label("The person is worried").check()
        await nell.get_by_label("Neutral wording").check()
        await nell.get_by_role("button", name="Save").click()
        await expect(nell.locator("#trouble")).to_contain_text("R-36")
        await nell.get_by_label("Subject of messages").fill("Your Tuesday")
        await nell.get_by_role("button", name="Show what others could see").click()
        await expect(nell.locator("aside")).to_contain_text("not saved yet")
        await expect(nell.locator("aside")).to_contain_text("Appointments: Your Tuesday")
        assert (await support_of(clinic, yann))["profile"]["subject"] == ""
        await look(nell)
        await nell.get_by_role("button", name="Save").click()
        await expect(nell.get_by_role("status")).to_be_visible()
        await expect(nell.locator("aside")).to_contain_text("Your Tuesday")
        await expect(nell.locator("aside")).not_to_contain_text("not saved yet")
    if part == "shared-plan":
        for number, name in ((1, "Housing office"), (2, "Day centre")):
            await nell.locator(f"[id='name.{number}']").fill(name)
        await nell.get_by_role("button", name="Save").click()
        await expect(nell.locator("#trouble")).to_contain_text("R-37")
        await nell.get_by_label("Coordinator").select_option(label="Nell Hughes, nurse")
        await nell.get_by_label("What was agreed").fill("Housing writes by Friday.")
        await nell.get_by_role("button", name="Save").click()
        await expect(nell.get_by_text("Coordinator: Nell Hughes")).to_be_visible()


async def choose(page: Page, name: str, starts: str) -> None:
    """Go down a list until it says this. Typing it would depend on how fast the keys follow."""
    field = page.locator(f"#{name}")
    await field.focus()
    for _ in range(await field.locator("option").count()):
        if (await field.evaluate("it => it.selectedOptions[0].text")).startswith(starts):
            return
        await page.keyboard.press("ArrowDown")
    raise AssertionError(f"{name} offers nobody called {starts}")


async def tick(page: Page, name: str, value: str) -> None:
    """Choose with the space bar."""
    await page.locator(f"input[name='{name}'][value='{value}']").focus()
    await page.keyboard.press("Space")


async def write(page: Page, name: str, text: str) -> None:
    """Replace what stands in a field."""
    await page.locator(f"[id='{name}']").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.type(text)
