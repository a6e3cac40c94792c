"""Whose account it is that came back from the identity provider."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from services.portal.identity import provider, sessions, staff, step_up
from services.portal.identity.provider import Provider, ProviderRefused
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


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came back, and where they wanted to go. ``again_at``: they signed in to sign, in the
    session that they have; no other is to be opened."""

    person: Staff
    back_to: str
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """What was kept when the browser was sent off."""

    browser_hash: str
    nonce: str
    verifier: str
    back_to: str
    began_at: datetime
    session_hash: str | None


@dataclass(slots=True)
class Federation:
    """Sends people to the provider and knows them when they come back."""

    db: Database
    provider: Provider
    roles: RoleMap

    async def depart(self, *, back_to: str, again: str = "") -> Departure:
        """Begin a sign-in; or, with the secret of a session, a fresh one of its person to sign.

        Raises:
            ProviderAway: the provider does not answer.
        """
        made, browser = provider.attempt(), clock.new_secret()
        address = await self.provider.address(made, anew=bool(again))
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
                    session_hash=sessions.digest(again) if again else None,
                )
            )
        return Departure(address, browser)

    async def come_back(self, query: Mapping[str, str], *, browser: str) -> Arrival:
        """Whoever the provider vouches for now.

        Raises:
            ProviderRefused: nobody is let in, and nobody can sign by it; the reason is on record.
            ProviderAway: the provider does not answer.
        """
        way = None
        try:
            way = await self._awaited(query.get("state", ""))
            if way.browser_hash != sessions.digest(browser):
                raise ProviderRefused("browser")
            if query.get("iss", self.provider.issuer) != self.provider.issuer:
                raise ProviderRefused("issuer")  # another provider's answer (RFC 9207)
            if not query.get("code"):
                raise ProviderRefused("denied")
            claims = await self.provider.claims(
                code=query["code"], nonce=way.nonce, verifier=way.verifier
            )
            place = self.roles.place(claims)
            if place is None:
                raise ProviderRefused("no-role")
            if way.session_hash is not None:
                return await self._again(claims, place, way, way.session_hash)
            return Arrival(await self._person(claims, place), way.back_to)
        except ProviderRefused as refused:
            await self._note(refused, way)
            raise

    async def _awaited(self, state: str) -> _Way:
        """The attempt this answer belongs to; it is used up by that."""
        now = clock.real_now()
        async with self.db.housekeeping() as tx:
            gone = delete(flow).where(flow.c.state_hash == sessions.digest(state))
            row = (await tx.session.execute(gone.returning(flow))).one_or_none()
        if row is None or now - row.began_at > WAITS:
            raise ProviderRefused("state")
        return _Way(
            row.browser_hash,
            row.nonce,
            row.verifier,
            row.back_to,
            row.began_at,
            row.session_hash,
        )

    async def _note(self, refused: ProviderRefused, way: _Way | None) -> None:
        async with self.db.transaction(actor="service:portal") as tx:
            whose = None
            if way is not None and way.session_hash is not None:
                whose = await step_up.owner(tx, way.session_hash)
            tried = f"staff:{whose or 'unknown'}"
            tx.audit("sign-in.refused", object=tried, reason=refused.code)

    async def _again(
        self, claims: Mapping[str, Any], place: Place, way: _Way, session_hash: str
    ) -> Arrival:
        """A fresh sign-in of the session's own person, for that session to sign with."""
        now = clock.real_now()
        at = provider.signed_in_at(claims, since=way.began_at, now=now)
        async with self.db.transaction(actor="service:portal") as tx:
            whose = await step_up.owner(tx, session_hash)
            if whose is None:
                raise ProviderRefused("session-over")
            if await _of(tx, self.provider.issuer, _subject(claims)) != whose:
                raise ProviderRefused("another-person")
            person = await _placed(tx, whose, place)
            again_at = step_up.shown(at, real_now=now, now=tx.now)
            if again_at is None:
                raise ProviderRefused("auth-time")  # they were too long on the way back
            if not await step_up.grant(tx, session_hash, at=at, now=now):
                raise ProviderRefused("session-over")
            tx.audit("sign-in.again", object=f"staff:{whose}", reason="provider")
        return Arrival(person, way.back_to, again_at)

    async def _person(self, claims: Mapping[str, Any], place: Place) -> Staff:
        subject = _subject(claims)
        async with self.db.transaction(actor="service:portal") as tx:
            known = await _of(tx, self.provider.issuer, subject)
            if known is None:
                return await self._welcome(tx, claims, place, subject=subject)
            person = await _placed(tx, known, place)
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


async def _placed(tx: Transaction, staff_id: UUID, place: Place) -> Staff:
    """The person, in the role and teams that the provider says now."""
    person = await staff.by_id(tx, staff_id)
    if person is None or not person.active:
        raise ProviderRefused("closed")
    if (person.role, person.teams) == (place.role, place.teams):
        return person
    return await staff.change_role(tx, person, role=place.role, teams=place.teams)


def _subject(claims: Mapping[str, Any]) -> str:
    return str(claims["sub"])[:255]


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
