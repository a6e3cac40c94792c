"""Setting up a course: the drugs as the rules rank them, each with why and what to mind."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.portal.presenters import findings, words
from services.portal.presenters.findings import Finding
from shared.api.body import DoseMg
from shared.api.treatment import DrugBody, DrugOption, DrugOptions


@dataclass(frozen=True, slots=True)
class Option:
    """One drug that can be chosen. ``usual_start_mg`` is what an empty field stands for."""

    drug: str
    name: str
    place: str
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    blocked: bool
    titration: tuple[tuple[str, str], ...]
    products: str
    usual_start: str


def indications(drugs: Iterable[DrugBody]) -> tuple[tuple[str, str], ...]:
    """What a drug may be given for, in the order of the formulary."""
    codes = dict.fromkeys(dose.indication for drug in drugs for dose in drug.doses)
    return tuple((code, words.plain(code)) for code in codes)


def options(offered: DrugOptions) -> tuple[Option, ...]:
    """Best first; blocked ones last, with why."""
    ordered = sorted(offered.options, key=lambda option: (_blocked(option), option.rank))
    return tuple(_option(option) for option in ordered)


def usual_start_mg(offered: DrugOptions, drug: str) -> DoseMg | None:
    """The first dose the service proposes for a drug."""
    for option in offered.options:
        if option.drug == drug and option.titration:
            return option.titration[0].dose_mg
    return None


def _option(option: DrugOption) -> Option:
    return Option(
        drug=option.drug,
        name=option.name,
        place=f"{words.plain(option.drug_class)}, place {option.rank}",
        reasons=option.reasons,
        findings=findings.findings(option.findings),
        blocked=_blocked(option),
        titration=tuple(
            (f"from day {step.from_day + 1}", step.dose_text) for step in option.titration
        ),
        products=", ".join(product.name for product in option.products),
        usual_start=option.titration[0].dose_text if option.titration else "",
    )


def _blocked(option: DrugOption) -> bool:
    return any(finding.level == "block" for finding in option.findings)
