"""Bring rows of a directory into the register of activities; good rows stay, bad ones are named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid5

from services.engagement.application.ports import Work
from services.engagement.domain.support.directory import Activity

_NAMESPACE = UUID("9a4f0c0e-6a53-4b5f-8c63-6163746976e1")


def activity_id(source_id: str) -> UUID:
    """The same row of a directory keeps its id at every import."""
    return uuid5(_NAMESPACE, source_id)


async def import_activities(work: Work, *, rows: Sequence[Activity], today: date) -> int:
    """Store the rows that could be read; how many there were."""
    await work.support.activities.put([replace(row, imported_on=today) for row in rows])
    work.audit("activities.imported", object="activities:directory", reason=f"rows:{len(rows)}")
    return len(rows)
