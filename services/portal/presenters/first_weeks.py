"""What signing a course would plan: doses, looks and tablets, as rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from shared.api.treatment import FigureBody, FirstWeeksBody, TitrationStepBody


@dataclass(frozen=True, slots=True)
class Look:
    """One review that signing plans, and where its day comes from."""

    when: str
    what: str
    whose: str
    source: str
    grade: str


@dataclass(frozen=True, slots=True)
class FirstWeeks:
    """``doses``: day and what to take; ``supply``: lines for ``supply_days``."""

    doses: tuple[tuple[str, str], ...]
    looks: tuple[Look, ...]
    supply: tuple[str, ...]
    supply_days: str
    figures: tuple[FigureBody, ...]


def first_weeks(
    titration: Iterable[TitrationStepBody],
    planned: FirstWeeksBody | None,
    *,
    starts_on: date,
    today: date,
) -> FirstWeeks:
    """The prefilled plan of a course, day by day."""
    doses = tuple(
        (
            words.when(starts_on + timedelta(days=step.from_day), today=today),
            words.daily(step.dose_text, step.dose_mg),
        )
        for step in titration
    )
    if planned is None:
        return FirstWeeks(doses, (), (), "", ())
    return FirstWeeks(
        doses=doses,
        looks=tuple(
            Look(
                words.when(review.due_on, today=today),
                words.plain(review.kind),
                words.ROLES.get(review.for_role, words.plain(review.for_role)),
                review.source or "",
                review.grade or "",
            )
            for review in planned.reviews
        ),
        supply=tuple(_line(line.text, line.opened_life_days) for line in planned.supply),
        supply_days=words.count(planned.supply_days, "day"),
        figures=planned.figures,
    )


def _line(text: str, opened_life_days: int | None) -> str:
    if opened_life_days is None:
        return words.spoken(text)
    return _(
        "%(supply)s (once opened, %(days)s)",
        supply=words.spoken(text),
        days=words.count(opened_life_days, "day"),
    )
