"""The operator's side of the HTTP interfaces: sign in, then ask every service."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import aiohttp
from pydantic import ValidationError

from shared.api.assessment import RetentionBody
from shared.api.body import Page
from shared.api.engagement import Recounted
from shared.api.identity import Token
from shared.api.operations import AuditVerdict, OperationsBody, ParkedBody, Refilled
from shared.runtime import clock
from shared.runtime.http.problems import Problem

TIMEOUT_S = 60.0


class RemoteError(Exception):
    """A service refused or could not be reached. One line for the operator."""


class CodeNeeded(RemoteError):
    """The password is right; the account also wants a one-time code, or a newer one."""


@dataclass(slots=True)
class Remote:
    """The group's services by base address, as one signed-in member of staff sees them."""

    session: aiohttp.ClientSession
    services: Mapping[str, str]

    async def token(self, username: str, password: str, *, code: str | None = None) -> Token:
        """Sign in, with a one-time code where the account has codes.

        Raises:
            CodeNeeded: the code is missing, wrong, or was used before.
            RemoteError: wrong name or password, locked, too many tries, or no portal there.
        """
        url = f"{self.services['portal']}/api/v1/tokens"
        body = {"username": username, "password": password, "code": code}
        async with self._asking(self.session.post(url, json=body), url) as answer:
            text = await answer.text()
            if answer.status == 200:
                return Token.model_validate_json(text)
            said = _refusal(url, answer.status, text)
            raise (CodeNeeded if _code(text) == "code-needed" else RemoteError)(said)

    async def verify_audit(self, token: str) -> AsyncIterator[AuditVerdict]:
        """Have every service, one after the other, check its own audit chain."""
        for base in self.services.values():
            yield await self._verify(base, token)

    async def parked(
        self, service: str, token: str, *, status: str | None = None
    ) -> tuple[ParkedBody, ...]:
        """The events a service could not apply, newest first: all of them, or of one status.

        Raises:
            RemoteError: there is no such service, or it refused.
        """
        query = {"limit": "200"} | ({"status": status} if status else {})
        found: list[ParkedBody] = []
        while True:
            url = f"{self._base(service)}/api/v1/parked?{urlencode(query)}"
            page = Page[ParkedBody].model_validate_json(await self._get(url, token))
            found += page.items
            if page.next is None:
                return tuple(found)
            query["cursor"] = page.next

    async def state(self, service: str, token: str) -> OperationsBody:
        """How one service is doing."""
        text = await self._get(f"{self._base(service)}/api/v1/operations", token)
        return OperationsBody.model_validate_json(text)

    async def resolve_parked(
        self, service: str, event: UUID, act: str, token: str, *, reason: str
    ) -> ParkedBody:
        """Replay or discard one parked event.

        Raises:
            RemoteError: it was refused; says why.
        """
        url = f"{self._base(service)}/api/v1/parked/{event}/{act}"
        return ParkedBody.model_validate_json(await self._post(url, token, {"reason": reason}))

    async def retention(self, token: str) -> RetentionBody:
        """Who has been kept long enough.

        Raises:
            RemoteError: it was refused; says why.
        """
        text = await self._get(f"{self._base('assessment')}/api/v1/retention", token)
        return RetentionBody.model_validate_json(text)

    async def erase_due(self, token: str, *, due: int) -> RetentionBody:
        """Propose that those who are due be erased, or do it as the second person.

        Raises:
            RemoteError: it was refused; says why.
        """
        url = f"{self._base('assessment')}/api/v1/retention/erase"
        return RetentionBody.model_validate_json(await self._post(url, token, {"due": due}))

    async def recount(self, token: str, *, after: UUID | None) -> Recounted:
        """Have engagement recount the next people's reminders."""
        url = f"{self._base('engagement')}/api/v1/reminders/recount"
        body = {"after": None if after is None else str(after)}
        return Recounted.model_validate_json(await self._post(url, token, body))

    async def refill(self, token: str, *, reason: str) -> AsyncIterator[Refilled]:
        """Have every service, one after the other, publish again what it has published before."""
        for base in self.services.values():
            yield await self._refill(base, token, reason)

    async def _refill(self, base: str, token: str, reason: str) -> Refilled:
        text = await self._post(f"{base}/api/v1/outbox/refill", token, {"reason": reason})
        return Refilled.model_validate_json(text)

    def _base(self, service: str) -> str:
        if service not in self.services:
            raise RemoteError(f"there is no service {service}: " + ", ".join(self.services))
        return self.services[service]

    async def _post(self, url: str, token: str, body: Mapping[str, str | int | None]) -> str:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(clock.new_id())}
        async with self._asking(self.session.post(url, json=body, headers=headers), url) as answer:
            text = await answer.text()
            if answer.status >= 300:
                raise RemoteError(_refusal(url, answer.status, text))
            return text

    async def _verify(self, base: str, token: str) -> AuditVerdict:
        text = await self._get(f"{base}/api/v1/audit/verify", token)
        return AuditVerdict.model_validate_json(text)

    async def _get(self, url: str, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._asking(self.session.get(url, headers=headers), url) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise RemoteError(_refusal(url, answer.status, text))
            return text

    @asynccontextmanager
    async def _asking(
        self, request: AbstractAsyncContextManager[aiohttp.ClientResponse], url: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        try:
            async with request as answer:
                yield answer
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = f"nothing answers at {url}: is the system running? (make run)"
            raise RemoteError(detail) from error


def _refusal(url: str, status: int, text: str) -> str:
    """What a service said against it, in its own words where it used any."""
    try:
        return f"{Problem.model_validate_json(text).detail} ({url} answered {status})"
    except ValidationError:
        return f"{url} answered {status}"


def _code(text: str) -> str:
    try:
        return Problem.model_validate_json(text).code
    except ValidationError:
        return ""


@asynccontextmanager
async def remote(services: Mapping[str, str]) -> AsyncIterator[Remote]:
    """A connection to a running group."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Remote(session, services)
