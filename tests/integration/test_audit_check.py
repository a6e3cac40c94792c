"""A trail that cannot be bent unseen: edited, removed, moved, rewritten, cut off."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from shared.api.identity import Role
from shared.runtime import audit_check, clock
from shared.runtime.anchors import Anchor, Anchors
from shared.runtime.audit import seal
from shared.runtime.db import Database
from shared.runtime.tables import audit, runtime
from tests.support.databases import Databases
from tests.support.operated import operated

ENTRIES = 20


@pytest.fixture
async def db(databases: Databases) -> AsyncIterator[Database]:
    opened = Database.open(await databases.with_tables(runtime), source="portal")
    for number in range(ENTRIES):
        async with opened.transaction(actor="staff:1") as tx:
            tx.audit("patient.read", object=f"patient:{number}")
    yield opened
    await opened.close()


@pytest.fixture
def anchors(tmp_path: Path) -> Anchors:
    return Anchors("portal", tmp_path / "outside")


async def tamper(db: Database, *statements: str) -> None:
    async with db.housekeeping() as tx:
        for statement in statements:
            await tx.session.execute(text(statement))


async def broken(db: Database, anchors: Anchors) -> tuple[str, ...]:
    return (await audit_check.check(db, anchors=anchors)).broken


async def rows(db: Database) -> list[dict[str, Any]]:
    async with db.reading() as tx:
        found = await tx.session.execute(select(audit).order_by(audit.c.seq))
        return [row._asdict() for row in found]


async def reseal(db: Database, *, start: int) -> None:
    """What somebody with the database and time does: seal everything anew from one entry on."""
    kept = await rows(db)
    prev = kept[start - 2]["hash"]
    async with db.housekeeping() as tx:
        for row in reversed(kept[start - 1 :]):  # out of the way of the unique columns
            away = {"prev": bytes([0]) + row["prev"][1:], "hash": bytes([0]) + row["hash"][1:]}
            await tx.session.execute(update(audit).where(audit.c.seq == row["seq"]).values(away))
        for row in kept[start - 1 :]:
            sealed = seal(prev, row)
            change = {"prev": prev, "hash": sealed}
            await tx.session.execute(update(audit).where(audit.c.seq == row["seq"]).values(change))
            prev = sealed


async def test_an_untouched_trail_is_whole_and_says_how_many_anchors_agree(
    db: Database, anchors: Anchors
) -> None:
    await audit_check.anchor(db, anchors)

    verdict = await audit_check.check(db, anchors=anchors)

    assert (verdict.entries, verdict.anchors, verdict.broken) == (ENTRIES, 1, ())


@pytest.mark.parametrize(
    "column", ["actor", "action", "object", "reason", "correlation_id", "subject"]
)
async def test_an_edited_entry_is_named(db: Database, anchors: Anchors, column: str) -> None:
    await tamper(db, f"UPDATE audit SET {column} = 'staff:2' WHERE seq = 7")

    assert await broken(db, anchors) == ("entry 7: was edited",)


async def test_an_entry_at_another_time_is_named(db: Database, anchors: Anchors) -> None:
    async with db.housekeeping() as tx:
        earlier = tx.now - timedelta(days=1)
        await tx.session.execute(update(audit).where(audit.c.seq == 7).values(at=earlier))

    assert await broken(db, anchors) == ("entry 7: was edited",)


async def test_an_entry_that_was_edited_and_sealed_anew_breaks_the_next(
    db: Database, anchors: Anchors
) -> None:
    await tamper(db, "UPDATE audit SET actor = 'staff:2' WHERE seq = 7")
    kept = (await rows(db))[6]
    async with db.housekeeping() as tx:
        sealed = seal(kept["prev"], kept)
        await tx.session.execute(update(audit).where(audit.c.seq == 7).values(hash=sealed))

    assert await broken(db, anchors) == ("entry 8: does not follow entry 7",)


@pytest.mark.parametrize(
    ("which", "named"),
    [
        ("seq = 7", "entry 7: missing before entry 8"),
        ("seq = 1", "entry 1: missing before entry 2"),
        ("seq BETWEEN 7 AND 9", "entries 7 to 9: missing before entry 10"),
    ],
)
async def test_deleted_entries_are_named(
    db: Database, anchors: Anchors, which: str, named: str
) -> None:
    await tamper(db, f"DELETE FROM audit WHERE {which}")

    assert await broken(db, anchors) == (named,)


async def test_entries_in_another_order_are_named_with_their_places(
    db: Database, anchors: Anchors
) -> None:
    await tamper(
        db,
        "UPDATE audit SET seq = CASE seq WHEN 7 THEN -12 ELSE -7 END WHERE seq IN (7, 12)",
        "UPDATE audit SET seq = -seq WHERE seq < 0",
    )

    found = await broken(db, anchors)

    assert "entry 7: is entry 12, put in another place" in found
    assert "entry 12: is entry 7, put in another place" in found


async def test_a_chain_rewritten_as_a_whole_is_seen_by_its_anchor(
    db: Database, anchors: Anchors
) -> None:
    await audit_check.anchor(db, anchors)
    (kept,) = anchors.kept()
    await tamper(db, "UPDATE audit SET actor = 'staff:2' WHERE seq = 7")
    await reseal(db, start=7)

    assert await broken(db, Anchors("portal", None)) == ()  # inside, nothing shows
    assert await broken(db, anchors) == (
        f"entry {ENTRIES}: is not the one anchored at {kept.at.isoformat()}",
    )


async def test_an_end_that_was_cut_off_is_seen_by_its_anchor(
    db: Database, anchors: Anchors
) -> None:
    await audit_check.anchor(db, anchors)
    (kept,) = anchors.kept()
    await tamper(db, f"DELETE FROM audit WHERE seq > {ENTRIES - 3}")

    assert await broken(db, Anchors("portal", None)) == ()  # inside, nothing shows
    assert await broken(db, anchors) == (
        f"entries {ENTRIES - 2} to {ENTRIES}: cut off; anchored at {kept.at.isoformat()}",
    )


async def test_a_trail_that_was_emptied_is_seen(db: Database, anchors: Anchors) -> None:
    await audit_check.anchor(db, anchors)
    await tamper(db, "DELETE FROM audit")

    assert (await broken(db, anchors))[0].startswith(f"entries 1 to {ENTRIES}: cut off")


async def test_anchors_nobody_can_read_are_a_broken_place(db: Database, anchors: Anchors) -> None:
    await audit_check.anchor(db, anchors)
    assert anchors.file is not None
    anchors.file.write_text(anchors.file.read_text() + "nonsense\n")

    assert await broken(db, anchors) == ("anchors: cannot be read (portal.anchors, line 2)",)


def test_an_anchor_is_only_ever_added(anchors: Anchors) -> None:
    now = clock.real_now()
    for entries in (1, 2):
        anchors.keep(Anchor(now, entries, "aa"))

    assert [one.entries for one in anchors.kept()] == [1, 2]
    assert anchors.file is not None
    assert anchors.file.stat().st_mode & 0o077 == 0


async def test_every_hour_the_head_is_anchored_and_a_broken_chain_is_not(
    db: Database, anchors: Anchors, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: seconds[0])
    tick = audit_check.hourly(db, anchors)

    await tick.run()
    seconds[0] = 3599.0
    await tick.run()
    assert len(anchors.kept()) == 1
    seconds[0] = 3600.0
    await tick.run()
    assert len(anchors.kept()) == 2
    await tamper(db, "UPDATE audit SET actor = 'staff:2' WHERE seq = 7")
    seconds[0] = 7200.0
    await tick.run()

    assert len(anchors.kept()) == 2
    assert audit_check.metrics.AUDIT_BROKEN.labels("portal")._value.get() == 1


async def test_an_auditor_filters_by_person_act_and_time_and_that_is_kept_too(
    db: Database,
) -> None:
    someone = UUID(int=9)
    async with db.transaction(actor="staff:1") as tx:
        tx.audit("intake.read", object="patient:9", subject=someone)
        now = tx.now
    later, earlier = (now + timedelta(hours=1)).isoformat(), (now - timedelta(days=9)).isoformat()
    async with operated(db) as there:
        auditor = there.caller(UUID(int=8), Role.AUDITOR)

        async def found(**query: str) -> list[str]:
            answer = await auditor.get("audit", **query)
            assert answer.status == 200, answer.json
            return [one["action"] for one in answer.json["items"]]

        assert await found(subject=str(someone), action="intake.read") == ["intake.read"]
        assert await found(action="intake.read", since=earlier, until=later) == ["intake.read"]
        assert await found(action="intake.read", since=later) == []
        assert await found(action="intake.read", until=earlier) == []
        assert await found(actor="staff:nobody") == []
        assert (await auditor.get("audit", since="2020-01-01")).status == 422
        assert len(await found(action="audit.read")) == 5
        assert (await there.caller(UUID(int=5), Role.OPERATIONS).get("audit")).status == 403
