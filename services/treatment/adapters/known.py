"""A journal entry as what was known when it was written."""

from collections.abc import Mapping
from typing import Any

from services.treatment.adapters.tables import JournalRow
from shared.api.treatment import Medicine
from shared.api.treatment_decisions import (
    DecisionBody,
    DecisionLine,
    KnownCap,
    KnownDose,
    KnownFacts,
    KnownFormulary,
    KnownItem,
    KnownProduct,
    KnownReading,
    KnownRule,
)

SHOWN_APART = frozenset(
    {
        "rulebook",
        "drug_version",
        "profile_version",
        "findings",
        "reasons",
        "facts",
        "rules",
        "formulary",
    }
)
DOSE = frozenset(KnownDose.model_fields)
CAP = frozenset(KnownCap.model_fields)


def line(row: JournalRow) -> DecisionLine:
    """The entry in one line."""
    return DecisionLine(
        version=row.version,
        at=row.at,
        on=row.on,
        kind=row.kind,
        text=row.text,
        recorded_by=row.recorded_by,
        has_facts="facts" in row.known,
    )


def decision(row: JournalRow) -> DecisionBody:
    """The entry with everything it was made with."""
    known = row.known
    return DecisionBody(
        course_id=row.course_id,
        version=row.version,
        at=row.at,
        on=row.on,
        kind=row.kind,
        text=row.text,
        reason=row.reason,
        dose_mg=row.dose_mg,
        recorded_by=row.recorded_by,
        rulebook=known.get("rulebook"),
        profile_version=known.get("profile_version"),
        facts=_facts(known["facts"]) if "facts" in known else None,
        rules=_rules(known),
        formulary=_formulary(known["formulary"]) if "formulary" in known else None,
        also=tuple(
            KnownItem(name=name.replace("_", "-"), value=_said(value))
            for name, value in sorted(known.items())
            if name not in SHOWN_APART
        ),
    )


def _facts(facts: Mapping[str, Any]) -> KnownFacts:
    medicines = [
        Medicine(
            medicine=taken["medicine"],
            last_taken_on=taken.get("last_on"),
            starts_on=taken.get("starts_on"),
        )
        for taken in facts["medicines"]
    ]
    readings = [KnownReading(**reading) for reading in facts["readings"]]
    return KnownFacts(**{**facts, "medicines": tuple(medicines), "readings": tuple(readings)})


def _rules(known: Mapping[str, Any]) -> tuple[KnownRule, ...]:
    reasons = known.get("reasons", {})
    return tuple(
        KnownRule(**rule, reason=reasons.get(rule["rule"])) for rule in known.get("rules", ())
    )


def _formulary(rows: Mapping[str, Any]) -> KnownFormulary:
    return KnownFormulary(
        drug=rows["drug"],
        name=rows["name"],
        version=rows["version"],
        review_status=rows["review_status"],
        jurisdiction=rows["jurisdiction"],
        doses=tuple(KnownDose(**_only(row, DOSE)) for row in rows["doses"]),
        caps=tuple(KnownCap(**_only(row, CAP)) for row in rows["caps"]),
        products=tuple(
            KnownProduct(
                product=row["code"],
                name=row["label"],
                unit_mg=row["unit_mg"],
                source=row["source"],
                grade=row["grade"],
            )
            for row in rows["products"]
        ),
        after_maoi_days=rows["maoi"]["after_maoi_days"],
        before_maoi_days=rows["maoi"]["before_maoi_days"],
    )


def _only(row: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in names}


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value) or "none"
    return str(value)
