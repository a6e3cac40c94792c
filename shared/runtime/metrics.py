"""Prometheus metrics every service has. Labels are routes and codes, never a person."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Counter(
    "mooring_http_requests_total", "Requests answered", ["service", "route", "method", "status"]
)
LATENCY = Histogram(
    "mooring_http_request_seconds",
    "Time to answer a request",
    ["service", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("mooring_http_in_flight", "Requests being answered", ["service"])
LAST_TICK = Gauge(
    "mooring_last_tick_timestamp_seconds", "When a tick last ended", ["service", "tick"]
)
TICK_FAILURES = Counter("mooring_tick_failures_total", "Ticks that raised", ["service", "tick"])
OLDEST_DUE = Gauge(
    "mooring_oldest_due_seconds", "How long the oldest due reminder waits to be shown", ["service"]
)
ESCALATIONS = Gauge(
    "mooring_escalations_open", "Reminders somebody else was asked about, still open", ["service"]
)
POOL_USE = Gauge(
    "mooring_pool_in_use_ratio", "Database connections in use, of those there may be", ["service"]
)
AUDIT_BROKEN = Gauge(
    "mooring_audit_broken_places", "Broken places of the audit chain at the last check", ["service"]
)
UNUSUAL = Gauge(
    "mooring_unusual_callers",
    "Callers refused 20 times (services by the broker once) an hour, or who export 10 times a day",
    ["service", "what"],
)
PERSON_KEYS_TROUBLE = Gauge(
    "mooring_person_keys_trouble",
    "1 while the folder with people's keys is missing, incomplete or cannot be used",
    ["service"],
)
CLOCK_DISAGREEMENT = Gauge(
    "mooring_clock_disagreement_seconds",
    "How far the database's clock, this machine's and the time passed are apart",
    ["service"],
)
