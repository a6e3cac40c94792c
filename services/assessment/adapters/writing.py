"""Changing exactly the version that was read."""

from typing import Any, cast

from sqlalchemy import CursorResult, Update
from sqlalchemy.ext.asyncio import AsyncSession

from services.assessment.domain.refusals import StaleVersion


async def changed(session: AsyncSession, change: Update) -> None:
    """Run an update that must change one row.

    Raises:
        StaleVersion: it changed none.
    """
    result = cast("CursorResult[Any]", await session.execute(change))
    if result.rowcount != 1:
        raise StaleVersion
