"""The letter to somebody who did not come: by consent, and neutral as the person wants it."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.portal.pages import theme
from services.portal.presenters import crisis
from services.portal.presenters.drafts import Draft
from services.portal.presenters.letter import letter
from services.portal.presenters.today import Setting
from shared.api.assessment import PatientBody
from shared.api.support import PreviewBody, ProfileBody, SupportBody

PATIENT = UUID(int=1)
SETTING = Setting(now=datetime(2026, 6, 9, 9, tzinfo=UTC), zone=ZoneInfo("Europe/London"), staff={})
TELLING = re.compile("depress|anxi|medic|tablet|dose|therap|clinic|treat|ill", re.IGNORECASE)


def a_person(**changes: Any) -> PatientBody:
    known = {
        "patient_id": PATIENT,
        "given_name": "Quin",
        "family_name": "Hale",
        "postal_address": "12 Quay Row\nHarbour",
        "consents": {"letter": ("outreach",)},
    }
    return PatientBody.model_construct(**known | changes)


def support(*, neutral: bool) -> SupportBody:
    seen = PreviewBody(
        sender="Appointments", subject="A reminder", screen="", envelope="", neutral=neutral
    )
    profile = ProfileBody(version=0, changed_on=None, preview=seen)
    return SupportBody.model_construct(patient_id=PATIENT, profile=profile)


REFUSED = [
    ("nothing agreed to", {"consents": {}}, "not agreed"),
    ("letters about something else", {"consents": {"letter": ("appointments",)}}, "not agreed"),
    ("messages agreed to, not letters", {"consents": {"text": ("outreach",)}}, "not agreed"),
    ("no address", {"postal_address": None}, "address"),
]


@pytest.mark.parametrize(
    ("changes", "why"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_no_letter_without_consent_and_address(changes: dict[str, Any], why: str) -> None:
    assert why in letter(a_person(**changes), support(neutral=True), SETTING).hindrance


def test_a_neutral_letter_never_says_what_it_is_about() -> None:
    made = letter(a_person(), support(neutral=True), SETTING)

    assert made.hindrance == ""
    assert made.address == ("12 Quay Row", "Harbour")
    assert not [line for line in made.paragraphs if TELLING.search(line.replace("will", ""))]


@pytest.mark.parametrize("neutral", [True, False])
def test_it_threatens_nothing_and_ends_nothing(neutral: bool) -> None:
    made = letter(a_person(), support(neutral=neutral), SETTING)

    assert "nothing ends" in made.paragraphs[-1]
    assert any("Do not stop it" in line for line in made.paragraphs) is not neutral


def test_it_is_dated_today() -> None:
    assert str(date(2026, 6, 9).year) in letter(a_person(), support(neutral=True), SETTING).written


@pytest.mark.parametrize("neutral", [True, False])
def test_the_page_shows_it_with_the_way_to_record_it(neutral: bool) -> None:
    page = theme.load().templates.get_template("letter.html")

    text = page.render(
        letter=letter(a_person(), support(neutral=neutral), SETTING),
        crisis=crisis.load("uk"),
        back="/there",
        details="/details",
        draft=Draft("key", {"on": ("2026-06-09",), "at": ("10:00",)}),
        csrf="token",
    )

    assert "Harbour" in text
    assert 'value="2026-06-09"' in text
    assert "handout.css" in text
