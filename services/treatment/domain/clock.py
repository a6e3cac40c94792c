"""The clock of a course: it starts at remission and opens a review; it never stops a drug.

Rules C-01 to C-08 of the clinical evidence. Months are calendar months, clamped to the end of
a short month; a relapse ends the count and only a new remission starts another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.treatment.domain.calendar_days import add_months
from services.treatment.domain.errors import BadDate, ReasonNeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Remission:
    """A prescriber says the illness went away on this day, and how long to go on from it."""

    on: date
    months: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relapse:
    """A clinician says that it came back."""

    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The drug was not taken from ``since`` until the day before ``until`` (None: still not)."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that moves the clock, in the order it was recorded."""

    marks: tuple[Remission | Relapse, ...] = ()
    pauses: tuple[Pause, ...] = ()

    @property
    def remission(self) -> Remission | None:
        """The remission the clock runs from, or None after a relapse (C-06)."""
        last = self.marks[-1] if self.marks else None
        return last if isinstance(last, Remission) else None


NOT_YET = History()


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationRules:
    """How many months of continuation, by indication, factors and episodes (C-02, C-05).

    ``not_alone`` are factors that count beside another one but do not move the months alone.
    ``gap_days`` is the longest gap in taking the drug that does not pause the clock (C-08).
    """

    first_months: Mapping[str, int]
    one_factor_months: int
    more_factors_months: int
    many_episodes: int
    many_episodes_months: int
    factors: frozenset[str]
    not_alone: frozenset[str]
    second_review_months: int
    review_every_months: int
    gap_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Where the count stands on one day. ``minimum_end_on`` is None while it does not run."""

    remission_on: date | None
    months: int | None
    minimum_end_on: date | None
    paused_days: int
    is_paused: bool
    why: str


def default_months(
    *, indication: str, episodes: int, factors: frozenset[str], rules: DurationRules
) -> tuple[int, str]:
    """The months the rules propose, and the words that say why (C-02).

    Raises:
        ReasonNeeded: no rule names this indication, so the prescriber states the months.
    """
    months = rules.first_months.get(indication)
    if months is None:
        raise ReasonNeeded(
            "No rule says how long to go on for this indication: state the months and why.",
            field="months",
        )
    counted = frozenset() if factors <= rules.not_alone else factors
    if episodes >= rules.many_episodes:
        return max(months, rules.many_episodes_months), f"{episodes} episodes"
    if len(counted) > 1:
        return max(months, rules.more_factors_months), f"{len(counted)} relapse-risk factors"
    if counted:
        return max(months, rules.one_factor_months), "one relapse-risk factor"
    return months, "no relapse-risk factor that counts alone"


def minimum_end(remission: Remission, pauses: tuple[Pause, ...]) -> date | None:
    """Remission plus calendar months, plus every paused day since; None while paused (C-01)."""
    if any(pause.until is None for pause in pauses):
        return None
    return add_months(remission.on, remission.months) + timedelta(
        days=paused_days(remission.on, pauses)
    )


def paused_days(since: date, pauses: tuple[Pause, ...]) -> int:
    """Days of the closed pauses that fall on or after ``since``, each counted once."""
    return len(
        {
            max(pause.since, since) + timedelta(days=day)
            for pause in pauses
            if pause.until is not None
            for day in range((pause.until - max(pause.since, since)).days)
        }
    )


def read_clock(history: History) -> Clock:
    """The line every course shows."""
    remission = history.remission
    is_paused = any(pause.until is None for pause in history.pauses)
    if remission is None:
        relapsed = bool(history.marks)
        why = "relapse: a new remission starts a new count" if relapsed else "no remission yet"
        return Clock(
            remission_on=None,
            months=None,
            minimum_end_on=None,
            paused_days=0,
            is_paused=is_paused,
            why=why,
        )
    return Clock(
        remission_on=remission.on,
        months=remission.months,
        minimum_end_on=minimum_end(remission, history.pauses),
        paused_days=paused_days(remission.on, history.pauses),
        is_paused=is_paused,
        why=remission.why,
    )


def with_pause(history: History, pause: Pause, *, rules: DurationRules) -> History:
    """The history with a gap in taking the drug; a short gap leaves it as it was (C-08).

    A gap that is still open pauses at once when it is already longer than allowed, and is
    closed by the same gap with its end.
    """
    earlier = tuple(known for known in history.pauses if known.since != pause.since)
    if pause.until is not None and (pause.until - pause.since).days <= rules.gap_days:
        return History(marks=history.marks, pauses=earlier)
    return History(marks=history.marks, pauses=(*earlier, pause))


def check_remission(on: date, *, started_on: date, history: History, today: date) -> None:
    """Refuse a remission before the start, before the last relapse, or in the future.

    Raises:
        BadDate: naming the date it collides with.
    """
    if on > today:
        raise BadDate("Remission lies in the future.", field="remission_on")
    if on < started_on:
        raise BadDate(f"Remission is before the start on {started_on}.", field="remission_on")
    relapses = [mark.on for mark in history.marks if isinstance(mark, Relapse)]
    if relapses and on <= relapses[-1]:
        raise BadDate(
            f"Remission is not after the relapse on {relapses[-1]}.", field="remission_on"
        )


def check_relapse(on: date, *, started_on: date, history: History, today: date) -> None:
    """Refuse a relapse before the start or the remission it ends, or in the future.

    Raises:
        BadDate: naming the date it collides with.
    """
    remission = history.remission
    if on > today:
        raise BadDate("Relapse lies in the future.", field="relapse_on")
    if on < started_on:
        raise BadDate(f"Relapse is before the start on {started_on}.", field="relapse_on")
    if remission is not None and on < remission.on:
        raise BadDate(f"Relapse is before the remission on {remission.on}.", field="relapse_on")
