"""Which medicine is meant: the formulary's drug where it is known, its strength and its form."""

import re
from collections.abc import Iterable
from decimal import Decimal

from services.treatment.adapters.content import Content
from services.treatment.domain.dosing import Medicine
from services.treatment.domain.drug import Drug

_STRENGTH = re.compile(
    r"(\d{1,7}(?:[.,]\d{1,6})?)\s*(mg|milligrams?|mcg|micrograms?|ug|µg|g)\b(?!\s*/)"
)
_PER_MG = {"g": Decimal(1000), "mcg": Decimal("0.001"), "ug": Decimal("0.001")}
_FORM = re.compile(r"\b(tablet|capsule|caplet|pill|solution|suspension|drops|syrup|liquid)s?\b")
_WHOLE_ONLY = re.compile(
    r"\b(?:modified[- ]release|prolonged[- ]release|extended[- ]release|sustained[- ]release|"
    r"controlled[- ]release|delayed[- ]release|gastro[- ]resistant|enteric[- ]coated|"
    r"xr|xl|er|sr|cr|mr|ec)\b"
)
_WORDS = re.compile(r"[a-z][a-z-]+")


def medicine(
    content: Content, *, names: Iterable[str], codes: Iterable[tuple[str, str]]
) -> Medicine:
    """The medicine behind names ("Sertraline 50 mg tablet") and codes (system, code)."""
    said = [name for name in names if name]
    coded = list(codes)
    low = " ".join(said).lower()
    drug = _by_code(content, coded) or _by_name(content, low)
    return Medicine(
        name=said[0] if said else (drug.name if drug else "this medicine"),
        key=_key(drug, said, coded),
        drug=drug,
        strength_mg=_strength(low),
        form=found[1] if (found := _FORM.search(low)) else None,
        whole_only=_WHOLE_ONLY.search(low) is not None,
    )


def _key(drug: Drug | None, names: list[str], codes: list[tuple[str, str]]) -> str:
    """What two prescriptions of one medicine share, whatever their strength."""
    if drug is not None:
        return drug.code
    if names:
        return " ".join(_STRENGTH.sub(" ", names[0].lower()).split())
    return "|".join(codes[0]) if codes else ""


def _by_code(content: Content, codes: list[tuple[str, str]]) -> Drug | None:
    for system, code in codes:
        for drug in content.drugs.values():
            known = drug.codes
            if (
                ("rxnorm" in system and code == known.rxnorm)
                or ("snomed" in system and code == known.snomed)
                or ("atc" in system and code == known.atc)
            ):
                return drug
    return None


def _by_name(content: Content, low: str) -> Drug | None:
    """The one drug the name holds as a word; a combination of two is nobody's."""
    words = set(_WORDS.findall(low))
    found = [
        drug
        for drug in content.drugs.values()
        if words & {drug.code, drug.name.lower(), *(n.lower() for n in drug.other_names)}
    ]
    return found[0] if len(found) == 1 else None


def _strength(low: str) -> Decimal | None:
    """The strength of one unit, where the name gives exactly one."""
    found = {
        Decimal(number.replace(",", ".")) * _PER_MG.get(_short(unit), Decimal(1))
        for number, unit in _STRENGTH.findall(low)
    }
    return found.pop() if len(found) == 1 else None


def _short(unit: str) -> str:
    return (
        "mcg" if unit.startswith(("micro", "mcg", "ug", "µ")) else unit[:1] if unit == "g" else unit
    )
