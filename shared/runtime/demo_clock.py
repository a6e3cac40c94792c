"""Walking the demo clock: a year in a minute, and nothing looks late that was not.

The clock goes to the next due instant and waits until every service has dealt with it. A stretch
in which nothing is due is crossed in strides of at most a day.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from shared.api.operations import ClockBody, SetClock
from shared.runtime import clock

STRIDE = timedelta(days=1)
SETTLE_S = 30.0
_POLL_S = 0.005


class ClockRefused(Exception):
    """A service would not move its clock, or did not settle. The sentence is for the operator."""


@dataclass(slots=True)
class DemoClock:
    """The demo clock of a group of services, by their base addresses."""

    session: aiohttp.ClientSession
    services: Mapping[str, str]
    token: str

    async def advance(self, by: timedelta, *, moved: Callable[[ClockBody], None]) -> ClockBody:
        """Go forward, calling ``moved`` after each stride; the state at the end.

        Raises:
            ClockRefused: not a demo, or a service is stuck.
        """
        state = await self.settle()
        target = state.offset_seconds + int(by.total_seconds())
        while state.offset_seconds < target:
            await self._set(min(target, state.offset_seconds + _stride_s(state)))
            state = await self.settle()
            moved(state)
        return state

    async def settle(self) -> ClockBody:
        """Wait until nothing is due, unpublished or pending anywhere."""
        deadline = clock.monotonic() + SETTLE_S
        quiet = 0
        while True:
            states = await self._each("GET", "/api/v1/clock")
            if any(state.unpublished or state.pending for state in states):
                quiet = 0
                await asyncio.sleep(_POLL_S)
            elif any(state.next_due and state.next_due <= state.now for state in states):
                quiet = 0
                await self._set(max(state.offset_seconds for state in states))
            elif (quiet := quiet + 1) == 2:
                return _earliest(states)
            if clock.monotonic() > deadline:
                raise ClockRefused("the services did not settle; look at their operations page")

    async def _set(self, offset_seconds: int) -> None:
        body = SetClock(offset_seconds=offset_seconds).model_dump_json()
        await self._each("PUT", "/api/v1/clock", body)

    async def _each(self, method: str, path: str, body: str | None = None) -> list[ClockBody]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._ask(method, base + path, body))
                for base in self.services.values()
            ]
        return [task.result() for task in tasks]

    async def _ask(self, method: str, url: str, body: str | None) -> ClockBody:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        async with self.session.request(method, url, data=body, headers=headers) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise ClockRefused(f"{url} answered {answer.status}: {text[:300]}")
            return ClockBody.model_validate_json(text)


def _stride_s(state: ClockBody) -> int:
    if state.next_due is None:
        return int(STRIDE.total_seconds())
    wait = min(state.next_due - state.now, STRIDE)
    return max(1, int(wait.total_seconds()) + 1)


def _earliest(states: list[ClockBody]) -> ClockBody:
    dues = [state.next_due for state in states if state.next_due]
    first = max(states, key=lambda state: state.offset_seconds)
    return first.model_copy(update={"next_due": min(dues, default=None)})
