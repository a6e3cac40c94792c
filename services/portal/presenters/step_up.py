"""What a form to sign says to somebody who signs by signing in again at their organisation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from services.portal.presenters import words


@dataclass(frozen=True, slots=True)
class Again:
    """The way there, and how long it serves; once they were there, from when until when."""

    href: str
    lasts: str
    at: str = ""
    until: str = ""


def again(
    stepped_up_at: datetime | None, *, lifetime: timedelta, back_to: str, zone: ZoneInfo
) -> Again:
    """``back_to``: the page of the form."""
    href = f"/sign-in/again?{urlencode({'then': back_to})}"
    lasts = said(lifetime)
    if stepped_up_at is None:
        return Again(href, lasts)
    until = stepped_up_at + lifetime
    return Again(href, lasts, _clock(stepped_up_at, zone), _clock(until, zone))


def said(lifetime: timedelta) -> str:
    """How long it serves, in words."""
    return words.count(int(lifetime.total_seconds()) // 60, "minute")


def _clock(value: datetime, zone: ZoneInfo) -> str:
    return f"{value.astimezone(zone):%H:%M}"
