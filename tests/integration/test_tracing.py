"""One trace spans the request, the outbox, the broker and the effect; and names nobody."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import select

from shared.runtime import tracing
from shared.runtime.db import Database
from shared.runtime.embedded import Embedded
from shared.runtime.tables import outbox
from tests.integration.two_services import (
    Notebook,
    noted,
    publish_flag,
    raise_flag,
    speaking,
    until,
)
from tests.support import notebook as small
from tests.support.sentinel import FAMILY

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What would have been sent to a collector."""
    kept = InMemorySpanExporter()
    tracing.hand_to(SimpleSpanProcessor(kept), service="test")
    yield kept
    tracing.stop()


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}"


async def test_publishing_and_the_effect_belong_to_the_trace_of_the_request(
    broker: Embedded, assessment: Database, engagement: Database, spans: InMemorySpanExporter
) -> None:
    with tracing.span("POST /api/v1/flags", kind="SERVER", parent=CALLER):
        await raise_flag(assessment, 1)
    async with (
        speaking(broker, assessment),
        speaking(broker, engagement, Notebook().subscriptions),
    ):

        async def applied() -> bool:
            return bool(await noted(engagement))

        await until(applied)

    made = {span.name.split()[0]: span for span in spans.get_finished_spans()}
    assert set(made) == {"POST", "publish", "apply"}
    assert {trace_of(span) for span in made.values()} == {TRACE}
    request = made["POST"].context
    assert request is not None
    for name in ("publish", "apply"):
        parent = made[name].parent
        assert parent is not None
        assert parent.span_id == request.span_id


async def test_a_request_continues_its_callers_trace_and_is_named_by_its_route(
    notebook: small.Notebook, spans: InMemorySpanExporter
) -> None:
    made = await notebook.write("A title", headers={"traceparent": CALLER})
    await notebook.ask("GET", f"/api/v1/notes/{made.body['id']}")

    first, second = spans.get_finished_spans()
    assert (first.name, trace_of(first)) == ("POST /api/v1/notes", TRACE)
    assert second.name == "GET /api/v1/notes/{note_id}"
    assert trace_of(second) != TRACE


@pytest.mark.parametrize("fault", ["code", "sql", "row"])
async def test_a_span_says_nothing_about_a_person(
    notebook: small.Notebook, spans: InMemorySpanExporter, fault: str
) -> None:
    await notebook.ask("GET", f"/api/v1/faults/{fault}")
    await notebook.ask("GET", f"/api/v1/shelves/{FAMILY}")

    told = "".join(span.to_json() for span in spans.get_finished_spans())
    assert told.count('"name"') == 2
    assert FAMILY not in told


async def test_without_a_collector_no_span_is_made_and_a_callers_trace_still_travels(
    assessment: Database,
) -> None:
    with tracing.span("a request", kind="SERVER", parent=CALLER):
        assert tracing.current() is None
    async with assessment.transaction(actor="service:assessment", traceparent=CALLER) as tx:
        publish_flag(tx, 1)
    async with assessment.reading() as tx:
        body = (await tx.session.execute(select(outbox.c.body))).scalar_one()
    assert CALLER.encode() in body
