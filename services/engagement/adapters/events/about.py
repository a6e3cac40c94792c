"""An event speaks of the person it names, or it is never applied."""

from typing import Any
from uuid import UUID

from shared.events.envelope import Event
from shared.runtime.inbox import Unacceptable


def require_about(event: Event[Any], subject: UUID) -> None:
    """An event about one person that speaks of another is never applied (H-09)."""
    if event.subject != str(subject):
        raise Unacceptable("wrong-subject")
