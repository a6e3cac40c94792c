"""One trace from a request through outbox and broker to the effect in another service.

Off unless ``MOORING_OTLP_ENDPOINT`` names a collector; then the extra ``tracing`` is needed. A span
says which route or which kind of event, what came of it and how long it took. It holds no address
as it was sent, no id of a person and no text of an error: those may be about somebody.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer

_HEADER = "traceparent"
_tracer: "Tracer | None" = None


class TracingUnavailable(Exception):
    """Traces are asked for and cannot be made. The sentence is for the operator."""


def export_to(endpoint: str, *, service: str) -> None:
    """Send this process's spans to an OTLP collector over HTTP, in batches, from now on.

    Raises:
        TracingUnavailable: the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        detail = "MOORING_OTLP_ENDPOINT is set and the extra mooring[tracing] is not installed"
        raise TracingUnavailable(detail) from error
    hand_to(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)), service=service)


def hand_to(processor: "SpanProcessor", *, service: str) -> None:
    """Give this process's spans to a processor from now on."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    global _tracer  # noqa: PLW0603 - one process, one destination, set before anything runs
    provider = TracerProvider(resource=Resource.create({"service.name": f"mooring-{service}"}))
    provider.add_span_processor(processor)
    _tracer = provider.get_tracer("mooring")


def stop() -> None:
    """Make no more spans."""
    global _tracer  # noqa: PLW0603
    _tracer = None


def is_on() -> bool:
    """Whether anybody reads the spans."""
    return _tracer is not None


@contextmanager
def span(name: str, *, kind: str, parent: str | None = None) -> Iterator[None]:
    """Time what happens in the block. ``kind`` is SERVER, PRODUCER or CONSUMER; ``parent`` is a
    W3C ``traceparent``, and without one the block belongs to the span around it."""
    if _tracer is None:
        yield
        return
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = None
    if parent is not None:
        context = TraceContextTextMapPropagator().extract({_HEADER: parent})
    with _tracer.start_as_current_span(
        name,
        context=context,
        kind=SpanKind[kind],
        record_exception=False,  # its text may be about a person
        set_status_on_exception=False,
    ) as made:
        try:
            yield
        except Exception as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def current() -> str | None:
    """The ``traceparent`` of the span around us; None when there is none."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get(_HEADER)
