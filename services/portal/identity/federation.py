"""Whose account it is that came back from the identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from services.portal.identity import provider, sessions, staff
from services.portal.identity.provider import Attempt, Provider, ProviderRefused
from services.portal.identity.roles import Place, RoleMap
from services.portal.identity.staff import Staff
from services.portal.identity.tables import federated, flow
from shared.runtime import clock
from shared.runtime.db import Database, Transaction

NO_PASSWORD = "none"  # noqa: S105 - what no hash is equal to  # pragma: allowlist secret
WAITS = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the secret it takes along to be known again."""

    address: str
    browser: str


@dataclass(slots=True)
class Federation:
    """Sends people to the provider and knows them when they come back."""

    db: Database
    provider: Provider
    roles: RoleMap

    async def depart(self, *, back_to: str) -> Departure:
        """Begin a sign-in.

        Raises:
            ProviderAway: the provider does not answer.
        """
        made, browser = provider.attempt(), clock.new_secret()
        address = await self.provider.address(made)
        async with self.db.housekeeping() as tx:
            now = clock.real_now()
            await tx.session.execute(delete(flow).where(flow.c.began_at < now - WAITS))
            await tx.session.execute(
                insert(flow).values(
                    state_hash=sessions.digest(made.state),
                    browser_hash=sessions.digest(browser),
                    nonce=made.nonce,
                    verifier=made.verifier,
                    back_to=back_to[:512],
                    began_at=now,
                )
            )
        return Departure(address, browser)

    async def come_back(self, query: Mapping[str, str], *, browser: str) -> tuple[Staff, str]:
        """The person, and where they wanted to go.

        Raises:
            ProviderRefused: nobody is let in; the reason is on record.
            ProviderAway: the provider does not answer.
        """
        try:
            made, back_to = await self._awaited(query.get("state", ""), browser=browser)
            if query.get("iss", self.provider.issuer) != self.provider.issuer:
                raise ProviderRefused("issuer")  # another provider's answer (RFC 9207)
            if not query.get("code"):
                raise ProviderRefused("denied")
            claims = await self.provider.claims(
                code=query["code"], nonce=made.nonce, verifier=made.verifier
            )
            place = self.roles.place(claims)
            if place is None:
                raise ProviderRefused("no-role")
            return await self._person(claims, place), back_to
        except ProviderRefused as refused:
            async with self.db.transaction(actor="service:portal") as tx:
                tx.audit("sign-in.refused", object="staff:unknown", reason=refused.code)
            raise

    async def _awaited(self, state: str, *, browser: str) -> tuple[Attempt, str]:
        """The attempt this answer belongs to; it is used up by that."""
        now = clock.real_now()
        async with self.db.housekeeping() as tx:
            gone = delete(flow).where(flow.c.state_hash == sessions.digest(state))
            row = (await tx.session.execute(gone.returning(flow))).one_or_none()
        if row is None or now - row.began_at > WAITS:
            raise ProviderRefused("state")
        if row.browser_hash != sessions.digest(browser):
            raise ProviderRefused("browser")
        return Attempt(state, row.nonce, row.verifier), row.back_to

    async def _person(self, claims: Mapping[str, Any], place: Place) -> Staff:
        subject = str(claims["sub"])[:255]
        async with self.db.transaction(actor="service:portal") as tx:
            known = await _of(tx, self.provider.issuer, subject)
            if known is None:
                return await self._welcome(tx, claims, place, subject=subject)
            person = await staff.by_id(tx, known)
            if person is None or not person.active:
                raise ProviderRefused("closed")
            if (person.role, person.teams) != (place.role, place.teams):
                person = await staff.change_role(tx, person, role=place.role, teams=place.teams)
            tx.audit("sign-in.known", object=f"staff:{person.staff_id}")
            return person

    async def _welcome(
        self, tx: Transaction, claims: Mapping[str, Any], place: Place, *, subject: str
    ) -> Staff:
        """Open an account for somebody whom the provider vouches for."""
        username = str(claims.get("preferred_username") or claims.get("email") or subject)
        wanted = username.strip().lower()[:64]
        if await staff.account_named(tx, wanted) is not None:
            raise ProviderRefused("name-taken")  # never somebody else's account by its name
        newcomer = Staff(
            staff_id=clock.new_id(),
            username=wanted,
            display_name=str(claims.get("name") or wanted)[:100],
            role=place.role,
            teams=place.teams,
            active=True,
            version=1,
        )
        await staff.add(tx, newcomer, password_hash=NO_PASSWORD)
        await tx.session.execute(
            insert(federated).values(
                issuer=self.provider.issuer, subject=subject, staff_id=newcomer.staff_id
            )
        )
        return newcomer


async def is_federated(tx: Transaction, staff_id: UUID) -> bool:
    """Whether an identity provider vouches for them; then their second factor is its matter."""
    query = select(federated.c.staff_id).where(federated.c.staff_id == staff_id)
    return (await tx.session.execute(query)).first() is not None


async def _of(tx: Transaction, issuer: str, subject: str) -> UUID | None:
    query = select(federated.c.staff_id).where(
        federated.c.issuer == issuer, federated.c.subject == subject
    )
    found: UUID | None = (await tx.session.execute(query)).scalar()
    return found
