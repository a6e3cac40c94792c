"""A clinic's day, written through the door."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.runtime import clock
from tests.faults.door import Door
from tests.faults.enrolling import Enrolling
from tests.faults.mix import Kind, versioned

ANSWERED = {"instrument": "phq-2", "answers": {"interest": 1, "mood": 0}}
HAPPENED = "move"


@dataclass(slots=True)
class Day:
    """Who is there, and what the door accepted about them: a key for each write."""

    door: Door
    newcomers: Enrolling
    people: Sequence[str]
    flags: list[str]
    trigger: str
    today: str
    """An ISO date."""
    accepted: dict[Kind, list[str]] = field(default_factory=lambda: defaultdict(list))
    _versions: dict[str, int] = field(default_factory=lambda: defaultdict(lambda: 1))
    _turns: dict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    async def write(self, kind: Kind, number: int) -> None:
        """One of a kind; people take turns."""
        person = self.people[number % len(self.people)]
        at = f"/assessment/api/v1/patients/{person}"
        match kind:
            case Kind.QUESTIONNAIRE:
                found = await self.door.post(f"{at}/assessments", ANSWERED)
                self.accepted[kind].append(found["assessment_id"])
            case Kind.NEAR:
                await self._near(person, f"{at}/carers")
            case Kind.LIFE_EVENT:
                await self._happened(f"/engagement/api/v1/patients/{person}/life-events")
            case Kind.ENROLMENT:
                await self.newcomers.one(number)
            case Kind.FLAG:
                found = await self.door.post(f"{at}/flags", {"trigger": self.trigger})
                self.flags.append(found["flag_id"])
                self.accepted[kind].append(found["flag_id"])

    async def _near(self, person: str, path: str) -> None:
        """One after the other of the same person: each names the version it changes."""
        async with self._turns[person]:
            body = {"name": f"Near {clock.new_id().hex}", "relationship": "friend"}
            found = await self.door.post(path, body, version=self._versions[person])
            self._versions[person] = found["version"]
            self.accepted[Kind.NEAR].append(versioned(person, found["version"]))

    async def _happened(self, path: str) -> None:
        """The answer is all that is known of the person's support: ours has our note."""
        note = clock.new_id().hex
        body = {"kind": HAPPENED, "happened_on": self.today, "note": note}
        known = (await self.door.post(path, body))["life_events"]
        (ours,) = (one["life_event_id"] for one in known if one["note"] == note)
        self.accepted[Kind.LIFE_EVENT].append(ours)
