"""Setting up a course: the drugs as the rules rank them, each with why and what to mind."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.portal.presenters import findings, words
from services.portal.presenters.findings import Finding
from services.portal.presenters.first_weeks import FirstWeeks, first_weeks
from services.portal.presenters.language import gettext as _
from shared.api.body import DoseMg
from shared.api.treatment import DrugBody, DrugOption, DrugOptions, FigureBody

SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the ranked table. ``value`` names drug and formulation in the form."""

    value: str
    name: str
    kind: str
    place: str
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    blocked: bool
    products: str
    usual_start: str
    ceiling: str
    plan: FirstWeeks
    review_status: str
    figures: tuple[tuple[str, str, str], ...]
    dose_grade: str
    ceiling_grade: str
    place_grade: str


def indications(drugs: Iterable[DrugBody]) -> tuple[tuple[str, str], ...]:
    """What a drug may be given for, in the order of the formulary."""
    codes = dict.fromkeys(dose.indication for drug in drugs for dose in drug.doses)
    return tuple((code, words.plain(code)) for code in codes)


def options(offered: DrugOptions, *, starts_on: date, today: date) -> tuple[Option, ...]:
    """Best first; blocked ones last, with why."""
    ordered = sorted(offered.options, key=lambda option: (_blocked(option), option.rank))
    return tuple(_option(option, starts_on=starts_on, today=today) for option in ordered)


def drug_and_formulation(value: str) -> tuple[str, str]:
    """What the form's choice names; the formulation may be left out."""
    drug, _, formulation = value.partition(SEPARATOR)
    return drug, formulation


def usual_start_mg(offered: DrugOptions, value: str) -> DoseMg | None:
    """The first dose the service proposes for a drug in that formulation."""
    drug, formulation = drug_and_formulation(value)
    for option in offered.options:
        fits = not formulation or option.formulation == formulation
        if option.drug == drug and fits and option.titration:
            return option.titration[0].dose_mg
    return None


def usual_target_mg(offered: DrugOptions, value: str) -> DoseMg | None:
    """The dose the service would climb to for a drug in that formulation."""
    drug, formulation = drug_and_formulation(value)
    for option in offered.options:
        fits = not formulation or option.formulation == formulation
        if option.drug == drug and fits and option.titration:
            return option.titration[-1].dose_mg
    return None


def _option(option: DrugOption, *, starts_on: date, today: date) -> Option:
    grades = {one.figure: one.grade for one in option.figures}
    names = [option.drug, *([option.formulation] if option.formulation else [])]
    return Option(
        value=SEPARATOR.join(names),
        name=option.name,
        kind=option.formulation.replace("-", " ") if option.formulation else "",
        place=_("%(kind)s, place %(rank)s", kind=words.plain(option.drug_class), rank=option.rank),
        reasons=option.reasons,
        findings=findings.findings(option.findings),
        blocked=_blocked(option),
        products=", ".join(product.name for product in option.products),
        usual_start=option.titration[0].dose_text if option.titration else "",
        ceiling=_ceiling(option.maximum_mg),
        plan=first_weeks(option.titration, option.first_weeks, starts_on=starts_on, today=today),
        review_status=option.review_status or "",
        figures=sources(option.figures),
        dose_grade=grades.get("doses", ""),
        ceiling_grade=grades.get("ceiling", ""),
        place_grade=grades.get("place", ""),
    )


def sources(figures: Iterable[FigureBody]) -> tuple[tuple[str, str, str], ...]:
    """What a figure is, its source and its grade."""
    return tuple((words.plain(one.figure), one.source, one.grade) for one in figures)


def _ceiling(maximum_mg: Decimal | None) -> str:
    if maximum_mg is None:
        return ""
    return _("%(dose)s mg a day at most", dose=words.decimal(maximum_mg))


def _blocked(option: DrugOption) -> bool:
    return any(finding.level == "block" for finding in option.findings)
