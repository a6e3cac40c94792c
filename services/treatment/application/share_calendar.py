"""Give a person a secret link to the days ahead of them, and take it back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.treatment.application.changing import known_patient
from services.treatment.application.keep_diary import keep_diaries
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.refusals import Unknown
from services.treatment.domain.diary import CalendarLink, DiaryEntry, Titles, digest
from services.treatment.domain.drug import Drug
from services.treatment.domain.errors import AlreadyDone, IllegalMove, Refusal


class TellingTitle(Refusal):
    """Whoever looks over the person's shoulder would learn what they take."""

    code = "telling-title"


async def make_calendar_link(
    work: Work,
    *,
    patient_id: UUID,
    secret_sha256: bytes,
    titles: Titles,
    by: UUID,
    formulary: Formulary,
    now: datetime,
) -> CalendarLink:
    """A new link; the one before ends, so that only one is ever about.

    Raises:
        NotYetKnown
        IllegalMove: the person is no longer in care.
        TellingTitle: a title names a medicine.
        AlreadyDone: that secret was used for another link.
    """
    patient = await known_patient(work, patient_id)
    if not patient.in_care:
        raise IllegalMove("This person has left care: there is nothing to share.")
    for field, title in (("change_title", titles.change), ("check_in_title", titles.check_in)):
        _require_quiet(title, formulary.drugs.values(), field=field)
    if await work.calendar_links.with_secret(secret_sha256) is not None:
        raise AlreadyDone("This link was made before: make another.", field="secret_sha256")
    earlier = await work.calendar_links.live(patient_id)
    if earlier is not None:
        await _revoke(work, earlier, by=by, now=now)
    await keep_diaries(work, patient_id=patient_id, now=now)
    link = CalendarLink(
        id=work.new_id(),
        patient_id=patient_id,
        secret_sha256=secret_sha256,
        titles=titles,
        made_by=by,
        made_at=now,
    )
    await work.calendar_links.add(link)
    work.audit("calendar-link.made", object=f"calendar-link:{link.id}", subject=patient_id)
    return link


async def revoke_calendar_link(
    work: Work, *, link_id: UUID, by: UUID, now: datetime
) -> CalendarLink:
    """The link leads nowhere from now on.

    Raises:
        Unknown, AlreadyDone
    """
    link = await work.calendar_links.get(link_id)
    if link is None:
        raise Unknown
    if not link.is_live:
        raise AlreadyDone("This link was taken back before.")
    return await _revoke(work, link, by=by, now=now)


async def open_calendar(work: Work, *, secret: str) -> tuple[CalendarLink, tuple[DiaryEntry, ...]]:
    """What the link shows now.

    Raises:
        Unknown: there is no such link, or none any more; the answer is the same.
    """
    link = await work.calendar_links.with_secret(digest(secret))
    if link is None or not link.is_live:
        raise Unknown
    work.audit("calendar.read", object=f"calendar-link:{link.id}", subject=link.patient_id)
    return link, await work.diary.of_patient(link.patient_id)


async def _revoke(work: Work, link: CalendarLink, *, by: UUID, now: datetime) -> CalendarLink:
    ended = replace(link, revoked_by=by, revoked_at=now)
    await work.calendar_links.save(ended)
    work.audit("calendar-link.revoked", object=f"calendar-link:{link.id}", subject=link.patient_id)
    return ended


def _require_quiet(title: str, drugs: Iterable[Drug], *, field: str) -> None:
    words = title.casefold()
    for drug in drugs:
        if drug.code in words or drug.name.casefold() in words:
            raise TellingTitle(
                f"This title names {drug.name}: whoever sees the calendar would read it.",
                field=field,
            )
