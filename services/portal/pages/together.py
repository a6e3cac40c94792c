"""Calls side by side: if one fails, the others are called off and waited for."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar, overload

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
Call = Coroutine[Any, Any, A]


@overload
async def together(one: Call[A], two: Call[B], /) -> tuple[A, B]: ...
@overload
async def together(one: Call[A], two: Call[B], three: Call[C], /) -> tuple[A, B, C]: ...
@overload
async def together(
    one: Call[A], two: Call[B], three: Call[C], four: Call[D], /
) -> tuple[A, B, C, D]: ...
@overload
async def together(
    one: Call[A], two: Call[B], three: Call[C], four: Call[D], five: Call[E], /
) -> tuple[A, B, C, D, E]: ...
async def together(*calls: Call[Any]) -> tuple[Any, ...]:
    """All the answers, in the order of the calls; the first failure as it came.

    ``asyncio.gather`` would leave the other calls running after the page has been answered.
    """
    return await all_of(*calls)


async def all_of(*calls: Call[A]) -> tuple[A, ...]:
    """The same for any number of calls of one kind."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return tuple(task.result() for task in tasks)
