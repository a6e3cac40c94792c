"""Public keys of somebody else, fetched when a token names one that is not among them.

Anybody can name keys that never were, so the other is asked seldom: at most once a minute, however
many tokens come at the same moment. While it does not answer it is asked again after seconds, so
that its restart costs nobody a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable

from joserfc.jwk import KeySet

from shared.runtime import clock

_AGAIN_AFTER_S = 60.0
_AFTER_NO_ANSWER_S = 3.0


class FetchedKeys:
    """``fetch`` brings all keys there are, or raises ``away`` with a word for why it cannot."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[KeySet]],
        *,
        away: type[Exception],
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._fetch = fetch
        self._away = away
        self._monotonic = monotonic
        self._keys = KeySet([])
        self._asking = asyncio.Lock()
        self._asked_at = float("-inf")
        self._missing = ""
        """Why the last look brought no keys; empty when it did."""

    async def knowing(self, kid: object) -> KeySet:
        """All keys, fetched anew where this one is unknown and it is time to ask again; it may
        still be unknown then.

        Raises:
            Exception: ``away``, the keys cannot be had now.
        """
        if not self._knows(kid):
            async with self._asking:
                if not self._knows(kid):
                    await self._look_again()
        return self._keys

    def _knows(self, kid: object) -> bool:
        return any(key.kid == kid for key in self._keys.keys)

    async def _look_again(self) -> None:
        since = self._monotonic() - self._asked_at
        if self._missing and since < _AFTER_NO_ANSWER_S:
            raise self._away(self._missing)
        if not self._missing and since < _AGAIN_AFTER_S:
            return
        self._missing = "abandoned"  # until they are there, also when the look is broken off
        try:
            self._keys = await self._fetch()
            self._missing = ""
        except self._away as error:
            self._missing = str(error)
            raise
        finally:
            self._asked_at = self._monotonic()
