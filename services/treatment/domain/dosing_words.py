"""What the free text of an instruction says: lengths, days, amounts, how often.

English only, and only what is said once: a sentence with two lengths or two doses is left to a
person, since nobody can say which of them the structured part should agree with.
"""

import re
from datetime import date
from decimal import Decimal

from services.treatment.domain.dosing import Amount

_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen"),
)
_NUMBERS = {
    **{word: Decimal(number) for number, word in enumerate(_WORDS, start=1)},
    "half": Decimal("0.5"),
    "a": Decimal(1),
    "an": Decimal(1),
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_DAYS_IN = {"day": 1, "week": 7}
_NUMBER = r"(\d{1,6}(?:\.\d{1,6})?|" + "|".join(_NUMBERS) + r")"
_LENGTH = re.compile(
    rf"\b(?:for|x|times|over|during)\s+(?:the\s+)?{_NUMBER}\s*[- ]?\s*(day|week)s?\b"
)
_BARE_LENGTH = re.compile(rf"\bduration:?\s+(?:of\s+)?{_NUMBER}\s*(day|week)s?\b")
_MONTH = "(" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_DAY_FORMS = (
    re.compile(r"\b(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})\b"),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m>{_MONTH}),?\s+(?P<y>\d{{4}})\b"),
    re.compile(rf"\b(?P<m>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b"),
)
_FROM = re.compile(r"\b(?:from|starting|start|beginning|begin|commencing)(?:\s+on)?:?\s*$")
_UNTIL = re.compile(
    r"(?:\b(?:until|till|to|through|ending|end|up to|last day)(?:\s+on)?:?|[-\u2013])\s*$"
)
_TIMES = {
    1: "once|one time|1 time|1x",
    2: "twice|two times|2 times|2x",
    3: "three times|3 times|thrice|3x",
    4: "four times|4 times|4x",
}
_OFTEN = tuple(
    (count, re.compile(rf"\b(?:{said})\s*(?:a|per|each|every|/)?\s*(?:day|daily)\b"))
    for count, said in _TIMES.items()
)
_ALTERNATE = re.compile(
    r"\b(?:every (?:other|second|2nd) day|alternat(?:e|ing) days?|every (?:2|two) days|qod)\b"
)
_UNIT = r"(tablets?|capsules?|caplets?|pills?|mg|mcg|micrograms?|milligrams?|ml|drops?|puffs?)"
_DOSE = re.compile(rf"\b{_NUMBER}(?:\s+of\s+an?)?\s*{_UNIT}\b")
_STRENGTH = re.compile(
    r"\s*(?:/(?!\s*d(?:ay)?\b)|per\b(?!\s+day)|\w*\s*(?:tablet|capsule|caplet|pill|oral|tab\b|cap\b))"
)
_A_DAY = re.compile(
    r"\s*(?:by mouth|orally|po)?\s*(?:daily|(?:a|per|each|every)\s+day|/\s*d(?:ay)?)\b"
)


def lengths(text: str) -> set[int]:
    """Every number of days the text gives as how long, such as "for two weeks"."""
    said = text.lower()
    found = {*_LENGTH.findall(said), *_BARE_LENGTH.findall(said)}
    days = {_number(number) * _DAYS_IN[unit] for number, unit in found}
    return {int(value) for value in days if value % 1 == 0}


def days_said(text: str) -> tuple[set[date], set[date]]:
    """The days named as first and as last ones; days in forms that could be read two ways, such
    as 03/04/2027, are not read."""
    firsts: set[date] = set()
    lasts: set[date] = set()
    said = text.lower()
    for form in _DAY_FORMS:
        for found in form.finditer(said):
            day = _day(found)
            before = said[: found.start()]
            if day is None:
                continue
            if _FROM.search(before):
                firsts.add(day)
            elif _UNTIL.search(before):
                lasts.add(day)
    return firsts, lasts


def times_a_day(text: str) -> set[int]:
    """How often on a day, where the text says so in words."""
    said = text.lower()
    return {count for count, pattern in _OFTEN if pattern.search(said)}


def says_alternate_days(text: str) -> bool:
    """Whether the text speaks of every other day."""
    return _ALTERNATE.search(text.lower()) is not None


def doses(text: str) -> set[Amount]:
    """Amounts with a unit; a strength in front of its tablet ("one 50 mg tablet") is no dose."""
    said = text.lower()
    found = set()
    for match in _DOSE.finditer(said):
        unit = singular(match[2])
        rest = said[match.end() :]
        is_strength = unit in {"mg", "mcg", "microgram", "milligram"} and _STRENGTH.match(rest)
        is_limit = re.search(r"(?:max(?:imum)?|up to|not exceed|no more than)\W+(?:\w+\W+){0,3}$",
                             said[: match.start()])  # fmt: skip
        if not is_strength and not is_limit:
            found.add(Amount(Decimal(_number(match[1])), unit))
    return found


def says_amount_of_a_day(text: str) -> bool:
    """Whether the amount is that of a whole day: "one tablet daily", and no "twice"."""
    said = text.lower()
    daily = any(_A_DAY.match(said[found.end() :]) for found in _DOSE.finditer(said))
    return daily and not times_a_day(text)


def singular(unit: str) -> str:
    """``Tablets`` as ``tablet``, ``TAB`` too."""
    said = unit.strip().lower().removesuffix(".")
    return _SHORT.get(said, said.removesuffix("s") if len(said) > 3 else said)


_SHORT = {
    "tab": "tablet",
    "tabs": "tablet",
    "{tablet}": "tablet",
    "{tbl}": "tablet",
    "cap": "capsule",
    "caps": "capsule",
    "{capsule}": "capsule",
    "[drp]": "drop",
    "milligrams": "mg",
    "milligram": "mg",
    "mcg": "mcg",
    "milliliter": "ml",
    "millilitre": "ml",
    "milliliters": "ml",
    "millilitres": "ml",
}


def _number(text: str) -> Decimal:
    return _NUMBERS[text] if text in _NUMBERS else Decimal(text)


def _day(found: re.Match[str]) -> date | None:
    month = found["m"].rstrip(".")
    try:
        return date(int(found["y"]), _MONTHS.get(month) or int(month), int(found["d"]))
    except ValueError:
        return None
