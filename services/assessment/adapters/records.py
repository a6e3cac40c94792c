"""Assessments, flags, intake answers, proposals and followed courses in SQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.assessment.adapters import stored
from services.assessment.adapters.tables import (
    ASSESSMENT,
    ASSESSMENT_VERSION,
    COURSE,
    FLAG,
    INTAKE,
    INVITATION,
    PROPOSAL,
    RULE_VERDICT,
    SHADOW,
    CourseRow,
    MilestoneRow,
)
from services.assessment.adapters.writing import changed
from services.assessment.application.ports import Intake, RecordedProposal
from services.assessment.domain.assessment import Assessment
from services.assessment.domain.decision import RuleVerdict
from services.assessment.domain.facts import Measured
from services.assessment.domain.following import FollowedCourse, Milestones
from services.assessment.domain.invitation import Invitation, InvitationStatus
from services.assessment.domain.refusals import StaleVersion
from services.assessment.domain.safety import Flag
from services.assessment.domain.shadow import Comparison
from services.assessment.domain.trajectory import Reading
from shared.runtime.db import Transaction

INTAKE_COLUMNS = tuple(column.name for column in INTAKE.columns)

# Built once, as every questionnaire asks them: building a statement costs as much as running it.
_RECORDED = select(ASSESSMENT.c.assessment_id).where(
    ASSESSMENT.c.patient_id == bindparam("person"),
    ASSESSMENT.c.instrument == bindparam("what"),
    ASSESSMENT.c.taken_at == bindparam("when"),
)
_FLAGS = (
    select(FLAG)
    .where(FLAG.c.patient_id == bindparam("person"))
    .order_by(FLAG.c.raised_at, FLAG.c.flag_id)
)
_LATEST_COURSE = (
    select(COURSE)
    .where(COURSE.c.patient_id == bindparam("person"))
    .order_by(COURSE.c.closed, COURSE.c.started_on.desc(), COURSE.c.course_id)
    .limit(1)
)


async def _one(session: AsyncSession, table: Table, key: UUID) -> Any:
    """The row with this key, as the database has it now."""
    (column,) = table.primary_key.columns
    return (await session.execute(select(table).where(column == key))).first()


class SqlAssessments:
    """Completed instruments."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session
        self._keys, self._sealing = tx.keys, tx.sealing

    async def get(self, assessment_id: UUID) -> Assessment | None:
        row = await _one(self._session, ASSESSMENT, assessment_id)
        return None if row is None else stored.assessment_from(row, self._keys)

    async def exists(self, patient_id: UUID, *, instrument: str, taken_at: datetime) -> bool:
        which = {"person": patient_id, "what": instrument, "when": taken_at}
        return (await self._session.scalars(_RECORDED, which)).first() is not None

    async def add(self, assessment: Assessment) -> None:
        values = stored.assessment_values(assessment, self._sealing)
        await self._session.execute(insert(ASSESSMENT), values)
        await self._keep(assessment)

    async def save(self, assessment: Assessment) -> None:
        values = stored.amended_values(assessment)
        await changed(
            self._session,
            update(ASSESSMENT)
            .where(
                ASSESSMENT.c.assessment_id == assessment.assessment_id,
                ASSESSMENT.c.version == assessment.version - 1,
            )
            .values(values),
        )
        await self._keep(assessment)

    async def readings(self, patient_id: UUID, *, instrument: str) -> tuple[Reading, ...]:
        query = (
            select(
                ASSESSMENT.c.taken_on,
                ASSESSMENT.c.taken_at,
                ASSESSMENT.c.assessment_id,
                ASSESSMENT.c.total,
            )
            .where(ASSESSMENT.c.patient_id == patient_id, ASSESSMENT.c.instrument == instrument)
            .order_by(ASSESSMENT.c.taken_at)
        )
        return tuple(Reading(**row) for row in (await self._session.execute(query)).mappings())

    async def measured(self, patient_id: UUID) -> tuple[Measured, ...]:
        place = func.row_number().over(
            partition_by=ASSESSMENT.c.instrument, order_by=ASSESSMENT.c.taken_at.desc()
        )
        latest = (
            select(
                ASSESSMENT.c.instrument,
                ASSESSMENT.c.taken_on,
                ASSESSMENT.c.total,
                ASSESSMENT.c.positive,
                place.label("place"),
            )
            .where(ASSESSMENT.c.patient_id == patient_id)
            .subquery()
        )
        query = select(
            latest.c.instrument, latest.c.taken_on, latest.c.total, latest.c.positive
        ).where(latest.c.place == 1)
        return tuple(Measured(**row) for row in (await self._session.execute(query)).mappings())

    async def _keep(self, assessment: Assessment) -> None:
        values = stored.version_values(assessment) | {"assessment_id": assessment.assessment_id}
        await self._session.execute(insert(ASSESSMENT_VERSION), values)


class SqlFlags:
    """Safety flags."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, flag_id: UUID) -> Flag | None:
        row = await _one(self._session, FLAG, flag_id)
        return None if row is None else stored.flag_from(row)

    async def of(self, patient_id: UUID) -> tuple[Flag, ...]:
        rows = await self._session.execute(_FLAGS, {"person": patient_id})
        return tuple(stored.flag_from(row) for row in rows)

    async def add(self, flag: Flag) -> None:
        await self._session.execute(insert(FLAG), stored.flag_values(flag))

    async def save(self, flag: Flag) -> None:
        await changed(
            self._session,
            update(FLAG)
            .where(FLAG.c.flag_id == flag.flag_id, FLAG.c.version == flag.version - 1)
            .values(stored.flag_values(flag)),
        )


class SqlIntakes:
    """Intake answers, version by version."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def latest(self, patient_id: UUID) -> Intake:
        query = (
            select(INTAKE)
            .where(INTAKE.c.patient_id == patient_id)
            .order_by(INTAKE.c.version.desc())
            .limit(1)
        )
        row = (await self._session.execute(query)).first()
        return Intake(patient_id=patient_id) if row is None else stored.intake_from(row)

    async def add(self, intake: Intake) -> None:
        values = {name: getattr(intake, name) for name in INTAKE_COLUMNS}
        try:
            await self._session.execute(insert(INTAKE), values)
        except IntegrityError as error:
            raise StaleVersion from error


class SqlInvitations:
    """One-time links."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, invitation_id: UUID) -> Invitation | None:
        row = await _one(self._session, INVITATION, invitation_id)
        return None if row is None else stored.invitation_from(row)

    async def by_secret(self, secret_sha256: bytes) -> Invitation | None:
        query = select(INVITATION).where(INVITATION.c.secret_sha256 == secret_sha256)
        row = (await self._session.execute(query)).first()
        return None if row is None else stored.invitation_from(row)

    async def open_of(self, patient_id: UUID, *, instrument: str | None) -> tuple[Invitation, ...]:
        query = select(INVITATION).where(
            INVITATION.c.patient_id == patient_id,
            INVITATION.c.status == InvitationStatus.OPEN.value,
        )
        if instrument is not None:
            query = query.where(INVITATION.c.instrument == instrument)
        rows = await self._session.execute(query.order_by(INVITATION.c.created_at))
        return tuple(stored.invitation_from(row) for row in rows)

    async def add(self, invitation: Invitation) -> None:
        await self._session.execute(insert(INVITATION), stored.invitation_values(invitation))

    async def save(self, invitation: Invitation) -> None:
        await changed(
            self._session,
            update(INVITATION)
            .where(
                INVITATION.c.invitation_id == invitation.invitation_id,
                INVITATION.c.version == invitation.version - 1,
            )
            .values(stored.invitation_values(invitation)),
        )


class SqlProposals:
    """Pathway proposals and their decisions."""

    def __init__(self, tx: Transaction) -> None:
        self._now = tx.now
        self._session = tx.session

    async def get(self, proposal_id: UUID) -> RecordedProposal | None:
        row = await _one(self._session, PROPOSAL, proposal_id)
        return None if row is None else stored.proposal_from(row)

    async def add(self, proposal: RecordedProposal) -> None:
        await self._session.execute(insert(PROPOSAL), stored.proposal_values(proposal))

    async def save(self, proposal: RecordedProposal) -> None:
        await changed(
            self._session,
            update(PROPOSAL)
            .where(
                PROPOSAL.c.proposal_id == proposal.proposal_id,
                PROPOSAL.c.version == proposal.version - 1,
            )
            .values(stored.decision_values(proposal)),
        )

    async def add_comparison(self, proposal_id: UUID, found: Comparison) -> None:
        values = {
            "proposal_id": proposal_id,
            "active_version": found.active_version,
            "shadow_version": found.shadow_version,
            "agrees": found.agrees,
            "active_arms": " ".join(found.active_arms),
            "shadow_arms": " ".join(found.shadow_arms),
            "differences": [
                {"rule": d.rule, "active": d.active, "shadow": d.shadow} for d in found.differences
            ],
            "compared_at": self._now,
        }
        await self._session.execute(insert(SHADOW), values)

    async def add_verdicts(self, proposal_id: UUID, found: tuple[RuleVerdict, ...]) -> None:
        rows = [
            {
                "proposal_id": proposal_id,
                "rule": verdict.rule,
                "part": verdict.part,
                "rule_version": verdict.version,
                "overridden": verdict.overridden,
                "reason": verdict.reason,
                "decided_at": verdict.at,
            }
            for verdict in found
        ]
        if rows:
            await self._session.execute(insert(RULE_VERDICT), rows)


class SqlCourses:
    """Courses that are followed, and what was published about them."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, course_id: UUID) -> FollowedCourse | None:
        row = await self._session.get(CourseRow, course_id)
        return None if row is None else stored.course_from(row)

    async def latest(self, patient_id: UUID) -> FollowedCourse | None:
        row = (await self._session.execute(_LATEST_COURSE, {"person": patient_id})).first()
        return None if row is None else stored.course_from(row)

    async def put(self, course: FollowedCourse) -> None:
        await self._session.merge(stored.course_row(course))
        await self._session.flush()

    async def milestones(self, patient_id: UUID) -> Milestones | None:
        row = await self._session.get(MilestoneRow, patient_id)
        return None if row is None else stored.milestones_from(row)

    async def put_milestones(self, milestones: Milestones) -> None:
        await self._session.merge(stored.milestone_row(milestones))
        await self._session.flush()
