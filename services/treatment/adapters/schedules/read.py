"""A file, or the JSON in a request, as prescriptions, with a finding for whatever is neither."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, NoReturn

from services.treatment.adapters.content import Content
from services.treatment.adapters.schedules.fhir import REQUESTS, read_fhir, resources
from services.treatment.adapters.schedules.ours import is_ours, read_ours
from services.treatment.adapters.schedules.values import Reader
from services.treatment.domain.dosing import Prescription
from services.treatment.domain.dosing_check import check_schedule
from services.treatment.domain.dosing_findings import ScheduleFinding, Severity
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.products import Shelf

MOST_BYTES = 32 * 1024 * 1024
MOST_FINDINGS = 1_000
JURISDICTIONS = ("uk", "us")


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found, and how much was looked at."""

    findings: tuple[ScheduleFinding, ...]
    prescriptions: int
    instructions: int
    unknown: tuple[str, ...]
    """Medicines the formulary does not know: checked for everything that needs none."""


def check_bytes(raw: bytes, content: Content, *, on: date) -> Checked:
    """The check of a file's bytes. Whatever they hold, the answer is findings."""
    if len(raw) > MOST_BYTES:
        limit = MOST_BYTES // (1024 * 1024)
        return _nothing("too-large", f"The file is larger than {limit} MB: check it in parts.")
    if not raw.strip():
        return _nothing("empty", "The file is empty: there is nothing to check.")
    try:
        document = _loads(raw.decode("utf-8-sig"))
    except RecursionError:
        return _nothing("not-json", "It is nested too deeply to be a schedule.")
    except ValueError as problem:
        return _nothing("not-json", f"It is not JSON: {problem}.")
    return check_document(document, content, on=on)


def check_document(document: Any, content: Content, *, on: date) -> Checked:
    """The check of a JSON value."""
    reader = Reader()
    prescriptions = _read(document, content, reader)
    if prescriptions is None:
        return _nothing(
            "not-a-schedule",
            "This is neither a list of dosage instructions nor a FHIR MedicationRequest, nor a "
            "list or Bundle of them.",
        )
    if not prescriptions:
        return _nothing("empty", "There is no prescription in it: nothing to check.")
    shelves = _shelves(content, on)
    findings = (*reader.findings, *check_schedule(prescriptions, shelves))
    return Checked(
        findings=_limited(findings),
        prescriptions=len(prescriptions),
        instructions=sum(len(one.instructions) for one in prescriptions),
        unknown=tuple(
            dict.fromkeys(one.medicine.name for one in prescriptions if one.medicine.drug is None)
        )[:MOST_FINDINGS],
    )


def _read(document: Any, content: Content, reader: Reader) -> list[Prescription] | None:
    if isinstance(document, list) and not document:
        return []
    if is_ours(document):
        return read_ours(document, content, reader)
    roots = document if isinstance(document, list) else [document]
    found = []
    for place, root in enumerate(roots):
        where = f"$[{place}]" if isinstance(document, list) else "$"
        if isinstance(root, dict) and isinstance(root.get("resourceType"), str):
            found += list(resources(root, where))
        elif isinstance(document, list):
            reader.unreadable("This is no FHIR resource.", where)
    kinds = {resource.get("resourceType") for _, resource in found}
    is_bundle = isinstance(document, dict) and document.get("resourceType") == "Bundle"
    if not kinds & REQUESTS:
        return [] if is_bundle else None
    return read_fhir(found, content, reader)


def _shelves(content: Content, on: date) -> Callable[[str], Sequence[Shelf]]:
    """Every formulation of the drug as each jurisdiction's pharmacies have it on that day."""

    @cache
    def of(code: str) -> tuple[Shelf, ...]:
        drug, found = content.drugs[code], []
        for jurisdiction in JURISDICTIONS:
            for family in drug.families:
                try:
                    found.append(drug.shelf(jurisdiction, on=on, family=family))
                except RuleRefusal:
                    continue
        return tuple(found)

    return of


def _limited(findings: tuple[ScheduleFinding, ...]) -> tuple[ScheduleFinding, ...]:
    if len(findings) <= MOST_FINDINGS:
        return findings
    more = len(findings) - MOST_FINDINGS
    last = ScheduleFinding("more", Severity.WARNING, f"{more} more findings are not listed.", "$")
    return (*findings[:MOST_FINDINGS], last)


def _loads(text: str) -> Any:
    """JSON with exact numbers; a file of one resource a line is read as a list."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as problem:
        lines = [line for line in text.splitlines() if line.strip()]
        if problem.msg != "Extra data" or len(lines) < 2:
            raise
        return [
            json.loads(line, parse_float=Decimal, parse_constant=_no_constant) for line in lines
        ]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _nothing(code: str, message: str) -> Checked:
    return Checked((ScheduleFinding(code, Severity.ERROR, message, "$"),), 0, 0, ())
