"""Propose to replace one drug by another: both ways on one axis, signed as one (T-17)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from services.treatment.application.changing import Loaded, load
from services.treatment.application.drafting import (
    Wish,
    draft_course,
    refuse_blocks,
    shelf_for,
)
from services.treatment.application.judging import axis_of
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.propose_course import store_draft
from services.treatment.domain.course import Course, LeavingStep
from services.treatment.domain.errors import Blocked
from services.treatment.domain.findings import Finding
from services.treatment.domain.live_taper import NO_DOSE
from services.treatment.domain.phases import Move, require
from services.treatment.domain.realiser import dose_table
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import urgent_first
from services.treatment.domain.switching import Axis, check_steps, switch_findings
from services.treatment.domain.titration import exactly

Leaving = Sequence[tuple[date, Decimal]]
"""From that day on, so many milligrams of the old drug; the last is 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A switch nobody has signed."""

    draft: Course
    axis: Axis
    findings: tuple[Finding, ...]


async def outline_switch(
    work: Work,
    found: Loaded,
    *,
    course_id: UUID,
    wish: Wish,
    leaving: Leaving,
    prescriber_id: UUID,
    book: Rulebook,
    formulary: Formulary,
) -> Switch:
    """Both drugs on one axis, with overlap or gap and what speaks against it. Keeps nothing.

    Raises:
        IllegalMove, BadDate, BadDose, Blocked, RuleRefusal
    """
    old, patient, today = found.course, found.patient, found.today
    require(Move.SWITCH, old.phase)
    _check_other(old, wish, book, formulary)
    steps = await _steps(work, found, leaving, book=book, formulary=formulary)
    draft, findings = await draft_course(
        work,
        patient,
        wish,
        course_id=course_id,
        prescriber_id=prescriber_id,
        today=today,
        book=book,
        formulary=formulary,
        replacing=replace(old, ended_on=steps[-1].on),
    )
    draft = replace(draft, leaving=steps)
    both = await axis_of(
        work, patient, old, draft, on=wish.starts_on, book=book, formulary=formulary
    )
    spoken = urgent_first(
        (*findings, *switch_findings(both, rules=book.switch, safety=book.safety))
    )
    return Switch(draft=draft, axis=both, findings=spoken)


async def propose_switch(
    work: Work,
    *,
    old_id: UUID,
    expected: int,
    course_id: UUID,
    wish: Wish,
    leaving: Leaving,
    note: str | None,
    proposed_by: UUID,
    book: Rulebook,
    formulary: Formulary,
    now: datetime,
) -> Course:
    """Store the new course as a draft that carries the way out of the old one.

    Raises:
        Unknown, StaleVersion, IllegalMove, BadDate, BadDose, Blocked, RuleRefusal
    """
    found = await load(work, old_id, now=now, expected=expected)
    switch = await outline_switch(
        work,
        found,
        course_id=course_id,
        wish=wish,
        leaving=leaving,
        prescriber_id=proposed_by,
        book=book,
        formulary=formulary,
    )
    refuse_blocks(switch.findings)
    await store_draft(
        work,
        found.patient,
        switch.draft,
        switch.findings,
        note=note,
        book=book,
        formulary=formulary,
        now=now,
    )
    return switch.draft


def _check_other(old: Course, wish: Wish, book: Rulebook, formulary: Formulary) -> None:
    if wish.drug != old.drug:
        return
    drug = formulary.drug(old.drug)
    usual = drug.usual_family(book.jurisdiction)
    if (wish.family or usual) == (old.family or usual):
        raise Blocked("I-09: this is the same drug: change its dose instead.", field="drug")


async def _steps(
    work: Work, found: Loaded, leaving: Leaving, *, book: Rulebook, formulary: Formulary
) -> tuple[LeavingStep, ...]:
    old = found.course
    latest = found.today + timedelta(days=book.most_ahead_days)
    bare = tuple(
        LeavingStep(ordinal=place, on=on, dose=replace(NO_DOSE, mg=mg), previous_mg=before_mg)
        for place, ((on, mg), before_mg) in enumerate(
            zip(leaving, (old.dose.mg, *(mg for _, mg in leaving)), strict=False), start=1
        )
    )
    check_steps(bare, dose_mg=old.dose.mg, today=found.today, latest=latest)
    shelf = shelf_for(
        formulary.drug(old.drug),
        await work.profiles.latest(old.patient_id),
        on=found.today,
        family=old.family,
        book=book,
        formulary=formulary,
    )
    table = dose_table(shelf, old.dose.mg)
    return tuple(
        replace(step, dose=exactly(table, step.dose.mg, field="leaving"))
        if step.dose.mg
        else replace(step, dose=NO_DOSE)
        for step in bare
    )
