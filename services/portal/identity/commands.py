"""The command line for accounts: the first one, and whatever needs no browser.

It works on the identity database itself, so whoever may run it already holds the machine; each
change is audited as ``service:command-line``.
"""

import asyncio
import json
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from pydantic import ValidationError

from services.portal.identity import programs
from services.portal.identity.office import KnownElsewhere, NameTaken, NoSuchAccount, Office, Seen
from services.portal.identity.passwords import Passwords, faults
from services.portal.identity.staff import AccountChangedMeanwhile, LastOfTeam, Staff
from shared.api.identity import Role
from shared.runtime.db import Database

BY = "service:command-line"
Name = Annotated[str, typer.Argument(help="The user name.")]
Program = Annotated[str, typer.Argument(help="What the program calls itself.")]
LeaveEmpty = Annotated[
    bool, typer.Option("--leave-empty", help="Even the last of a team that has no patients.")
]
Teams = Annotated[list[str], typer.Option("--team", help="A team's code; may be repeated.")]


@dataclass(frozen=True, slots=True)
class _Account:
    """A line of the list."""

    username: str
    name: str
    role: str
    teams: tuple[str, ...]
    state: str
    has_codes: bool


def commands(  # noqa: C901, PLR0915 - a list of small commands
    database_url: Callable[[], str],
) -> typer.Typer:
    """``users ...`` for the database that the settings name."""
    app = typer.Typer(help="Who works here: open, close and unlock accounts.", no_args_is_help=True)

    def act(work: Callable[[Office], Awaitable[None]]) -> None:
        asyncio.run(_with_office(database_url, work))

    @app.command()
    def add(
        username: Name,
        role: Annotated[Role, typer.Option(help="What they are here to do.")],
        name: Annotated[str, typer.Option(help="How pages call them.")],
        team: Teams,
    ) -> None:
        """Open an account. A first password is drawn and printed once, unless one is piped in."""
        password = _piped_or_drawn(username)
        _refuse_service(role)

        async def work(office: Office) -> None:
            await office.open(
                username=username,
                display_name=name,
                role=role,
                teams=tuple(team),
                password=password,
                by=BY,
            )

        act(work)
        _say(f"{username} may sign in as {role}.", password)

    @app.command(name="list")
    def list_accounts(
        *, for_machines: Annotated[bool, typer.Option("--json", help="Print for machines.")] = False
    ) -> None:
        """Everybody, with what is the matter with their account."""

        async def work(office: Office) -> None:
            found = [_account_of(seen) for seen in await office.everyone()]
            if for_machines:
                _print(json.dumps([asdict(one) for one in found], indent=2))
                return
            for one in found:
                codes = "codes" if one.has_codes else "password only"
                line = (one.username, one.role, ",".join(one.teams), one.state, codes, one.name)
                _print("  ".join(line))

        act(work)

    @app.command()
    def unlock(username: Name) -> None:
        """Let any browser try again after too many wrong passwords."""
        act(lambda office: _each(office, username, office.unlock))

    @app.command()
    def close(username: Name, *, leave_empty: LeaveEmpty = False) -> None:
        """No access any more, within a minute everywhere. What they did keeps their name."""

        async def work(office: Office) -> None:
            person = await office.named(username)
            await office.close(person.staff_id, by=BY, leave_empty=leave_empty)

        act(work)

    @app.command(name="sign-out")
    def sign_out(username: Name) -> None:
        """End every session and every token of theirs."""
        act(lambda office: _each(office, username, office.sign_out))

    @app.command(name="take-codes-off")
    def take_codes_off(username: Name) -> None:
        """For a lost phone: the next sign-in sets up another one."""
        act(lambda office: _each(office, username, office.take_codes_off))

    @app.command()
    def password(username: Name) -> None:
        """Set another password, drawn and printed once unless one is piped in."""
        new = _piped_or_drawn(username)

        async def work(office: Office) -> None:
            person = await office.named(username)
            await office.set_password(person.staff_id, password=new, by=BY)

        act(work)
        _say(f"{username} has another password.", new)

    @app.command()
    def role(
        username: Name,
        role: Annotated[Role, typer.Option(help="What they are here to do.")],
        team: Teams,
        *,
        leave_empty: LeaveEmpty = False,
    ) -> None:
        """Give somebody another role and other teams."""
        _refuse_service(role)

        async def work(office: Office) -> None:
            person = await office.named(username)
            await office.change_role(
                person.staff_id, role=role, teams=tuple(team), by=BY, leave_empty=leave_empty
            )

        act(work)

    @app.command(name="add-program")
    def add_program(
        client_id: Annotated[str, typer.Argument(help="What it calls itself.")],
    ) -> None:
        """Give a program credentials of its own (role service); the secret is printed once."""

        async def work(office: Office) -> None:
            _print(await programs.add(office.db, client_id, by=BY))

        act(work)

    @app.command(name="close-program")
    def close_program(client_id: Program) -> None:
        """Its credentials open nothing any more."""

        async def work(office: Office) -> None:
            await programs.close(office.db, client_id, by=BY)

        act(work)

    return app


async def _with_office(
    database_url: Callable[[], str], work: Callable[[Office], Awaitable[None]]
) -> None:
    try:
        db = Database.open(database_url(), source="portal")
    except ValidationError as error:
        _refuse(f"the settings are not complete: {error.error_count()} faults")
    try:
        await work(Office(db, Passwords()))
    except NoSuchAccount:
        _refuse("nobody has this user name")
    except NameTaken:
        _refuse("this name is taken")
    except LastOfTeam as last:
        _refuse(_what_first(last))
    except KnownElsewhere:
        _refuse("they sign in with the identity provider; a password here would go past its codes")
    except AccountChangedMeanwhile:
        _refuse("somebody changed this account just now; look again")
    finally:
        await db.close()


def _account_of(seen: Seen) -> _Account:
    one = seen.staff
    return _Account(
        username=one.username,
        name=one.display_name,
        role=one.role.value,
        teams=tuple(one.teams),
        state="locked" if seen.locked_at else "open" if one.active else "closed",
        has_codes=seen.has_codes,
    )


async def _each(office: Office, username: str, change: Callable[..., Awaitable[None]]) -> None:
    person: Staff = await office.named(username)
    await change(person.staff_id, by=BY)


def _what_first(last: LastOfTeam) -> str:
    who, team = last.staff.username, last.team
    if last.is_lead:
        return (
            f"{who} is the only lead of {team}: what nobody answers would reach nobody. Give a "
            "colleague that role first (users role), or open an account for a new lead (users add)"
        )
    return (
        f"{who} is the last clinician of {team}: its patients would be on nobody's list. Give "
        "a colleague that role in the team first (users role or users add), or, for a team without "
        "patients, say --leave-empty"
    )


def _piped_or_drawn(username: str) -> str:
    """A password from standard input (never from an argument, which others can see)."""
    if sys.stdin.isatty():
        return secrets.token_urlsafe(15)
    given = sys.stdin.readline().rstrip("\n")
    if not given:
        return secrets.token_urlsafe(15)
    if wrong := faults(given, username=username):
        _refuse(wrong[0])
    return given


def _refuse_service(role: Role) -> None:
    if role is Role.SERVICE:
        _refuse("a program gets its credentials by add-program")


def _say(what: str, password: str) -> None:
    _print(what)
    _print(f"The password, shown only now: {password}")


def _print(line: str) -> None:
    print(line)  # noqa: T201 - the answer of a command


def _refuse(why: str) -> None:
    print(why, file=sys.stderr)  # noqa: T201 - one line for whoever ran us
    raise typer.Exit(1)
