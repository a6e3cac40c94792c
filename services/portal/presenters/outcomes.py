"""What came of it, with each figure's own definition, as of a day."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from services.portal.presenters.profile_form import BARRIERS
from shared.api.engagement import ServiceLevels
from shared.api.support import FigureBody, OutcomeReport, OutcomeRows, SliceBody

_LEVELS = said(
    {
        "on_time": mark("On time"),
        "late": mark("Late"),
        "early": mark("Early (must be 0)"),
        "doubled": mark("Doubled (must be 0)"),
        "lost": mark("Lost (must be 0)"),
        "waiting": mark("Due and not marked yet"),
        "open": mark("Open"),
        "done": mark("Done"),
        "cancelled": mark("Cancelled with a reason"),
    }
)
_CHANNELS = said({"email": mark("E-mail"), "webhook": mark("Webhook")})
_MUST_BE_0 = frozenset({"early", "doubled", "lost"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measure with how it is counted."""

    title: str
    value: str
    share: str
    median: str
    missing: str
    definition: str
    of: str


@dataclass(frozen=True, slots=True)
class Level:
    """One count of how reminders fared; ``is_bad`` when it must be 0 and is not."""

    title: str
    value: str
    is_bad: bool


def figures(report: OutcomeReport) -> tuple[Figure, ...]:
    """In the order of the report."""
    return tuple(_figure(one) for one in report.figures)


@dataclass(frozen=True, slots=True)
class Cut:
    """One group: those in care, who takes part, and each measure in the order of the report."""

    group: str
    people: str
    taking_part: str
    shares: tuple[str, ...]


def uptake(report: OutcomeReport) -> tuple[Cut, ...]:
    """Who takes part and what came of it, by group; a small group is named and not counted."""
    return tuple(
        Cut(
            group=_group(one),
            people=_few() if one.people is None else str(one.people),
            taking_part=_part(one.taking_part, one.people),
            shares=tuple(_part(share.numerator, share.denominator) for share in one.shares),
        )
        for one in report.uptake
    )


def levels(found: ServiceLevels) -> tuple[Level, ...]:
    """Whether reminders came on time, once, and all of them."""
    longest = words.lateness(found.worst_lateness_s // 60)
    return (
        *(_level(name, title, getattr(found, name)) for name, title in _LEVELS.items()),
        Level(_("Longest delay"), longest, is_bad=False),
    )


def channels(found: ServiceLevels) -> tuple[tuple[str, str], ...]:
    """How notices fared on each channel they were tried on."""
    return tuple(
        (
            _CHANNELS.get(one.channel, one.channel),
            _(
                "%(on_time)s on time, %(late)s late, %(failed)s failed",
                on_time=one.on_time,
                late=one.late,
                failed=one.failed,
            ),
        )
        for one in found.channels
    )


def _level(name: str, title: str, count: int) -> Level:
    return Level(title, str(count), is_bad=name in _MUST_BE_0 and count > 0)


def table(rows: OutcomeRows) -> str:
    """The export as CSV, one line for each person."""
    return _csv([[one.code for one in rows.columns], *rows.rows])


def dictionary(rows: OutcomeRows) -> str:
    """The dictionary of the export's columns as CSV."""
    return _csv([["column", "meaning"], *([one.code, one.meaning] for one in rows.columns)])


def _csv(lines: Iterable[Sequence[str]]) -> str:
    """Lines with every cell as text: a spreadsheet runs nothing that begins like a formula."""
    written = io.StringIO()
    writer = csv.writer(written)
    for line in lines:
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])
    return written.getvalue()


def _figure(one: FigureBody) -> Figure:
    share = ""
    if one.denominator:
        share = f"{round(100 * one.numerator / one.denominator)} %"
    return Figure(
        title=one.title,
        value=_("%(some)s of %(all)s", some=one.numerator, all=one.denominator),
        share=share or _("nobody to count yet"),
        median=_("median %(days)s", days=words.duration(one.median_days))
        if one.median_days is not None
        else "",
        missing=_("%(number)s unknown", number=one.missing) if one.missing else "",
        definition=one.definition,
        of=one.denominator_is,
    )


def _group(one: SliceBody) -> str:
    kind, _colon, name = one.group.partition(":")
    if kind == "age":
        return _("Age: %(band)s", band=_("unknown") if name == "unknown" else name)
    if kind == "language":
        return _("Language: %(name)s", name=name)
    if kind == "barrier":
        return _("Barrier: %(name)s", name=BARRIERS.get(name, name))
    return _("Everybody")


def _few() -> str:
    return _("too few")


def _part(some: int | None, of: int | None) -> str:
    if some is None or of is None:
        return _few()
    if not of:
        return "–"
    return _("%(some)s of %(all)s", some=some, all=of)
