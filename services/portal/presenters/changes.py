"""Proposed versions of a plan: what would be different, in a form a tired person can check."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.portal.presenters import findings, listing, places, words
from services.portal.presenters.courses import moment, reasoned
from services.portal.presenters.findings import Finding
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, ngettext, said
from services.portal.presenters.today import Setting
from shared.api.treatment import (
    AttributionBody,
    DiffRowBody,
    OrderLineBody,
    PlanChangeBody,
    PlanSupplyBody,
    PlanVersionBody,
    ReminderMoveBody,
)

_LONGEST_PAGE = 10
KINDS = said(
    {
        "hold": mark("Keep the dose for longer"),
        "resume": mark("End the hold"),
        "step-back": mark("Go back to the dose before"),
        "slow-down": mark("Slower and smaller steps"),
        "reinstate": mark("Take it again after stopping"),
    }
)
EXPLAINED = said(
    {
        "hold": mark("Same dose for so many days more; every later date moves with it."),
        "resume": mark("The taper goes on from that day; the check-in is asked first."),
        "step-back": mark(
            "The last dose that was tolerated, then smaller steps with more time between them."
        ),
        "slow-down": mark("The dose stays as it is; the steps after it are half as large."),
        "reinstate": mark("The last dose before zero, then a gentler way down."),
    }
)
STATES = said(
    {
        "proposed": mark("waits for a signature"),
        "signed": mark("signed"),
        "declined": mark("declined"),
        "overtaken": mark("overtaken by a newer version"),
    }
)
TONES = {"proposed": "warn", "signed": "good", "declined": "calm", "overtaken": "calm"}
REMINDERS = {
    "prepare-supply": mark("Supply of step %(step)s"),
    "change-day": mark("Change of dose, step %(step)s"),
    "check-in-early": mark("Early check-in, step %(step)s"),
    "check-in-gate": mark("Check-in before the next step, step %(step)s"),
    "surveillance": mark("Look %(step)s after the last dose"),
    "course-review": mark("Review %(step)s"),
}
SUGGESTIONS = said(
    {
        "more-like-withdrawal": mark("Looks more like withdrawal"),
        "more-like-relapse": mark("Looks more like relapse"),
        "cannot-tell": mark("Cannot be told apart from what is known"),
    }
)
SIDES = said(
    {
        "withdrawal": mark("for withdrawal"),
        "relapse": mark("for relapse"),
        "neither": mark("for neither"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """One day of the plan: as it says now, and as it would say. ``tone`` marks what differs."""

    title: str
    before_on: str
    before_dose: str
    after_on: str
    after_dose: str
    what: str
    tone: str


@dataclass(frozen=True, slots=True)
class Change:
    """A proposal as it is read, decided and kept. ``waits``: nobody has decided about it."""

    title: str
    href: str
    waits: bool
    state: str
    tone: str
    summary: str
    dose: str
    lines: tuple[Line, ...]
    amounts: tuple[tuple[str, str, str], ...]
    reminders: tuple[tuple[str, str], ...]
    policy: str
    why: str
    rule: str
    by: str
    at: str
    decided: str
    findings: tuple[Finding, ...]


def change(body: PlanChangeBody, setting: Setting) -> Change:
    """The proposal in words."""
    diff = body.diff
    return Change(
        title=KINDS[body.kind],
        href=places.course(body.patient_id, body.course_id, "changes", body.change_id),
        waits=body.state == "proposed",
        state=STATES[body.state],
        tone=TONES[body.state],
        summary=_summary(body, setting),
        dose=_dose(body),
        lines=_lines(diff.before, diff.after, setting),
        amounts=tuple(
            (one.label, _amount(one.before, one.unit), _amount(one.after, one.unit))
            for one in diff.quantities
        ),
        reminders=tuple(_reminder(move, setting) for move in diff.reminders),
        policy=body.policy_name or "",
        why=words.spoken(reasoned(body.reason)),
        rule=body.rule,
        by=words.who_recorded(body.proposed_by, setting.staff),
        at=moment(body.proposed_at, setting),
        decided=_decided(body, setting),
        findings=findings.findings(body.findings),
    )


def waiting(items: Iterable[PlanChangeBody]) -> tuple[tuple[str, str, str], ...]:
    """The proposals that wait: what, why, and where to look at it."""
    return tuple(
        (
            KINDS[one.kind],
            words.spoken(reasoned(one.reason)),
            places.course(one.patient_id, one.course_id, "changes", one.change_id),
        )
        for one in items
        if one.state == "proposed"
    )


def lines(body: PlanChangeBody, setting: Setting) -> tuple[str, ...]:
    """The proposal as lines, to see what has changed under somebody's hands."""
    return (
        STATES[body.state],
        *(f"{row.after_on}: {row.after_dose}" for row in change(body, setting).lines),
    )


def proposed(
    items: Sequence[PlanChangeBody], query: Mapping[str, str], *, path: str
) -> listing.Listed[PlanChangeBody]:
    """The proposals the address asks for; the newest first by itself."""
    return listing.whole(
        items,
        path=path,
        query=query,
        orders={
            "when": (_("Proposed"), lambda one: one.proposed_at),
            "what": (_("What"), lambda one: (KINDS[one.kind], one.proposed_at)),
        },
        default="-when",
        narrowing=listing.Narrowing("state", STATES, lambda one: one.state),
        longest=_LONGEST_PAGE,
    )


def listed(
    items: Sequence[PlanVersionBody], query: Mapping[str, str], *, path: str
) -> listing.Listed[PlanVersionBody]:
    """The versions the address asks for; the latest first by itself."""
    return listing.whole(
        items,
        path=path,
        query=query,
        orders={"version": (_("Version"), lambda one: one.plan_version)},
        default="-version",
        narrowing=listing.Narrowing(
            "kind", {one.kind: words.plain(one.kind) for one in items}, lambda one: one.kind
        ),
        longest=_LONGEST_PAGE,
    )


def versions(
    items: Iterable[PlanVersionBody], setting: Setting
) -> tuple[tuple[str, str, str, str, tuple[tuple[str, str], ...]], ...]:
    """Every version lived by: title, when and by whom, why, whether it counts, its days."""
    return tuple(
        (
            _("Version %(number)s: %(what)s", number=one.plan_version, what=words.plain(one.kind)),
            f"{moment(one.made_at, setting)}, {words.who_recorded(one.made_by, setting.staff)}",
            reasoned(one.reason or ""),
            _("counts now") if one.is_live else "",
            tuple((words.day(row.on), words.daily(row.dose_text, row.dose_mg)) for row in one.rows),
        )
        for one in items
    )


@dataclass(frozen=True, slots=True)
class Period:
    """One dispensing period."""

    title: str
    span: str
    dose: str
    rows: tuple[tuple[str, str, str, str, str], ...]
    confirmed: str
    href: str
    text: tuple[str, ...]


def supply(body: PlanSupplyBody, setting: Setting) -> tuple[Period, ...]:
    """What the pharmacy hands out, period by period."""
    return tuple(
        Period(
            title=_("Step %(number)s", number=order.ordinal),
            span=_(
                "%(day)s, for %(days)s",
                day=words.when(order.starts_on, today=setting.today),
                days=words.count(order.days, "day"),
            ),
            dose=words.daily(order.dose_text, order.dose_mg),
            rows=tuple(_supplied(line) for line in order.lines),
            confirmed=moment(order.supply_confirmed_at, setting),
            href=places.course(body.patient_id, body.course_id, "supply", order.ordinal),
            text=order.text,
        )
        for order in body.orders
    )


def _supplied(line: OrderLineBody) -> tuple[str, str, str, str, str]:
    out = _amount(line.dispense, line.unit)
    if line.bottles is not None:
        out = ngettext(
            "%(amount)s, at least %(num)s bottle",
            "%(amount)s, at least %(num)s bottles",
            line.bottles,
            amount=out,
        )
    return (
        line.label,
        _amount(line.left_before, line.unit),
        out,
        _amount(line.taken, line.unit),
        _amount(line.left_after, line.unit),
    )


def reasons(body: AttributionBody) -> tuple[tuple[str, str], ...]:
    """What speaks for which side."""
    return tuple((SIDES[one.speaks_for], words.spoken(one.detail)) for one in body.reasons)


def _summary(body: PlanChangeBody, setting: Setting) -> str:
    diff = body.diff
    if not diff.after:
        return _("No plan follows yet: a prescriber writes the next one by hand.")
    last, before = diff.after[-1].on, diff.before[-1].on if diff.before else None
    ends = words.when(last, today=setting.today)
    if before is None or before == last:
        return _("The last day of the plan stays %(day)s.", day=ends)
    later = (last - before).days
    span = words.duration(abs(later))
    if later > 0:
        return _("The last day moves to %(day)s: %(span)s later.", day=ends, span=span)
    return _("The last day moves to %(day)s: %(span)s earlier.", day=ends, span=span)


def _dose(body: PlanChangeBody) -> str:
    diff = body.diff
    after = words.daily(diff.dose_text_after, diff.dose_mg_after)
    if diff.dose_mg_before == diff.dose_mg_after:
        return _("The dose stays: %(dose)s.", dose=after)
    before = words.daily(diff.dose_text_before, diff.dose_mg_before)
    return _("From %(before)s to %(after)s.", before=before, after=after)


def _lines(
    before: tuple[DiffRowBody, ...], after: tuple[DiffRowBody, ...], setting: Setting
) -> tuple[Line, ...]:
    """Both versions side by side: step by step where the doses are the same, place by place
    where they are not."""
    found = []
    for place in range(max(len(before), len(after))):
        old = before[place] if place < len(before) else None
        new = after[place] if place < len(after) else None
        what, tone = _difference(old, new)
        found.append(
            Line(
                title=_("%(number)s. step ahead", number=place + 1) if place else _("Next step"),
                before_on=words.day(old.on) if old else "",
                before_dose=words.daily(old.dose_text, old.dose_mg) if old else "",
                after_on=words.when(new.on, today=setting.today) if new else "",
                after_dose=words.daily(new.dose_text, new.dose_mg) if new else "",
                what=what,
                tone=tone,
            )
        )
    return tuple(found)


def _difference(old: DiffRowBody | None, new: DiffRowBody | None) -> tuple[str, str]:
    if old is None:
        return _("new"), "good"
    if new is None:
        return _("gone"), "danger"
    if old.dose_text != new.dose_text:
        return _("another dose"), "warn"
    return _moved(old.on, new.on)


def _moved(old: date, new: date) -> tuple[str, str]:
    days = (new - old).days
    if days == 0:
        return _("as before"), "calm"
    if days > 0:
        return ngettext("%(num)s day later", "%(num)s days later", days), "warn"
    return ngettext("%(num)s day earlier", "%(num)s days earlier", -days), "danger"


def _reminder(move: ReminderMoveBody, setting: Setting) -> tuple[str, str]:
    title = _(REMINDERS[move.kind], step=move.ordinal)
    if move.after is None:
        return title, _("cancelled")
    day = words.when(move.after, today=setting.today)
    if move.before is None:
        return title, _("new: %(day)s", day=day)
    return title, _("moves from %(old)s to %(day)s", old=words.day(move.before), day=day)


def _decided(body: PlanChangeBody, setting: Setting) -> str:
    if body.decided_at is None:
        return ""
    who = words.who(body.decided_by, setting.staff)
    when = moment(body.decided_at, setting)
    why = f" {body.decline_reason}" if body.decline_reason else ""
    return f"{who}, {when}.{why}"


UNITS = said(
    {
        "tablet": mark("tablets"),
        "capsule": mark("capsules"),
        "mL": mark("mL"),
        "drop": mark("drops"),
        "pouch": mark("pouches"),
    }
)


def _amount(units: Decimal, unit: str) -> str:
    return f"{words.decimal(units)} {UNITS[unit]}"
