"""A small service with one of everything, to hold the runtime's HTTP to its promises."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import aiohttp
from aiohttp.test_utils import TestServer
from pydantic import AwareDatetime, Field
from sqlalchemy import Column, Integer, MetaData, String, Table, Uuid, func, insert, select, update
from yarl import URL

from shared.api.body import Body, DoseMg, Page
from shared.api.identity import Role
from shared.runtime import tables
from shared.runtime.access import Access, Relation, Rule
from shared.runtime.auth import Keys
from shared.runtime.db import Database
from shared.runtime.http import (
    Api,
    Call,
    Mode,
    OutsideRelation,
    PageQuery,
    build_app,
    decode_cursor,
    encode_cursor,
    reads,
)
from tests.support.sentinel import FAMILY, refuse_person_in_answer
from tests.support.tokens import Portal

SERVICE = "notebook"
metadata = MetaData(naming_convention=tables.NAMING)
tables.attach(metadata)
notes = Table(
    "notes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("title", String(200), nullable=False, unique=True),
    Column("team", String(32), nullable=False),
    Column("version", Integer, nullable=False),
)


class Colour(StrEnum):
    """An enumeration."""

    BLUE = "blue"
    GREEN = "green"


class NewNote(Body):
    """A body with each kind of field that services take."""

    title: str = Field(min_length=1, max_length=200)
    dose_mg: DoseMg
    on: date
    at: AwareDatetime | None = None
    colour: Colour = Colour.BLUE
    pages: int = Field(ge=1, le=100)
    signed: bool = False
    about: UUID | None = None
    words: tuple[str, ...] = ()


class Rename(Body):
    """A change."""

    title: str = Field(min_length=1, max_length=200)


class NoteBody(Body):
    """A note as it is read."""

    id: UUID
    title: str
    version: int


class NotesQuery(PageQuery):
    """A list's question."""

    title: str | None = Field(default=None, max_length=200)


class TitleTaken(Exception):
    """Another note has this title."""

    code = "title-taken"
    field = "title"


class StaleNote(Exception):
    """This note changed meanwhile; read it again."""

    code = "stale-version"


class UnknownNote(Exception):
    """There is no such note."""

    code = "unknown-note"


WRITERS = frozenset({Role.PRESCRIBER, Role.NURSE})


def notebook() -> Api:  # noqa: C901 - a list of small operations
    """The service's operations."""
    api = Api(
        service=SERVICE,
        title="Notebook",
        problems={TitleTaken: 409, StaleNote: 412, UnknownNote: 404},
    )

    @api.post("/api/v1/notes", status=201, raises=(409,))
    async def write_note(call: Call, body: NewNote) -> NoteBody:
        """Write a note."""
        note = {"id": call.tx.new_id(), "title": body.title, "team": call.principal.teams[0]}
        await call.tx.session.execute(insert(notes).values(version=1, **note))
        call.tx.audit("note.written", object=f"note:{note['id']}")
        return NoteBody(id=note["id"], title=body.title, version=1)

    @api.post("/api/v1/notes/refusals", raises=(409,))
    async def refuse_note(call: Call, body: NewNote) -> NoteBody:
        """Write a note and think better of it."""
        await write_note(call, body)
        raise TitleTaken("Another note has this title.")

    @api.post("/api/v1/notes/searches", mode=Mode.READS)
    async def search_notes(call: Call, body: Rename) -> Page[NoteBody]:
        """Look for a title without putting it into an address."""
        found = await call.tx.session.execute(select(notes).where(notes.c.title == body.title))
        return Page(items=tuple(_body(row) for row in found))

    @api.get("/api/v1/notes")
    async def list_notes(call: Call, query: NotesQuery) -> Page[NoteBody]:
        """All notes by title."""
        rows = select(notes).order_by(notes.c.title).limit(query.limit + 1)
        if after := decode_cursor(query.cursor, str):
            rows = rows.where(notes.c.title > after[0])
        if query.title is not None:
            rows = rows.where(notes.c.title == query.title)
        found = [_body(row) for row in await call.tx.session.execute(rows)]
        items = tuple(found[: query.limit])
        more = len(found) > query.limit
        return Page(items=items, next=encode_cursor(items[-1].title) if more else None)

    @api.get("/api/v1/notes/{note_id}", raises=(404,))
    async def read_note(call: Call, note_id: UUID) -> NoteBody:
        """One note of the caller's team."""
        row = (await call.tx.session.execute(select(notes).where(notes.c.id == note_id))).first()
        if row is None or row.team not in call.principal.teams:
            raise OutsideRelation(note_id)
        return _body(row)

    @api.put("/api/v1/notes/{note_id}", if_match=True, raises=(404,))
    async def rename_note(call: Call, note_id: UUID, body: Rename) -> NoteBody:
        """Give a note another title."""
        changed = await call.tx.session.execute(
            update(notes)
            .where(notes.c.id == note_id, notes.c.version == call.if_match)
            .values(title=body.title, version=call.if_match + 1)
        )
        call.tx.audit("note.renamed", object=f"note:{note_id}")
        if changed.rowcount == 0:
            raise StaleNote("This note changed meanwhile; read it again.")
        return NoteBody(id=note_id, title=body.title, version=call.if_match + 1)

    @api.get("/api/v1/shelves/{code}", raises=(404,))
    async def read_shelf(call: Call, code: str) -> NoteBody:
        """A path parameter that is text."""
        row = (await call.tx.session.execute(select(notes).where(notes.c.title == code))).first()
        if row is None:
            raise UnknownNote("There is no such note.")
        return _body(row)

    @api.get("/api/v1/faults/{kind}")
    async def fail(call: Call, kind: str) -> NoteBody:
        """Go wrong in the ways that programs do, with a person's name in the error."""
        if kind == "code":
            raise RuntimeError(FAMILY)
        if kind == "sql":
            await call.tx.session.execute(select(func.no_such_function(FAMILY)))
        await call.tx.session.execute(
            insert(notes).values(id=call.tx.new_id(), title=FAMILY, team=None, version=1)
        )
        raise AssertionError("the database takes anything")

    return api


def open_to_writers(api: Api) -> Access:
    """An access table with a line for each operation, and for several looks at once."""
    rule = Rule(WRITERS, "list", frozenset(Relation))
    lines = {(one.method, one.path): rule for one in api.operations}
    return Access({SERVICE: lines | {("POST", reads.PATH): rule}})


@dataclass(slots=True)
class Gate:
    """Holds every request of one operation until it is opened."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    async def full(self, waiting: int) -> None:
        """Wait until so many requests stand at the gate."""
        for _ in range(waiting):
            await self._came.get()

    def add_to(self, api: Api) -> None:
        """One more operation."""

        @api.post("/api/v1/gate", mode=Mode.OPENS_ITS_OWN)
        async def wait(_call: Call) -> Page[NoteBody]:
            """Wait for the gate to open."""
            self._came.put_nowait(None)
            await self.open.wait()
            return Page(items=())


@dataclass(slots=True)
class Notebook:
    """The service, listening, and what a test needs to talk to it."""

    db: Database
    portal: Portal
    server: TestServer
    session: aiohttp.ClientSession
    key: int = 0

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.port}"

    def authorisation(self, role: Role = Role.PRESCRIBER, **claims: Any) -> dict[str, str]:
        """The header of someone in this role."""
        return {"Authorization": f"Bearer {self.portal.token(role, audience=SERVICE, **claims)}"}

    async def ask(
        self,
        method: str,
        path: str,
        *,
        role: Role = Role.PRESCRIBER,
        teams: tuple[str, ...] = ("harbour",),
        headers: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> "Answer":
        """Send a request that has everything it needs, except what the test overrides."""
        self.key += 1
        sent = self.authorisation(role, teams=teams) | {"Idempotency-Key": f"test-key-{self.key}"}
        sent = {name: value for name, value in (sent | (headers or {})).items() if value}
        url = URL(f"{self.origin}{path}", encoded=True)  # exactly as written
        async with self.session.request(method, url, headers=sent, **kwargs) as answer:
            text = await answer.text()
            refuse_person_in_answer(answer.status, answer.headers, text)
            return Answer(answer.status, answer.headers, text)

    async def send(self, request: str) -> str:
        """The answer to bytes that no client library would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        writer.write(request.encode())
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
        writer.close()
        return (head + body).decode()

    async def write(self, title: str, **kwargs: Any) -> "Answer":
        """A valid note."""
        return await self.ask("POST", "/api/v1/notes", json=a_note(title=title), **kwargs)

    async def count(self, table: Table) -> int:
        """How many rows a table has."""
        async with self.db.reading() as tx:
            return (await tx.session.execute(select(func.count()).select_from(table))).scalar_one()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The document in it."""
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of a problem document."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.text
        assert self.body["status"] == self.status
        return str(self.body["code"])

    @property
    def pointers(self) -> set[str]:
        """The fields a problem document names."""
        return {error["pointer"] for error in self.body["errors"]}


def a_note(**fields: Any) -> dict[str, Any]:
    """A valid body; a test names only what matters."""
    return {"title": "A title", "dose_mg": "12.5", "on": "2026-03-01", "pages": 3} | fields


def _body(row: Any) -> NoteBody:
    return NoteBody(id=row.id, title=row.title, version=row.version)


@asynccontextmanager
async def listening(
    db: Database, *, gate: Gate | None = None, keys: Keys | None = None
) -> AsyncIterator[Notebook]:
    """The service on a free port. ``keys`` are the test portal's own unless others are given."""
    portal = Portal()
    api = notebook()
    if gate:
        gate.add_to(api)
    table = open_to_writers(api)
    server = TestServer(build_app(api, db=db, keys=keys or portal.keys, table=table))
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        yield Notebook(db, portal, server, session)
    await server.close()
