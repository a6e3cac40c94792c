"""Ways down side by side, in words: what tells them apart, and every step of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from services.portal.presenters import curves, findings, words
from services.portal.presenters.curves import Chart
from services.portal.presenters.drafts import Draft, Fault
from services.portal.presenters.findings import Finding
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark
from shared.api.taper_bench import (
    MOST_WAYS,
    BenchBody,
    BenchColumnBody,
    BenchPlanBody,
    BenchStepBody,
    SupplyBody,
)
from shared.api.treatment import TaperRequest

LETTERS = "ABCD"
OWN_ROWS = "own-rows"
_TIERS = {
    "faster": mark("Faster tier: %(policy)s, %(pace)s a step"),
    "slower": mark("Slower tier: %(policy)s, %(pace)s a step"),
    "slowest": mark("Slowest tier: %(policy)s, %(pace)s a step"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a way's table: the numbers the curves are drawn from."""

    ordinal: int
    on: str
    dose: str
    asked: str
    occupancy: str
    drop: str
    error: str


@dataclass(frozen=True, slots=True)
class Column:
    """One way. ``fields`` carries it, hidden, to the form that drafts it."""

    letter: str
    place: int
    name: str
    source: str
    verdict: str
    tone: str
    cliff: str
    ways_round: tuple[str, ...]
    refused: str
    cells: tuple[str, ...]
    model: str
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...]
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The page: why a pace is proposed, one row a feature, one column a way."""

    start: str
    proposed: str
    reasons: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    columns: tuple[Column, ...]
    chart: Chart | None


def _features() -> tuple[str, ...]:
    return (
        _("Until zero"),
        _("Steps, each with a check-in"),
        _("Largest drop"),
        _("Last drop, to zero"),
        _("Largest rounding"),
        _("To dispense"),
        _("Liquid"),
    )


def comparison(body: BenchBody) -> Comparison:
    """Everything the page shows."""
    columns = tuple(_column(place, column) for place, column in enumerate(body.columns))
    drawn = [
        (LETTERS[place], column.plan)
        for place, column in enumerate(body.columns)
        if column.plan is not None
    ]
    risk, features = body.risk, _features()
    names = {column.asked.policy: column.plan.policy_name for column in body.columns if column.plan}
    return Comparison(
        start=words.daily(body.from_dose_text, body.from_dose_mg),
        proposed=_(
            _TIERS[risk.tier],
            policy=names.get(risk.policy) or words.plain(risk.policy),
            pace=words.count(risk.interval_days, "day"),
        ),
        reasons=tuple(reason.removesuffix(".") for reason in risk.reasons),
        rows=tuple(
            (feature, tuple(column.cells[row] for column in columns))
            for row, feature in enumerate(features)
        ),
        columns=columns,
        chart=curves.chart(drawn, body.from_dose_mg) if drawn else None,
    )


def filled(columns: Iterable[BenchColumnBody]) -> dict[str, tuple[str, ...]]:
    """The form's fields for what was compared."""
    values: dict[str, tuple[str, ...]] = {}
    for place, column in enumerate(columns):
        for name, value in _fields(column.asked):
            if name != "starts_on":
                values.setdefault(f"{name}.{place}", ())
                values[f"{name}.{place}"] += (value,)
    return values


def asked(draft: Draft) -> list[dict[str, object]]:
    """What the form asks to compare; a way without a policy is left out."""
    ways = []
    for place in range(MOST_WAYS):
        if policy := draft.value(f"policy.{place}"):
            way: dict[str, object] = {"policy": policy, "starts_on": draft.value("starts_on")}
            for name in ("interval_days", "last_dose_mg"):
                if value := draft.value(f"{name}.{place}"):
                    way[name] = value
            if draft.value(f"solids_only.{place}") == "true":
                way["solids_only"] = True
            if policy == OWN_ROWS:
                way["rows"] = rows_of(draft.value(f"rows.{place}"))
            ways.append(way)
    return ways


def placed(draft: Draft) -> Draft:
    """The faults of the request at the fields of the form: ``ways.0.rows.1.days`` is about the
    rows of the first way that was filled in."""
    places = [place for place in range(MOST_WAYS) if draft.value(f"policy.{place}")]

    def at(fault: Fault) -> Fault:
        head, _, rest = fault.field.partition(".")
        number, _, name = rest.partition(".")
        if head != "ways" or not number.isdigit() or int(number) >= len(places):
            return fault
        place = places[int(number)]
        return Fault(f"{name.partition('.')[0] or 'policy'}.{place}", fault.text)

    return replace(draft, faults=tuple(at(fault) for fault in draft.faults))


def rows_of(text: str) -> list[dict[str, str]]:
    """``37.5 14`` a line: a dose in milligrams and the days it is held. What is neither is left
    for the request to refuse, so that nothing typed is passed over."""
    rows = []
    for line in text.splitlines():
        if words_in := line.replace("mg", " ").replace("days", " ").split():
            dose, *rest = words_in
            rows.append({"dose_mg": dose, "days": " ".join(rest)})
    return rows


def rows_text(request: TaperRequest) -> str:
    """The same rows as they are typed."""
    return "\n".join(f"{_plain(row.dose_mg)} {row.days}" for row in request.rows)


def _fields(request: TaperRequest) -> tuple[tuple[str, str], ...]:
    fields = [("policy", request.policy), ("starts_on", request.starts_on.isoformat())]
    if request.interval_days is not None:
        fields.append(("interval_days", str(request.interval_days)))
    if request.last_dose_mg is not None:
        fields.append(("last_dose_mg", _plain(request.last_dose_mg)))
    if request.solids_only:
        fields.append(("solids_only", "true"))
    if request.rows:
        fields.append(("rows", rows_text(request)))
    return (*fields, *(("products", product) for product in request.products))


def _column(place: int, column: BenchColumnBody) -> Column:
    plan, refusal = column.plan, column.refusal
    if plan is None:
        return Column(
            letter=LETTERS[place],
            place=place,
            name=words.plain(column.asked.policy),
            source="",
            verdict=_("not possible"),
            tone="danger",
            cliff="",
            ways_round=(),
            refused=_(
                "%(sentence)s (rule %(rule)s)",
                sentence=words.spoken(refusal.detail),
                rule=refusal.rule,
            )
            if refusal
            else "",
            cells=("",) * len(_features()),
            model="",
            steps=(),
            findings=(),
            fields=(),
        )
    safe = plan.verdict == "ok"
    return Column(
        letter=LETTERS[place],
        place=place,
        name=_name(plan),
        source=words.graded(plan.policy_source, plan.grade, plan.review_status),
        verdict=_("can be dispensed") if safe else _("cannot be dispensed safely"),
        tone="good" if safe else "danger",
        cliff=plan.cliff or "",
        ways_round=plan.ways_round,
        refused="",
        cells=_cells(plan),
        model=plan.model or _("no curve for this drug"),
        steps=tuple(_step(step) for step in plan.steps),
        findings=findings.findings(plan.findings),
        fields=_fields(column.asked),
    )


def _name(plan: BenchPlanBody) -> str:
    solids_only = plan.shelf.endswith("-solids")
    only = _("%(policy)s, tablets only", policy=plan.policy_name)
    return only if solids_only else plan.policy_name


def _cells(plan: BenchPlanBody) -> tuple[str, ...]:
    ends = plan.steps[-1].expected_on
    liquids = [item for item in plan.supply if item.unit in {"mL", "drop"}]
    solids = [item for item in plan.supply if item not in liquids]
    return (
        f"{words.duration(plan.length_days)}, {words.day(ends)}",
        str(plan.visits),
        _points(plan.largest_drop_points),
        _points(plan.last_drop_points),
        _rounding(plan),
        "; ".join(f"{_plain(item.units)} x {item.name}" for item in solids) or _("none"),
        "; ".join(map(_liquid, liquids)) or _("none"),
    )


def _rounding(plan: BenchPlanBody) -> str:
    if not plan.largest_rounding_mg:
        return _("exact")
    milligrams = _("%(number)s mg", number=_plain(plan.largest_rounding_mg))
    if plan.largest_rounding_points is None:
        return milligrams
    return f"{milligrams}, {_points(plan.largest_rounding_points)}"


def _liquid(item: SupplyBody) -> str:
    amount = _plain(item.units)
    if item.unit == "mL":
        return _("%(amount)s mL of %(product)s", amount=amount, product=item.name)
    return _("%(amount)s drops of %(product)s", amount=amount, product=item.name)


def _step(step: BenchStepBody) -> Step:
    return Step(
        ordinal=step.ordinal,
        on=words.day(step.expected_on),
        dose=words.daily(step.dose_text, step.dose_mg),
        asked=_plain(step.target_mg),
        occupancy=_occupancy(step),
        drop="" if step.drop_points is None else f"{step.drop_points:.1f}",
        error=_error(step),
    )


def _occupancy(step: BenchStepBody) -> str:
    if step.occupancy_percent is None:
        return ""
    said = f"{step.occupancy_percent:.1f}"
    low, high = step.lowest_percent, step.highest_percent
    if low is None or high is None or low == high:
        return said
    return _("%(value)s (%(low)s to %(high)s)", value=said, low=f"{low:.0f}", high=f"{high:.0f}")


def _error(step: BenchStepBody) -> str:
    if not step.error_mg:
        return _("exact")
    said = _plain(step.error_mg)
    return said if step.error_points is None else f"{said} ({step.error_points:.1f})"


def _points(value: Decimal | None) -> str:
    if value is None:
        return _("no curve for this drug")
    return _("%(num)s points", num=f"{value:.1f}")


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def policy_options(codes: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The named ways, and the prescriber's own."""
    return (*codes, (OWN_ROWS, _("The prescriber's own rows")))
