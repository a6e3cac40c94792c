"""The plan a person takes home: one sheet, the plan's own doses, and no crash without a library."""

import io
import re
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from services.portal.pages import theme
from services.portal.pages.handouts import PAPERS, NoPdf, one_sheet
from services.portal.presenters import crisis, handout
from services.portal.presenters.handout import Handout
from shared.api.treatment import CourseBody, TaperBody, TaperPlanBody
from tests.unit.portal.test_courses import course

PLAN = UUID(int=9)
START = date(2027, 5, 3)
THEME = theme.load()
DAILY = re.compile(r"\(([\d.]+)\s+mg\s+a\s+day\)")
WORDS = "one 50 mg tablet, half a 25 mg tablet and 0.1 mL of the 50 mg/5 mL oral suspension"


def a_plan(steps: int, **changes: Any) -> TaperPlanBody:
    doses = [Decimal(200) - Decimal("1.3") * number for number in range(steps - 1)] + [Decimal(0)]
    body = {
        "plan_id": PLAN,
        "version": 2,
        "plan_version": 3,
        "course_id": UUID(int=2),
        "patient_id": UUID(int=1),
        "status": "active",
        "policy": "occupancy-5",
        "policy_name": "Equal occupancy steps (5)",
        "policy_source": "a source",
        "from_dose_mg": "201",
        "from_dose_text": "much",
        "steps": [
            {
                "ordinal": number,
                "expected_on": START + timedelta(days=28 * number),
                "days": 28,
                "target_mg": dose,
                "dose_mg": dose,
                "dose_text": WORDS if dose else "nothing: the drug is stopped",
                "supply_text": "28 x 50 mg tablet",
                "cut_percent": "5",
                "occupancy_percent": "50",
                "error_mg": "0",
            }
            for number, dose in enumerate(doses, start=1)
        ],
        "length_days": 28 * steps,
        "findings": (),
        "drafted_by": UUID(int=3),
        "signed_by": UUID(int=3),
        "signed_at": datetime(2027, 5, 1, tzinfo=UTC),
        "signing": None,
        "actions": (),
    }
    return TaperPlanBody.model_validate(body | changes)


def a_course(plan_id: UUID = PLAN, *, taken: bool = False) -> CourseBody:
    step = {
        "ordinal": 1,
        "change_on": START,
        "previous_dose_mg": "201",
        "previous_dose_text": "much",
        "dose_mg": "200",
        "dose_text": WORDS,
        "supply_text": "",
        "check_in_early_on": None,
        "check_in_gate_on": None,
        "supply_confirmed_at": None,
        "taken_at": datetime(2027, 5, 3, tzinfo=UTC) if taken else None,
        "early_check_in_at": None,
        "gate_check_in_at": None,
        "actions": (),
    }
    taper = {
        "plan_id": plan_id,
        "plan_version": 3,
        "policy": "occupancy-5",
        "status": "active",
        "step_count": 4,
        "steps": (step,),
        "surveillance": (),
        "hold_until": None,
        "proposal": None,
    }
    return course(taper=TaperBody.model_validate(taper))


def html(page: Handout) -> str:
    template = THEME.templates.get_template("handout.html")
    return template.render(
        page=page,
        for_pdf=True,
        pdf_missing=False,
        name="A Person",
        printed="Mon 3 May 2027",
        back="/",
        crisis=crisis.load("uk"),
    )


def a_sheet(plan: TaperPlanBody, paper: str) -> PdfReader:
    def whole(most: int | None) -> Handout:
        return handout.handout(plan, a_course(), most=most)

    css = theme.text(THEME, "handout.css")
    return PdfReader(io.BytesIO(one_sheet(html, whole, css=css, paper=paper)))


@pytest.mark.parametrize("paper", PAPERS.values())
@pytest.mark.parametrize("steps", [1, 14, 28])
def test_the_sheet_is_one_page_and_its_doses_are_the_plans(steps: int, paper: str) -> None:
    plan = a_plan(steps)

    sheet = a_sheet(plan, paper)

    assert len(sheet.pages) == 1
    width, height = sheet.pages[0].mediabox.width, sheet.pages[0].mediabox.height
    assert (round(width), round(height)) == {"A4": (595, 842), "Letter": (612, 792)}[paper]
    text = sheet.pages[0].extract_text()
    now, *steps_read = [Decimal(mg) for mg in DAILY.findall(text)]
    assert now == a_course().dose_mg
    assert steps_read == [step.dose_mg for step in plan.steps]
    assert "116 123" in text
    assert "If you miss a dose" in text


def test_a_plan_no_sheet_holds_shows_the_next_steps_and_says_how_many_follow() -> None:
    plan = a_plan(90)

    text = a_sheet(plan, "A4").pages[0].extract_text()

    shown = [Decimal(mg) for mg in DAILY.findall(text)][1:]
    assert shown == [step.dose_mg for step in plan.steps][: len(shown)]
    assert 28 <= len(shown) < 90
    assert f"{90 - len(shown)} more steps follow" in " ".join(text.split())


def test_only_the_scheduled_step_has_a_day_and_a_taken_one_is_ticked() -> None:
    first, second, *_ = handout.handout(a_plan(4), a_course(taken=True)).lines

    assert (first.done, first.when) == (True, "Mon 3 May 2027")
    assert (second.done, second.when) == (False, "after a check-in")


@pytest.mark.parametrize(
    ("plan", "lives_by", "allowed"),
    [
        (a_plan(4), PLAN, True),
        (a_plan(4, status="draft"), PLAN, False),
        (a_plan(4, status="superseded"), PLAN, False),
        (a_plan(4), UUID(int=77), False),
    ],
)
def test_only_the_plan_that_is_lived_by_is_printed(
    plan: TaperPlanBody, lives_by: UUID, allowed: bool
) -> None:
    assert handout.may_print(plan, a_course(lives_by)) is allowed


def test_without_the_library_there_is_a_page_and_no_crash(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)

    with pytest.raises(NoPdf):
        a_sheet(a_plan(4), "A4")

    assert "mg a day" in html(handout.handout(a_plan(4), a_course()))


def test_a_library_of_the_system_that_is_missing_is_no_crash_either(monkeypatch) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.setitem(sys.modules, "weasyprint", Broken())

    with pytest.raises(NoPdf):
        a_sheet(a_plan(4), "A4")
