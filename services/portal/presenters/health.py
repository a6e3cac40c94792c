"""The health questions as a form."""

from typing import Any

from services.portal.presenters import words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from shared.api.treatment import HealthProfile


def choices(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Codes as answers to tick, by name."""
    return tuple(sorted(((code, words.plain(code)) for code in codes), key=lambda one: one[1]))


def facts(draft: Draft) -> dict[str, Any]:
    """The answers of the form. A medicine with a date was taken until then."""
    medicines = [
        {"medicine": code, "last_taken_on": draft.value(f"last_taken_on.{code}") or None}
        for code in draft.all("medicines")
    ]
    said: dict[str, Any] = {"conditions": draft.all("conditions"), "medicines": medicines}
    if draft.value("note"):
        said["note"] = draft.value("note")
    return said


def typed(profile: HealthProfile) -> dict[str, str | tuple[str, ...]]:
    """The form as it was last answered."""
    until = {
        f"last_taken_on.{one.medicine}": one.last_taken_on.isoformat()
        for one in profile.facts.medicines
        if one.last_taken_on
    }
    return {
        "conditions": profile.facts.conditions,
        "medicines": tuple(one.medicine for one in profile.facts.medicines),
        "note": profile.facts.note or "",
        **until,
    }


def lines(profile: HealthProfile) -> tuple[str, ...]:
    """The answers as lines, to see what somebody else changed."""
    medicines = (
        _("Takes %(medicine)s", medicine=words.plain(one.medicine))
        if one.last_taken_on is None
        else _(
            "Took %(medicine)s until %(day)s",
            medicine=words.plain(one.medicine),
            day=words.day(one.last_taken_on),
        )
        for one in profile.facts.medicines
    )
    conditions = (
        _("Has %(condition)s", condition=words.plain(code)) for code in profile.facts.conditions
    )
    return (*conditions, *medicines)
