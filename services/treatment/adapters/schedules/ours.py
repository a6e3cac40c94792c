"""Our own JSON: a plan as the command line prints it, a stored plan, or a list of instructions.

Accepted keys of one instruction: ``index``, ``sequence`` or ``ordinal``; ``start`` or
``expected_on``; ``end`` (last day, taken) or ``days``; ``dose_mg``; ``products`` and
``alternate_products`` of ``{product, units}``; ``text`` or ``dose_text``; ``times_per_day``;
``every_days``. Beside them ``drug``, and ``supply`` of ``{product, units}`` for the whole.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.treatment.adapters.content import Content
from services.treatment.adapters.schedules.medicines import medicine
from services.treatment.adapters.schedules.values import Json, Reader, items, text
from services.treatment.domain.dosing import Amount, Instruction, Portion, Prescription
from services.treatment.domain.dosing_findings import error

LISTS = ("steps", "instructions", "rows")
_MARKS = frozenset({"dose_mg", "start", "expected_on", "products", "dose_text"})


def is_ours(document: Any) -> bool:
    """Whether it looks like a schedule of ours rather than a resource of the standard."""
    if isinstance(document, Sequence) and not isinstance(document, str):
        return bool(document) and all(
            isinstance(item, dict) and "resourceType" not in item and _MARKS & item.keys()
            for item in document
        )
    if not isinstance(document, dict) or "resourceType" in document:
        return False
    return any(isinstance(document.get(name), list) for name in LISTS)


def read_ours(document: Any, content: Content, reader: Reader) -> list[Prescription]:
    """The one prescription of such a document."""
    whole: Json = document if isinstance(document, dict) else {"steps": document}
    name = next(name for name in LISTS if isinstance(whole.get(name), list))
    drug = text(whole, "drug")
    instructions = tuple(
        _instruction(line, f"{name}[{place}]", reader)
        for place, line in enumerate(whole[name])
        if isinstance(line, dict) or _not_one(reader, f"{name}[{place}]")
    )
    _numbers_once(instructions, reader)
    return [
        Prescription(
            where=name,
            name=name,
            subject="",
            medicine=medicine(content, names=[drug], codes=[]),
            instructions=instructions,
            supplied=_portions(whole, "supply", "supply", reader) or None,
        )
    ]


def _numbers_once(instructions: tuple[Instruction, ...], reader: Reader) -> None:
    """One step of ours is one day's whole dose, so a number stands for one step."""
    seen: set[int] = set()
    for line in instructions:
        if line.sequence in seen:
            sentence = f"Step {line.sequence} is there twice."
            reader.findings.append(error("sequence-order", sentence, line.where))
        elif line.sequence is not None:
            seen.add(line.sequence)


def _not_one(reader: Reader, where: str) -> bool:
    reader.unreadable("This is no instruction.", where)
    return False


def _instruction(line: Json, where: str, reader: Reader) -> Instruction:
    def first_of(*names: str) -> str:
        return next((name for name in names if line.get(name) is not None), names[0])

    first = reader.day(line, first_of("start", "expected_on"), where)
    days = reader.length(line, "days", where)
    last = reader.day(line, "end", where)
    if last is None and first is not None and days:
        last = first + timedelta(days=days - 1)
    dose_mg = reader.number(line, "dose_mg", where)
    other = _portions(line, "alternate_products", where, reader)
    return Instruction(
        where=where,
        sequence=reader.whole(line, first_of("index", "sequence", "ordinal"), where),
        text=text(line, "text") or text(line, "dose_text"),
        first=first,
        last=last,
        days=days,
        dose=None if dose_mg is None else Amount(dose_mg, "mg"),
        per_day=reader.number(line, "times_per_day", where) or Decimal(1),
        every_days=reader.number(line, "every_days", where) or None,
        daily_mg=None if line.get("times_per_day") or line.get("every_days") else dose_mg,
        portions=_portions(line, "products", where, reader),
        other_day=other if line.get("alternate_products") is not None else None,
    )


def _portions(holder: Json, name: str, where: str, reader: Reader) -> tuple[Portion, ...]:
    found = []
    for place, item in enumerate(items(holder, name)):
        units = reader.number(item, "units", f"{where}.{name}[{place}]")
        if units is not None:
            found.append(Portion(product=text(item, "product"), units=units))
    return tuple(found)
