"""None lost, none doubled, none early, none for a plan that was replaced: judged from outside.

Two sources: what is in the database, and what the others were told through the broker.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.engagement.domain.reminder import OPEN
from shared.events import decode
from shared.events import engagement as facts
from shared.events.envelope import Fact
from shared.runtime.bus.topology import stream_of
from tests.simulation.broker import Broker
from tests.simulation.people import Person
from tests.simulation.store import Store
from tests.support.engagement import CONTENT
from tests.support.owed import What

PROMPT = timedelta(seconds=60)
CLOCK = timedelta(milliseconds=1)
"""The database's clock counts in these."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
SHOWN = facts.ReminderMadeVisible | facts.ReminderEscalated
_OPEN = ", ".join(f"'{state}'" for state in sorted(OPEN))
_OWNERS = (
    "SELECT reminder_id, patient_id, subject_version, kind, ordinal, state, due_at, owed_at, risk"
    f" FROM reminder WHERE level = 0 AND state IN ({_OPEN})"
)
_RUNGS = (
    "SELECT item_id, count(*) FROM reminder"
    f" WHERE level > 0 AND state IN ({_OPEN}) GROUP BY item_id"
)
_AFTER_REPLACEMENT = """
    SELECT count(*) FROM reminder AS old JOIN (
        SELECT subject_id, subject_version, min(planned_at) AS at FROM reminder
        WHERE subject_kind = 'taper-plan' GROUP BY subject_id, subject_version
    ) AS new ON new.subject_id = old.subject_id AND new.subject_version > old.subject_version
    WHERE old.subject_kind = 'taper-plan' AND old.visible_at > new.at
"""
_EARLY = "SELECT count(*) FROM reminder WHERE state = 'visible' AND visible_at < due_at"
_SHOWN = "SELECT reminder_id, due_at FROM reminder WHERE state = 'visible' AND level = 0"
_FOUND_MISSING = "SELECT count(*) FROM lost"
_PARKED = "SELECT type, reason, error, tries FROM parked"


Found = tuple[str, datetime, bool]
"""A reminder's state, when it falls due, and whether somebody put it off."""


@dataclass(slots=True)
class Verdict:
    """What the others were told so far."""

    read: int = 0
    seen: set[UUID] = field(default_factory=set)
    shown: Counter[tuple[UUID, datetime]] = field(default_factory=Counter)
    ended: Counter[UUID] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)


def judge(
    store: Store, broker: Broker, people: Sequence[Person], verdict: Verdict, now: datetime
) -> list[str]:
    """Everything that is wrong, in words."""
    return [
        *_owed_and_no_more(store, people, verdict, now),
        *_told_once(broker, people, verdict),
        *_shown_and_told(store, verdict),
        *(f"parked: {row}" for row in store.ask(_PARKED)),
        *(
            f"{why}: {count}"
            for why, query in (
                ("shown after its plan was replaced", _AFTER_REPLACEMENT),
                ("shown before its time", _EARLY),
                ("was missing until it was recounted", _FOUND_MISSING),
            )
            if (count := store.ask(query)[0][0])
        ),
    ]


def _owed_and_no_more(
    store: Store, people: Sequence[Person], verdict: Verdict, now: datetime
) -> Iterator[str]:
    """Each person has exactly what is owed, at the right instant, with its whole ladder."""
    found: dict[str, dict[What, Found]] = {}
    yield from _each_row(store, found, now)
    for person in people:
        owed, mine = person.owed(), found.pop(person.patient_id.hex, {})
        yield from (f"lost: {person.patient_id} {what}" for what in owed.keys() - mine.keys())
        yield from (f"too many: {person.patient_id} {what}" for what in mine.keys() - owed.keys())
        for what in owed.keys() & mine.keys():
            state, due_at, is_put_off = mine[what]
            if state == "planned" and not is_put_off and due_at != owed[what]:
                yield f"{person.patient_id} {what} is planned for {due_at}, not {owed[what]}"
        verdict.counts["reminders compared"] += len(owed)
    if found:
        yield f"reminders of nobody: {len(found)}"


def _each_row(store: Store, found: dict[str, dict[What, Found]], now: datetime) -> Iterator[str]:
    """Look at every open reminder by itself, and put it into ``found`` by person."""
    rungs = dict(store.ask(_RUNGS))
    for id_, patient, version, kind, ordinal, state, due, owed_at, risk in store.ask(_OWNERS):
        what = (version, kind, ordinal)
        mine = found.setdefault(patient, {})
        if what in mine:
            yield f"doubled: {patient} {what}"
        mine[what] = (state, _instant(due), due != owed_at)
        ladder = len(CONTENT.kinds[kind].ladder(risk))
        if state != "acknowledged" and rungs.get(id_, 0) != ladder:
            yield f"{patient} {what} has {rungs.get(id_, 0)} rungs of {ladder}"
        if state == "planned" and _instant(due) < now - PROMPT:
            yield f"lost: {patient} {what} is due and not shown"


def _told_once(broker: Broker, people: Sequence[Person], verdict: Verdict) -> Iterator[str]:
    """Read what was published since the last look; the same event twice counts once."""
    stream = broker.streams.get(stream_of("engagement"), [])
    persons = {person.patient_id: person for person in people}
    for message in stream[verdict.read :]:
        event = decode(message.type, message.body)
        if event.id in verdict.seen:
            verdict.counts["published twice"] += 1
            continue
        verdict.seen.add(event.id)
        yield from _told(event.data, persons, verdict)
        fact = event.data
        if isinstance(fact, SHOWN) and (fact.reminder.visible_at or LONG_AGO) > message.stored_at:
            yield f"told before its time: {fact.reminder.reminder_id}"
    verdict.read = len(stream)


def _told(fact: Fact, persons: Mapping[UUID, Person], verdict: Verdict) -> Iterator[str]:
    match fact:
        case facts.ReminderMadeVisible(reminder=state):
            yield from announced(state, persons[state.patient_id], verdict)
        case facts.ReminderEscalated(reminder=state):
            verdict.counts["escalated"] += 1
            if state.visible_at is None or state.visible_at < state.due_at:
                yield f"early rung: {state.reminder_id}"
        case facts.ReminderDone(reminder=state) | facts.ReminderCancelled(reminder=state):
            verdict.ended[state.reminder_id] += 1
            if verdict.ended[state.reminder_id] > 1:
                yield f"ended twice: {state.reminder_id}"


def announced(state: facts.ReminderState, person: Person, verdict: Verdict) -> Iterator[str]:
    """One reminder was shown, and told of: once, and not before it was to be seen."""
    verdict.counts["announced"] += 1
    verdict.shown[state.reminder_id, state.due_at] += 1
    if verdict.shown[state.reminder_id, state.due_at] > 1:
        yield f"announced twice: {state.reminder_id}"
    what = (state.subject_version, state.kind, state.ordinal)
    visible_at = state.visible_at or LONG_AGO
    earliest = person.earliest(what, visible_at + CLOCK)
    if what not in person.allowed:
        yield f"never owed: {state.reminder_id}"
    elif earliest is None or visible_at < earliest:
        yield f"early: {state.reminder_id}"
    elif visible_at > state.due_at + PROMPT:
        verdict.counts["late"] += 1


def _shown_and_told(store: Store, verdict: Verdict) -> Iterator[str]:
    """Whatever is on a list was announced."""
    for id_, due in store.ask(_SHOWN):
        if not verdict.shown[UUID(id_), _instant(due)]:
            yield f"shown and never announced: {id_}"


def _instant(stored: str) -> datetime:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC)
