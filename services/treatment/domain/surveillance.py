"""Looking after the person once the drug is gone: withdrawal first, then relapse (3.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from services.treatment.domain.calendar_days import add_months
from services.treatment.domain.errors import AlreadyDone, NoSuchItem


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveillanceRules:
    """Days and calendar months after the last dose; ``extra_days`` by drug code."""

    days: tuple[int, ...]
    months: tuple[int, ...]
    extra_days: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the person after the last dose."""

    ordinal: int
    due_on: date
    done_at: datetime | None = None


def looks_after(last_dose_on: date, *, drug: str, rules: SurveillanceRules) -> tuple[Look, ...]:
    """Every look there will be, in order of their dates."""
    days = {last_dose_on + timedelta(days=day) for day in rules.days}
    extra = {last_dose_on + timedelta(days=day) for day in rules.extra_days.get(drug, ())}
    months = {add_months(last_dose_on, month) for month in rules.months}
    return tuple(
        Look(ordinal=place, due_on=day)
        for place, day in enumerate(sorted(days | extra | months), start=1)
    )


def find_look(looks: tuple[Look, ...], ordinal: int) -> Look:
    """The look with that number.

    Raises:
        NoSuchItem: there is none.
    """
    for look in looks:
        if look.ordinal == ordinal:
            return look
    raise NoSuchItem("There is no such look after the last dose.", field="ordinal")


def seen(looks: tuple[Look, ...], ordinal: int, *, at: datetime) -> tuple[Look, ...]:
    """The looks with one of them done.

    Raises:
        NoSuchItem: there is no look with that number.
        AlreadyDone: it was recorded before.
    """
    if find_look(looks, ordinal).done_at is not None:
        raise AlreadyDone("This look was recorded before.", field="ordinal")
    return tuple(replace(look, done_at=at) if look.ordinal == ordinal else look for look in looks)
