"""A year of a thousand courses in minutes: killed all the time, and nothing lost or doubled.

The services' own inbox, outbox, relay, consumer, engine and use cases run under a virtual clock.
Each process is killed three or four times a day, mostly in the middle of something; of the
publishes and acknowledgements 5 % get lost on one half of their way; the broker and all of
engagement are away for hours and days. Every 30 days the faults stop, and what is owed is compared
with what is there. The same seed is the same year; a seed that ever failed stays in ``KEPT``.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import StringIO
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import pytest
from sqlalchemy import MetaData

from services.engagement.adapters.reminders import SqlReminders
from services.engagement.main import SCHEMA
from shared.runtime import logs
from shared.runtime.bus import relay
from shared.runtime.inbox import Inbox
from shared.runtime.tables import attach
from tests.simulation.clinic import Report, Size, Templates, live
from tests.support.databases import Databases

YEAR = Size(people=500, days=365)
SEEDS = (20260101, 20260102)
"""Two clinics side by side, one on each core: a thousand courses."""
LIMIT_S = 900
"""A year that takes longer than that will not end; on a quiet machine it takes less than three
minutes."""
KEPT = ((5, Size(people=1, days=196, look_every=98)),)
"""On day 194 no timer ran any more."""
SHORT = Size(people=30, days=60, look_every=3)
SHORT_SEEDS = range(3, 8)
"""Lives of which one at least must meet what a missing safeguard would have prevented."""
FEWEST_KILLS_A_DAY = 3


@pytest.fixture
async def templates(sqlite_databases: Databases) -> Templates:
    """Empty databases to copy."""
    metadata = MetaData()
    attach(metadata)
    return Templates(
        engagement=_path(await sqlite_databases.migrated(SCHEMA)),
        speaker=_path(await sqlite_databases.with_tables(metadata)),
    )


@pytest.mark.timeout(LIMIT_S + 60)
def test_a_year_of_a_thousand_courses(templates: Templates) -> None:
    began = monotonic()

    for report, took_s in side_by_side(YEAR, templates):
        print(f"{report}; {took_s:.0f} s of one core")
        assert report.counts["close looks"] >= 12
        assert report.counts["announced"] > 5_000
        for name, deaths in report.deaths.items():
            assert deaths >= FEWEST_KILLS_A_DAY * YEAR.days, name
    print(f"in all {monotonic() - began:.0f} s")


def test_a_year_that_does_not_end_is_ended(templates: Templates) -> None:
    with pytest.raises(AssertionError, match=r"seeds 20260101, 20260102 .* keep them"):
        list(side_by_side(YEAR, templates, limit_s=0.5))
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(("seed", "size"), KEPT)
def test_a_seed_that_failed_once(seed: int, size: Size, templates: Templates) -> None:
    print(live(seed, size, templates=templates))


def test_some_weeks_on_a_real_file(templates: Templates, tmp_path: Path) -> None:
    """Each process has its own connection to it; a death closes it in the middle."""
    report = live(7, Size(people=12, days=15), templates=templates, disk=tmp_path)

    print(report)
    assert report.counts["announced"] > 20


def test_the_same_seed_is_the_same_life(templates: Templates) -> None:
    one, again = (live(11, Size(people=5, days=20), templates=templates) for _ in range(2))

    assert str(one) == str(again)


@dataclass(frozen=True, slots=True)
class Without:
    """A safeguard, and how the program is without it."""

    safeguard: str
    owner: Any
    name: str
    replaced: Callable[[Any], Any]


def _applies_what_is_old(_original: Any) -> Any:
    async def advance(_inbox: Inbox, _session: object, events: Any, *, at: datetime) -> Any:
        return {event.id for event in events}

    return advance


def _believes_it_was_sent(original: Any) -> Any:
    def is_stored(batch: Any, row: Any, answer: Any) -> bool:
        stored = original(batch, row, answer)
        batch.sent.append(row.seq)
        return bool(stored)

    return is_stored


def _claims_an_hour_early(original: Any) -> Any:
    async def show_due(reminders: SqlReminders, now: datetime, *, limit: int) -> Any:
        return await original(reminders, now + timedelta(hours=1), limit=limit)

    return show_due


WITHOUT = (
    Without("the version check", Inbox, "_advance", _applies_what_is_old),
    Without("the outbox's patience", relay._Batch, "_is_stored", _believes_it_was_sent),
    Without("the claim's clock", SqlReminders, "show_due", _claims_an_hour_early),
)


@pytest.mark.parametrize("without", WITHOUT, ids=lambda without: without.safeguard)
def test_it_would_notice(
    without: Without, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A simulation that finds nothing is worth something only if it finds what is there."""
    original = getattr(without.owner, without.name)
    monkeypatch.setattr(without.owner, without.name, without.replaced(original))

    for seed in SHORT_SEEDS:
        try:
            live(seed, SHORT, templates=templates)
        except AssertionError as found:
            print(str(found).splitlines()[0])
            return
    pytest.fail(f"nothing was noticed without {without.safeguard}")


def side_by_side(
    size: Size, templates: Templates, *, limit_s: float = LIMIT_S
) -> Iterator[tuple[Report, float]]:
    """Each seed's report and CPU seconds, in a process of its own, as they come.

    The first failure ends the others, and so does the limit.
    """
    deadline = monotonic() + limit_s
    missing = set(SEEDS)
    with multiprocessing.get_context("spawn").Pool(len(SEEDS)) as pool:  # it ends them on leaving
        years = pool.imap_unordered(partial(a_year, size=size, templates=templates), SEEDS)
        while missing:
            try:
                report, took_s = years.next(timeout=max(0.0, deadline - monotonic()))
            except multiprocessing.TimeoutError:
                named = ", ".join(map(str, sorted(missing)))
                raise AssertionError(f"seeds {named} did not end; keep them") from None
            missing.remove(report.seed)
            yield report, took_s


def a_year(seed: int, size: Size, templates: Templates) -> tuple[Report, float]:
    """In a process of its own."""
    logs.configure(service="simulation", level="error", stream=StringIO())
    began = process_time()
    try:
        return live(seed, size, templates=templates), process_time() - began
    except BaseException as error:
        raise AssertionError(f"seed {seed} failed; keep it: {error}") from error


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite+aiosqlite:///"))
