"""The signature a course was confirmed with, and the first later change it does not cover."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.tables import JournalRow, SignatureRow
from services.treatment.domain.course import Course
from services.treatment.domain.second_signature import SECOND_SIGNATURE
from services.treatment.domain.signing import Change, voided_by
from shared.api.treatment import SignatureBody

journal = JournalRow.__table__.c  # type: ignore[attr-defined]
signature = SignatureRow.__table__.c  # type: ignore[attr-defined]
CONFIRMED = "confirmed"

# Built once, as nearly every page asks them: building a statement costs as much as running it.
_of = signature.object.startswith(bindparam("of"))
_SIGNED = (
    select(SignatureRow)
    .where(_of, signature.meaning != SECOND_SIGNATURE)
    .order_by(signature.signed_at.desc())
)
_SECOND = (
    select(signature.staff_id)
    .where(_of, signature.meaning == SECOND_SIGNATURE)
    .order_by(signature.signed_at.desc())
)
_ENTRIES = (
    select(journal.kind, journal.on, journal.dose_mg)
    .where(journal.course_id == bindparam("which"))
    .order_by(journal.version)
)


async def signature_of(session: AsyncSession, course: Course) -> SignatureBody | None:
    """Who signed exactly what, and since when the course is something else."""
    of = f"course:{course.id}:"
    kept = (await session.execute(_SIGNED, {"of": of})).scalars().first()
    if kept is None:
        return None
    signed_mg = tuple(step.dose.mg for step in course.titration)
    change = voided_by(signed_mg, await _later(session, course.id))
    return SignatureBody(
        signed_by=kept.staff_id,
        signed_at=kept.signed_at,
        hash=kept.hash,
        meaning=kept.meaning,
        void_since=change.on if change else None,
        void_because=change.kind if change else None,
        second_signed_by=await second_signer(session, of=of),
    )


async def second_signer(session: AsyncSession, *, of: str) -> UUID | None:
    """Who signed it after another prescriber, where two had to."""
    return (await session.execute(_SECOND, {"of": of})).scalars().first()


async def _later(session: AsyncSession, course_id: UUID) -> tuple[Change, ...]:
    """Every entry after the confirmation, oldest first."""
    found = await session.execute(_ENTRIES, {"which": course_id})
    entries = [Change(*entry) for entry in found.all()]
    kinds = [entry.kind for entry in entries]
    return tuple(entries[kinds.index(CONFIRMED) + 1 :]) if CONFIRMED in kinds else ()
