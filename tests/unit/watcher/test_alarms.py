"""When the watcher tells a person, and when it does not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.watcher.alarms import (
    AGAIN_AFTER,
    Alarm,
    Database,
    Ledger,
    Limits,
    Seen,
    channels_away,
    judge,
)

LIMITS = Limits()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WELL = Seen(
    databases={
        name: Database(outbox_s=0, parked=0)
        for name in ("portal", "assessment", "treatment", "engagement")
    },
    heartbeat_s=5.0,
    overdue=0,
    flags_without_reminder=0,
    urgent_unsent=0,
    archived=True,
    backup_s=3600.0,
    disk_free=0.5,
    certificates={"nginx": 90},
)


def with_treatment(database: Database | None) -> Mapping[str, Database | None]:
    return {**WELL.databases, "treatment": database}


def test_all_is_well() -> None:
    assert judge(WELL, LIMITS) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"heartbeat_s": 120.1}, "engine-silent"),
        ({"heartbeat_s": None}, "engine-silent"),
        ({"overdue": 1}, "reminders-overdue"),
        ({"overdue": None}, "blind"),
        ({"flags_without_reminder": 1}, "flags-unattended"),
        ({"flags_without_reminder": None}, "blind"),
        ({"urgent_unsent": 1}, "urgent-unsent"),
        ({"urgent_unsent": None}, "blind"),
        ({"databases": with_treatment(None)}, "database-away:treatment"),
        (
            {"databases": with_treatment(Database(outbox_s=60.1, parked=0))},
            "outbox-stuck:treatment",
        ),
        ({"databases": with_treatment(Database(outbox_s=0, parked=1))}, "parked:treatment"),
        ({"archived": False}, "archive-silent"),
        ({"backup_s": None}, "backup-missing"),
        ({"backup_s": 26 * 3600.1}, "backup-old"),
        ({"disk_free": 0.19}, "disk-low"),
        ({"certificates": {"nginx": 13}}, "certificate:nginx"),
        ({"certificates": {"nginx": None}}, "certificate:nginx"),
    ],
)
def test_each_thing_that_is_wrong_has_its_alarm(change: dict[str, Any], code: str) -> None:
    assert [alarm.code for alarm in judge(replace(WELL, **change), LIMITS)] == [code]


@pytest.mark.parametrize(
    "change",
    [
        {"heartbeat_s": 120.0},
        {"databases": with_treatment(Database(outbox_s=60.0, parked=0))},
        {"backup_s": 26 * 3600.0},
        {"disk_free": 0.20},
        {"certificates": {"nginx": 14}},
    ],
)
def test_a_limit_itself_is_still_well(change: dict[str, Any]) -> None:
    assert judge(replace(WELL, **change), LIMITS) == ()


def test_one_odd_look_is_not_told_and_two_are() -> None:
    wrong = (Alarm("disk-low", "3% of the disk is free."),)
    ledger, _ = Ledger().after((), now=NOON)

    ledger, first = ledger.after(wrong, now=NOON)
    ledger, second = ledger.after(wrong, now=NOON)

    assert first == ()
    assert [(n.subject, n.text) for n in second] == [("ALARM disk-low", "3% of the disk is free.")]


def test_a_lasting_alarm_is_told_again_after_an_hour_and_not_before() -> None:
    wrong = (Alarm("disk-low", ""),)
    ledger, _ = Ledger().after(wrong, now=NOON)
    ledger, _ = ledger.after(wrong, now=NOON)

    _, early = ledger.after(wrong, now=NOON + AGAIN_AFTER - timedelta(seconds=1))
    _, again = ledger.after(wrong, now=NOON + AGAIN_AFTER)

    assert early == ()
    assert [notice.subject for notice in again] == ["ALARM disk-low"]


@pytest.mark.parametrize("first_look_s", range(0, 30, 3))
@pytest.mark.parametrize("what", ["dead", "stuck", "behind"])
def test_a_dead_stuck_or_late_engine_is_told_of_within_three_minutes(
    what: str, first_look_s: int
) -> None:
    """Whenever it happens between two looks, and though a look itself takes a second.

    A dead and a stuck engine both stop leaving signs of life, every five seconds at the latest.
    One that is behind goes on leaving them while something due is not shown.
    """
    ledger, at_s = Ledger(tested=NOON.date()), float(first_look_s)
    while True:
        beats_s = 5.0 if what == "behind" else at_s
        overdue = int(what == "behind" and at_s > LIMITS.overdue_s)
        seen = replace(WELL, heartbeat_s=beats_s, overdue=overdue)
        ledger, told = ledger.after(judge(seen, LIMITS), now=NOON + timedelta(seconds=at_s))
        if told:
            break
        at_s += 31.0

    code = "reminders-overdue" if what == "behind" else "engine-silent"
    assert [notice.subject for notice in told] == [f"ALARM {code}"]
    assert at_s <= 180.0


def test_an_engine_that_was_never_seen_may_be_starting() -> None:
    never = judge(replace(WELL, heartbeat_s=None), LIMITS)
    ledger, first = Ledger(tested=NOON.date()).after(never, now=NOON)
    _, second = ledger.after(never, now=NOON)

    assert first == ()
    assert [notice.subject for notice in second] == ["ALARM engine-silent"]


def test_the_end_of_an_alarm_is_told_once_and_only_if_the_alarm_was() -> None:
    wrong = (Alarm("disk-low", ""),)
    ledger, _ = Ledger().after(wrong, now=NOON)
    unseen, silent = ledger.after((), now=NOON)
    ledger, _ = ledger.after(wrong, now=NOON)

    ledger, over = ledger.after((), now=NOON)
    _, nothing = ledger.after((), now=NOON)

    assert silent == ()
    assert unseen.looks == {}
    assert [notice.subject for notice in over] == ["over: disk-low"]
    assert nothing == ()


def test_what_nobody_took_is_due_again_and_what_somebody_took_is_not() -> None:
    """One channel that takes nothing, or one message, holds up no other."""
    wrong = (Alarm("disk-low", ""), Alarm("blind", ""))
    first, _ = Ledger().after(wrong, now=NOON)
    told, notices = first.after(wrong, now=NOON)
    missed = [notice for notice in notices if notice.code == "blind"]

    ledger, again = told.unsent(missed, before=first).after(wrong, now=NOON)
    _, nothing = ledger.after(wrong, now=NOON)

    assert [notice.code for notice in again] == ["blind"]
    assert nothing == ()


def test_an_alarm_is_told_though_the_daily_test_never_arrives() -> None:
    wrong, ledger = (Alarm("flags-unattended", ""),), Ledger()
    for _ in range(2):
        told, notices = ledger.after(wrong, now=NOON)
        ledger = told.unsent([one for one in notices if not one.code], before=ledger)

    assert [notice.subject for notice in notices] == ["daily test", "ALARM flags-unattended"]


def test_an_end_that_nobody_took_is_due_again() -> None:
    wrong = (Alarm("disk-low", "", lasts=True),)
    told, _ = Ledger(tested=NOON.date()).after(wrong, now=NOON)
    over, notices = told.after((), now=NOON)

    _, again = over.unsent(notices, before=told).after((), now=NOON)

    assert [notice.subject for notice in again] == ["over: disk-low"]


def test_the_runbook_says_what_to_do_about_each_alarm() -> None:
    everything = replace(
        WELL,
        databases={"one": None, "two": Database(outbox_s=61.0, parked=1)},
        heartbeat_s=None,
        overdue=1,
        flags_without_reminder=1,
        urgent_unsent=1,
        archived=False,
        backup_s=27 * 3600.0,
        disk_free=0.0,
        certificates={"nginx": 0},
    )
    alarms = (
        *judge(everything, LIMITS),
        *judge(replace(WELL, overdue=None, backup_s=None), LIMITS),
        *channels_away({"mail"}),
    )
    runbook = (Path(__file__).parents[3] / "deploy/RUNBOOK.md").read_text()
    section = runbook.partition("## The watcher's alarms\n")[2].partition("\n## ")[0]
    explained = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}

    assert explained == {alarm.code.partition(":")[0] for alarm in alarms}


def test_a_test_message_is_sent_once_a_day_so_that_silence_means_something() -> None:
    ledger, first = Ledger().after((), now=NOON)
    ledger, same_day = ledger.after((), now=NOON + timedelta(hours=11))
    _, next_day = ledger.after((), now=NOON + timedelta(hours=12))

    assert [notice.subject for notice in first] == ["daily test"]
    assert same_day == ()
    assert [notice.subject for notice in next_day] == ["daily test"]
