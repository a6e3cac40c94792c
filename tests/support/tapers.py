"""Plans for tests: a drug, a shelf and a day; valid unless told otherwise."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from services.treatment.adapters.content import load
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, RuleRefusal
from services.treatment.domain.policies import Policy
from services.treatment.domain.products import Form, Product, Shelf
from services.treatment.domain.taper import TaperPlan, plan_taper

CONTENT = load()
RULES = CONTENT.taper_rules
TODAY = date(2026, 6, 1)


def a_shelf(drug: str, jurisdiction: str = "uk", **choices: object) -> Shelf:
    return CONTENT.drug(drug).shelf(jurisdiction, on=TODAY, **choices)  # type: ignore[arg-type]


def a_plan(
    drug: str, policy: str | Policy, start_mg: str, shelf: Shelf | None = None, **changes: object
) -> TaperPlan:
    given: dict[str, object] = {
        "drug": CONTENT.drug(drug),
        "policy": CONTENT.policy(policy) if isinstance(policy, str) else policy,
        "start_mg": Decimal(start_mg),
        "shelf": shelf or a_shelf(drug),
        "start_on": TODAY,
        "interval_days": 28,
        "rules": RULES,
        "today": TODAY,
    }
    return plan_taper(**given | changes)  # type: ignore[arg-type]


def doses(plan: TaperPlan) -> list[Decimal]:
    return [step.dose_mg for step in plan.steps]


def finding(plan: TaperPlan, rule: str) -> Finding | None:
    return next((found for found in plan.findings if found.rule == rule), None)


def every_shelf() -> Iterator[tuple[Drug, Shelf]]:
    """Every formulation of every drug, as each jurisdiction's pharmacies have it."""
    for drug in CONTENT.drugs.values():
        for jurisdiction in ("uk", "us"):
            for family in drug.families:
                for solids_only in (False, True):
                    try:
                        shelf = drug.shelf(
                            jurisdiction, on=TODAY, family=family, solids_only=solids_only
                        )
                    except RuleRefusal:
                        continue
                    yield drug, shelf


def a_product(
    unit_mg: str, *, form: Form = Form.TABLET, smallest: str = "1", countable: bool = False
) -> Product:
    return Product(
        code=f"{form.name.lower()}-{unit_mg}-{smallest}",
        label=f"{unit_mg} mg {form}",
        form=form,
        jurisdictions=frozenset({"uk"}),
        family="immediate-release",
        unit_mg=Decimal(unit_mg),
        label_mg=Decimal(unit_mg),
        smallest_units=Decimal(smallest),
        source="a test",
        grade="PD",
        countable=countable,
    )
