"""What was typed is kept, what is wrong is said at its field, what has changed is shown."""

import pytest
from pydantic import ValidationError

from services.portal.presenters import drafts
from services.portal.presenters.drafts import Draft, Fault
from shared.api.assessment import NewPatient
from shared.runtime.http.problems import FieldError, Problem


def test_a_draft_keeps_what_was_typed_and_ticked() -> None:
    draft = Draft("key", {"name": ("Ada",), "care_team": ("a", "b")})

    assert draft.value("name") == "Ada"
    assert draft.value("phone", "none") == "none"
    assert draft.all("care_team") == ("a", "b")
    assert draft.is_chosen("language", "en", "en")
    assert not draft.is_chosen("name", "Ben", "Ben")


def test_a_refusal_names_the_field_in_plain_words() -> None:
    with pytest.raises(ValidationError) as refused:
        NewPatient.model_validate({"given_name": "Ada", "birth_date": "4 May"})

    faults = {fault.field: fault.text for fault in drafts.faults_of(refused.value)}

    assert faults["family_name"] == "Please answer this."
    assert faults["birth_date"].startswith("Write a date as year-month-day")


def test_a_services_refusal_lands_at_its_field() -> None:
    problem = _problem(FieldError(pointer="/body/answers/i1", detail="too large", code="range"))

    assert drafts.faults_in(problem) == (Fault("answers.i1", "Too large."),)


def test_a_refusal_without_fields_is_about_the_whole_form() -> None:
    assert drafts.faults_in(_problem()) == (Fault("", "The plan has changed."),)


def test_a_stale_form_says_only_what_is_different_now() -> None:
    draft = Draft("key", {"note": ("mine",), "seen": ("Dose: 50 mg", "Phase: acute")})

    overtaken = draft.overtaken(["Dose: 100 mg", "Phase: acute"])

    assert overtaken.changed == ("Dose: 100 mg",)
    assert overtaken.value("note") == "mine"


def test_the_forms_of_one_page_have_keys_of_their_own() -> None:
    draft = Draft("0d6f")

    assert len({draft.key, draft.part("take"), draft.part("close")}) == 3


def _problem(*errors: FieldError) -> Problem:
    return Problem(
        type="urn:mooring:problem:x",
        title="t",
        status=422,
        code="x",
        detail="The plan has changed.",
        errors=errors,
        correlation_id="c",
    )
