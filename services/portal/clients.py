"""Calls to the other services, made as the person who is signed in."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import aiohttp
from pydantic import ValidationError
from yarl import URL

from shared.api.body import Body
from shared.runtime import clock, tracing
from shared.runtime.http.problems import Problem
from shared.runtime.http.router import MEANT

SERVICES = ("portal", "assessment", "treatment", "engagement")
TIMEOUT_S = 3.0
SLOW_S = 60.0
"""For what somebody asks for by itself and expects to wait for."""
_NEWCOMER_WAIT_S = 2.0
_NEWCOMER_PAUSE_S = 0.1
NOT_SENT_YET = "not-sent-yet"
READS = "/api/v1/reads"
_MOST_READS = 12
_TURNS_TO_GATHER = 4
"""Turns of the loop until everything a page asks for side by side has been asked."""
_NOT_YET_KNOWN = "patient-not-yet-known"
_NOT_FOUND = "not-found"
_LOOKS = frozenset({"GET", "ASK"})

B = TypeVar("B", bound=Body)


class Refused(Exception):
    """A service said no, and why: its problem document and the status."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class Unreachable(Exception):
    """A service gave no usable answer in time. ``service`` names it."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


@dataclass(frozen=True, slots=True)
class _Asked:
    """A look that waits to be sent with its neighbours."""

    path: str
    question: str | None
    answer: asyncio.Future[tuple[int, bytes]]


@dataclass(slots=True)
class _Round:
    """Looks at one service that a page asks for side by side; they travel as one call."""

    asked: list[_Asked] = field(default_factory=list)
    sending: asyncio.Task[None] | None = None

    async def leave(self) -> None:
        """Call off what nobody waits for any more, and wait until it has ended."""
        if self.sending is not None and all(one.answer.cancelled() for one in self.asked):
            self.sending.cancel()
            await asyncio.wait({self.sending})


@dataclass(slots=True)
class _Gathering:
    """The round that is still open for more looks, if there is one."""

    open: _Round | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """One service, called by one person within one request."""

    service: str
    base_url: str
    session: aiohttp.ClientSession
    token: Callable[[], Awaitable[str]]
    correlation_id: str
    sent: list[str] = field(default_factory=list)
    """The service of every call of this request, shared by its callers."""
    changes: list[str] = field(default_factory=list)
    """The same for the calls among them that were to change something."""
    holds_back: bool = False
    """Whether what was typed is only to be shown again: nothing is changed by this request."""
    about: UUID | None = None
    """Whose page this is: the service refuses what belongs to somebody else."""
    _gathering: _Gathering = field(default_factory=_Gathering)

    async def get(
        self,
        path: str,
        answer: type[B],
        query: Mapping[str, str] | None = None,
        *,
        newcomer: bool = False,
    ) -> B:
        """Read something. What is asked for side by side travels as one call, each with an
        answer or a refusal of its own. ``newcomer``: it exists elsewhere, so wait a moment if
        it is unknown.

        Raises:
            Refused: the service said no.
            Unreachable: it gave no usable answer in time.
        """
        codes = frozenset({_NOT_YET_KNOWN, _NOT_FOUND} if newcomer else {_NOT_YET_KNOWN})
        return await self._patiently("GET", path, answer, headers={}, query=query, codes=codes)

    async def get_slowly(self, path: str, answer: type[B]) -> B:
        """Read what takes long, in a call of its own, so that nothing else waits for it. Raises
        as ``get`` does."""
        status, raw = await self._send(
            "GET", f"/api/v1{path}", headers={}, body=None, timeout_s=SLOW_S
        )
        return self._read(status, raw, answer)

    async def post(
        self, path: str, body: Body, answer: type[B], *, key: str, version: int | None = None
    ) -> B:
        """Do something once: the same ``key`` again returns the same answer.

        ``version`` is the one the person was looking at, where the service asks for it.
        Raises as ``get`` does.
        """
        self.let_through()
        headers = {"Idempotency-Key": key} | _if_match(version)
        return await self._patiently("POST", path, answer, headers=headers, body=body)

    async def ask(self, path: str, question: Body, answer: type[B]) -> B:
        """Read something whose question holds personal data or is long; it travels with what is
        asked for side by side. Raises as ``get`` does."""
        return await self._patiently("ASK", path, answer, headers={}, body=question)

    async def put(self, path: str, body: Body, answer: type[B], *, version: int) -> B:
        """Replace something that was at ``version``. Raises as ``get`` does."""
        self.let_through()
        return await self._patiently("PUT", path, answer, headers=_if_match(version), body=body)

    async def patch(self, path: str, body: Body, answer: type[B], *, version: int) -> B:
        """Change the fields that were given, of something at ``version``. Raises as ``get``."""
        self.let_through()
        return await self._patiently("PATCH", path, answer, headers=_if_match(version), body=body)

    def let_through(self) -> None:
        """Raises Refused where nothing is to be changed."""
        if self.holds_back:
            problem = Problem(
                type="about:blank",
                title="Not sent yet",
                status=HTTPStatus.CONFLICT,
                code=NOT_SENT_YET,
                detail="The session had ended before this was sent.",
                correlation_id=self.correlation_id,
            )
            raise Refused(problem)

    async def _patiently(
        self,
        method: str,
        path: str,
        answer: type[B],
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None = None,
        body: Body | None = None,
        codes: frozenset[str] = frozenset({_NOT_YET_KNOWN}),
    ) -> B:
        """Right after enrolment another service may need a moment to hear of the person."""
        patience_ends = clock.monotonic() + _NEWCOMER_WAIT_S
        pause_s = _NEWCOMER_PAUSE_S
        while True:
            try:
                return await self._once(
                    method, path, answer, headers=headers, query=query, body=body
                )
            except Refused as refused:
                if refused.problem.code not in codes or clock.monotonic() > patience_ends:
                    raise
            await asyncio.sleep(pause_s)
            pause_s *= 2

    async def _once(
        self,
        method: str,
        path: str,
        answer: type[B],
        *,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
        body: Body | None,
    ) -> B:
        url = URL(f"/api/v1{path}").with_query(query)
        sent = None if body is None else body.model_dump_json(exclude_unset=True)
        if method in _LOOKS:
            status, raw = await self._with_neighbours(str(url), sent)
        else:
            self.changes.append(self.service)
            status, raw = await self._send(method, str(url), headers=headers, body=sent)
        return self._read(status, raw, answer)

    async def _with_neighbours(self, path: str, question: str | None) -> tuple[int, bytes]:
        """Wait for what else is being asked for in this turn of the loop, and go together.

        The call has a task of its own, because one look may be called off while another waits.
        """
        round_ = self._gathering.open
        if round_ is None:
            round_ = self._gathering.open = _Round()
            round_.sending = asyncio.create_task(self._set_out(round_))
        asked = _Asked(path, question, asyncio.get_running_loop().create_future())
        round_.asked.append(asked)
        try:
            return await asked.answer
        except asyncio.CancelledError:
            await round_.leave()
            raise

    async def _set_out(self, round_: _Round) -> None:
        try:
            for _turn in range(_TURNS_TO_GATHER):
                await asyncio.sleep(0)
        finally:
            self._gathering.open = None
        waiting = [one for one in round_.asked if not one.answer.cancelled()]
        waiting.sort(key=lambda one: one.question is not None)
        for some in _in_parts(waiting):
            try:
                answers = await self._together(some)
            except Exception as error:  # noqa: BLE001 - it belongs to those who asked
                _fail(some, error)
            else:
                for one, answer in zip(some, answers, strict=True):
                    if not one.answer.done():
                        one.answer.set_result(answer)

    async def _together(self, asked: Sequence[_Asked]) -> list[tuple[int, bytes]]:
        """One call for all of them; those with a question come last, as they are answered."""
        if len(asked) == 1:
            one = asked[0]
            method = "GET" if one.question is None else "POST"
            return [await self._send(method, one.path, headers={}, body=one.question)]
        status, raw = await self._send("POST", READS, headers={}, body=_reads(asked))
        lines = raw.split(b"\n")
        if status != HTTPStatus.OK or len(lines) != 2 * len(asked):
            return [(status, raw)] * len(asked)
        return [(int(said), body) for said, body in zip(lines[::2], lines[1::2], strict=True)]

    async def _send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        body: str | None,
        timeout_s: float = TIMEOUT_S,
    ) -> tuple[int, bytes]:
        self.sent.append(self.service)
        carried = dict(headers) | {
            "Authorization": f"Bearer {await self.token()}",
            "X-Request-Id": self.correlation_id,
        }
        if self.about is not None:
            carried[MEANT] = str(self.about)
        if trace := tracing.current():
            carried["traceparent"] = trace
        if body is not None:
            carried["Content-Type"] = "application/json"
        try:
            async with self.session.request(
                method,
                URL(f"{self.base_url}{path}", encoded=True),
                headers=carried,
                data=body,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                allow_redirects=False,
            ) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(self.service) from error

    def _read(self, status: int, raw: bytes, answer: type[B]) -> B:
        """A newer service may say more than we know; only what we need must be there."""
        try:
            if status < 400:
                return answer.model_validate_json(raw, extra="ignore")
            problem = Problem.model_validate_json(raw, extra="ignore")
        except ValidationError as error:
            raise Unreachable(self.service) from error
        if status >= 500:
            raise Unreachable(self.service)
        raise Refused(problem)


@dataclass(frozen=True, slots=True)
class Care:
    """The services as one person calls them. The portal itself only for operations."""

    portal: Caller
    assessment: Caller
    treatment: Caller
    engagement: Caller

    @property
    def calls(self) -> int:
        """How many calls to other services this request has made so far."""
        return sum(service != self.portal.service for service in self.portal.sent)

    @property
    def changes(self) -> int:
        """How many of them were to change something."""
        return sum(service != self.portal.service for service in self.portal.changes)

    def service(self, name: str) -> Caller:
        """One of them by name.

        Raises:
            KeyError: there is no such service.
        """
        return {caller.service: caller for caller in self.everyone}[name]

    @property
    def everyone(self) -> tuple[Caller, ...]:
        """All of them."""
        return (self.portal, self.assessment, self.treatment, self.engagement)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the services listen: ``http://host:port`` each."""

    portal: str
    assessment: str
    treatment: str
    engagement: str


def care_for(
    session: aiohttp.ClientSession,
    addresses: Addresses,
    *,
    token: Callable[[str], Awaitable[str]],
    correlation_id: str,
    holds_back: bool = False,
    about: UUID | None = None,
) -> Care:
    """Callers that carry this person's tokens, one audience each. ``holds_back``: a change is
    refused before it is sent. ``about``: the patient whose page it is."""
    sent: list[str] = []
    changes: list[str] = []

    def caller(service: str) -> Caller:
        return Caller(
            service=service,
            base_url=getattr(addresses, service),
            session=session,
            token=lambda: token(service),
            correlation_id=correlation_id,
            sent=sent,
            changes=changes,
            holds_back=holds_back,
            about=about,
        )

    return Care(*(caller(service) for service in SERVICES))


async def or_missing(call: Awaitable[B], *, missing: list[str]) -> B | None:
    """The answer, or None with the service's name added to ``missing``.

    What a person may not see stays an error: only silence is bridged.
    """
    try:
        return await call
    except Unreachable as unreachable:
        missing.append(unreachable.service)
        return None


def _in_parts(asked: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    for start in range(0, len(asked), _MOST_READS):
        yield asked[start : start + _MOST_READS]


def _reads(asked: Sequence[_Asked]) -> str:
    """The questions are JSON already."""
    paths = [one.path for one in asked if one.question is None]
    questions = [
        f'{{"path": {json.dumps(one.path)}, "body": {one.question}}}'
        for one in asked
        if one.question is not None
    ]
    return f'{{"paths": {json.dumps(paths)}, "questions": [{", ".join(questions)}]}}'


def _fail(asked: Iterable[_Asked], error: Exception) -> None:
    for one in asked:
        if not one.answer.done():
            one.answer.set_exception(error)


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}
