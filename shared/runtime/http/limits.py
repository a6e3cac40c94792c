"""How much one person and one address may ask: buckets that fill by the second, kept in memory;
and how many requests are dealt with at once.

Each process counts for itself. The limits are far above what people do and far below what a
script needs to copy a clinic.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from shared.runtime import clock
from shared.runtime.http.problems import ApiError
from shared.runtime.logs import get_logger

BURST_S = 10
"""So many seconds' worth may be asked at once."""
_MOST_KEPT = 20_000

log = get_logger()


@dataclass(slots=True)
class Rate:
    """Requests for each key; ``per_minute`` in the long run. None: no limit."""

    per_minute: int | None
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    """What each key may still ask, and as of when."""

    def take(self, key: str) -> float:
        """Count one request; 0 lets it through, otherwise the seconds to wait."""
        if self.per_minute is None:
            return 0.0
        each_s, most = self.per_minute / 60, self.per_minute / 60 * BURST_S
        now = clock.monotonic()
        left, at = self._left.get(key, (most, now))
        left = min(most, left + (now - at) * each_s)
        if left < 1:
            self._left[key] = left, now
            return (1 - left) / each_s
        if len(self._left) >= _MOST_KEPT:
            self._forget(now)
        self._left[key] = left - 1, now
        return 0.0

    def require(self, key: str, *, whose: str) -> None:
        """Count one request.

        Raises:
            ApiError: 429, with how long to wait.
        """
        if wait := self.take(key):
            log.warning("too_many_requests", whose=whose)
            detail = "Too many requests in a short time; wait a moment."
            headers = {"Retry-After": str(int(wait) + 1)}
            raise ApiError(429, "too-many-requests", detail, headers=headers)

    def _forget(self, now: float) -> None:
        """Drop whoever may ask everything again; if that is nobody, begin anew."""
        kept = {key: known for key, known in self._left.items() if now - known[1] < BURST_S}
        self._left = kept if len(kept) < _MOST_KEPT else {}


@dataclass(slots=True)
class Room:
    """Holds so many requests at once and no more."""

    free: int

    def enter(self) -> None:
        """Take a place.

        Raises:
            ApiError: 503, there is none: early instead of slowly.
        """
        if not self.free:
            detail = "Too much is being asked at once; try again in a moment."
            raise ApiError(503, "busy", detail, headers={"Retry-After": "1"})
        self.free -= 1


@dataclass(slots=True)
class Place:
    """Where one request is. Whoever sends a body drop by drop waits in a room of their own: they
    keep nobody from being answered."""

    working: Room
    arriving: Room
    _room: Room | None = None

    def work(self) -> None:
        """Be answered.

        Raises:
            ApiError: 503, too many are.
        """
        self._move(self.working)

    def wait_for_body(self) -> None:
        """Give the place up until the body is there.

        Raises:
            ApiError: 503, too many wait.
        """
        self._move(self.arriving)

    def leave(self) -> None:
        """The answer is given."""
        self._move(None)

    def _move(self, to: Room | None) -> None:
        if to is not None:
            to.enter()
        if self._room is not None:
            self._room.free += 1
        self._room = to


place_key = web.RequestKey("place", Place)


def by_address(rate: Rate, address: Callable[[web.Request], str]) -> Middleware:
    """Count every request by where it comes from; probes are not counted."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/health/"):
            rate.require(address(request), whose="address")
        return await handler(request)

    return count
