"""Who people are: sealed in their rows, opened here, compared and put in order in memory.

A database can neither search nor sort what it cannot read. A clinic has some thousand people: all
their names are opened within milliseconds, and remembered while their keys are there. Only whoever
is enrolled is found by an index (``name_index``): that asks about everybody there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text

from services.assessment.adapters.tables import PATIENT
from services.assessment.domain.patient import folded
from shared.runtime.db import Transaction
from shared.runtime.person_keys import KeyDestroyed, KeyMissing, PersonKeys

WHO = "who"
NAME_COLUMNS = (
    PATIENT.c.patient_id,
    PATIENT.c.given_name,
    PATIENT.c.family_name,
    PATIENT.c.birth_date,
    PATIENT.c.who,
    PATIENT.c.erased_on,
)
"""What ``named`` reads."""
_ENROLLING = 0x656E726F  # one advisory lock per database: two enrolments look one after the other


@dataclass(frozen=True, slots=True)
class Named:
    """Who somebody is. ``identity`` and ``place``, by which lists are ordered, are folded."""

    given_name: str
    family_name: str
    birth_date: date
    identity: str
    place: tuple[str, str]

    @classmethod
    def of(cls, given_name: str, family_name: str, birth_date: date) -> "Named":
        given, family = folded(given_name), folded(family_name)
        return cls(given_name, family_name, birth_date, f"{given} {family}", (family, given))

    def begins(self, start: str) -> bool:
        """Whether either name, or both in a row, begin with this, which is folded."""
        return self.identity.startswith(start) or f" {start}" in self.identity


GONE = Named.of("Erased", "", date.min)
"""Restored from before an erasure, and about to be erased again."""
UNREADABLE = Named.of("(name", "cannot be read)", date.min)
"""The key is missing: what is recorded is still read, and nothing is saved over it."""


def sealed_who(person: UUID, named: Named, keys: PersonKeys) -> bytes:
    values = {
        "given_name": named.given_name,
        "family_name": named.family_name,
        "birth_date": named.birth_date.isoformat(),
    }
    return keys.seal_values(person, WHO, values)


def named(row: Any, keys: PersonKeys) -> Named:
    """Who a row is about. Of somebody erased, and until an older release is gone, in the clear."""
    if row.who is None:
        return Named.of(row.given_name, row.family_name, row.birth_date)
    try:
        return keys.recall(row.patient_id, WHO, row.who, _read)
    except KeyDestroyed:
        return GONE
    except KeyMissing:
        return UNREADABLE


async def people(tx: Transaction, *which: ColumnElement[bool]) -> Sequence[tuple[UUID, Named]]:
    """Who these people are, in the order they were enrolled in."""
    query = select(*NAME_COLUMNS).where(*which).order_by(PATIENT.c.patient_id)
    rows = (await tx.session.execute(query)).all()
    return [(row.patient_id, named(row, tx.keys)) for row in rows]


async def hold_enrolment(tx: Transaction) -> None:
    """Let nobody else be enrolled until we commit, so that two at once see each other. On SQLite
    whoever writes is alone already."""
    await _wait(tx, "pg_advisory_xact_lock", _ENROLLING)


async def join_enrolment(tx: Transaction) -> None:
    """Be one of several who enrol somebody, and who wait for whoever holds all enrolment."""
    await _wait(tx, "pg_advisory_xact_lock_shared", _ENROLLING)


async def hold_name(tx: Transaction, turn: int) -> None:
    """Let nobody else enrol the same person until we commit."""
    await _wait(tx, "pg_advisory_xact_lock", turn)


async def _wait(tx: Transaction, how: str, key: int) -> None:
    if tx.session.get_bind().dialect.name == "postgresql":
        lock = text(f"SELECT {how}(CAST(:key AS bigint))")
        await tx.session.execute(lock, {"key": key})


def _read(values: dict[str, Any]) -> Named:
    return Named.of(
        values["given_name"], values["family_name"], date.fromisoformat(values["birth_date"])
    )
