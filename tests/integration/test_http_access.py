"""Who may do what: every way to be someone else is refused, and every refusal is on record."""

import base64
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from sqlalchemy import insert, select

from shared.api.identity import Role
from shared.runtime import clock
from shared.runtime.auth import ACCESS, ISSUER, issue_access_token, issue_signature
from shared.runtime.tables import applied, audit
from tests.support.notebook import SERVICE, Notebook, a_note, notes
from tests.support.tokens import STAFF, new_key


def claims(**changed: Any) -> dict[str, Any]:
    now = int(clock.real_now().timestamp())
    return {
        "iss": ISSUER,
        "sub": str(STAFF[Role.PRESCRIBER]),
        "role": "prescriber",
        "teams": ["harbour"],
        "ver": 1,
        "aud": [SERVICE],
        "iat": now,
        "exp": now + 60,
    } | changed


def signed(notebook: Notebook, header: dict[str, Any] | None = None, **changed: Any) -> str:
    key = notebook.portal.key
    content = {name: value for name, value in claims(**changed).items() if value is not None}
    return jwt.encode(
        {"alg": "ES256", "typ": ACCESS, "kid": key.kid} | (header or {}), content, key
    )


def unsigned(notebook: Notebook, algorithm: str = "none") -> str:
    header = {"alg": algorithm, "typ": ACCESS, "kid": notebook.portal.key.kid}
    parts = [json.dumps(part).encode() for part in (header, claims())]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def with_public_key_as_secret(notebook: Notebook) -> str:
    """The classic confusion of a public key with a shared secret."""
    public = notebook.portal.key.as_pem(private=False)
    signed_part = unsigned(notebook, algorithm="HS256")[:-1]
    seal = hmac.digest(public, signed_part.encode(), "sha256")
    return f"{signed_part}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"


def of_another_key(notebook: Notebook) -> str:
    """Signed by a stranger who names our key."""
    header = {"alg": "ES256", "typ": ACCESS, "kid": notebook.portal.key.kid}
    return jwt.encode(header, claims(), new_key())


def of_an_unknown_key(_notebook: Notebook) -> str:
    return issue_access_token(
        new_key(),
        staff_id=STAFF[Role.PRESCRIBER],
        role=Role.PRESCRIBER,
        teams=["harbour"],
        audience=[SERVICE],
        lifetime=timedelta(minutes=5),
    )


def a_signature(notebook: Notebook) -> str:
    return issue_signature(
        notebook.portal.key,
        staff_id=STAFF[Role.PRESCRIBER],
        hash_="0" * 64,
        meaning="prescribed",
        audience=SERVICE,
    )


def with_a_better_role(notebook: Notebook) -> str:
    """The claims edited after signing."""
    head, _, signature = signed(notebook, role="auditor").split(".")
    better = base64.urlsafe_b64encode(json.dumps(claims(role="prescriber")).encode()).decode()
    return f"{head}.{better.rstrip('=')}.{signature}"


FORGED = {
    "unsigned": unsigned,
    "public-key-as-secret": with_public_key_as_secret,
    "another-key": of_another_key,
    "unknown-key": of_an_unknown_key,
    "signature-token": a_signature,
    "edited-role": with_a_better_role,
    "other-audience": lambda n: n.portal.token(Role.PRESCRIBER, audience="treatment"),
    "expired": lambda n: n.portal.token(
        Role.PRESCRIBER, audience=SERVICE, lifetime=timedelta(minutes=-1)
    ),
    "no-expiry": lambda n: signed(n, exp=None),
    "no-audience": lambda n: signed(n, aud=None),
    "no-subject": lambda n: signed(n, sub=None),
    "no-teams": lambda n: signed(n, teams=None),
    "no-version": lambda n: signed(n, ver=None),
    "odd-version": lambda n: signed(n, ver="latest"),
    "other-issuer": lambda n: signed(n, iss="somebody"),
    "not-yet": lambda n: signed(n, nbf=int(clock.real_now().timestamp()) + 600),
    "issued-tomorrow": lambda n: signed(n, iat=int(clock.real_now().timestamp()) + 86_400),
    "unknown-role": lambda n: signed(n, role="owner"),
    "subject-no-id": lambda n: signed(n, sub="../../1"),
    "key-id-path": lambda n: signed(n, {"kid": "../../etc/passwd"}),
    "plain-jwt": lambda n: signed(n, {"typ": "JWT"}),
    "cut-short": lambda n: signed(n)[:-4],
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "list-header": lambda _: "W10.e30.AA",
    "number-header": lambda _: "Nw.e30.AA",
    "not-base64": lambda _: "%%%.%%%.%%%",
    "beyond-ascii": lambda _: "é.é.é",
    "long": lambda _: "A" * 7000,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a_token_that_is_not_ours_opens_nothing(notebook: Notebook, forge: Any) -> None:
    answer = await notebook.ask(
        "POST",
        "/api/v1/notes",
        json=a_note(),
        headers={"Authorization": f"Bearer {forge(notebook)}"},
    )

    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert await notebook.count(notes) == 0


@pytest.mark.parametrize("value", ["", "Basic dXNlcjpwYXNz", "Bearer", "Token x", "Bearer  "])
async def test_no_bearer_token_opens_nothing(notebook: Notebook, value: str) -> None:
    answer = await notebook.ask("GET", "/api/v1/notes", headers={"Authorization": value})

    assert (answer.status, answer.code) == (401, "unauthenticated")


async def test_a_token_in_the_address_is_not_looked_at(notebook: Notebook) -> None:
    token = notebook.portal.token(Role.PRESCRIBER, audience=SERVICE)

    answer = await notebook.ask(
        "GET", f"/api/v1/notes?access_token={token}", headers={"Authorization": ""}
    )

    assert answer.status == 401


@pytest.mark.parametrize(
    "role", [Role.LEAD, Role.FACILITATOR, Role.OPERATIONS, Role.AUDITOR, Role.SERVICE]
)
async def test_another_role_s_action_is_refused_and_on_record(
    notebook: Notebook, role: Role
) -> None:
    answer = await notebook.write("A title", role=role, headers={"X-Request-Id": "request-77"})

    assert (answer.status, answer.code) == (403, "role")
    assert await notebook.count(notes) == 0
    actor = "service:portal" if role is Role.SERVICE else f"staff:{STAFF[role]}"
    assert await recorded(notebook) == [
        (actor, "access.denied", "operation:write_note", "role", "request-77")
    ]


async def test_a_record_outside_the_relation_is_not_there_and_the_look_is_on_record(
    notebook: Notebook,
) -> None:
    theirs = (await notebook.write("Theirs", teams=("lighthouse",))).body["id"]

    answer = await notebook.ask(
        "GET", f"/api/v1/notes/{theirs}", headers={"X-Request-Id": "request-78"}
    )

    assert (answer.status, answer.code) == (404, "not-found")
    assert (await recorded(notebook))[-1] == (
        f"staff:{STAFF[Role.PRESCRIBER]}",
        "access.denied",
        "operation:read_note",
        "outside-relation",
        "request-78",
    )


async def test_a_foreign_record_and_none_look_the_same(notebook: Notebook) -> None:
    theirs = (await notebook.write("Theirs", teams=("lighthouse",))).body["id"]

    foreign = await notebook.ask("GET", f"/api/v1/notes/{theirs}")
    absent = await notebook.ask("GET", f"/api/v1/notes/{UUID(int=404)}")

    different = {"correlation_id"}
    assert {k: v for k, v in foreign.body.items() if k not in different} == {
        k: v for k, v in absent.body.items() if k not in different
    }


async def test_a_token_ends_when_a_later_version_of_its_account_is_heard_of(
    notebook: Notebook,
) -> None:
    assert (await notebook.write("Before")).status == 201
    async with notebook.db.housekeeping() as tx:
        who = f"staff:{STAFF[Role.PRESCRIBER]}"
        await tx.session.execute(insert(applied).values(aggregate=who, version=2))

    answer = await notebook.write("After")

    assert (answer.status, answer.code) == (401, "unauthenticated")
    assert await notebook.count(notes) == 1


async def recorded(notebook: Notebook) -> list[tuple[Any, ...]]:
    columns = (audit.c.actor, audit.c.action, audit.c.object, audit.c.reason)
    async with notebook.db.reading() as tx:
        rows = await tx.session.execute(
            select(*columns, audit.c.correlation_id).order_by(audit.c.seq)
        )
        return [tuple(row) for row in rows]
