"""A danger said at a check-in reaches assessment, which raises the flag and starts its clock."""

from services.assessment.adapters.content import load
from services.portal.presenters.check_ins import FIELDS, REPORTED
from services.treatment.domain.gate import dangers
from tests.support.courses import said as a_check_in


def test_every_danger_the_form_asks_for_can_be_reported_by_staff() -> None:
    reportable = {trigger.code for trigger in load().safety.triggers if trigger.by_staff}

    assert set(REPORTED.values()) <= reportable
    assert set(REPORTED) <= set(FIELDS)


def test_what_the_form_reports_is_what_treatment_tells_assessment_of() -> None:
    """So that the form raises the flag the fact would raise, and none is raised twice."""
    said = {trigger.said_at_check_in: trigger.code for trigger in load().safety.triggers}

    for name, trigger in REPORTED.items():
        (danger,) = dangers(a_check_in(**{name: True}))
        assert said[danger] == trigger


def test_every_danger_treatment_tells_of_raises_a_flag() -> None:
    told = dangers(
        a_check_in(
            suicidal_thoughts=True, marked_agitation=True, mania_signs=True, emergency_signs=True
        ),
    )

    assert len(load().safety.said(told)) == len(told) == len(REPORTED)
