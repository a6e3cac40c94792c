"""Live pages: a fact on the broker becomes "something changed"; the browser asks again.

A signal carries nothing. One that is missed costs nothing either, because a page that connects
again always refetches.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Signals:
    """Wakes every open page. Many facts in a row become one waking."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Event] = set()

    async def seen(self, _subject: str, _body: bytes) -> None:
        """Something changed; what it was, the browser asks for itself."""
        for listener in self._listeners:
            listener.set()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event of one's own, set whenever something changed."""
        listener = asyncio.Event()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
