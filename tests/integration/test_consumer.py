"""An event takes effect once, whatever crashes, repeats, lies or comes too late."""

from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from tests.integration.two_services import (
    Notebook,
    noted,
    person,
    raise_flag,
    speaking,
    unpublished,
    until,
)


async def test_a_committed_fact_takes_effect_in_the_other_service(
    broker: Embedded, assessment: Database, engagement: Database
) -> None:
    notebook = Notebook()
    async with speaking(broker, assessment), speaking(broker, engagement, notebook.subscriptions):
        await raise_flag(assessment, 1)

        await until(lambda: _has(engagement, 1))

    assert await noted(engagement) == [(f"flag:{person(1)}", 1)]
    assert await unpublished(assessment) == 0


async def _has(db: Database, count: int) -> bool:
    return len(await noted(db)) >= count
