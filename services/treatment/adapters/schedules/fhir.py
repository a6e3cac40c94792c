"""FHIR R4 MedicationRequest as it is published: single, in an array, or in a Bundle.

Read by hand and leniently on purpose: a validator refuses real resources for fields this check
never looks at. The older shapes (``doseQuantity`` beside ``doseAndRate``, MedicationOrder's
``dosageInstruction``) are read as well, and so is ``medication`` of R5.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from services.treatment.adapters.content import Content
from services.treatment.adapters.schedules.medicines import medicine
from services.treatment.adapters.schedules.values import Json, Reader, items, mapping, text
from services.treatment.domain.dosing import Amount, Instruction, Medicine, Prescription
from services.treatment.domain.dosing_words import singular

REQUESTS = frozenset({"MedicationRequest", "MedicationOrder", "MedicationPrescription"})
_OVER = frozenset({"entered-in-error", "cancelled", "stopped"})
_DAYS_IN = {
    "d": Decimal(1),
    "day": Decimal(1),
    "days": Decimal(1),
    "wk": Decimal(7),
    "week": Decimal(7),
    "weeks": Decimal(7),
    "h": 1 / Decimal(24),
    "min": 1 / Decimal(1440),
}
_CODES = {
    "QD": (1, 1), "QAM": (1, 1), "AM": (1, 1), "PM": (1, 1), "BED": (1, 1), "BID": (2, 1),
    "TID": (3, 1), "QID": (4, 1), "QOD": (1, 2), "Q8H": (3, 1), "Q6H": (4, 1), "Q4H": (6, 1),
    "WK": (1, 7),
}  # fmt: skip
_LONGEST_DAYS = 36_500
_HOLDS = {"Bundle": "entry", "Parameters": "parameter"}

Found = tuple[str, Json]


def resources(document: Json, where: str) -> Iterator[Found]:
    """Every resource with its place: itself, what is contained, the entries of a Bundle."""
    pending: list[Found] = [(where, document)]
    while pending:
        place, resource = pending.pop(0)
        kind = resource.get("resourceType")
        if not isinstance(kind, str):
            continue
        held = _HOLDS.get(kind)
        if held is None:
            yield place, resource
            continue
        for number, entry in enumerate(items(resource, held)):
            if inner := mapping(entry, "resource"):
                named = dict(inner) | {"_fullUrl": text(entry, "fullUrl")}
                pending.append((f"{place}.{held}[{number}].resource", named))


def read_fhir(found: list[Found], content: Content, reader: Reader) -> list[Prescription]:
    """The requests among these resources; their Medications are looked up among them too."""
    medications = {
        name: resource
        for _, resource in found
        if resource.get("resourceType") == "Medication"
        for name in _names(resource)
    }
    requests = [pair for pair in found if pair[1].get("resourceType") in REQUESTS]
    aliases = {
        name: _name(place, resource) for place, resource in requests for name in _names(resource)
    }
    return [
        _request(place, resource, _medicine(resource, medications, content), aliases, reader)
        for place, resource in requests
    ]


def _request(
    where: str,
    resource: Json,
    drug: Medicine,
    aliases: dict[str, str],
    reader: Reader,
) -> Prescription:
    dispense = mapping(resource, "dispenseRequest")
    lines = items(resource, "dosageInstruction")
    supply = f"{where}.dispenseRequest"
    repeats = reader.whole(dispense, "numberOfRepeatsAllowed", supply)
    status = text(resource, "status").lower()
    return Prescription(
        where=where,
        name=_name(where, resource),
        subject=text(mapping(resource, "subject"), "reference"),
        medicine=drug,
        instructions=tuple(
            _instruction(line, f"{where}.dosageInstruction[{place}]", reader)
            for place, line in enumerate(lines)
        ),
        group=_group(resource),
        quantity=_amount(
            mapping(dispense, "quantity"), f"{where}.dispenseRequest.quantity", reader
        ),
        supply_days=_duration_days(
            mapping(dispense, "expectedSupplyDuration"),
            f"{supply}.expectedSupplyDuration",
            reader,
        ),
        fills=1 + (repeats or 0),
        priors=_references(resource, "priorPrescription", aliases),
        bases=_references(resource, "basedOn", aliases),
        is_live=status not in _OVER and resource.get("doNotPerform") is not True,
    )


def _group(resource: Json) -> str | None:
    group = mapping(resource, "groupIdentifier")
    value = text(group, "value")
    return f"{text(group, 'system')}|{value}" if value else None


def _name(where: str, resource: Json) -> str:
    return f"{resource.get('resourceType')}/{text(resource, 'id') or where}"


def _names(resource: Json) -> list[str]:
    """What a reference to it may look like."""
    own, full = text(resource, "id"), text(resource, "_fullUrl")
    kind = resource.get("resourceType")
    return [
        name for name in (f"{kind}/{own}" if own else "", full, f"#{own}" if own else "") if name
    ]


def _references(resource: Json, name: str, aliases: dict[str, str]) -> tuple[str, ...]:
    found = []
    for reference in items(resource, name):
        said = text(reference, "reference").split("/_history/")[0]
        short = "/".join(said.split("/")[-2:])
        target = aliases.get(said) or aliases.get(short)
        if target:
            found.append(target)
    return tuple(found)


def _medicine(resource: Json, medications: dict[str, Json], content: Content) -> Medicine:
    concepts, reference = [], mapping(resource, "medicationReference")
    for name in ("medicationCodeableConcept", "medication"):
        concept = mapping(resource, name)
        concepts.append(mapping(concept, "concept") or concept)
    reference = reference or mapping(mapping(resource, "medication"), "reference")
    said = text(reference, "reference")
    contained = {
        f"#{text(inner, 'id')}": inner for inner in items(resource, "contained") if inner.get("id")
    }
    meant = contained.get(said) or medications.get(said) or {}
    meant = meant or medications.get("/".join(said.split("/")[-2:]), {})
    concepts.append(mapping(meant, "code"))
    names = [text(reference, "display")]
    codes: list[tuple[str, str]] = []
    for concept in concepts:
        names.append(text(concept, "text"))
        for coding in items(concept, "coding"):
            names.append(text(coding, "display"))
            codes.append((text(coding, "system").lower(), text(coding, "code")))
    return medicine(content, names=[name for name in names if name], codes=codes)


# --- one instruction ---------------------------------------------------------------------------


def _instruction(line: Json, where: str, reader: Reader) -> Instruction:
    timing = mapping(line, "timing")
    repeat = mapping(timing, "repeat") or mapping(mapping(line, "scheduledTiming"), "repeat")
    first, last, days = _bounds(repeat, f"{where}.timing.repeat", reader)
    per_day, every_days = _rhythm(timing, repeat, f"{where}.timing.repeat", reader)
    as_needed = line.get("asNeededBoolean") is True or any(
        line.get(name) for name in ("asNeededCodeableConcept", "asNeededFor", "asNeeded")
    )
    return Instruction(
        where=where,
        sequence=reader.whole(line, "sequence", where),
        text=text(line, "text"),
        first=first,
        last=last,
        days=days,
        dose=_dose(line, where, reader),
        per_day=per_day,
        every_days=every_days,
        as_needed=as_needed,
    )


def _bounds(
    repeat: Json, where: str, reader: Reader
) -> tuple[date | None, date | None, int | None]:
    period = mapping(repeat, "boundsPeriod")
    first = reader.day(period, "start", f"{where}.boundsPeriod")
    last = reader.day(period, "end", f"{where}.boundsPeriod")
    days = _duration_days(mapping(repeat, "boundsDuration"), f"{where}.boundsDuration", reader)
    if first is not None and last is None and days and "end" not in period:
        last = first + timedelta(days=days - 1)
    return first, last, days


def _duration_days(duration: Json, where: str, reader: Reader) -> int | None:
    value = reader.number(duration, "value", where)
    unit = text(duration, "code") or text(duration, "unit")
    in_days = _DAYS_IN.get(unit.lower())
    if value is None or in_days is None:
        return None
    days = value * in_days
    return int(days) if days % 1 == 0 and 0 < days <= _LONGEST_DAYS else None


def _rhythm(
    timing: Json, repeat: Json, where: str, reader: Reader
) -> tuple[Decimal | None, Decimal | None]:
    """How often on a day of taking, and how many days lie between such days.

    A range (``frequencyMax``, ``periodMax``) is nothing to reckon with. ``timeOfDay`` and
    ``when`` name the moments of a day, and so does ``dayOfWeek`` the days of a week.
    """
    if repeat.get("frequencyMax") is not None or repeat.get("periodMax") is not None:
        return None, None
    moments = _count(repeat, "timeOfDay") or _count(repeat, "when")
    weekdays = _count(repeat, "dayOfWeek")
    frequency = reader.number(repeat, "frequency", where)
    period = reader.number(repeat, "period", where)
    in_days = _DAYS_IN.get(text(repeat, "periodUnit") or text(repeat, "periodUnits"))
    if weekdays:
        return Decimal(max(moments, 1)), Decimal(7) / weekdays
    if period and in_days:
        span = period * in_days
        times = frequency or Decimal(max(moments, 1))
        return (times, span) if span > 1 else (_tidy(times / span), Decimal(1))
    if moments:
        return Decimal(moments), Decimal(1)
    return _coded(timing)


def _coded(timing: Json) -> tuple[Decimal | None, Decimal | None]:
    code = mapping(timing, "code")
    said = [text(coding, "code") for coding in items(code, "coding")] + [text(code, "text")]
    for one in said:
        if rhythm := _CODES.get(one.upper().replace(".", "").strip()):
            return Decimal(rhythm[0]), Decimal(rhythm[1])
    return None, None


def _count(repeat: Json, name: str) -> int:
    value = repeat.get(name)
    if isinstance(value, str):
        return 1
    return len(set(map(str, value))) if isinstance(value, list) else 0


def _dose(line: Json, where: str, reader: Reader) -> Amount | None:
    """The ordered dose; a calculated one stands beside it for information. No ranges."""
    given = items(line, "doseAndRate")
    place = {id(one): f"{where}.doseAndRate[{number}]" for number, one in enumerate(given)}
    ordered = [one for one in given if _type_of(one) != "calculated"] or given
    for one in ordered:
        amount = _amount(mapping(one, "doseQuantity"), f"{place[id(one)]}.doseQuantity", reader)
        if amount is not None:
            return amount
    return _amount(mapping(line, "doseQuantity"), f"{where}.doseQuantity", reader)


def _type_of(dose: Json) -> str:
    kind = mapping(dose, "type")
    return next((text(coding, "code") for coding in items(kind, "coding")), "")


def _amount(quantity: Json, where: str, reader: Reader) -> Amount | None:
    value = reader.number(quantity, "value", where)
    if value is None or quantity.get("comparator"):
        return None
    unit = text(quantity, "unit") or text(quantity, "code")
    code = text(quantity, "code")
    short = singular(unit)
    known = singular(code)
    return Amount(value, known if known in {"mg", "ml", "tablet", "capsule", "g", "ug"} else short)


def _tidy(value: Decimal) -> Decimal:
    """Three times in 24 hours is three, whatever the division leaves behind."""
    if value > _LONGEST_DAYS:
        return value
    near = value.quantize(Decimal("0.000001"))
    return near.to_integral_value() if near == near.to_integral_value() else near
