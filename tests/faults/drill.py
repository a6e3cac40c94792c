"""The drill: load on the containers of ``make up``, one fault after the other, then a count.

A thousand invented people, five thousand safety flags raised through the door at a steady rate,
each tried with its own key until it is accepted, as the portal does. A flag is the heaviest write
there is (eight reminders, about ten facts); with ``--enrol`` so many people are enrolled between
two flags, whom treatment and engagement have to know as well. With ``--mix`` what is written is
what a clinic's day writes instead (``mix``), and each kind is counted by itself. Meanwhile
services are killed and frozen, a broker's leader and the database are killed, a service is cut off
from everything it stands on, and a broker's small disk runs full. Then the databases are compared,
as long as things still arrive (``whereabouts`` says what is late and what is lost). The order of
the faults follows from the seed.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

from shared.runtime import clock
from tests.faults.containers import (
    ROOT,
    compose,
    docker,
    rows,
    setting,
    small_disk,
    stream_leader,
    wait_until_healthy,
    waiting_for,
)
from tests.faults.day import Day
from tests.faults.door import AT, SECRETS, Door, at_the_door
from tests.faults.enrolling import Enrolling, known_to
from tests.faults.mix import WRITES_EACH, Kind, day_of
from tests.faults.mixed import everybody_known, settled
from tests.faults.tally import Tally, of_newcomers, wrong_in
from tests.faults.whereabouts import Patience, Seen, Verdict, Whereabouts

REPORT = ROOT / "build/drill.json"
FLAGS_EACH = 5
"""Nobody has dozens: each flag plans its person anew, which reads all that person's reminders."""
EVERYONE = ("portal", "assessment", "treatment", "engagement", "postgres", "nats-1", "nats-2")
AGAIN_S = 1.0
TIMEOUT_S = 10.0
PATIENCE_S = 120.0
FAULT_EVERY_S = 18.0
REPLICA_EVERY_S = 60.0
BROKEN_S = 6.0
AT_ONCE = 40
LOOK_EVERY_S = 3.0
RAISED = "care.assessment.flag.raised.v1"

Write = Coroutine[Any, Any, None]
"""One write, begun when its turn comes."""

out = Console(soft_wrap=True)
err = Console(stderr=True)


@dataclass(slots=True)
class Counted:
    """What the databases say afterwards. ``late`` were shown over 5 s after they were due;
    ``unknown`` is how often a service does not know somebody the door enrolled."""

    seed: int
    faults: list[str]
    """Those that happened."""
    left_out: list[str] = field(default_factory=list)
    """Those that could not, and why."""
    kinds: dict[str, Tally] = field(default_factory=dict)
    """What came of each kind of write, where kinds are mixed."""
    waited_s: int = 0
    accepted: int = 0
    enrolled: int = 0
    unknown: int = 0
    a_second: float = 0.0
    tried_again: int = 0
    events: int = 0
    due: int = 0
    visible: int = 0
    doubled: int = 0
    lost: int = 0
    on_the_way: int = 0
    parked: int = 0
    early: int = 0
    late: int = 0
    worst_late_s: int = 0
    chains_broken: int = 0

    @property
    def verdict(self) -> Verdict:
        """Whether it is exact, wrong, or neither yet."""
        if self.lost or self.doubled or self.early or self.parked or self.chains_broken:
            return Verdict.WRONG
        return Verdict.UNFINISHED if self.on_the_way or self.unknown else Verdict.EXACT


@dataclass(slots=True)
class Load:
    """People, and the flags about them that the door accepted; and who was enrolled meanwhile."""

    door: Door
    newcomers: Enrolling
    progress: Callable[[int], None]
    people: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    took_s: float = 0.0
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def enrol(self, count: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await self._room.acquire()
                task = group.create_task(self._enrol(number))
                task.add_done_callback(lambda _: self._room.release())

    async def write(self, count: int, *, per_second: float, trigger: str, enrol: int) -> None:
        """A flag, then ``enrol`` people, and so on: at most so many writes a second, and no more
        at once than the door lets in (``AT_ONCE``)."""

        def one(number: int) -> Write:
            flag, turn = divmod(number, enrol + 1)
            person = self.people[flag % len(self.people)]
            return self.newcomers.one(number) if turn else self._flag(person, trigger)

        await self._at_a_pace(count, one, per_second=per_second)

    async def write_mixed(self, day: Day, kinds: Sequence[Kind], *, per_second: float) -> None:
        """These kinds one after the other, at the same pace as ``write``."""

        async def one(number: int) -> None:
            await day.write(kinds[number], number)
            self.progress(sum(map(len, day.accepted.values())) + len(self.newcomers.accepted))

        await self._at_a_pace(len(kinds), one, per_second=per_second)

    async def _at_a_pace(
        self, count: int, write: Callable[[int], Write], *, per_second: float
    ) -> None:
        began = clock.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                await asyncio.sleep(max(0.0, began + number / per_second - clock.monotonic()))
                await self._room.acquire()
                task = group.create_task(write(number))
                task.add_done_callback(lambda _: self._room.release())
        self.took_s = clock.monotonic() - began

    async def _enrol(self, number: int) -> None:
        self.people.append(await self.door.enrol("Drill", number))

    async def _flag(self, person: str, trigger: str) -> None:
        path = f"/assessment/api/v1/patients/{person}/flags"
        found = await self.door.post(path, {"trigger": trigger})
        self.flags.append(found["flag_id"])
        self.progress(len(self.flags) + len(self.newcomers.accepted))


Fault = Callable[[], Awaitable[str]]
"""Breaks something and mends it; what it says was broken. PermissionError: it cannot be done here,
and nothing was broken."""


async def broken(how: str, mend: str, service: str) -> str:
    """Break a service, wait, and mend it."""
    await asyncio.to_thread(compose, how, service)
    await asyncio.sleep(BROKEN_S)
    await asyncio.to_thread(compose, mend, service)
    return f"{service}: {how}"


def on(how: str, mend: str, service: str) -> Fault:
    return lambda: broken(how, mend, service)


async def leader(how: str, mend: str) -> str:
    found = await asyncio.to_thread(stream_leader, "CARE_ASSESSMENT")
    return f"the leader of a stream, {await broken(how, mend, found)}"


async def cut_off(service: str) -> str:
    """Take the network away on which databases and brokers are."""
    container = (await asyncio.to_thread(compose, "ps", "--quiet", service)).split()[0]
    (network,) = (
        await asyncio.to_thread(docker, "network", "ls", "-qf", "name=mooring_data")
    ).split()
    await asyncio.to_thread(docker, "network", "disconnect", network, container)
    await asyncio.sleep(BROKEN_S * 2)
    await asyncio.to_thread(docker, "network", "connect", "--alias", service, network, container)
    return f"{service}: cut off from databases and brokers"


async def full_disk() -> str:
    """Fill the disk of one broker of three, then make room again.

    Raises:
        PermissionError: this account cannot do it here.
    """
    async with small_disk("nats-3") as fill:
        await asyncio.to_thread(fill)
        await asyncio.sleep(BROKEN_S * 2)
    return "nats-3: its small disk was full"


FAULTS: dict[str, Fault] = {
    "assessment killed": on("kill", "start", "assessment"),
    "treatment frozen": on("pause", "unpause", "treatment"),
    "engagement killed": on("kill", "start", "engagement"),
    "engagement frozen": on("pause", "unpause", "engagement"),
    "leader killed": lambda: leader("kill", "start"),
    "leader frozen": lambda: leader("pause", "unpause"),
    "database killed": on("kill", "start", "postgres"),
    "database frozen": on("pause", "unpause", "postgres"),
    "engagement cut off": lambda: cut_off("engagement"),
    "disk full": full_disk,
}


async def replica_killed(service: str) -> str:
    """Kill one of a service's containers while the others work on.

    Raises:
        AssertionError: it has no other.
    """
    first, *others = (await asyncio.to_thread(compose, "ps", "--quiet", service)).split()
    assert others, f"{service} has one replica: use deploy/compose.scale.yml"
    await asyncio.to_thread(docker, "kill", first)
    await asyncio.sleep(BROKEN_S)
    await asyncio.to_thread(docker, "start", first)
    return f"{service}: one of {len(others) + 1} killed"


def a_replica_of(service: str) -> Fault:
    return lambda: replica_killed(service)


REPLICAS: dict[str, Fault] = {
    f"a replica of {name}": a_replica_of(name)
    for name in ("assessment", "treatment", "engagement", "portal")
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is broken, in which order, and how often."""

    faults: Sequence[Fault]
    every_s: float

    @classmethod
    def of_plugs(cls, seed: int) -> "Plan":
        """Everything once, in an order that follows from the seed."""
        faults = list(FAULTS.values())
        random.Random(seed).shuffle(faults)
        return cls(faults, FAULT_EVERY_S)

    @classmethod
    def of_replicas(cls, seed: int, *, minutes: int) -> "Plan":
        """A replica of some service each minute."""
        chosen = random.Random(seed).choices(list(REPLICAS.values()), k=max(1, minutes))
        return cls(chosen, REPLICA_EVERY_S)

    async def carry_out(self, counted: Counted) -> None:
        """One fault after the other, each mended before the next; what cannot happen is named."""
        for fault in self.faults:
            began = clock.monotonic()
            try:
                said = await fault()
            except PermissionError as why:
                named = next((name for name, each in FAULTS.items() if each is fault), "a fault")
                counted.left_out.append(f"{named}: {why}")
                err.print(f"  … left out: {named}: {why}", highlight=False)
                continue
            counted.faults.append(said)
            err.print(f"  … {said}", highlight=False)
            await asyncio.sleep(max(0.0, began + self.every_s - clock.monotonic()))


async def run(
    plan: Plan, *, seed: int, flags: int, per_second: float, enrol: int, mixed: int = 0
) -> Counted:
    """Load, faults, and the count. ``mixed``: so many writes of all kinds instead of the flags."""
    counted = Counted(seed=seed, faults=[])
    writes = mixed or flags * (enrol + 1)
    people = -(-mixed // WRITES_EACH) if mixed else -(-flags // FLAGS_EACH)
    day = None
    async with at_the_door(timeout_s=TIMEOUT_S, patience_s=PATIENCE_S, again_s=AGAIN_S) as door:
        with Progress(console=err, transient=True) as progress:
            task = progress.add_task("accepted", total=writes)
            newcomers = Enrolling(door, frozenset())
            load = Load(door, newcomers, lambda done: progress.update(task, completed=done))
            await load.enrol(people)
            newcomers.before = await asyncio.to_thread(known_to, "assessment")
            trigger = await _a_trigger(door)
            if mixed:
                await everybody_known(load.people)
                today = clock.real_now().date().isoformat()
                day = Day(door, newcomers, load.people, load.flags, trigger, today)
            breaking = asyncio.create_task(plan.carry_out(counted))
            if day:
                await load.write_mixed(day, day_of(seed, writes), per_second=per_second)
            else:
                await load.write(writes, per_second=per_second, trigger=trigger, enrol=enrol)
            await breaking
        await asyncio.to_thread(wait_until_healthy, *EVERYONE, "nats-3", seconds=120)
        counted.accepted, counted.tried_again = len(set(load.flags)), door.tried_again
        counted.enrolled = len(set(newcomers.accepted))
        written = writes if day else counted.accepted + counted.enrolled
        counted.a_second = round(written / max(load.took_s, 0.001), 1)
        began = clock.monotonic()
        where = await asyncio.to_thread(settle, load)
        newly = await newcomers.compared()
        kinds, still = await settled(day) if day else ({}, 0)
        counted.waited_s = round(clock.monotonic() - began)
    await asyncio.to_thread(count, counted, load, where)
    counted.lost += newly.lost
    counted.unknown, counted.doubled = newly.unknown, counted.doubled + newly.doubled
    if day:
        found = wrong_in(kinds, still=still)
        counted.lost, counted.unknown = counted.lost + found.lost, counted.unknown + found.unknown
        counted.doubled += found.doubled
        kinds[Kind.ENROLMENT] = of_newcomers(newcomers.accepted, newly)
        counted.kinds = {kind.value: tally for kind, tally in kinds.items()}
    return counted


async def _a_trigger(door: Door) -> str:
    headers = {"Authorization": f"Bearer {await door.token()}"}
    async with door.session.get(f"{AT}/assessment/api/v1/safety-rules", headers=headers) as answer:
        rules = await answer.json()
    return str(min(rules["triggers"], key=lambda one: one["level"])["code"])


def settle(load: Load) -> Whereabouts:
    """Look until all is there, or until waiting helps no more."""
    patience = Patience()
    said = ""
    while True:
        found = Whereabouts.of(look(load))
        if patience.is_over(found, at_s=time.monotonic()):
            return found
        now = f"unsent {found.unsent}, with the brokers {found.with_broker}, due {found.planned}"
        if now != said:
            err.print(f"  … still on the way: {now}", highlight=False)
            said = now
        time.sleep(LOOK_EVERY_S)


def look(load: Load) -> Seen:
    """Where everything is: sender, brokers and receiver, in this order."""
    published = (
        f"SELECT aggregate, published_at IS NOT NULL FROM outbox"
        f" WHERE type = '{RAISED}' AND subject IN ({_people(load)})"
    )
    stored = set(rows("assessment", f"SELECT flag_id FROM safety_flag {_about(load)}"))
    sent = dict(line.split("|") for line in rows("assessment", published))
    with_broker = waiting_for("engagement", stream="CARE_ASSESSMENT")
    parked = (
        "SELECT convert_from(body, 'UTF8')::json->>'aggregate' FROM parked"
        f" WHERE status = 'parked' AND type = '{RAISED}'"
    )
    owed = (
        "SELECT DISTINCT subject_id FROM reminder"
        f" {_about(load)} AND subject_kind = 'safety-flag' AND level = 0"
    )
    due = (
        "SELECT count(*), count(visible_at), count(*) FILTER (WHERE state = 'planned')"
        f" FROM reminder {_due(load)}"
    )
    set_aside = rows("engagement", parked)
    known = set(rows("engagement", owed))
    all_due, visible, planned = map(int, rows("engagement", due)[0].split("|"))
    return Seen(
        accepted=set(load.flags),
        kept={flag: sent.get(f"flag:{flag}") == "t" for flag in stored},
        with_broker=with_broker,
        parked={it.removeprefix("flag:") for it in set_aside},
        owed=known,
        due=all_due,
        visible=visible,
        planned=planned,
    )


def count(counted: Counted, load: Load, found: Whereabouts) -> None:
    """How often and when each was shown, beside where everything is."""
    counted.lost, counted.on_the_way, counted.parked = found.lost, found.on_the_way, found.parked
    kept = set(rows("assessment", f"SELECT flag_id FROM safety_flag {_about(load)}"))
    counted.doubled = max(0, len(kept) - counted.accepted)
    due = f"SELECT count(*), count(visible_at) FROM reminder {_due(load)}"
    counted.due, counted.visible = map(int, rows("engagement", due)[0].split("|"))
    announced = rows(
        "engagement",
        f"""
        SELECT count(*), coalesce(sum(times - 1), 0) FROM (
          SELECT count(*) AS times FROM outbox
          WHERE type LIKE 'care.engagement.reminder.made-visible.%' AND subject IN ({_people(load)})
          GROUP BY aggregate, version) AS each""",
    )[0]
    counted.doubled += int(announced.split("|")[1])
    lateness = f"""
        SELECT count(*) FILTER (WHERE visible_at < due_at),
               count(*) FILTER (WHERE visible_at > due_at + interval '5 seconds'),
               coalesce(ceil(extract(epoch FROM max(visible_at - due_at))), 0)::int
        FROM reminder {_due(load)}"""
    early, late, worst = rows("engagement", lateness)[0].split("|")
    counted.early, counted.late, counted.worst_late_s = int(early), int(late), int(worst)
    counted.events = sum(
        int(rows(each, "SELECT count(*) FROM outbox")[0])
        for each in ("assessment", "treatment", "engagement", "portal")
    )
    counted.chains_broken = broken_chains()


def broken_chains() -> int:
    """How many services' audit trails do not verify."""
    os.environ["MOORING_PASSWORD"] = (SECRETS / "demo_password").read_text()
    verify = "python -m services verify-audit --json || test $? -eq 1"
    inside = ("exec", "-T", "-e", "MOORING_PASSWORD", "portal", "sh", "-c", verify)
    found = json.loads(compose(*inside))
    return sum(not each["intact"] for each in found)


def _people(load: Load) -> str:
    return ", ".join(f"'{person}'" for person in load.people)


def _about(load: Load) -> str:
    return f"WHERE patient_id IN ({_people(load)})"


def _due(load: Load) -> str:
    """Reminders that were to be shown by now: the engine looks every 15 seconds."""
    at_latest = "now() - interval '20 seconds'"
    return f"{_about(load)} AND due_at <= {at_latest} AND state <> 'cancelled'"


def show(counted: Counted) -> None:
    """The figures, on the screen and for the evidence."""
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(asdict(counted), indent=2) + "\n")
    out.print(
        f"events {counted.events:,}  reminders due {counted.due:,}  visible {counted.visible:,}"
        f"  doubled {counted.doubled}  lost {counted.lost}  early {counted.early}"
        f"  late {counted.late:,} (max {counted.worst_late_s} s)"
        f"  still on the way {counted.on_the_way:,}  parked {counted.parked}",
        highlight=False,
    )
    out.print(
        f"flags accepted {counted.accepted:,}, people enrolled {counted.enrolled:,}"
        f" ({counted.a_second} a second together), of those not known everywhere"
        f" {counted.unknown:,}; tried again {counted.tried_again:,};"
        f" {len(counted.faults)} faults; waited {counted.waited_s} s; audit trails broken"
        f" {counted.chains_broken}; seed {counted.seed}",
        highlight=False,
    )
    for fault in counted.left_out:
        out.print(f"  LEFT OUT, and not counted among the faults: {fault}", highlight=False)
    for kind, each in counted.kinds.items():
        out.print(
            f"  {kind}: accepted {each.accepted:,}  effects {each.effects:,}"
            f"  missing {each.missing}  lost {each.lost}  doubled {each.doubled}",
            highlight=False,
        )
    if counted.verdict is Verdict.UNFINISHED:
        err.print("Nothing is wrong so far, but the wait ended before everything had arrived.")


def main(
    seed: Annotated[int, typer.Option(help="0 draws one.")] = 0,
    flags: Annotated[int, typer.Option(help="How many to raise.")] = 5000,
    per_second: Annotated[float, typer.Option(help="How many writes a second.")] = 25.0,
    enrol: Annotated[int, typer.Option(help="People enrolled for each flag.")] = 0,
    mix: Annotated[
        bool, typer.Option(help="Write what a clinic's day writes, instead of flags alone.")
    ] = False,
    seconds: Annotated[float, typer.Option(help="For how long, with --mix.")] = 300.0,
    replicas: Annotated[
        bool, typer.Option(help="Only kill a replica each minute (deploy/compose.scale.yml).")
    ] = False,
) -> None:
    """Run the drill on the demo that `make up` started.

    Exit 1 when anything was lost, doubled, early or parked or a trail was broken; 3 when nothing
    was but something was still on the way at the end of the wait. A fault that cannot happen here
    is named and not counted; it changes no exit code, which tells of the data.
    """
    if setting("MOORING_DEMO", "false") != "true":
        err.print("The drill breaks things: it runs on a demo only (make up in another folder).")
        raise typer.Exit(2)
    seed = seed or random.SystemRandom().randrange(1, 10**6)
    mixed = round(per_second * seconds) if mix else 0
    minutes = round((mixed or flags * (enrol + 1)) / per_second / 60)
    plan = Plan.of_replicas(seed, minutes=minutes) if replicas else Plan.of_plugs(seed)
    try:
        work = run(plan, seed=seed, flags=flags, per_second=per_second, enrol=enrol, mixed=mixed)
        counted = asyncio.run(work)
    except* TimeoutError:
        err.print(f"The door refused one request for {PATIENCE_S:.0f} s: nothing was counted.")
        raise typer.Exit(2) from None
    show(counted)
    raise typer.Exit(counted.verdict)


if __name__ == "__main__":
    typer.run(main)
