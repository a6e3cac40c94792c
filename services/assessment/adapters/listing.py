"""Lists, straight from SQL: each shows only what the caller may see."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Tuple,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    tuple_,
)

from services.assessment.adapters import stored
from services.assessment.adapters.access import ownerless_rows, visible_rows
from services.assessment.adapters.names import NAME_COLUMNS, Named, named, people
from services.assessment.adapters.tables import (
    ASSESSMENT,
    ASSESSMENT_VERSION,
    FLAG,
    INVITATION,
    PATIENT,
    PATIENT_VERSION,
    PROPOSAL,
)
from services.assessment.application.ports import RecordedProposal
from services.assessment.domain.assessment import Answers, Assessment
from services.assessment.domain.invitation import Invitation
from services.assessment.domain.patient import PatientStatus, folded
from services.assessment.domain.safety import Flag, FlagStatus
from services.assessment.domain.scoring import Score
from shared.api.assessment import (
    AssessmentQuery,
    FlagQuery,
    HistoryQuery,
    InvitationQuery,
    PatientCounts,
    PatientHistory,
    PatientQuery,
    PatientSearch,
    PatientsFound,
    PatientSummary,
    PatientVersion,
    ProposalQuery,
    WaitingProposal,
)
from shared.api.body import Page
from shared.runtime.access import Reach
from shared.runtime.columns import UtcDateTime
from shared.runtime.db import Transaction
from shared.runtime.http import decode_cursor, encode_cursor
from shared.runtime.sealed_details import birth_of
from shared.runtime.tables import audit

FOUND_AT_MOST = 50
RECENT_AT_MOST = 8
_LOOKED_THROUGH = 10_000
"""Entries of the audit trail: some days of a clinic, some milliseconds of a database."""
_NEW_FOR = timedelta(days=7)
"""How long a questionnaire is new to whoever looks over the list."""

_open_flags = (
    select(func.count())
    .select_from(FLAG)
    .where(FLAG.c.patient_id == PATIENT.c.patient_id, FLAG.c.status != FlagStatus.CLOSED.value)
    .scalar_subquery()
    .label("open_flags")
)
_OPEN_FLAGS = select(func.count()).where(
    FLAG.c.patient_id == bindparam("person"), FLAG.c.status != FlagStatus.CLOSED.value
)
_summary = select(
    PATIENT.c.patient_id,
    PATIENT.c.status,
    PATIENT.c.team,
    PATIENT.c.given_name,
    PATIENT.c.family_name,
    PATIENT.c.birth_date,
    PATIENT.c.who,
    PATIENT.c.enrolled_on,
    PATIENT.c.erased_on,
    _open_flags,
)
_arms = PROPOSAL.c.proposal["arms"].label("arms")
"""What was proposed, without the trace of every rule, which is most of a proposal."""
_OF_NAMES = ("given_name", "family_name", "birth_date")
_by_enrolment = (PATIENT.c.enrolled_on, PATIENT.c.patient_id)
Known = tuple[UUID, Named]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptVersion:
    """One version of an assessment's answers."""

    version: int
    answers: Answers
    score: Score
    recorded_at: datetime
    recorded_by: str
    reason: str | None


async def patients_page(tx: Transaction, reach: Reach, query: PatientQuery) -> Page[PatientSummary]:
    """People in the order asked for, as far as the caller may see them. The cursor is the last
    one's id."""
    rows = _summary.where(visible_rows(reach), PATIENT.c.status == query.status)
    if query.ownerless:
        rows = rows.where(ownerless_rows())
    if query.flagged:
        rows = rows.where(_open_flags.element > 0)
    if query.newly_assessed:
        rows = rows.where(_assessed_since(tx.now - _NEW_FOR))
    by, downwards = query.sort.removeprefix("-"), query.sort.startswith("-")
    cursor = decode_cursor(query.cursor, UUID)
    after = cursor[0] if cursor else None
    if by == "enrolled":
        items, more = await _by_day(tx, rows, after, downwards=downwards, limit=query.limit)
    else:
        key = _by_name if by == "name" else _by_birth
        wanted = await _in_order(tx, rows, key, after=after, downwards=downwards)
        known = await summaries_of(tx, wanted[: query.limit])
        items, more = tuple(known.values()), len(wanted) > query.limit
    return Page(items=items, next=encode_cursor(str(items[-1].patient_id)) if more else None)


async def _by_day(
    tx: Transaction, rows: Select[Any], after: UUID | None, *, downwards: bool, limit: int
) -> tuple[tuple[PatientSummary, ...], bool]:
    """In the order of enrolment, which the database can see."""
    key = _by_enrolment
    if after and (place := await _place_of(tx, key, after)) is not None:
        rows = rows.where(tuple_(*key) < place if downwards else tuple_(*key) > place)
    found = await _limited(
        tx, rows.order_by(*(column.desc() if downwards else column for column in key)), limit
    )
    return _summaries(tx, found.rows), found.more


async def _in_order(
    tx: Transaction,
    rows: Select[Any],
    key: Callable[[Known], Any],
    *,
    after: UUID | None,
    downwards: bool,
) -> Sequence[UUID]:
    """Whoever ``rows`` finds after one of them, in an order that only opened names have."""
    query = rows.with_only_columns(*NAME_COLUMNS)
    found = [
        (row.patient_id, named(row, tx.keys)) for row in (await tx.session.execute(query)).all()
    ]
    if after and (last := await people(tx, PATIENT.c.patient_id == after)):
        place = key(last[0])
        found = [one for one in found if (key(one) < place if downwards else key(one) > place)]
    return [person for person, _ in sorted(found, key=key, reverse=downwards)]


def _by_name(known: Known) -> Any:
    return known[1].place, known[0]


def _by_birth(known: Known) -> Any:
    return known[1].birth_date, known[0]


async def patient_counts(tx: Transaction, reach: Reach) -> PatientCounts:
    """As many as the lists of the same names hold."""
    kinds = (
        _assessed_since(tx.now - _NEW_FOR),
        _open_flags.element > 0,
        ownerless_rows(),
    )
    in_care = (visible_rows(reach), PATIENT.c.status == PatientStatus.ACTIVE.value)
    counts = select(
        *(
            select(func.count()).select_from(PATIENT).where(*in_care, kind).scalar_subquery()
            for kind in kinds
        )
    )
    newly_assessed, flagged, ownerless = (await tx.session.execute(counts)).one()
    return PatientCounts(newly_assessed=newly_assessed, flagged=flagged, ownerless=ownerless)


def _assessed_since(then: datetime) -> ColumnElement[bool]:
    return (
        select(ASSESSMENT.c.assessment_id)
        .where(ASSESSMENT.c.patient_id == PATIENT.c.patient_id, ASSESSMENT.c.taken_at >= then)
        .exists()
    )


async def search_patients(tx: Transaction, reach: Reach, wanted: PatientSearch) -> PatientsFound:
    """People by the start of either name, by birth date, by number, or by all that is given. Who
    was erased is found by number alone."""
    which = [visible_rows(reach)]
    if wanted.number is None:
        which.append(PATIENT.c.erased_on.is_(None))
    else:
        digits = wanted.number.replace(" ", "").lower()
        first, last = (UUID(digits + end * (32 - len(digits))) for end in "0f")
        which.append(PATIENT.c.patient_id.between(first, last))
    start, born = folded(wanted.name or ""), wanted.birth_date
    found = [
        (person, who)
        for person, who in await people(tx, *which)
        if who.begins(start) and born in (None, who.birth_date)
    ]
    ids = [person for person, _ in sorted(found, key=_by_name)]
    known = await summaries_of(tx, ids[:FOUND_AT_MOST])
    return PatientsFound(items=tuple(known.values()), more=len(ids) > FOUND_AT_MOST)


async def recent_patients(tx: Transaction, reach: Reach) -> PatientsFound:
    """Whose record the caller opened last, newest first, as the audit trail has it. Only its end
    is looked through, so that the answer takes as long in ten years as today."""
    newest = func.max(audit.c.seq)
    looks = (
        select(audit.c.subject, newest.label("last"))
        .where(
            audit.c.seq > select(newest).scalar_subquery() - _LOOKED_THROUGH,
            audit.c.actor == reach.principal.actor,
            audit.c.action == "patient.read",
        )
        .group_by(audit.c.subject)
        .order_by(newest.desc())
        .limit(RECENT_AT_MOST)
    )
    ids = [UUID(row.subject) for row in await tx.session.execute(looks)]
    rows = _summary.where(visible_rows(reach), PATIENT.c.patient_id.in_(ids))
    seen = (await tx.session.execute(rows)).all()
    known = {one.patient_id: one for one in _summaries(tx, seen)}
    return PatientsFound(items=tuple(known[one] for one in ids if one in known), more=False)


async def summaries_of(tx: Transaction, these: Collection[UUID]) -> dict[UUID, PatientSummary]:
    """The rows of these people, whom the caller is known to see, in the order given."""
    rows = await tx.session.execute(_summary.where(PATIENT.c.patient_id.in_(these)))
    found = {one.patient_id: one for one in _summaries(tx, rows.all())}
    return {person: found[person] for person in these if person in found}


def _summaries(tx: Transaction, rows: Sequence[Any]) -> tuple[PatientSummary, ...]:
    return tuple(_summarised(tx, row) for row in rows)


def _summarised(tx: Transaction, row: Any) -> PatientSummary:
    who = named(row, tx.keys)
    rest = PatientSummary.model_fields.keys() - {*_OF_NAMES, "birth_year"}
    return PatientSummary(
        **{name: getattr(who, name) for name in _OF_NAMES},
        birth_year=birth_of(who.birth_date, erased=row.erased_on is not None).year,
        **{name: getattr(row, name) for name in rest},
    )


async def patient_history(tx: Transaction, patient_id: UUID, query: HistoryQuery) -> PatientHistory:
    """Changes of a record, newest first, and which fields each changed: that takes the version
    before it, so one more is read than is told."""
    wanted = select(PATIENT_VERSION).where(PATIENT_VERSION.c.patient_id == patient_id)
    if after := decode_cursor(query.cursor, int):
        wanted = wanted.where(PATIENT_VERSION.c.version < after[0])
    wanted = wanted.order_by(PATIENT_VERSION.c.version.desc()).limit(query.limit + 1)
    rows = (await tx.session.execute(wanted)).all()
    records = [_flat(stored.version_from(row, tx.keys)) for row in rows]
    versions = tuple(
        PatientVersion(
            version=row.version,
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            reason=row.reason,
            what=_differing(before, after),
        )
        for row, after, before in zip(rows, records, [*records[1:], {}], strict=False)
    )
    told = versions[: query.limit]
    following = encode_cursor(told[-1].version) if len(versions) > query.limit else None
    return PatientHistory(versions=told, next=following)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A kept record with its details beside the rest."""
    details: dict[str, Any] = record.get("details", {})
    return {name: value for name, value in record.items() if name != "details"} | details


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    """The fields that are not what they were; none for the first version there is, and none
    that an earlier release did not keep."""
    return tuple(
        name for name in after if name != "version" and before.get(name, after[name]) != after[name]
    )


async def open_flag_count(tx: Transaction, patient_id: UUID) -> int:
    """How many flags of a person nobody has closed."""
    return int((await tx.session.execute(_OPEN_FLAGS, {"person": patient_id})).scalar_one())


async def assessments_page(
    tx: Transaction, patient_id: UUID, query: AssessmentQuery
) -> tuple[tuple[Assessment, ...], str | None]:
    """A person's assessments, newest first, and the cursor of what follows."""
    rows = select(ASSESSMENT).where(ASSESSMENT.c.patient_id == patient_id)
    if query.instrument is not None:
        rows = rows.where(ASSESSMENT.c.instrument == query.instrument)
    key = (ASSESSMENT.c.taken_at, ASSESSMENT.c.assessment_id)
    found, onward = await _newest(tx, rows, key, query)
    return tuple(stored.assessment_from(row, tx.keys) for row in found), onward


async def assessment_versions(tx: Transaction, assessment_id: UUID) -> tuple[KeptVersion, ...]:
    """Every version there was, oldest first."""
    query = (
        select(ASSESSMENT_VERSION)
        .where(ASSESSMENT_VERSION.c.assessment_id == assessment_id)
        .order_by(ASSESSMENT_VERSION.c.version)
    )
    return tuple(
        KeptVersion(
            version=row.version,
            answers=stored.ANSWERS.validate_python(row.answers),
            score=stored.SCORE.validate_python(row.score),
            recorded_at=row.recorded_at,
            recorded_by=row.recorded_by,
            reason=row.reason,
        )
        for row in await tx.session.execute(query)
    )


async def invitations_page(
    tx: Transaction, patient_id: UUID, query: InvitationQuery
) -> tuple[tuple[Invitation, ...], str | None]:
    """A person's links, newest first, and the cursor of older ones."""
    rows = select(INVITATION).where(INVITATION.c.patient_id == patient_id)
    key = (INVITATION.c.created_at, INVITATION.c.invitation_id)
    found, onward = await _newest(tx, rows, key, query)
    return tuple(stored.invitation_from(row) for row in found), onward


async def flags_of_assessments(
    tx: Transaction, assessments: Sequence[Assessment]
) -> dict[UUID, tuple[Flag, ...]]:
    """The flags each of these raised."""
    ids = [assessment.assessment_id for assessment in assessments]
    query = select(FLAG).where(FLAG.c.assessment_id.in_(ids)).order_by(FLAG.c.raised_at)
    raised: dict[UUID, tuple[Flag, ...]] = {}
    for row in await tx.session.execute(query):
        flag = stored.flag_from(row)
        raised[row.assessment_id] = (*raised.get(row.assessment_id, ()), flag)
    return raised


async def flags_page(
    tx: Transaction, reach: Reach, query: FlagQuery
) -> tuple[tuple[Flag, ...], str | None]:
    """Flags of the people the caller may see, soonest due first."""
    rows = (
        select(FLAG)
        .join(PATIENT, PATIENT.c.patient_id == FLAG.c.patient_id)
        .where(visible_rows(reach))
    )
    if query.patient_id is not None:
        rows = rows.where(FLAG.c.patient_id == query.patient_id)
    if query.flag_id is not None:
        rows = rows.where(FLAG.c.flag_id == query.flag_id)
    if query.status == "live":
        rows = rows.where(FLAG.c.status != FlagStatus.CLOSED.value)
    else:
        rows = rows.where(FLAG.c.status == query.status)
    if after := decode_cursor(query.cursor, datetime, UUID):
        rows = rows.where(tuple_(FLAG.c.due_at, FLAG.c.flag_id) > _instant(*after))
    rows = rows.order_by(FLAG.c.due_at, FLAG.c.flag_id)
    found = await _limited(tx, rows, query.limit)
    items = tuple(stored.flag_from(row) for row in found.rows)
    last = items[-1] if found.more else None
    return items, _cursor(last.due_at, last.flag_id) if last else None


async def proposals_page(
    tx: Transaction, patient_id: UUID, query: ProposalQuery
) -> tuple[tuple[RecordedProposal, ...], str | None]:
    """A person's proposals, newest first."""
    rows = select(PROPOSAL).where(PROPOSAL.c.patient_id == patient_id)
    key = (PROPOSAL.c.proposed_at, PROPOSAL.c.proposal_id)
    found, onward = await _newest(tx, rows, key, query)
    return tuple(stored.proposal_from(row) for row in found), onward


async def waiting_proposals(
    tx: Transaction, reach: Reach, query: ProposalQuery
) -> Page[WaitingProposal]:
    """Proposals with something to decide on, longest waiting first, of people in care the caller
    may see. One that was overtaken by a newer proposal waits for nobody."""
    newer = PROPOSAL.alias("newer")
    overtaken = (
        select(newer.c.proposal_id)
        .where(
            newer.c.patient_id == PROPOSAL.c.patient_id,
            newer.c.proposed_at > PROPOSAL.c.proposed_at,
        )
        .exists()
    )
    rows = (
        _summary.add_columns(PROPOSAL.c.proposal_id, PROPOSAL.c.proposed_at, _arms)
        .join(PROPOSAL, PROPOSAL.c.patient_id == PATIENT.c.patient_id)
        .where(
            visible_rows(reach),
            PATIENT.c.status == PatientStatus.ACTIVE.value,
            PROPOSAL.c.verdict.is_(None),
            PROPOSAL.c.proposal[("arms", 0)].as_string().is_not(None),
            ~overtaken,
        )
    )
    key = (PROPOSAL.c.proposed_at, PROPOSAL.c.proposal_id)
    if after := decode_cursor(query.cursor, datetime, UUID):
        rows = rows.where(tuple_(*key) > _instant(*after))
    found = await _limited(tx, rows.order_by(*key), query.limit)
    last = found.rows[-1] if found.more else None
    return Page(
        items=tuple(_waiting(tx, row) for row in found.rows),
        next=_cursor(last.proposed_at, last.proposal_id) if last else None,
    )


def _waiting(tx: Transaction, row: Any) -> WaitingProposal:
    return WaitingProposal(
        proposal_id=row.proposal_id,
        proposed_at=row.proposed_at,
        arms=tuple(offered["arm"]["label"] for offered in row.arms),
        patient=_summarised(tx, row),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    rows: Sequence[Any]
    more: bool


async def _limited(tx: Transaction, rows: Select[Any], limit: int) -> _Found:
    found = (await tx.session.execute(rows.limit(limit + 1))).all()
    return _Found(rows=found[:limit], more=len(found) > limit)


async def _newest(
    tx: Transaction,
    rows: Select[Any],
    key: tuple[Any, Any],
    query: AssessmentQuery | InvitationQuery | ProposalQuery,
) -> tuple[Sequence[Any], str | None]:
    """Newest first by ``key``, an instant and an id, and the cursor of older ones."""
    at_column, id_column = key
    if after := decode_cursor(query.cursor, datetime, UUID):
        rows = rows.where(tuple_(at_column, id_column) < _instant(*after))
    found = await _limited(tx, rows.order_by(at_column.desc(), id_column.desc()), query.limit)
    if not found.more:
        return found.rows, None
    last = found.rows[-1]
    return found.rows, _cursor(getattr(last, at_column.name), getattr(last, id_column.name))


def _cursor(at: datetime, last: UUID) -> str:
    return encode_cursor(at.isoformat(), str(last))


def _instant(at: datetime, last: UUID) -> Tuple:
    return tuple_(literal(at, UtcDateTime), literal(last, Uuid))


async def _place_of(tx: Transaction, key: Sequence[Any], patient_id: UUID) -> Tuple | None:
    """Where a person stands in a list. A cursor holds the id: names stay out of addresses. Of
    somebody who is gone, the list begins at its first row again."""
    row = (await tx.session.execute(select(*key).where(PATIENT.c.patient_id == patient_id))).first()
    if row is None:
        return None
    return tuple_(*(literal(value, column.type) for value, column in zip(row, key, strict=True)))
