"""The paper for somebody near to the person: by consent, as far as it goes, and never without."""

from uuid import UUID

import pytest

from services.portal.pages import theme
from services.portal.presenters import contact_form, crisis
from services.portal.presenters.guidance import Guidance, guidance
from services.portal.presenters.today import Setting
from shared.api.support import (
    CarerBody,
    ModeBody,
    PreviewBody,
    ProfileBody,
    SupportBody,
    SupportForm,
    TopicBody,
)
from tests.unit.portal.test_letter import SETTING

PATIENT, REA, JO = UUID(int=1), UUID(int=2), UUID(int=3)
TOPICS = ("what-happens", "medicine")
FORM = SupportForm.model_construct(
    carer_call_every_days=7,
    modes=(ModeBody(code="telephone", label="Telephone"),),
    cbt_content=(),
    shortest_minutes=1,
    longest_minutes=240,
    lowest_rating=0,
    highest_rating=10,
    carer_guidance=tuple(
        TopicBody(
            code=code, gives="education", title=code, lines=("A line.",), source="R-38", grade="PD"
        )
        for code in TOPICS
    ),
)


def a_carer(carer_id: UUID, name: str, *guided: str) -> CarerBody:
    return CarerBody(
        carer_id=carer_id,
        name=name,
        relationship="sister",
        scopes=("support",) if guided else (),
        may_receive=bool(guided),
        contacts=0,
        last_on=None,
        given=(),
        guidance=guided,
    )


def support(*carers: CarerBody) -> SupportBody:
    seen = PreviewBody(sender="Appointments", subject="A reminder", screen="", envelope="")
    profile = ProfileBody(version=0, changed_on=None, preview=seen)
    return SupportBody.model_construct(
        patient_id=PATIENT,
        profile=profile,
        carers=carers,
        programmes=(),
        life_events=(),
        contacts=(),
    )


BOTH = support(a_carer(JO, "Jo"), a_carer(REA, "Rea", "what-happens"))
PAPERS = [
    ("nobody is recorded", support(), "", "", "Nobody near", ()),
    ("the one who may", BOTH, "", "Rea", "", ("what-happens",)),
    ("the one asked for, without consent", BOTH, str(JO), "Jo", "R-39", ()),
    ("somebody unknown", BOTH, "pigeon", "Rea", "", ("what-happens",)),
    ("only one, without consent", support(a_carer(JO, "Jo")), "", "Jo", "R-39", ()),
    ("medicines as well", support(a_carer(REA, "Rea", *TOPICS)), "", "Rea", "", TOPICS),
]


@pytest.mark.parametrize(
    ("body", "wish", "name", "hindrance", "titles"),
    [row[1:] for row in PAPERS],
    ids=[row[0] for row in PAPERS],
)
def test_who_gets_which_paper(
    body: SupportBody, wish: str, name: str, hindrance: str, titles: tuple[str, ...]
) -> None:
    paper = guidance(body, FORM, wish)

    assert (paper.name, tuple(one.title for one in paper.sections)) == (name, titles)
    assert hindrance in paper.hindrance
    assert bool(paper.hindrance) is bool(hindrance)
    text = rendered(paper)
    assert ("Nothing is given" in text) is bool(hindrance)
    assert ("A line." in text) is bool(titles)
    assert ("Record what was given" in text) is bool(titles)


def rendered(paper: Guidance) -> str:
    page = theme.load().templates.get_template("guidance.html")
    return page.render(paper=paper, crisis=crisis.load("uk"), back="/there", carers_href="/carers")


@pytest.mark.parametrize(("carer", "next_on"), [(REA, "2026-06-16"), (JO, "")])
def test_a_call_is_proposed_a_week_later_and_only_with_consent(carer: UUID, next_on: str) -> None:
    typed = usual(BOTH, "carer", str(carer), SETTING)

    assert (typed["carer_id"], typed["next_on"]) == (str(carer), next_on)


@pytest.mark.parametrize(("about", "carer"), [("other", str(REA)), ("carer", "pigeon")])
def test_nobody_else_is_filled_in(about: str, carer: str) -> None:
    assert "carer_id" not in usual(BOTH, about, carer, SETTING)


def usual(body: SupportBody, about: str, carer: str, setting: Setting) -> dict[str, str]:
    form = contact_form.form_about(body, FORM, about)
    return contact_form.usual(body, form, setting, carer=carer)
