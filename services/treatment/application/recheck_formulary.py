"""The formulary changed: say so once, and judge every running course by what is known now (H-23).

A file, a rule, or the day on which a product comes or goes changes a drug's digest (F-03). A plan
being lived that needs a product which goes is somebody's work today, with what else makes the dose
(H-38).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from services.treatment.application.changing import commit, stating
from services.treatment.application.judging import findings_on
from services.treatment.application.plan_birthdays import replanned
from services.treatment.application.ports import Formulary, Work
from services.treatment.application.snapshot import as_json
from services.treatment.domain import reviews as looks
from services.treatment.domain.course import Course, plan_review
from services.treatment.domain.drug import Drug
from services.treatment.domain.findings import Finding, Level
from services.treatment.domain.person import known
from services.treatment.domain.phases import ON_DRUG
from services.treatment.domain.rulebook import Rulebook
from services.treatment.domain.safety import concerns
from services.treatment.domain.schedule import expected
from services.treatment.domain.shelf_watch import gone_from_the_shelf
from shared.events.treatment import FormularyChanged, ReviewPlanned

AT_ONCE = 25
ASKS = frozenset({Level.BLOCK, Level.STRONG_WARN})


def digests(formulary: Formulary, book: Rulebook, *, on: date) -> dict[str, str]:
    """What each drug's file, the rules about it and its shelf of that day come to."""
    return {
        drug.code: _digest(drug, book, on=on)
        for drug in formulary.drugs.values()
        if drug.families_in(book.jurisdiction)
    }


def _digest(drug: Drug, book: Rulebook, *, on: date) -> str:
    document = {
        "jurisdiction": book.jurisdiction,
        "drug": as_json(asdict(drug)),
        "sold": [product.code for product in drug.products if product.sold_on(on)],
        "rules": [
            as_json(asdict(rule)) for rule in book.safety if concerns(rule, drug, book.jurisdiction)
        ],
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


async def note_changes(
    work: Work, *, formulary: Formulary, book: Rulebook, now: datetime
) -> Mapping[str, str]:
    """Publish each drug that is not what it was; the digests as they are now."""
    current = digests(formulary, book, on=now.date())
    for code, digest in current.items():
        before = await work.judged.seen(code)
        if before is not None and before[0] == digest:
            continue
        changes = before[1] + 1 if before else 1
        was = before[0] if before else None
        if not await work.judged.see(code, digest=digest, before=was, changes=changes, at=now):
            continue
        drug = formulary.drug(code)
        work.publish(
            FormularyChanged(
                drug=code,
                jurisdiction=book.jurisdiction,
                file_version=drug.version,
                review_status=drug.review_status,
                digest=digest,
            ),
            subject=drug_id(code),
            aggregate=f"formulary:{code}",
            version=changes,
        )
    return current


async def recheck_outdated(
    work: Work,
    current: Mapping[str, str],
    *,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> int:
    """Judge the next running courses that were judged by another formulary; how many."""
    waiting = await work.judged.outdated(current, limit=AT_ONCE)
    for course_id in waiting:
        await _recheck(work, course_id, current, formulary=formulary, book=book, now=now)
    if waiting:
        work.audit("courses.rechecked", object="formulary")
    return len(waiting)


async def _recheck(
    work: Work,
    course_id: UUID,
    current: Mapping[str, str],
    *,
    formulary: Formulary,
    book: Rulebook,
    now: datetime,
) -> None:
    course = await work.courses.get(course_id)
    patient = await work.patients.get(course.patient_id) if course else None
    person = known(patient) if patient else None
    if course is None or person is None or course.phase not in ON_DRUG:
        return
    today = person.today(now)
    findings = await findings_on(
        work,
        person,
        course,
        drug=formulary.drug(course.drug),
        dose_mg=course.dose.mg,
        on=today,
        book=book,
        formulary=formulary,
    )
    ahead = _without_supply(course, formulary.drug(course.drug), book, today=today)
    before = await work.judged.found(course_id)
    await work.judged.judge(
        course_id,
        digest=current[course.drug],
        found=frozenset(_name(finding) for finding in (*findings, *ahead)),
        at=now,
    )
    news = [finding for finding in findings if _is_news(finding, before)]
    news += [finding for finding in ahead if _name(finding) not in (before or ())]
    asked = replanned(
        course, patient=person, drug=formulary.drug(course.drug), book=book, today=today
    )
    if news:
        asked = plan_review(
            asked, kind=looks.FORMULARY, due_on=today, for_role="prescriber", rule=news[0].rule
        )
    if asked is course:
        return
    await commit(
        work,
        course,
        asked,
        stating(ReviewPlanned),
        on=today,
        now=now,
        kind="formulary-review",
        text="; ".join(f"{finding.rule}: {finding.detail}" for finding in news)
        or "Birthdays that cross a limit of the rules, calculated again",
    )


def _without_supply(
    course: Course, drug: Drug, book: Rulebook, *, today: date
) -> tuple[Finding, ...]:
    """What the steps ahead need and will not get."""
    if course.taper is None:
        return ()
    steps = expected(course.taper, today=today, cadence=book.steps)
    return gone_from_the_shelf(steps, drug=drug, jurisdiction=book.jurisdiction, today=today)


def _is_news(finding: Finding, before: frozenset[str] | None) -> bool:
    """A block always asks the first time; a strong warning only if it was not there before.

    A course that was never judged here was signed with its strong warnings answered.
    """
    if finding.level not in ASKS:
        return False
    if before is None:
        return finding.level is Level.BLOCK
    return _name(finding) not in before


def _name(finding: Finding) -> str:
    return f"{finding.level}: {finding.rule}: {finding.detail}"


def drug_id(code: str) -> UUID:
    """A stable id for a drug where a fact wants one; it says nothing about anybody."""
    return uuid5(NAMESPACE_URL, f"mooring:drug:{code}")
