"""A notice: a few words that bring somebody to the list. The list is whole without it.

It never quotes a dose and says no more about anybody than its reader chose to read outside.
Every notice ends: sent, failed, not done, or cancelled.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.engagement.domain.local_time import instant, local_day
from services.engagement.domain.on_call import ON_CALL
from services.engagement.domain.team import Colleague

_DAY = timedelta(days=1)
_LEAD = "lead"


class Channel(StrEnum):
    """A way out of the house."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Wording(StrEnum):
    """How much a notice says."""

    COUNT = "count"
    """That something waits, and how much."""
    KIND = "kind"
    """What kind of work it is."""
    INITIALS = "initials"
    """The kind of work and the person's initials."""


class Pace(StrEnum):
    """How often routine work is announced; what concerns safety never waits for it."""

    EACH = "each"
    DIGEST = "digest"
    NONE = "none"


class Purpose(StrEnum):
    """Why a notice is sent."""

    DUE = "due"
    ESCALATED = "escalated"
    SAFETY = "safety"
    DIGEST = "digest"
    COVER = "cover"
    ON_CALL = "on-call"
    """From now on somebody is on call."""
    UNCOVERED = "uncovered"
    """To the leads: whoever is on call is not there."""
    VISIT = "visit"
    """To the person in care: the clinic will be in touch."""


_URGENT = frozenset({Purpose.SAFETY, Purpose.ON_CALL, Purpose.UNCOVERED})


def turn_of(purpose: Purpose) -> int:
    """Whose turn it is when many wait to be sent: urgent ones first, then what was passed on."""
    if purpose in _URGENT:
        return 0
    return 1 if purpose is Purpose.ESCALATED else 2


class State(StrEnum):
    """Where a notice stands; all but the first are final."""

    PLANNED = "planned"
    SENT = "sent"
    FAILED = "failed"
    NOT_DONE = "not-done"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Why a notice ended without being sent."""

    ANSWERED = "answered"
    """What it was about is no longer open."""
    NO_CHANNEL = "no-channel"
    NO_CONSENT = "no-consent"
    DECEASED = "deceased"
    LEFT_CARE = "left-care"
    LEFT_STAFF = "left-staff"
    MESSAGES_STOPPED = "messages-stopped"
    """Back in care, and nobody has said yet that they may be written to."""
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


class Answer(StrEnum):
    """What a channel said."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Local hours in which nobody is disturbed, over midnight when it begins after it ends."""

    begins: time
    ends: time

    def over(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The first instant from ``at`` on that is not quiet."""
        wall = at.astimezone(zone).time()
        if self.begins == self.ends or not self._covers(wall):
            return at
        day = local_day(at, zone)
        tomorrow = self.begins > self.ends and wall >= self.begins
        return max(at, instant(day + _DAY if tomorrow else day, self.ends, zone))

    def _covers(self, wall: time) -> bool:
        if self.begins < self.ends:
            return self.begins <= wall < self.ends
        return wall >= self.begins or wall < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The clinic's rules of sending (provisional figures of the cadence file)."""

    quiet: Quiet
    backoff: tuple[timedelta, ...]
    """Real time until the next try on the same channel; then the next channel is tried."""
    digest_at: time
    digest_kept: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What a colleague wants to be told outside the portal, and how."""

    staff_id: UUID
    channels: tuple[Channel, ...] = ()
    """In the order in which they are tried."""
    email: str | None = None
    webhook_url: str | None = None
    webhook_secret: str | None = None
    pace: Pace = Pace.DIGEST
    wording: Wording = Wording.COUNT
    quiet: Quiet | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to one reader. ``about`` are the reminders it is about.

    ``not_before`` is in clinic time (quiet hours), ``retry_at`` in real time (backoff, lease).
    """

    notice_id: UUID
    purpose: Purpose
    staff_id: UUID | None = None
    patient_id: UUID | None = None
    about: tuple[UUID, ...] = ()
    count: int = 0
    channels: tuple[Channel, ...] = ()
    tries: int = 0
    state: State = State.PLANNED
    reason: Reason | None = None
    made_at: datetime
    not_before: datetime
    retry_at: datetime
    ended_at: datetime | None = None

    @property
    def is_urgent(self) -> bool:
        """Whether it passes quiet hours, for staff alone."""
        return self.purpose in _URGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A reminder that has just become visible, as far as notices depend on it."""

    reminder_id: UUID
    level: int
    owner_id: UUID | None
    for_role: str
    team: str
    is_safety: bool


def plan(
    shown: Collection[Told],
    *,
    colleagues: Mapping[UUID, Colleague],
    preferences: Mapping[UUID, Preference],
    on_call: Mapping[str, UUID],
    new_id: Callable[[], UUID],
    now: datetime,
    real_now: datetime,
) -> Sequence[Notice]:
    """The notices these reminders call for: one each for safety, else one for each reader.

    ``on_call`` is who is on call for each team at this moment.
    """
    house = _House(colleagues, preferences, on_call)
    written: dict[tuple[UUID, Purpose, UUID | None], list[UUID]] = {}
    for one in shown:
        for reader in _readers(one, house):
            purpose = _purpose(one, preferences[reader])
            alone = one.reminder_id if purpose is Purpose.SAFETY else None
            if purpose is not None:
                written.setdefault((reader, purpose, alone), []).append(one.reminder_id)
    return [
        Notice(
            notice_id=new_id(),
            purpose=purpose,
            staff_id=reader,
            about=tuple(about),
            count=len(about),
            channels=preferences[reader].channels,
            made_at=now,
            not_before=now,
            retry_at=real_now,
        )
        for (reader, purpose, _), about in written.items()
    ]


def _purpose(one: Told, preference: Preference) -> Purpose | None:
    """Why its reader hears of it now; None when the morning's list will say it."""
    if one.is_safety:
        return Purpose.SAFETY
    if one.level > 0:
        return Purpose.ESCALATED
    return Purpose.DUE if preference.pace is Pace.EACH else None


@dataclass(frozen=True, slots=True)
class _House:
    """Who works here, how they want to be told, and who is on call for each team."""

    colleagues: Mapping[UUID, Colleague]
    preferences: Mapping[UUID, Preference]
    on_call: Mapping[str, UUID]

    def of_role(self, role: str, team: str) -> Sequence[UUID]:
        """Everybody of that role in the team who said how they want to be told."""
        return [
            reader
            for reader in sorted(self.preferences)
            if (who := self.colleagues.get(reader)) is not None
            and who.active
            and who.role == role
            and team in who.teams
        ]

    def reached(self, readers: Collection[UUID]) -> Sequence[UUID]:
        """Those of them who work here and chose a channel."""
        return [
            reader
            for reader in readers
            if (who := self.colleagues.get(reader)) is not None
            and who.active
            and self.preferences[reader].channels
        ]


def _readers(one: Told, house: _House) -> Sequence[UUID]:
    """Whoever it falls to, or the whole role of the team when it is nobody's. What goes up to
    somebody on call whom nothing outside the portal reaches is told to the leads.

    What concerns safety never stays with readers whom nothing reaches: others of the role hear
    of it too, and when none of them is reached either, the team's leads.
    """
    role = one.for_role
    if role == ON_CALL:
        called = house.on_call.get(one.team)
        if (
            called is not None
            and called in house.preferences
            and house.preferences[called].channels
        ):
            return [called]
        role = _LEAD
    if one.owner_id is None:
        readers = house.of_role(role, one.team)
    else:
        readers = [one.owner_id] if one.owner_id in house.preferences else []
    if not one.is_safety or house.reached(readers):
        return readers
    others = house.reached(house.of_role(role, one.team)) or house.reached(
        house.of_role(_LEAD, one.team)
    )
    return [*readers, *others]


def pass_on(
    one: Told,
    written: Collection[Notice],
    *,
    colleagues: Mapping[UUID, Colleague],
    preferences: Mapping[UUID, Preference],
    on_call: Mapping[str, UUID],
    new_id: Callable[[], UUID],
    now: datetime,
    real_now: datetime,
) -> Sequence[Notice]:
    """Where a safety notice goes when it reached nobody: to the nearest of those whom ``plan``
    could have chosen and whom no notice about it has failed to reach. ``written`` are all of them.

    Nobody, while another one about it is on its way or was taken within a day. Whoever was not
    reached is not written to again about it, so that this ends with the last of the leads.
    """
    if any(other.state is State.PLANNED or _is_fresh(other, now) for other in written):
        return ()
    house = _House(colleagues, preferences, on_call)
    failed = {other.staff_id for other in written if other.state is not State.SENT}
    for circle in _circles(one, house):
        if left := [reader for reader in house.reached(circle) if reader not in failed]:
            return [
                _alone(one.reminder_id, preferences[reader], new_id(), now, real_now)
                for reader in left
            ]
    return ()


_HEARD = timedelta(days=1)
"""As long as the watcher counts a notice that was taken for one that did not arrive."""


def _is_fresh(other: Notice, now: datetime) -> bool:
    return other.state is State.SENT and other.made_at > now - _HEARD


def _circles(one: Told, house: _House) -> Iterator[Sequence[UUID]]:
    """Whoever is on call or has it, then their role in the team, then the team's leads."""
    called = house.on_call.get(one.team) if one.for_role == ON_CALL else one.owner_id
    yield [called] if called is not None and called in house.preferences else []
    yield house.of_role(one.for_role, one.team)
    yield house.of_role(_LEAD, one.team)


def _alone(
    reminder_id: UUID, wish: Preference, notice_id: UUID, now: datetime, real_now: datetime
) -> Notice:
    return Notice(
        notice_id=notice_id,
        purpose=Purpose.SAFETY,
        staff_id=wish.staff_id,
        about=(reminder_id,),
        count=1,
        channels=wish.channels,
        made_at=now,
        not_before=now,
        retry_at=real_now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What is true of the reader at the moment of sending."""

    suppressed: Reason | None
    """Why nothing may be sent to them now: left, died, or did not agree."""
    quiet: Quiet
    zone: ZoneInfo
    is_working_day: Callable[[date], bool] | None = None
    """For staff: days on which routine notices are sent at all."""


def before_sending(notice: Notice, reader: Reader, *, open_items: int, now: datetime) -> Notice:
    """The notice as it is to be sent, later, or never: decided when it is sent, not before."""
    if reader.suppressed is not None:
        ended = State.CANCELLED if reader.suppressed in _GONE else State.NOT_DONE
        return end(notice, ended, reader.suppressed, now)
    if notice.about and not open_items:
        return end(notice, State.CANCELLED, Reason.ANSWERED, now)
    if not notice.channels:
        return end(notice, State.NOT_DONE, Reason.NO_CHANNEL, now)
    if notice.is_urgent:
        return notice
    return replace(notice, not_before=_allowed(reader, now))


_GONE = frozenset({Reason.DECEASED, Reason.LEFT_CARE, Reason.LEFT_STAFF, Reason.MESSAGES_STOPPED})


def _allowed(reader: Reader, now: datetime) -> datetime:
    at = now
    while True:
        at = reader.quiet.over(at, reader.zone)
        day = local_day(at, reader.zone)
        if reader.is_working_day is None or reader.is_working_day(day):
            return at.astimezone(UTC)
        at = instant(day + _DAY, time(0), reader.zone)


def after_try(
    notice: Notice, answer: Answer, delivery: Delivery, *, now: datetime, real_now: datetime
) -> Notice:
    """Sent; or tried again later, on the next channel, or given up when none is left."""
    if answer is Answer.TAKEN:
        return replace(notice, state=State.SENT, tries=notice.tries + 1, ended_at=now)
    if answer is Answer.LATER and notice.tries < len(delivery.backoff):
        wait = delivery.backoff[notice.tries]
        return replace(notice, tries=notice.tries + 1, retry_at=real_now + wait)
    others = notice.channels[1:]
    if others:
        return replace(notice, channels=others, tries=0, retry_at=real_now)
    reason = Reason.REFUSED if answer is Answer.NEVER else Reason.UNREACHABLE
    return end(replace(notice, tries=notice.tries + 1), State.FAILED, reason, now)


def end(notice: Notice, state: State, reason: Reason, now: datetime) -> Notice:
    """It goes no further."""
    return replace(notice, state=state, reason=reason, ended_at=now)
