"""A danger said at a check-in reaches assessment, which raises the flag and starts its clock."""

from services.assessment.adapters.content import load
from services.portal.presenters.check_ins import FIELDS, REPORTED


def test_every_danger_the_form_asks_for_can_be_reported_by_staff() -> None:
    reportable = {trigger.code for trigger in load().safety.triggers if trigger.by_staff}

    assert set(REPORTED.values()) <= reportable
    assert {"suicidal_thoughts", "marked_agitation", "emergency_signs"} == set(REPORTED)
    assert set(REPORTED) <= set(FIELDS)
