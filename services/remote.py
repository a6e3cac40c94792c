"""The operator's side of the HTTP interfaces: sign in, then ask every service."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from shared.api.body import Page
from shared.api.identity import Token
from shared.api.operations import AuditVerdict, ParkedBody, Refilled
from shared.runtime import clock

TIMEOUT_S = 60.0


class RemoteError(Exception):
    """A service refused or could not be reached. One line for the operator."""


@dataclass(slots=True)
class Remote:
    """The group's services by base address, as one signed-in member of staff sees them."""

    session: aiohttp.ClientSession
    services: Mapping[str, str]

    async def token(self, username: str, password: str) -> Token:
        """Sign in.

        Raises:
            RemoteError: wrong name or password, or no portal there.
        """
        url = f"{self.services['portal']}/api/v1/tokens"
        body = {"username": username, "password": password}
        async with self._asking(self.session.post(url, json=body), url) as answer:
            text = await answer.text()
            if answer.status != 200:
                raise RemoteError(f"the portal refused {username} ({answer.status})")
            return Token.model_validate_json(text)

    async def verify_audit(self, token: str) -> list[AuditVerdict]:
        """Have every service check its own audit chain."""
        asked = [self._verify(base, token) for base in self.services.values()]
        return list(await asyncio.gather(*asked))  # the first refusal, as itself

    async def parked(self, service: str, token: str) -> tuple[ParkedBody, ...]:
        """The newest events a service could not apply.

        Raises:
            RemoteError: there is no such service, or it refused.
        """
        if service not in self.services:
            raise RemoteError(f"there is no service {service}: " + ", ".join(self.services))
        text = await self._get(f"{self.services[service]}/api/v1/parked?limit=200", token)
        return Page[ParkedBody].model_validate_json(text).items

    async def refill(self, token: str, *, reason: str) -> list[Refilled]:
        """Have every service publish again what it has published before."""
        return [await self._refill(base, token, reason) for base in self.services.values()]

    async def _refill(self, base: str, token: str, reason: str) -> Refilled:
        url = f"{base}/api/v1/outbox/refill"
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(clock.new_id())}
        sending = self.session.post(url, json={"reason": reason}, headers=headers)
        async with self._asking(sending, url) as answer:
            if answer.status >= 300:
                raise RemoteError(f"{url} answered {answer.status}")
            return Refilled.model_validate_json(await answer.text())

    async def _verify(self, base: str, token: str) -> AuditVerdict:
        text = await self._get(f"{base}/api/v1/audit/verify", token)
        return AuditVerdict.model_validate_json(text)

    async def _get(self, url: str, token: str) -> str:
        headers = {"Authorization": f"Bearer {token}"}
        async with self._asking(self.session.get(url, headers=headers), url) as answer:
            if answer.status != 200:
                raise RemoteError(f"{url} answered {answer.status}")
            return await answer.text()

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


@asynccontextmanager
async def remote(services: Mapping[str, str]) -> AsyncIterator[Remote]:
    """A connection to a running group."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield Remote(session, services)
