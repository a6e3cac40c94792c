"""A plan as JSON for other programs: exact decimals as strings, dates as dates."""

from decimal import Decimal

from services.treatment.domain.products import ProductUnits
from services.treatment.domain.quantities import plain
from services.treatment.domain.taper import TaperPlan, TaperStep

HUNDREDTH = Decimal("0.01")

JsonObject = dict[str, object]


def plan_json(plan: TaperPlan) -> JsonObject:
    return {
        "drug": plan.drug,
        "policy": plan.policy,
        "shelf": plan.shelf,
        "model": plan.model,
        "verdict": plan.verdict.value,
        "findings": [
            {"rule": found.rule, "level": found.level.value, "detail": found.detail}
            for found in plan.findings
        ],
        "steps": [_step_json(step) for step in plan.steps],
    }


def percent_text(percent: Decimal | None) -> str | None:
    """To the precision of the published parameters."""
    return None if percent is None else str(percent.quantize(HUNDREDTH))


def _step_json(step: TaperStep) -> JsonObject:
    """``alternate_products`` is there only where two days alternate (T-11)."""
    body: JsonObject = {
        "index": step.index,
        "start": step.start.isoformat(),
        "days": step.days,
        "target_mg": plain(step.target_mg),
        "dose_mg": plain(step.dose_mg),
        "products": _products_json(step.products),
        "occupancy_percent": percent_text(step.occupancy_percent),
        "error_mg": plain(step.error_mg),
    }
    if step.other_day is not None:
        body["alternate_products"] = _products_json(step.other_day)
    return body


def _products_json(parts: tuple[ProductUnits, ...]) -> list[JsonObject]:
    return [{"product": part.product.code, "units": plain(part.units)} for part in parts]
