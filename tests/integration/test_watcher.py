"""The outside eye as a process of its own: it tells a person when the engine dies."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import MetaData, text

from services.assessment.main import SCHEMA as ASSESSMENT
from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.ticks import Engine
from services.engagement.application.apply_course_state import apply_course_state
from services.engagement.main import SCHEMA as ENGAGEMENT
from services.watcher.look import look
from shared.runtime import clock
from shared.runtime.db import Database
from shared.runtime.tables import attach
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, NOW, a_course, a_step, a_taper
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
SOON_S = 40.0
_ENDED = text(
    "INSERT INTO notice (notice_id, purpose, staff_id, about, count, channels, tries, state,"
    " reason, made_at, not_before, retry_at, ended_at) VALUES (gen_random_uuid(), :purpose,"
    " gen_random_uuid(), CAST(:about AS jsonb), 1, '[]', 4, CAST(:state AS text), :reason,"
    " now() - make_interval(mins => CAST(:minutes_ago AS int)), now(), now(),"
    " CASE WHEN CAST(:state AS text) = 'planned' THEN NULL ELSE now() END)"
)


class Telephone:
    """Where the watcher's webhook rings."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.rings = asyncio.Event()

    async def ring(self, request: web.Request) -> web.Response:
        self.rung.append((await request.json())["subject"])
        self.rings.set()
        return web.Response()

    async def until(self, subject: str) -> None:
        """Wait until somebody was told this."""
        async with asyncio.timeout(SOON_S):
            while subject not in self.rung:
                self.rings.clear()
                await self.rings.wait()


@asynccontextmanager
async def watching(
    databases: Databases, engagement: str, folder: Path, **more: str
) -> AsyncIterator[Telephone]:
    """The real process, with limits of seconds instead of minutes and these settings besides."""
    telephone, app = Telephone(), web.Application()
    app.router.add_post("/", telephone.ring)
    runtime = MetaData()
    attach(runtime)
    other = await databases.with_tables(runtime)
    async with TestServer(app) as server:
        settings = {
            "MOORING_PORTAL_DATABASE_URL": other,
            "MOORING_ASSESSMENT_DATABASE_URL": await databases.migrated(ASSESSMENT),
            "MOORING_TREATMENT_DATABASE_URL": other,
            "MOORING_ENGAGEMENT_DATABASE_URL": engagement,
            "MOORING_SERVER_DATABASE_URL": other,
            "MOORING_WEBHOOK_URL": str(server.make_url("/")),
            "MOORING_EVERY_S": "0.2",
            "MOORING_LIMITS__HEARTBEAT_S": "3",
            "MOORING_LIMITS__OVERDUE_S": "3",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services.watcher", "run", "--sign", str(folder / "sign")),
            cwd=ROOT,
            env={**os.environ, **settings, **more},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            yield telephone
        finally:
            process.kill()
            await process.wait()


@pytest.fixture
async def url(postgres_databases: Databases) -> str:
    """Engagement's database, in which something fell due long ago."""
    url = await postgres_databases.migrated(ENGAGEMENT)
    db = Database.open(url, source="engagement")
    course = a_course(a_taper(a_step(change_on=NOW.date() - timedelta(days=30))))
    async with db.transaction(actor="service:engagement", at=NOW) as tx:
        await apply_course_state(SqlWork(tx, CONTENT), course=course, rules=CONTENT, now=NOW)
    await db.close()
    return url


async def work(engine: Engine, *, shows: bool) -> None:
    """What the engine's ticker does; one that is behind leaves signs of life and shows nothing."""
    while True:
        while shows and await engine.show_due():
            pass
        await engine._beat()
        await asyncio.sleep(0.3)


@pytest.mark.postgres
async def test_a_person_is_told_when_the_engine_dies_and_when_it_is_back(
    postgres_databases: Databases, url: str, tmp_path: Path
) -> None:
    db = Database.open(url, source="engagement")
    working = asyncio.create_task(work(an_engine(db), shows=True))
    async with watching(postgres_databases, url, tmp_path) as telephone:
        await telephone.until("daily test")
        working.cancel()
        await telephone.until("ALARM engine-silent")

        working = asyncio.create_task(work(an_engine(db), shows=True))
        await telephone.until("over: engine-silent")
    working.cancel()
    await db.close()


@pytest.mark.postgres
async def test_a_person_is_told_when_the_engine_lives_and_shows_nothing(
    postgres_databases: Databases, url: str, tmp_path: Path
) -> None:
    db = Database.open(url, source="engagement")
    working = asyncio.create_task(work(an_engine(db), shows=False))
    async with watching(postgres_databases, url, tmp_path) as telephone:
        await telephone.until("ALARM reminders-overdue")
        assert "ALARM engine-silent" not in telephone.rung
    working.cancel()
    async with db.reading() as tx:
        count = text("SELECT count(*) FROM reminder WHERE state = 'planned'")
        assert (await tx.session.execute(count)).scalar_one() > 0
    await db.close()


@pytest.mark.postgres
async def test_a_person_is_told_by_one_channel_while_the_other_takes_nothing(
    postgres_databases: Databases, url: str, tmp_path: Path
) -> None:
    (nobody_listens,) = free_ports(1)
    mail = {"MOORING_SMTP_HOST": "127.0.0.1", "MOORING_SMTP_PORT": str(nobody_listens)}
    mail["MOORING_MAIL_TO"] = "operations@example.org"
    async with watching(postgres_databases, url, tmp_path, **mail) as telephone:
        await telephone.until("ALARM engine-silent")
        await telephone.until("ALARM channel-away:mail")


@pytest.mark.postgres
@pytest.mark.parametrize("waits", [False, True])
async def test_a_safety_message_that_reached_nobody_is_told(
    postgres_databases: Databases,
    url: str,
    tmp_path: Path,
    waits: bool,
) -> None:
    """Nor is it enough that it was passed on, when that is not sent within five minutes."""
    db = Database.open(url, source="engagement")

    async def notice(
        purpose: str, about: str, *, state: str = "failed", minutes_ago: int = 0
    ) -> None:
        ended = {
            "purpose": purpose,
            "about": f'["{about}"]',
            "state": state,
            "reason": "unreachable" if state == "failed" else None,
            "minutes_ago": minutes_ago,
        }
        async with db.engine.begin() as connection:
            await connection.execute(_ENDED, ended)

    await notice("escalated", "routine")
    await notice("safety", "known to one of two")
    await notice("safety", "known to one of two", state="sent")
    await notice("safety", "passed on")
    await notice("safety", "passed on", state="planned", minutes_ago=1)
    async with watching(postgres_databases, url, tmp_path) as telephone:
        await telephone.until("ALARM engine-silent")
        assert "ALARM urgent-unsent" not in telephone.rung
        await notice("safety", "known to nobody")
        if waits:
            await notice("safety", "known to nobody", state="planned", minutes_ago=6)
        await telephone.until("ALARM urgent-unsent")
    await db.close()


async def test_a_database_that_never_answers_costs_a_look_one_wait_and_not_one_each(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("services.watcher.look.ANSWER_S", 0.5)
    (tmp_path / "half.crt").write_text("-----BEGIN CERTIFICATE-----")
    over = asyncio.Event()

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    url = f"postgresql+asyncpg://nobody@127.0.0.1:{server.sockets[0].getsockname()[1]}/none"
    names = ("portal", "assessment", "treatment", "engagement")
    began = clock.monotonic()

    seen = await look(
        dict.fromkeys(names, url),
        server=url,
        certificates=tmp_path,
        overdue_s=120,
        now=clock.real_now(),
    )

    assert clock.monotonic() - began < 2.5 * 0.5
    assert (seen.heartbeat_s, seen.overdue, seen.urgent_unsent) == (None, None, None)
    assert set(seen.databases.values()) == {None}
    assert seen.certificates == {"half": None}
    over.set()
    server.close()


def an_engine(db: Database) -> Engine:
    """It leaves a sign of life at every tick."""
    passed: Any = iter(range(0, 1_000_000, 10))
    return Engine(db=db, rules=CONTENT, instance="one", monotonic=lambda: float(next(passed)))
