"""Taper plans in words: what each way down means, and every step of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from services.portal.presenters import courses, findings, words
from services.portal.presenters.findings import Finding
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.treatment import (
    PlannedStepBody,
    TaperPlanBody,
    TaperPolicyBody,
    TaperPreview,
)

SEVERITIES = said(
    {
        "none": mark("None"),
        "mild": mark("Mild"),
        "moderate": mark("Moderate"),
        "severe": mark("Severe"),
    }
).items()


@dataclass(frozen=True, slots=True)
class Policy:
    """One way down to choose."""

    code: str
    name: str
    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a plan."""

    ordinal: int
    on: str
    lasts: str
    dose: str
    supply: str
    cut: str
    occupancy: str
    error: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan as a table, with what the rules say about it. ``signable``: no rule stops it."""

    name: str
    source: str
    start: str
    length: str
    ends: str
    possible: bool
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]


def policies(items: Iterable[TaperPolicyBody]) -> tuple[Policy, ...]:
    """The ways down there are; none of them is "the" one."""
    return tuple(
        Policy(
            code=item.policy,
            name=item.name,
            text=_("Needs a last dose before zero.") if item.needs_last_dose else "",
            source=words.graded(item.source, item.grade, item.review_status),
        )
        for item in items
    )


def own_rows() -> Policy:
    """The way a prescriber writes row by row."""
    return Policy(
        code="own-rows",
        name=_("Your own rows"),
        text=_("Every dose and its days as you write them below."),
        source=_("the prescriber who signs the plan"),
    )


def preview(plan: TaperPreview, policy: TaperPolicyBody | None, setting: Setting) -> Plan:
    """A plan that is stored nowhere yet."""
    return _plan(
        name=policy.name if policy else words.plain(plan.policy),
        source=policy.source if policy else "",
        start=plan.from_dose_text,
        length_days=plan.length_days,
        possible=plan.verdict == "ok",
        steps=plan.steps,
        findings=findings.findings(plan.findings),
        setting=setting,
    )


def stored(plan: TaperPlanBody, setting: Setting) -> Plan:
    """A plan that is stored, signed or not."""
    return _plan(
        name=plan.policy_name,
        source=plan.policy_source,
        start=plan.from_dose_text,
        length_days=plan.length_days,
        possible=True,
        steps=plan.steps,
        findings=findings.findings(plan.findings),
        setting=setting,
    )


def lines(plan: TaperPlanBody, setting: Setting) -> tuple[str, ...]:
    """The plan as lines, to see what has changed under somebody's hands."""
    rows = stored(plan, setting).rows
    return (
        words.labelled(_("State"), courses.PLAN_STATES[plan.status]),
        *(
            _("Step %(number)s: %(dose)s, %(on)s", number=row.ordinal, dose=row.dose, on=row.on)
            for row in rows
        ),
    )


def _plan(
    *,
    name: str,
    source: str,
    start: str,
    length_days: int,
    possible: bool,
    steps: tuple[PlannedStepBody, ...],
    findings: tuple[Finding, ...],
    setting: Setting,
) -> Plan:
    return Plan(
        name=name,
        source=source,
        start=start,
        length=words.duration(length_days),
        ends=words.when(steps[-1].expected_on, today=setting.today) if steps else "",
        possible=possible,
        rows=tuple(_row(step, setting) for step in steps),
        findings=findings,
    )


def _row(step: PlannedStepBody, setting: Setting) -> Row:
    return Row(
        ordinal=step.ordinal,
        on=words.when(step.expected_on, today=setting.today),
        lasts=words.count(step.days, "day") if step.dose_mg else "",
        dose=words.daily(step.dose_text, step.dose_mg),
        supply=step.supply_text,
        cut=_percent(step.cut_percent),
        occupancy=_percent(step.occupancy_percent),
        error=_("%(number)s mg", number=_plain(step.error_mg)) if step.error_mg else _("exact"),
    )


def _percent(value: Decimal | None) -> str:
    return "" if value is None else f"{_plain(round(value, 1))} %"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
