"""What the bus tells Prometheus. Labels are types and codes, never a person."""

from prometheus_client import Counter, Gauge, Histogram

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)

PUBLISHED = Counter("mooring_events_published_total", "Events stored by the broker", ["service"])
PUBLISH_FAILURES = Counter(
    "mooring_publish_failures_total", "Publishes that were not acknowledged", ["service", "error"]
)
PUBLISH_DELAY = Histogram(
    "mooring_publish_delay_seconds",
    "From writing the outbox row to the broker's acknowledgement",
    ["service"],
    buckets=_QUICK,
)
HANDLED = Counter(
    "mooring_events_handled_total", "Events taken from the broker", ["service", "type", "outcome"]
)
EFFECT_DELAY = Histogram(
    "mooring_event_effect_seconds",
    "From the broker storing an event to its effect here",
    ["service"],
    buckets=_QUICK,
)
UNPUBLISHED = Gauge("mooring_outbox_unpublished", "Events not yet published", ["service"])
OUTBOX_AGE = Gauge(
    "mooring_outbox_oldest_seconds", "Age of the oldest unpublished event", ["service"]
)
LAG = Gauge("mooring_consumer_lag", "Events waiting in the broker", ["service", "stream"])
PARKED = Gauge("mooring_events_parked", "Events waiting for a person", ["service"])
