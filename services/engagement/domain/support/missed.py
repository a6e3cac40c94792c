"""The way back to somebody who did not come (evidence pack 6.4). It never ends in discharge."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from services.engagement.domain.course import Course
from services.engagement.domain.flag import Flag, FlagStatus
from services.engagement.domain.support.contact import Contact, Purpose, in_order
from services.engagement.domain.support.rules import Missed

_LETTER = "letter"
_LIVE_TAPER = frozenset({"taper-planned", "taper-active", "taper-hold", "step-back"})


class Urgency(StrEnum):
    """Why a miss is acted on at once."""

    OPEN_FLAG = "open-flag"
    TAPER_STEP = "taper-step"
    FIRST_WEEKS = "first-weeks"


@dataclass(frozen=True, slots=True)
class Run:
    """The misses since somebody last spoke with the person, and the attempts since the first."""

    misses: tuple[Contact, ...]
    attempts: tuple[Contact, ...]

    @property
    def first(self) -> Contact:
        """The miss the days are counted from."""
        return self.misses[0]

    def channels(self) -> frozenset[str]:
        """By which channels it was tried."""
        return frozenset(one.mode for one in self.attempts)

    def tries(self) -> Sequence[Contact]:
        """The attempts to speak with the person. The letter follows these and is none of them."""
        return [one for one in self.attempts if one.mode != _LETTER]

    def tried_on_or_after(self, day: date) -> Contact | None:
        """The first attempt to speak with the person from that day on."""
        return next((one for one in self.tries() if one.on >= day), None)

    def letter(self) -> Contact | None:
        """The letter, once it is sent."""
        return next((one for one in self.attempts if one.mode == _LETTER), None)

    def reassessed_between(self, rules: Missed) -> tuple[date, date]:
        """The first and the last day on which to assess again (NICE 1.5.1)."""
        first = self.first.on + timedelta(days=rules.reassess_from_days)
        return first, self.first.on + timedelta(days=rules.reassess_to_days)


def open_run(contacts: Iterable[Contact]) -> Run | None:
    """The run of misses that nobody has ended by speaking with the person."""
    misses: list[Contact] = []
    attempts: list[Contact] = []
    for one in in_order(contacts):
        if one.reached:
            misses, attempts = [], []
        elif one.is_miss:
            misses.append(one)
        elif misses and one.purpose is Purpose.OUTREACH:
            attempts.append(one)
    return Run(tuple(misses), tuple(attempts)) if misses else None


def ended_runs(contacts: Iterable[Contact]) -> Sequence[tuple[Run, Contact]]:
    """Earlier runs, each with the contact that ended it."""
    runs: list[tuple[Run, Contact]] = []
    seen: list[Contact] = []
    for one in in_order(contacts):
        if one.reached and (run := open_run(seen)) is not None:
            runs.append((run, one))
        seen.append(one)
    return runs


def urgency(
    on: date,
    *,
    flags: Iterable[Flag],
    courses: Iterable[Course],
    starts: Iterable[date],
    rules: Missed,
) -> tuple[Urgency, ...]:
    """Why a miss on that day cannot wait: an open flag, a taper, the first weeks of treatment."""
    found = []
    if any(flag.status is not FlagStatus.CLOSED for flag in flags):
        found.append(Urgency.OPEN_FLAG)
    known = tuple(courses)
    if any(course.phase in _LIVE_TAPER for course in known):
        found.append(Urgency.TAPER_STEP)
    began = [*starts, *(course.started_on for course in known if course.started_on)]
    if any(_is_within(on, start, rules.first_weeks_days) for start in began):
        found.append(Urgency.FIRST_WEEKS)
    return tuple(found)


def lost(run: Run, rules: Missed, *, today: date) -> tuple[str, ...]:
    """What is still to be done before the person may be called lost to follow-up.

    One late attempt takes everything due off the list, and yet it is one: as many are needed as
    the ladder has. Nothing left does not discharge anybody: a person decides, in the team.
    """
    missing = []
    tries = len(run.tries())
    for number, after in enumerate(rules.attempt_days, start=1):
        due_on = run.first.on + timedelta(days=after)
        if tries < number or run.tried_on_or_after(due_on) is None:
            missing.append(f"attempt-{number}")
    if len(run.channels() - {_LETTER}) < rules.channels:
        missing.append("second-channel")
    if run.letter() is None:
        missing.append("letter")
    if today < run.reassessed_between(rules)[0]:
        missing.append("two-weeks")
    return tuple(missing)


def _is_within(day: date, start: date, days: int) -> bool:
    return start <= day < start + timedelta(days=days)
