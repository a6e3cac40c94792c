"""A password becomes a session, a token or a signature; a cookie becomes a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from services.portal.identity import sessions, staff, tries
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.identity.sessions import Session
from services.portal.identity.staff import Account, Staff
from services.portal.identity.tables import session as table
from shared.api.identity import Role
from shared.runtime import auth, clock
from shared.runtime.db import Database, Transaction

_TOKEN_LIFETIME = timedelta(seconds=50)
"""With the readers' leeway less than a minute: what was taken away is gone by then everywhere,
even where no fact about it arrives."""
_TOKEN_RENEWED_BEFORE = timedelta(seconds=20)
_OURSELVES = Staff(
    staff_id=UUID(int=0),
    username="",
    display_name="",
    role=Role.SERVICE,
    teams=(),
    active=True,
    version=1,
)
"""The portal as a caller of the other services."""
_SIGNATURE_LIFETIME = timedelta(minutes=5)


class WrongPassword(Exception):
    """The user name and the password do not belong together."""


class TooManyTries(Exception):
    """Wait before the next try. ``seconds`` says how long."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in, in one browser. ``secret`` is what their cookie holds; ``now`` is
    the database's time plus the demo's offset."""

    staff: Staff
    secret: str
    now: datetime

    @property
    def csrf_token(self) -> str:
        """What every form of theirs carries."""
        return sessions.csrf_token(self.secret)


class FrontDoor:
    """Checks who somebody is, by password or by cookie."""

    def __init__(self, db: Database, *, keyring: Keyring, passwords: Passwords) -> None:
        self._db = db
        self._keyring = keyring
        self._passwords = passwords
        self._tokens: dict[tuple[Staff, str], tuple[str, datetime]] = {}

    async def sign_in(self, username: str, password: str, *, address: str) -> Visitor:
        """Open a session with a new secret.

        Raises:
            WrongPassword: or no such account, or one that was closed; the answer is the same.
            TooManyTries: says how long to wait.
        """
        person = await self.recognise(username, password, address=address)
        secret, now = clock.new_secret(), clock.real_now()
        row = {
            "secret_hash": sessions.digest(secret),
            "staff_id": person.staff_id,
            "started_at": now,
            "seen_at": now,
        }
        async with self._db.transaction(actor=_actor(person)) as tx:
            await tx.session.execute(insert(table), [row])
            tx.audit("session.started", object=f"staff:{person.staff_id}")
        return Visitor(person, secret, tx.now)

    async def resume(self, secret: str, *, noting: bool = True) -> Visitor | None:
        """The person behind a cookie, unless the session ended or the account was closed.

        A page that refreshes itself asks without ``noting``, or nobody would ever be idle.
        """
        real_now = clock.real_now()
        async with self._db.reading() as tx:
            session = await _session(tx, secret)
            if session is None or not sessions.is_live(session, now=real_now):
                return None
            person = await staff.by_id(tx, session.staff_id)
        if person is None or not person.active:
            return None
        if noting and sessions.needs_noting(session, now=real_now):
            await self._note(secret, seen_at=real_now)
        return Visitor(person, secret, tx.now)

    async def sign_out(self, visitor: Visitor) -> None:
        """End this session; its cookie is worth nothing from now on."""
        async with self._db.transaction(actor=_actor(visitor.staff)) as tx:
            await tx.session.execute(
                update(table)
                .where(table.c.secret_hash == sessions.digest(visitor.secret))
                .values(ended_at=clock.real_now())
            )
            tx.audit("session.ended", object=f"staff:{visitor.staff.staff_id}")

    async def recognise(self, username: str, password: str, *, address: str) -> Staff:
        """The person with this name and password. No transaction is open while it is checked.

        Raises:
            WrongPassword: or no such account, or one that was closed; the answer is the same.
            TooManyTries: says how long to wait.
        """
        places = tries.places(username, address)
        async with self._db.housekeeping() as tx:
            pause = await tries.count(tx, places, now=clock.real_now())
            account = await staff.account_named(tx, username)
        if pause:
            raise TooManyTries(int(pause.total_seconds()) + 1)
        stored = account.password_hash if account and account.staff.active else None
        if not await self._passwords.match(password, stored) or account is None:
            await self._refuse(account)
            raise WrongPassword
        async with self._db.housekeeping() as tx:
            await tries.forgive(tx, places)
        return account.staff

    async def signature(
        self,
        username: str,
        password: str,
        *,
        hash_: str,
        meaning: str,
        address: str,
        audience: str = "treatment",
    ) -> str:
        """Sign one exact version in the name of a person who gives the password again.

        Raises:
            WrongPassword: nothing was signed.
            TooManyTries: says how long to wait.
        """
        person = await self.recognise(username, password, address=address)
        key = await self._keyring.current()
        async with self._db.transaction(actor=_actor(person)) as tx:
            tx.audit("signature.issued", object=f"sha256:{hash_}", reason=meaning)
        return auth.issue_signature(
            key.private(),
            staff_id=person.staff_id,
            hash_=hash_,
            meaning=meaning,
            audience=audience,
            lifetime=_SIGNATURE_LIFETIME,
        )

    async def token(self, person: Staff, *, audience: str) -> str:
        """A bearer token for one service, made anew shortly before it runs out."""
        now = clock.real_now()
        token, expires_at = self._tokens.get((person, audience), ("", now))
        if expires_at - now > _TOKEN_RENEWED_BEFORE:
            return token
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1] > now}
        token = await self.fresh_token(person, audience=(audience,), lifetime=_TOKEN_LIFETIME)
        self._tokens[(person, audience)] = token, now + _TOKEN_LIFETIME
        return token

    async def own_token(self, *, audience: str) -> str:
        """A bearer token of the portal itself, for people who have a link and no account."""
        return await self.token(_OURSELVES, audience=audience)

    async def fresh_token(
        self, person: Staff, *, audience: Iterable[str], lifetime: timedelta
    ) -> str:
        """A bearer token that is not kept here."""
        key = await self._keyring.current()
        return auth.issue_access_token(
            key.private(),
            staff_id=person.staff_id,
            role=person.role,
            teams=person.teams,
            audience=tuple(audience),
            lifetime=lifetime,
            version=person.version,
        )

    async def sweep(self) -> None:
        """Forget sessions and attempts that can have no effect any more."""
        now = clock.real_now()
        over = table.c.started_at < now - sessions.ABSOLUTE_LIMIT
        unused = table.c.seen_at < now - sessions.IDLE_LIMIT
        async with self._db.housekeeping() as tx:
            await tx.session.execute(delete(table).where(over | unused))
            await tries.sweep(tx, now=now)

    async def _refuse(self, account: Account | None) -> None:
        tried = f"staff:{account.staff.staff_id}" if account else "staff:unknown"
        async with self._db.reading() as tx:
            tx.audit("sign-in.refused", object=tried)

    async def _note(self, secret: str, *, seen_at: datetime) -> None:
        async with self._db.housekeeping() as tx:
            await tx.session.execute(
                update(table)
                .where(table.c.secret_hash == sessions.digest(secret))
                .values(seen_at=seen_at)
            )


async def _session(tx: Transaction, secret: str) -> Session | None:
    query = select(table).where(table.c.secret_hash == sessions.digest(secret))
    row = (await tx.session.execute(query)).one_or_none()
    if row is None:
        return None
    return Session(row.staff_id, row.started_at, row.seen_at, row.ended_at)


def _actor(person: Staff) -> str:
    return f"staff:{person.staff_id}"
