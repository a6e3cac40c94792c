"""Sending: what may be sent is decided when it is sent, and every notice ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from services.engagement.application.pass_on_notice import pass_on_notice
from services.engagement.application.ports import Try, Work
from services.engagement.application.preview_message import seen_from_outside
from services.engagement.domain.local_time import zone_named
from services.engagement.domain.notice import (
    Answer,
    Channel,
    Notice,
    Preference,
    Purpose,
    Reader,
    Reason,
    State,
    after_try,
    before_sending,
)
from services.engagement.domain.notice_wording import Letter, letter, visit_letter
from services.engagement.domain.rules import Rules
from services.engagement.domain.team import CareStatus, Colleague, Patient

LEASE = timedelta(minutes=2)
"""Longer than any attempt takes: a notice whose sender died is taken up again after it."""
BATCH = 20
VISITS = "course"
"""The purpose a person has to agree to before the clinic writes about their course."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter, where it goes, and by which channel."""

    notice_id: UUID
    channel: Channel
    address: str
    letter: Letter
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Who writes: the rules with the clinic's name, and where the live page is."""

    rules: Rules
    portal_url: str


@dataclass(frozen=True, slots=True)
class Readers:
    """Everybody who may be written to."""

    colleagues: Mapping[UUID, Colleague]
    preferences: Mapping[UUID, Preference]


async def pick_notices(
    work: Work, *, office: Office, now: datetime, real_now: datetime
) -> tuple[int, Sequence[Parcel]]:
    """Claim what is due for sending; how many were looked at, and what is to be sent."""
    claimed = await work.notices.claim(now, real_now, lease_until=real_now + LEASE, limit=BATCH)
    if not claimed:
        return 0, ()
    readers = Readers(await work.staff.all(), await work.notices.preferences())
    parcels: list[Parcel] = []
    for notice in claimed:
        if notice.purpose is Purpose.VISIT:
            decided, parcel = await _to_person(work, notice, office, now)
        else:
            decided, parcel = await _to_staff(work, notice, readers, office, now)
        if decided.state is not State.PLANNED:
            await _end(work, decided, office.rules, now, real_now)
        elif decided.not_before > now:
            await work.notices.keep(replace(decided, retry_at=real_now))
        elif parcel is not None:
            parcels.append(parcel)
    return len(claimed), parcels


async def record_try(
    work: Work,
    parcel: Parcel,
    answer: Answer,
    code: str,
    *,
    rules: Rules,
    now: datetime,
    real_now: datetime,
) -> None:
    """What became of one attempt; nothing, when the notice has ended meanwhile."""
    notice = await work.notices.hold(parcel.notice_id)
    if notice is None or notice.state is not State.PLANNED:
        return
    attempt = Try(
        notice_id=notice.notice_id,
        number=await work.notices.tries(notice.notice_id) + 1,
        channel=parcel.channel.value,
        at=real_now,
        answer=answer.value,
        code=code[:32],
    )
    await work.notices.add_try(attempt)
    after = after_try(notice, answer, rules.delivery, now=now, real_now=real_now)
    if after.state is State.PLANNED:
        await work.notices.keep(after)
    else:
        await _end(work, after, rules, now, real_now)


async def _to_staff(
    work: Work, notice: Notice, readers: Readers, office: Office, now: datetime
) -> tuple[Notice, Parcel | None]:
    rules, staff_id = office.rules, notice.staff_id
    colleague = readers.colleagues.get(staff_id) if staff_id else None
    wish = readers.preferences.get(staff_id) if staff_id else None
    lines = await work.notices.lines(notice.about)
    reader = Reader(
        suppressed=None if colleague is not None and colleague.active else Reason.LEFT_STAFF,
        quiet=(wish and wish.quiet) or rules.delivery.quiet,
        zone=rules.hours.zone,
        is_working_day=rules.hours.is_working_day,
    )
    usable = tuple(channel for channel in notice.channels if _address(wish, channel))
    decided = before_sending(
        replace(notice, channels=usable), reader, open_items=len(lines), now=now
    )
    if wish is None or not usable:
        return decided, None
    return decided, Parcel(
        notice_id=notice.notice_id,
        channel=usable[0],
        address=_address(wish, usable[0]) or "",
        letter=letter(notice, lines, wording=wish.wording, portal_url=office.portal_url),
        secret=wish.webhook_secret,
    )


async def _to_person(
    work: Work, notice: Notice, office: Office, now: datetime
) -> tuple[Notice, Parcel | None]:
    """Consent, death, closure and wording are looked up now: much may have happened since."""
    patient_id = notice.patient_id
    patient = await work.patients.find(patient_id) if patient_id else None
    reach = (await work.notices.reachable([patient_id])).get(patient_id) if patient_id else None
    zone = zone_named(patient.zone) if patient else office.rules.hours.zone
    agreed = reach is not None and VISITS in reach.agreed.get(Channel.EMAIL, ())
    reader = Reader(
        suppressed=why_silent(patient) or (None if agreed else Reason.NO_CONSENT),
        quiet=(reach and reach.quiet) or office.rules.delivery.quiet,
        zone=zone,
    )
    email = reach.email if reach else None
    channels = notice.channels if email else ()
    lines = await work.notices.lines(notice.about)
    decided = before_sending(
        replace(notice, channels=channels), reader, open_items=len(lines), now=now
    )
    if not email or patient is None:
        return decided, None
    seen = await seen_from_outside(work, patient.patient_id, office.rules.letterhead)
    return decided, Parcel(
        notice_id=notice.notice_id,
        channel=Channel.EMAIL,
        address=email,
        letter=visit_letter(seen),
    )


def why_silent(patient: Patient | None) -> Reason | None:
    """Why nothing at all is sent to a person now; None when consent alone decides."""
    match patient:
        case Patient(status=CareStatus.DECEASED):
            return Reason.DECEASED
        case Patient(status=CareStatus.ACTIVE, messages_stopped=stopped):
            return Reason.MESSAGES_STOPPED if stopped else None
        case _:
            return Reason.LEFT_CARE


def _address(wish: Preference | None, channel: Channel) -> str | None:
    if wish is None:
        return None
    return wish.email if channel is Channel.EMAIL else wish.webhook_url


async def _end(work: Work, notice: Notice, rules: Rules, now: datetime, real_now: datetime) -> None:
    await work.notices.keep(notice)
    work.audit(
        f"notice.{notice.state}",
        object=f"notice:{notice.notice_id}",
        subject=notice.patient_id,
        reason=notice.reason,
    )
    await pass_on_notice(work, notice, rules=rules, now=now, real_now=real_now)
