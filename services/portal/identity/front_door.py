"""A password becomes a session, a token or a signature; a cookie becomes a person, and with a fresh
sign-in at the provider a signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, insert, select, update

from services.portal.identity import (
    federation,
    locks,
    programs,
    restored,
    second_factor,
    sessions,
    staff,
    step_up,
    tries,
)
from services.portal.identity.keyring import Keyring
from services.portal.identity.passwords import Passwords
from services.portal.identity.sessions import Session
from services.portal.identity.staff import Account, Staff
from services.portal.identity.tables import session as table
from shared.api.identity import Role
from shared.runtime import auth, clock
from shared.runtime.db import Database, Transaction

TOKEN_LIFETIME = timedelta(seconds=50)
"""With the readers' leeway less than a minute: what was taken away is gone by then everywhere,
even where no fact about it arrives."""
_TOKEN_RENEWED_BEFORE = timedelta(seconds=20)
_OURSELVES = Staff(
    staff_id=auth.PORTAL_ITSELF,
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


class WrongCode(Exception):
    """The one-time code is not right, or the sign-in it belongs to is too long ago."""


class NotSignedInAgain(Exception):
    """Their session holds no fresh sign-in at the provider: none was made, it is used up, too old,
    or another session's."""


class Locked(Exception):
    """Too many wrong passwords: a lead or operations has to unlock the account."""


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
    has_code: bool = True
    """Whether more than a password opens this account."""
    by_provider: bool = False
    """An identity provider vouches for them: they have no password here, and sign by signing in
    there again."""
    is_held: bool = False
    """They look at a restored copy that nobody has released yet."""
    stepped_up_at: datetime | None = None
    """When they signed in again at the provider, while that serves to sign in this session."""

    @property
    def csrf_token(self) -> str:
        """What every form of theirs carries."""
        return sessions.csrf_token(self.secret, self.staff.staff_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """What a password opened: a session, or one that still ``awaits_code``. ``device`` is a
    secret for the browser to keep; empty when it keeps one already."""

    visitor: Visitor
    awaits_code: bool
    device: str


@dataclass(frozen=True, slots=True)
class _Knock:
    """A counted try at an account: whether that ``is_shut`` for this browser, and ``opens`` by a
    password at all."""

    account: Account | None
    counted: tries.Counted
    is_shut: bool
    opens: bool


class FrontDoor:
    """Checks who somebody is, by password or by cookie."""

    def __init__(self, db: Database, *, keyring: Keyring, passwords: Passwords) -> None:
        self._db = db
        self._keyring = keyring
        self._passwords = passwords
        self._tokens: dict[tuple[Staff, str], tuple[str, datetime]] = {}

    async def sign_in(
        self, username: str, password: str, *, address: str, device: str = ""
    ) -> Entry:
        """Open a session with a new secret, or the way to one when a code is needed too.

        ``device`` is what a browser keeps that was let in before.

        Raises:
            WrongPassword: or no such account, or one that was closed; the answer is the same.
            Locked: the account is locked for browsers it does not know.
            TooManyTries: says how long to wait.
            Held: this is a restored copy that nobody has released yet.
        """
        person = await self.recognise(username, password, address=address, device=device)
        return await self.let_in(person, device=device)

    async def let_in(self, person: Staff, *, device: str = "", by: str = "password") -> Entry:
        """A session for somebody who has proved who they are, ``by`` what.

        Raises:
            Held: this is a restored copy that nobody has released yet.
        """
        await restored.require_released(self._db, person)
        now = clock.real_now()
        async with self._db.transaction(actor=_actor(person)) as tx:
            awaits_code = by == "password" and await second_factor.is_needed(tx, person.staff_id)
            secret = await _open_session(tx, person, now=now, awaits_code=awaits_code, by=by)
            known = await locks.is_known(tx, person.staff_id, device, now=now)
            new_device = "" if known or awaits_code else await _remembered(tx, person, now=now)
        return Entry(Visitor(person, secret, tx.now), awaits_code, new_device)

    async def show_code(self, secret: str, code: str, *, address: str) -> Entry:
        """Exchange a session that awaits the one-time code for one with a new secret.

        Raises:
            WrongCode: not right, used before, or the password was given too long ago.
            TooManyTries: says how long to wait.
        """
        now = clock.real_now()
        person = await self._awaited(secret, now=now)
        counted = await self._counted(f"code {person.staff_id}", address)
        async with self._db.transaction(actor=_actor(person)) as tx:
            right = await second_factor.check(tx, person.staff_id, code=code[:64], now=now)
            if right:
                await _end(tx, table.c.secret_hash == sessions.digest(secret), now=now)
                opened = await _open_session(tx, person, now=now, awaits_code=False, by="code")
                new_device = await _remembered(tx, person, now=now)
                await tries.forgive(tx, counted)
                await locks.forgive(tx, person.staff_id)
            else:
                await locks.count_failure(tx, person.staff_id, now=now)
                tx.audit("sign-in.refused", object=f"staff:{person.staff_id}", reason="code")
        if not right:
            raise WrongCode
        return Entry(Visitor(person, opened, tx.now), False, new_device)  # noqa: FBT003

    async def _awaited(self, secret: str, *, now: datetime) -> Staff:
        async with self._db.reading() as tx:
            session = await _session(tx, secret)
            person = None if session is None else await staff.by_id(tx, session.staff_id)
        if session is None or person is None or not person.active:
            raise WrongCode
        if not session.awaits_code or not sessions.is_live(session, now=now):
            raise WrongCode
        return person

    async def resume(self, secret: str, *, noting: bool = True) -> Visitor | None:
        """The person behind a cookie, unless the session ended or the account was closed.

        A page that refreshes itself asks without ``noting``, or nobody would ever be idle.
        """
        real_now = clock.real_now()
        async with self._db.reading() as tx:
            session = await _session(tx, secret)
            if session is None or session.awaits_code:
                return None
            if not sessions.is_live(session, now=real_now):
                return None
            person = await staff.by_id(tx, session.staff_id)
            by_provider = await federation.is_federated(tx, session.staff_id)
            has_code = by_provider or await second_factor.is_needed(tx, session.staff_id)
            held = await restored.is_held(tx)
        if person is None or not person.active:
            return None
        if noting and sessions.needs_noting(session, now=real_now):
            await self._note(secret, seen_at=real_now)
        stepped_up_at = step_up.shown(session.stepped_up_at, real_now=real_now, now=tx.now)
        return Visitor(person, secret, tx.now, has_code, by_provider, held, stepped_up_at)

    async def sign_out(self, visitor: Visitor) -> None:
        """End this session; its cookie is worth nothing from now on."""
        async with self._db.transaction(actor=_actor(visitor.staff)) as tx:
            await tx.session.execute(
                update(table)
                .where(table.c.secret_hash == sessions.digest(visitor.secret))
                .values(ended_at=clock.real_now())
            )
            tx.audit("session.ended", object=f"staff:{visitor.staff.staff_id}")

    async def sign_out_everywhere(self, person: Staff, *, by: str | None = None) -> None:
        """End every session of theirs, and every token made so far."""
        async with self._db.transaction(actor=by or _actor(person)) as tx:
            await _end(tx, table.c.staff_id == person.staff_id, now=clock.real_now())
            await staff.end_tokens(tx, person.staff_id)
            tx.audit("sessions.ended", object=f"staff:{person.staff_id}")

    async def change_password(self, person: Staff, password: str, *, by: str | None = None) -> None:
        """A new password; every session but none is kept, so sign in again everywhere."""
        password_hash = await self._passwords.hash(password)
        async with self._db.transaction(actor=by or _actor(person)) as tx:
            await staff.set_password(tx, person.staff_id, password_hash=password_hash)
            await _end(tx, table.c.staff_id == person.staff_id, now=clock.real_now())
            tx.audit("password.changed", object=f"staff:{person.staff_id}")

    async def offer_code(self, person: Staff) -> str:
        """The secret to scan with an authenticator app.

        Raises:
            LookupError: an app is set up already.
        """
        async with self._db.transaction(actor=_actor(person)) as tx:
            return await second_factor.offer(tx, person.staff_id)

    async def confirm_code(self, person: Staff, code: str) -> tuple[str, ...] | None:
        """The recovery codes, once, when the code shows that the app works."""
        async with self._db.transaction(actor=_actor(person)) as tx:
            return await second_factor.confirm(tx, person.staff_id, code=code, now=clock.real_now())

    async def recognise(
        self, username: str, password: str, *, address: str, device: str = ""
    ) -> Staff:
        """The person with this name and password. No transaction is open while it is checked.

        Raises:
            WrongPassword: or no such account, or one that was closed; the answer is the same.
            TooManyTries: says how long to wait.
        """
        knock = await self._knock(username, address=address, device=device)
        account, counted = knock.account, knock.counted
        stored = account.password_hash if account and knock.opens else None
        if not await self._passwords.match(password, stored) or account is None:
            await self._refuse(account)
            raise WrongPassword
        if knock.is_shut:
            raise Locked
        async with self._db.housekeeping() as tx:
            await tries.forgive(tx, counted)
            # Half a proof forgives no wrong codes: whoever knows the password could guess on.
            if not await second_factor.is_needed(tx, account.staff.staff_id):
                await locks.forgive(tx, account.staff.staff_id)
        return account.staff

    async def recognise_fully(
        self, username: str, password: str, *, code: str | None, address: str
    ) -> Staff:
        """The person, with the one-time code where the account has codes.

        Raises:
            WrongPassword, Locked, TooManyTries: as ``recognise``.
            WrongCode: the code is missing or wrong.
            Held: this is a restored copy that nobody has released yet.
        """
        person = await self.recognise(username, password, address=address)
        await restored.require_released(self._db, person)
        async with self._db.reading() as tx:
            needed = await second_factor.is_needed(tx, person.staff_id)
        if not needed:
            return person
        if code is None:  # a question, not a guess
            raise WrongCode
        now = clock.real_now()
        counted = await self._counted(f"code {person.staff_id}", address)
        async with self._db.transaction(actor=_actor(person)) as tx:
            right = await second_factor.check(tx, person.staff_id, code=code, now=now)
            if right:
                await tries.forgive(tx, counted)
                await locks.forgive(tx, person.staff_id)
                tx.audit("token.issued", object=f"staff:{person.staff_id}", reason="code")
            else:
                await locks.count_failure(tx, person.staff_id, now=now)
                tx.audit("sign-in.refused", object=f"staff:{person.staff_id}", reason="code")
        if not right:
            raise WrongCode
        return person

    async def recognise_program(self, client_id: str, secret: str, *, address: str) -> Staff:
        """The program with these credentials.

        Raises:
            WrongPassword: or no such program, or one that was closed.
            TooManyTries: says how long to wait.
            Held: this is a restored copy that nobody has released yet.
        """
        counted = await self._counted(f"program {client_id}", address)
        program = await programs.recognise(self._db, client_id, secret)
        if program is None:
            await self._refuse(None)
            raise WrongPassword
        await restored.require_released(self._db, program)
        async with self._db.housekeeping() as tx:
            await tries.forgive(tx, counted)
        return program

    async def signature(
        self,
        username: str,
        password: str,
        *,
        hash_: str,
        meaning: str,
        address: str,
        device: str = "",
        audience: str = "treatment",
    ) -> str:
        """Sign one exact version in the name of a person who gives the password again, in a
        browser that keeps ``device`` if it was let in before.

        Raises:
            WrongPassword: nothing was signed.
            Locked: the account is locked for browsers it does not know.
            TooManyTries: says how long to wait.
            Held: this is a restored copy that nobody has released yet.
        """
        person = await self.recognise(username, password, address=address, device=device)
        await restored.require_released(self._db, person)
        key = await self._keyring.current()
        async with self._db.transaction(actor=_actor(person)) as tx:
            _note_signature(tx, hash_=hash_, meaning=meaning, by=auth.BY_PASSWORD)
        return auth.issue_signature(
            key.private(),
            staff_id=person.staff_id,
            hash_=hash_,
            meaning=meaning,
            audience=audience,
            lifetime=_SIGNATURE_LIFETIME,
        )

    async def signature_again(
        self,
        visitor: Visitor,
        *,
        hash_: str,
        meaning: str,
        address: str,
        device: str = "",
        audience: str = "treatment",
    ) -> str:
        """Sign one exact version in the name of a person whom the provider vouches for, with the
        fresh sign-in that their session holds. It is used up by that, whatever becomes of the
        signature: one sign-in is one decision.

        Raises:
            NotSignedInAgain: nothing was signed.
            Locked: the account is locked for browsers it does not know.
            TooManyTries: says how long to wait.
        """
        person = visitor.staff
        knock = await self._knock(person.username, address=address, device=device)
        if knock.is_shut:
            raise Locked
        key = await self._keyring.current()
        async with self._db.transaction(actor=_actor(person)) as tx:
            theirs = person.active and await federation.is_federated(tx, person.staff_id)
            now = clock.real_now()
            used = theirs and await step_up.use(tx, visitor.secret, person.staff_id, now=now)
            if used:
                await tries.forgive(tx, knock.counted)
                _note_signature(tx, hash_=hash_, meaning=meaning, by=auth.BY_PROVIDER)
            else:
                tried = f"staff:{person.staff_id}"
                tx.audit("signature.refused", object=tried, reason="not-signed-in-again")
        if not used:
            raise NotSignedInAgain
        return auth.issue_signature(
            key.private(),
            staff_id=person.staff_id,
            hash_=hash_,
            meaning=meaning,
            audience=audience,
            lifetime=_SIGNATURE_LIFETIME,
            by=auth.BY_PROVIDER,
        )

    async def token(self, person: Staff, *, audience: str) -> str:
        """A bearer token for one service, made anew shortly before it runs out."""
        now = clock.real_now()
        token, expires_at = self._tokens.get((person, audience), ("", now))
        if expires_at - now > _TOKEN_RENEWED_BEFORE:
            return token
        self._tokens = {key: kept for key, kept in self._tokens.items() if kept[1] > now}
        token = await self.fresh_token(person, audience=(audience,), lifetime=TOKEN_LIFETIME)
        self._tokens[(person, audience)] = token, now + TOKEN_LIFETIME
        return token

    async def own_token(self, audience: str) -> str:
        """A bearer token of the portal itself."""
        return await self.token(_OURSELVES, audience=audience)

    async def link_token(self, audience: str) -> str:
        """The same for people who have a link and no account.

        Raises:
            Held: this is a restored copy, and nobody is there to read what they answer.
        """
        await restored.require_released(self._db, _OURSELVES)
        return await self.own_token(audience)

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
            await locks.sweep(tx, now=now)

    async def _knock(self, username: str, *, address: str, device: str) -> _Knock:
        """Count a try at this account before it is looked at.

        Raises:
            TooManyTries: says how long to wait.
        """
        now = clock.real_now()
        async with self._db.housekeeping() as tx:
            account = await staff.account_named(tx, username)
            known = await _is_known(tx, account, device, now=now)
            places = tries.places(username, address, device=device if known else "")
            counted = await tries.count(tx, places, now=now)
            is_shut = not known and await _is_locked(tx, account)
            opens = account is not None and await _opens_by_password(tx, account.staff)
        if counted.pause:
            raise TooManyTries(_seconds(counted.pause))
        return _Knock(account, counted, is_shut, opens)

    async def _counted(self, name: str, address: str) -> tries.Counted:
        async with self._db.housekeeping() as tx:
            places = tries.places(name, address)
            counted = await tries.count(tx, places, now=clock.real_now())
        if counted.pause:
            raise TooManyTries(_seconds(counted.pause))
        return counted

    async def _refuse(self, account: Account | None) -> None:
        tried = f"staff:{account.staff.staff_id}" if account else "staff:unknown"
        async with self._db.transaction(actor="service:portal") as tx:
            tx.audit("sign-in.refused", object=tried)
            if account:
                await locks.count_failure(tx, account.staff.staff_id, now=clock.real_now())

    async def _note(self, secret: str, *, seen_at: datetime) -> None:
        async with self._db.housekeeping() as tx:
            await tx.session.execute(
                update(table)
                .where(table.c.secret_hash == sessions.digest(secret))
                .values(seen_at=seen_at)
            )


async def _session(tx: Transaction, secret: str) -> Session | None:
    """The session of a cookie. A backup brings back those that were ended since: none of them
    counts."""
    query = select(table).where(
        table.c.secret_hash == sessions.digest(secret),
        table.c.started_at >= datetime.fromtimestamp(tx.epoch, UTC),
    )
    row = (await tx.session.execute(query)).one_or_none()
    if row is None:
        return None
    return Session(
        row.staff_id,
        row.started_at,
        row.seen_at,
        row.ended_at,
        row.awaits_code,
        row.stepped_up_at,
    )


async def _is_known(
    tx: Transaction, account: Account | None, device: str, *, now: datetime
) -> bool:
    return account is not None and await locks.is_known(tx, account.staff.staff_id, device, now=now)


async def _is_locked(tx: Transaction, account: Account | None) -> bool:
    return account is not None and await locks.is_locked(tx, account.staff.staff_id)


async def _opens_by_password(tx: Transaction, person: Staff) -> bool:
    """Not where a provider vouches for them, even if an earlier release gave them a password."""
    return person.active and not await federation.is_federated(tx, person.staff_id)


async def _open_session(
    tx: Transaction, person: Staff, *, now: datetime, awaits_code: bool, by: str
) -> str:
    secret = clock.new_secret()
    row = {
        "secret_hash": sessions.digest(secret),
        "staff_id": person.staff_id,
        "started_at": now,
        "seen_at": now,
        "awaits_code": awaits_code,
    }
    await tx.session.execute(insert(table), [row])
    await _end_oldest(tx, person, now=now)
    begun = "session.awaits-code" if awaits_code else "session.started"
    tx.audit(begun, object=f"staff:{person.staff_id}", reason=by)
    return secret


async def _end_oldest(tx: Transaction, person: Staff, *, now: datetime) -> None:
    """More sessions than a person has browsers are somebody else's."""
    live = select(table.c.secret_hash).where(
        table.c.staff_id == person.staff_id, table.c.ended_at.is_(None)
    )
    beyond = live.order_by(table.c.started_at.desc()).offset(sessions.MOST_AT_ONCE)
    old = (await tx.session.execute(beyond)).scalars().all()
    if old:
        await _end(tx, table.c.secret_hash.in_(old), now=now)


async def _remembered(tx: Transaction, person: Staff, *, now: datetime) -> str:
    return await locks.remember(tx, person.staff_id, now=now)


async def _end(tx: Transaction, which: ColumnElement[bool], *, now: datetime) -> None:
    await tx.session.execute(
        update(table).where(which, table.c.ended_at.is_(None)).values(ended_at=now)
    )


def _note_signature(tx: Transaction, *, hash_: str, meaning: str, by: str) -> None:
    """What was signed as what, and how the person proved once more who they are."""
    tx.audit("signature.issued", object=f"sha256:{hash_}", reason=meaning)
    tx.audit("signature.signer-proved", object=f"sha256:{hash_}", reason=by)


def _seconds(pause: timedelta) -> int:
    return int(pause.total_seconds()) + 1


def _actor(person: Staff) -> str:
    return f"staff:{person.staff_id}"
