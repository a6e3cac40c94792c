"""The health questions as a form."""

from typing import Any

from services.portal.presenters import words
from services.portal.presenters.drafts import Draft
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from shared.api.treatment import HealthProfile

_NAMES = said(
    {
        "bleeding-history": mark("Bleeding, earlier or now"),
        "congenital-long-qt": mark("Long QT from birth"),
        "cyp2c19-inhibitor": mark("Takes a CYP2C19 inhibitor"),
        "cyp2c19-poor": mark("CYP2C19 poor metaboliser"),
        "cyp2d6-poor": mark("CYP2D6 poor metaboliser"),
        "earlier-withdrawal": mark("Withdrawal symptoms at an earlier stop"),
        "failed-stop": mark("An earlier stop did not hold"),
        "family-bipolar": mark("Bipolar disorder in the family"),
        "heavy-alcohol": mark("Heavy drinking"),
        "hepatic": mark("Liver disease"),
        "hepatic-mild": mark("Liver disease, mild"),
        "hepatic-moderate-severe": mark("Liver disease, moderate or severe"),
        "hepatic-severe": mark("Liver disease, severe"),
        "high-overdose-risk": mark("Overdose is a high risk"),
        "low-sodium-history": mark("Low sodium, earlier or now"),
        "missed-dose-symptoms": mark("Symptoms after a missed dose"),
        "past-mania": mark("Mania in the past"),
        "positive-mania-screen": mark("Screen for mania is positive"),
        "qtc-over-500ms": mark("QTc over 500 ms"),
        "recent-infarct": mark("Heart attack not long ago"),
        "renal-end-stage": mark("Kidney disease, end stage"),
        "renal-moderate": mark("Kidney disease, moderate"),
        "renal-severe": mark("Kidney disease, severe"),
        "strong-cyp2d6-inhibitor": mark("Takes a strong CYP2D6 inhibitor"),
        "strong-cyp3a4-inhibitor": mark("Takes a strong CYP3A4 inhibitor"),
    }
)
"""Conditions whose code alone does not say what is asked."""


def named(code: str) -> str:
    """A condition or a medicine as it is asked for and shown."""
    return _NAMES.get(code) or words.plain(code)


def choices(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Codes as answers to tick, by name."""
    return tuple(sorted(((code, named(code)) for code in codes), key=lambda one: one[1]))


def facts(draft: Draft) -> dict[str, Any]:
    """The answers of the form. A medicine with a date was taken until then."""
    medicines = [
        {"medicine": code, "last_taken_on": draft.value(f"last_taken_on.{code}") or None}
        for code in draft.all("medicines")
    ]
    answers: dict[str, Any] = {"conditions": draft.all("conditions"), "medicines": medicines}
    if draft.value("note"):
        answers["note"] = draft.value("note")
    return answers


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
        _("Has %(condition)s", condition=named(code)) for code in profile.facts.conditions
    )
    return (*conditions, *medicines)
