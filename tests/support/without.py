"""A pytest plugin that takes one safeguard away, so that a test can see the others notice.

``-p tests.support.without`` with ``WITHOUT`` naming the safeguard.
"""

import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from services.engagement.adapters import reminders
from services.engagement.adapters.claim import claim


def _claim_lock() -> None:
    """The claim takes no lock: the statement that suffices for one writer."""

    def unlocked(now: datetime, *, limit: int, dialect: str) -> Any:
        return claim(now, limit=limit, dialect="sqlite")

    reminders.claim = unlocked


SAFEGUARDS: dict[str, Callable[[], None]] = {"claim-lock": _claim_lock}

if (name := os.environ.get("WITHOUT")) is not None:
    SAFEGUARDS[name]()
