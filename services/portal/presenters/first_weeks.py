"""What signing a course would plan: doses, looks and tablets, as rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from services.portal.presenters import words
from shared.api.treatment import FirstWeeksBody, TitrationStepBody


@dataclass(frozen=True, slots=True)
class FirstWeeks:
    """``doses``: day and what to take; ``looks``: day, what and whose; ``supply``: lines."""

    doses: tuple[tuple[str, str], ...]
    looks: tuple[tuple[str, str, str], ...]
    supply: tuple[str, ...]
    supply_days: str


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
        return FirstWeeks(doses, (), (), "")
    return FirstWeeks(
        doses=doses,
        looks=tuple(
            (
                words.when(review.due_on, today=today),
                words.plain(review.kind),
                words.ROLES.get(review.for_role, words.plain(review.for_role)),
            )
            for review in planned.reviews
        ),
        supply=tuple(_line(line.text, line.opened_life_days) for line in planned.supply),
        supply_days=words.count(planned.supply_days, "day"),
    )


def _line(text: str, opened_life_days: int | None) -> str:
    if opened_life_days is None:
        return words.spoken(text)
    return f"{words.spoken(text)} (once opened, {words.count(opened_life_days, 'day')})"
