"""Bodies of engagement: how a colleague is told outside the portal, and what was sent.

    GET  /api/v1/notice-preferences       -> PreferenceBody   the caller's own; version 0: none yet
    PUT  /api/v1/notice-preferences          NewPreference -> PreferenceBody   If-Match
    GET  /api/v1/notices                  -> Page[NoticeBody]  ?unsent=true: a lead's teams, failed
    GET  /api/v1/round-list               -> RoundList         ?on=  today when left out
    GET  /api/v1/digests/{day}            -> RoundList         the morning's list as it was

Problems: 412 stale version, 422 ``no-way-to-reach``, 422 ``unsafe-address``, 404 no such list.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, SecretStr, StringConstraints, model_validator

from shared.api.body import BirthYear, Body

Channel = Literal["email", "webhook"]
WallTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Email = Annotated[
    str, StringConstraints(pattern=r"^[^@\s,;:<>\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,189}$")
]


class NewPreference(Body):
    """``channels`` are tried in this order. ``pace``: each as it falls due, one list a morning,
    or none; what concerns safety and what was passed on is always sent at once. ``wording``: how
    much a notice says; never a dose, never a name. Quiet hours are the clinic's unless given."""

    channels: Annotated[tuple[Channel, ...], Field(max_length=2)] = ()
    email: Email | None = None
    webhook_url: Annotated[str, Field(max_length=500)] | None = None
    webhook_secret: SecretStr | None = None
    pace: Literal["each", "digest", "none"] = "digest"
    wording: Literal["count", "kind", "initials"] = "count"
    quiet_begins: WallTime | None = None
    quiet_ends: WallTime | None = None

    @model_validator(mode="after")
    def _whole(self) -> "NewPreference":
        if len(set(self.channels)) < len(self.channels):
            raise ValueError("channels: name each channel once")
        if (self.quiet_begins is None) != (self.quiet_ends is None):
            raise ValueError("quiet_ends: give both quiet hours or neither")
        return self


class PreferenceBody(Body):
    """What was chosen. The webhook's secret is never shown again."""

    version: int
    channels: tuple[Channel, ...]
    email: str | None
    webhook_url: str | None
    has_secret: bool
    pace: Literal["each", "digest", "none"]
    wording: Literal["count", "kind", "initials"]
    quiet_begins: str
    quiet_ends: str


class NoticeBody(Body):
    """One message. ``state`` is planned, sent, failed, not-done or cancelled."""

    notice_id: UUID
    purpose: str
    staff_id: UUID | None
    patient_id: UUID | None
    count: int
    state: Literal["planned", "sent", "failed", "not-done", "cancelled"]
    reason: str | None
    tries: int
    made_at: AwareDatetime
    ended_at: AwareDatetime | None


class NoticeQuery(Body):
    """``unsent``: what could not be sent to the people of a lead's teams."""

    unsent: bool = False
    limit: int = Field(default=50, ge=1, le=100)
    cursor: Annotated[str, Field(max_length=512)] | None = None


class RoundQuery(Body):
    """``on`` is a day of the clinic."""

    on: date | None = None


class RoundLine(Body):
    """One line of a list on paper."""

    reminder_id: UUID
    patient_id: UUID
    patient_name: str | None
    birth_date: date | None
    birth_year: BirthYear = None
    section: str | None
    due_at: AwareDatetime
    state: str
    title: str
    why: str
    what: str


class RoundList(Body):
    """One colleague's list, as it was at ``made_at``."""

    day: date
    made_at: AwareDatetime
    items: tuple[RoundLine, ...]
