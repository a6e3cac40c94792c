"""What goes wrong between us and the broker, and how long we wait for its answer."""

import nats

ANSWER_S = 5.0
FAULTS = (nats.errors.Error, TimeoutError, OSError)
"""What the client raises when the broker is away, slow or unwilling."""


class Unreachable(Exception):
    """No broker answered in time; trying again may help."""


class Denied(Exception):
    """The broker refused what this user may not do: the set-up is wrong, the process must end."""


class Unconfirmed(Exception):
    """Whether the event was stored is unknown: send it again with the same id."""


class Refused(Exception):
    """The broker cannot take this one event, whatever happens to the others."""


class UnsuitableBroker(Exception):
    """The broker is too old, or enforces no permissions."""
