"""A past decision in words: what was decided, by whom, and everything it was made with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from services.portal.presenters import findings, listing, places, words
from services.portal.presenters.courses import reasoned
from services.portal.presenters.findings import Finding
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.today import Setting
from shared.api.treatment import CourseBody, Medicine
from shared.api.treatment_decisions import (
    DecisionBody,
    DecisionLine,
    KnownFacts,
    KnownFormulary,
    KnownRule,
)

Fact = tuple[str, str]

KINDS = said(
    {
        "proposed": mark("Proposed"),
        "confirmed": mark("Signed"),
        "withdrawn": mark("Proposal withdrawn"),
        "dose-changed": mark("Dose changed"),
        "reviewed": mark("Review recorded"),
        "remission": mark("Remission recorded"),
        "relapse": mark("Relapse recorded"),
        "relapse-suspected": mark("Relapse suspected"),
        "decided": mark("Decision on how to go on"),
        "adherence-gap": mark("Gap in taking it recorded"),
        "suspended": mark("Dose changes frozen"),
        "resumed": mark("Freeze ended"),
        "switched": mark("Switch signed"),
        "switch-step": mark("Step of the switch recorded"),
        "stayed": mark("Switch given up"),
        "stopped-for-harm": mark("Stopped at once for harm"),
        "taper-signed": mark("Taper plan signed"),
        "step-taken": mark("Taper step taken"),
        "supply-confirmed": mark("Supply confirmed"),
        "held": mark("Dose held"),
        "life-event": mark("Life event recorded"),
        "contact-missed": mark("Contact missed"),
        "not-improving": mark("Put on the review list: not improving"),
        "safety-review-planned": mark("Safety review planned"),
        "formulary-review": mark("Formulary changed: review planned"),
        "birthdays-planned": mark("Birthdays that cross a limit planned"),
        "closed": mark("Course closed"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the list of decisions."""

    title: str
    text: str
    at: str
    by: str
    href: str
    has_facts: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule that spoke then, and the reason that was given against it."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Row:
    """A formulary row as it stood."""

    title: str
    text: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the page shows. Empty parts were not copied at that moment."""

    title: str
    head: tuple[Fact, ...]
    facts: tuple[Fact, ...]
    rules: tuple[Judged, ...]
    had_rules: bool
    formulary: str
    rows: tuple[Row, ...]
    also: tuple[Fact, ...]


def listed(
    items: Sequence[DecisionLine], query: Mapping[str, str], *, path: str
) -> listing.Listed[DecisionLine]:
    """The lines the address asks for; the newest first by itself."""
    return listing.whole(
        items,
        path=path,
        query=query,
        orders={
            "when": (_("When"), lambda one: one.version),
            "what": (_("What"), lambda one: (_kind(one.kind), one.version)),
        },
        default="-when",
        narrowing=listing.Narrowing(
            "kind", {one.kind: _kind(one.kind) for one in items}, lambda one: one.kind
        ),
    )


def lines(items: Iterable[DecisionLine], course: CourseBody, setting: Setting) -> tuple[Line, ...]:
    """These lines, in the order given."""
    return tuple(
        Line(
            title=_kind(item.kind),
            text=words.spoken(item.text),
            at=words.moment(item.at, zone=setting.zone, now=setting.now),
            by=words.who_recorded(item.recorded_by, setting.staff),
            href=places.course(course.patient_id, course.course_id, "decisions", item.version),
            has_facts=item.has_facts,
        )
        for item in items
    )


def decision(made: DecisionBody, setting: Setting) -> Known:
    """One decision with its facts, rules and rows."""
    return Known(
        title=_kind(made.kind),
        head=_head(made, setting),
        facts=_facts(made.facts, setting) if made.facts else (),
        rules=tuple(_judged(rule) for rule in made.rules),
        had_rules=made.facts is not None,
        formulary=_file(made.formulary) if made.formulary else "",
        rows=tuple(_rows(made.formulary)) if made.formulary else (),
        also=tuple((words.plain(item.name), words.spoken(item.value)) for item in made.also),
    )


def _kind(code: str) -> str:
    return KINDS.get(code) or words.plain(code)


def _head(made: DecisionBody, setting: Setting) -> tuple[Fact, ...]:
    told = [
        (_("What"), words.spoken(made.text)),
        (_("Counts from"), words.day(made.on)),
        (_("Recorded"), words.moment(made.at, zone=setting.zone, now=setting.now)),
        (_("By"), words.who_recorded(made.recorded_by, setting.staff)),
        (_("Dose then"), _mg(made.dose_mg)),
    ]
    if made.reason:
        told.append((_("Reason"), reasoned(made.reason)))
    if made.rulebook:
        told.append((_("Rules in force"), made.rulebook))
    return tuple(told)


def _facts(facts: KnownFacts, setting: Setting) -> tuple[Fact, ...]:
    asked = (
        words.moment(facts.asked_at, zone=setting.zone, now=setting.now)
        if facts.asked_at
        else _("never asked")
    )
    readings = [f"{reading.total} ({words.day(reading.on)})" for reading in facts.readings]
    return (
        (_("Judged for"), words.day(facts.on)),
        (_("Age on that day"), str(facts.age)),
        (_("Dose judged"), _mg(facts.dose_mg)),
        (_("Illness treated"), words.plain(facts.indication)),
        (_("Concern about suicide"), _("Yes") if facts.suicide_concern else _("No")),
        (_("Health questions"), asked),
        (_("Conditions"), _listed(words.plain(code) for code in facts.conditions)),
        (_("Other medicines"), _listed(_medicine(one) for one in facts.medicines)),
        (words.instrument(facts.instrument), _listed(readings)),
    )


def _medicine(one: Medicine) -> str:
    name = words.plain(one.medicine)
    if one.last_taken_on:
        return _("%(name)s (last taken %(day)s)", name=name, day=words.day(one.last_taken_on))
    if one.starts_on:
        return _("%(name)s (starts %(day)s)", name=name, day=words.day(one.starts_on))
    return name


def _listed(items: Iterable[str]) -> str:
    return ", ".join(items) or _("none")


def _judged(rule: KnownRule) -> Judged:
    return Judged(findings.findings((rule,))[0], reasoned(rule.reason or ""))


def _file(rows: KnownFormulary) -> str:
    return _(
        "%(name)s, version %(version)s, %(jurisdiction)s rows (%(status)s)",
        name=rows.name,
        version=rows.version,
        jurisdiction=rows.jurisdiction.upper(),
        status=rows.review_status,
    )


def _rows(file: KnownFormulary) -> Iterable[Row]:
    for dose in file.doses:
        yield Row(
            _("Dose for %(illness)s", illness=words.plain(dose.indication).lower()),
            _(
                "starts at %(start)s, usual %(low)s to %(high)s, at most %(most)s",
                start=_mg(dose.start_mg),
                low=_mg(dose.usual_low_mg),
                high=_mg(dose.usual_high_mg),
                most=_mg(dose.maximum_mg),
            ),
            dose.source,
            dose.grade,
        )
    for cap in file.caps:
        over = "" if cap.over_age is None else _(", over %(age)s years", age=cap.over_age)
        yield Row(
            _("Ceiling"),
            f"{words.plain(cap.condition)}{over}: {_mg(cap.maximum_mg)}",
            cap.source,
            cap.grade,
        )
    for product in file.products:
        yield Row(_("Product"), product.name, product.source, product.grade)


def _mg(dose: Decimal | None) -> str:
    return _("not stated") if dose is None else _("%(mg)s mg a day", mg=words.decimal(dose))
