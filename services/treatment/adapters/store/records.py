"""What is only ever added: journal, check-ins, signatures."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import insert, select

from services.treatment.adapters.store.documents import PROPOSAL, SAID, TAPER
from services.treatment.adapters.tables import (
    CheckInRow,
    JournalRow,
    SignatureRow,
    TaperVersionRow,
)
from services.treatment.application.ports import Entry, RecordedCheckIn, Signed
from services.treatment.application.refusals import SignatureUsed
from services.treatment.domain.plan_change import PlanVersion
from shared.runtime import signatures
from shared.runtime.db import Transaction

_SIGNATURE = SignatureRow.metadata.tables["signature"]


class SqlRecords:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session
        self._actor = tx.actor

    async def journal(self, entry: Entry) -> None:
        values = asdict(entry) | {"recorded_by": self._actor}
        await self._session.execute(insert(JournalRow), [values])

    async def check_in(self, recorded: RecordedCheckIn) -> None:
        values = {
            "id": recorded.id,
            "course_id": recorded.course_id,
            "plan_id": recorded.plan_id,
            "plan_version": recorded.plan_version,
            "kind": recorded.kind,
            "ordinal": recorded.ordinal,
            "at": recorded.at,
            "said": SAID.dump(recorded.said),
            "proposal": PROPOSAL.dump(recorded.proposal),
            "assessment_ids": [str(assessment_id) for assessment_id in recorded.assessment_ids],
            "note": recorded.note,
        }
        await self._session.execute(insert(CheckInRow), [values])

    async def version(self, kept: PlanVersion) -> None:
        values = {
            "plan_id": kept.plan_id,
            "plan_version": kept.plan_version,
            "course_id": kept.course_id,
            "patient_id": kept.patient_id,
            "kind": kept.kind,
            "made_at": kept.made_at,
            "made_on": kept.made_on,
            "reason": kept.reason,
            "taper": TAPER.dump(kept.taper),
            "made_by": self._actor,
        }
        await self._session.execute(insert(TaperVersionRow), [values])

    async def versions(self, course_id: UUID) -> tuple[PlanVersion, ...]:
        row = TaperVersionRow.__table__.c  # type: ignore[attr-defined]
        query = (
            select(TaperVersionRow.__table__)  # type: ignore[attr-defined]
            .where(row.course_id == course_id)
            .order_by(row.made_at.desc(), row.plan_version.desc())
        )
        found = (await self._session.execute(query)).mappings()
        return tuple(
            PlanVersion(**{**values, "taper": TAPER.load(values["taper"])}) for values in found
        )

    async def check_ins_of(self, course_id: UUID) -> tuple[RecordedCheckIn, ...]:
        row = CheckInRow.__table__.c  # type: ignore[attr-defined]
        query = (
            select(CheckInRow.__table__)  # type: ignore[attr-defined]
            .where(row.course_id == course_id)
            .order_by(row.at.desc(), row.id)
        )
        return tuple(
            RecordedCheckIn(
                **{
                    **values,
                    "said": SAID.load(values["said"]),
                    "proposal": PROPOSAL.load(values["proposal"]),
                    "assessment_ids": tuple(UUID(text) for text in values["assessment_ids"]),
                }
            )
            for values in (await self._session.execute(query)).mappings()
        )

    async def signature(self, signed: Signed, *, of: str) -> None:
        try:
            await signatures.keep(self._tx, _SIGNATURE, signed, of=of, signed_at=signed.signed_at)
        except signatures.SignatureUsed as used:
            raise SignatureUsed from used
