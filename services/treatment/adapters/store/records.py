"""What is only ever added: journal, check-ins, signatures."""

from dataclasses import asdict

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.treatment.adapters.store.documents import PROPOSAL, SAID
from services.treatment.adapters.tables import CheckInRow, JournalRow, SignatureRow
from services.treatment.application.ports import Entry, RecordedCheckIn, Signed
from services.treatment.application.refusals import SignatureUsed


class SqlRecords:
    def __init__(self, session: AsyncSession, *, actor: str) -> None:
        self._session = session
        self._actor = actor

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

    async def signature(self, signed: Signed, *, of: str) -> None:
        try:
            await self._session.execute(insert(SignatureRow), [asdict(signed) | {"object": of}])
        except IntegrityError as used:
            raise SignatureUsed from used
