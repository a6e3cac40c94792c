"""How a person may be written to, as it is stored."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from services.engagement.application.ports import Reach
from services.engagement.domain.notice import Quiet


def reach_values(reach: Reach | None) -> dict[str, Any] | None:
    """As it is stored."""
    if reach is None:
        return None
    return {
        "email": reach.email,
        "agreed": {channel: list(purposes) for channel, purposes in reach.agreed.items()},
        "quiet": [wall(reach.quiet.begins), wall(reach.quiet.ends)] if reach.quiet else None,
        "neutral": True,  # for the release before, which reads it; surroundings say what holds
    }


def reach_of(values: Mapping[str, Any]) -> Reach:
    """From what is stored."""
    return Reach(
        email=values["email"],
        agreed={channel: tuple(purposes) for channel, purposes in values["agreed"].items()},
        quiet=quiet_hours(*values["quiet"]) if values["quiet"] else None,
    )


def wall(at: time | None) -> str | None:
    """A time of day as it is stored."""
    return None if at is None else f"{at:%H:%M}"


def quiet_hours(begins: str | None, ends: str | None) -> Quiet | None:
    """Quiet hours from what is stored."""
    if begins is None or ends is None:
        return None
    return Quiet(begins=time.fromisoformat(begins), ends=time.fromisoformat(ends))
