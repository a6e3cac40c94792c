"""Use cases on the fake: what is stored, what is announced, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from services.treatment.application.change_dose import change_dose
from services.treatment.application.confirm_course import confirm_course
from services.treatment.application.drafting import Wish
from services.treatment.application.offer_drugs import offer_drugs
from services.treatment.application.ports import Signed
from services.treatment.application.propose_course import propose_course
from services.treatment.application.recheck_formulary import (
    digests,
    note_changes,
    recheck_outdated,
)
from services.treatment.application.record_adherence_gap import record_adherence_gap
from services.treatment.application.record_health_profile import record_health_profile
from services.treatment.application.record_relapse import record_relapse
from services.treatment.application.record_remission import record_remission
from services.treatment.application.refusals import (
    InformationMissing,
    NotYetKnown,
    StaleVersion,
    Unknown,
)
from services.treatment.application.sign_taper import sign_taper
from services.treatment.application.stop_for_harm import stop_for_harm
from services.treatment.application.suspect_relapse import suspect_relapse
from services.treatment.application.watch_courses import long_enough, watch_courses
from services.treatment.application.watch_response import watch_response
from services.treatment.domain.course import Ending
from services.treatment.domain.drug import DoseCap
from services.treatment.domain.errors import Blocked, IllegalMove, NotInCare, ReasonNeeded
from services.treatment.domain.findings import Level
from services.treatment.domain.live_taper import NO_DOSE
from services.treatment.domain.phases import Phase
from services.treatment.domain.safety import Taken
from services.treatment.domain.signing import (
    CONFIRM_COURSE,
    SIGN_TAPER,
    SignatureMismatch,
    course_hash,
    plan_hash,
)
from services.treatment.domain.supply import SupplyPart
from tests.fakes.treatment import FakeWork
from tests.support.courses import (
    BOOK,
    CONTENT,
    COURSE,
    FULL,
    NOW,
    NURSE,
    PATIENT,
    PLAN,
    PRESCRIBER,
    TODAY,
    a_course,
    a_patient,
    a_plan,
    a_taper,
    a_tapering_course,
    remitted,
)

WISH = Wish(
    drug="sertraline",
    indication="depression",
    start_mg=Decimal(50),
    target_mg=Decimal(50),
    starts_on=TODAY,
    instrument="phq-9",
    suicide_concern=False,
)
ASSESSMENT = UUID("00000000-0000-4000-8000-00000000e001")


@pytest.fixture
async def work() -> FakeWork:
    """A person in care who was asked and has nothing."""
    fake = FakeWork()
    fake.patients.put(a_patient())
    await ask(fake)
    return fake


async def ask(work: FakeWork, *, expected: int = 0, conditions=frozenset(), medicines=()) -> None:
    await record_health_profile(
        work,
        patient_id=PATIENT,
        expected=expected,
        conditions=conditions,
        medicines=medicines,
        note=None,
        asked_by=NURSE,
        book=BOOK,
        formulary=CONTENT,
        now=NOW,
    )


def signed(hash_: str, meaning: str) -> Signed:
    return Signed(token_id="one", staff_id=PRESCRIBER, hash=hash_, meaning=meaning, signed_at=NOW)


def names(work: FakeWork) -> list[str]:
    return [type(fact).__name__ for _, _, fact in work.published]


async def propose(work: FakeWork, **changes: object):
    course_id = changes.pop("course_id", COURSE)
    return await propose_course(
        work,
        course_id=course_id,
        patient_id=PATIENT,
        wish=replace(WISH, **changes),
        note=None,
        proposed_by=PRESCRIBER,
        book=BOOK,
        formulary=CONTENT,
        now=NOW,
    )


async def confirm(work: FakeWork, course, **reasons: str):
    return await confirm_course(
        work,
        course_id=course.id,
        expected=course.version,
        signed=signed(course_hash(course), CONFIRM_COURSE),
        signer=PRESCRIBER,
        reasons=reasons,
        book=BOOK,
        formulary=CONTENT,
        now=NOW,
    )


async def test_a_proposal_is_a_draft_with_its_titration(work):
    course = await propose(work, indication="panic", start_mg=Decimal(25), target_mg=Decimal(100))

    assert course.phase is Phase.DRAFT
    assert [(step.from_day, step.dose.mg) for step in course.titration] == [
        (0, Decimal(25)),
        (7, Decimal(50)),
        (14, Decimal(100)),
    ]
    assert names(work) == ["CourseProposed", "SignatureRequested"]


async def test_titration_rounds_down_to_what_can_be_taken(work):
    course = await propose(work, start_mg=Decimal(50), target_mg=Decimal(75))

    assert [step.dose.mg for step in course.titration] == [Decimal(50), Decimal(75)]


async def test_a_person_who_left_care_starts_nothing(work):
    work.patients.put(a_patient(status="left-care"))

    with pytest.raises(NotInCare):
        await propose(work)


async def test_half_a_person_is_not_known_yet(work):
    work.patients.put(a_patient(birth_date=None))

    with pytest.raises(NotYetKnown):
        await propose(work)


async def test_confirming_keeps_the_signature_and_what_was_known(work):
    await ask(work, expected=1, medicines=(Taken("aspirin"),))
    course = await propose(work)

    confirmed = await confirm(work, course, **{"I-10": "low dose, protected"})

    assert confirmed.version == 2
    assert names(work) == [
        "CourseProposed",
        "SignatureRequested",
        "SignatureSettled",
        "CourseConfirmed",
    ]
    kept, of = work.records.signatures["one"]
    assert (kept.hash, of) == (course_hash(course), f"course:{COURSE}:1")
    known = work.records.entries[-1].known
    assert known["findings"] == [["I-10", Level.WARN, known["findings"][0][2]]]
    assert known["reasons"] == {"I-10": "low dose, protected"}
    assert known["profile_version"] == 2
    assert known["rulebook"] == BOOK.version


async def test_a_changed_proposal_needs_a_new_signature(work):
    course = await propose(work)
    await work.courses.save(replace(course, indication="ocd"), expected=1)

    with pytest.raises(SignatureMismatch):
        await confirm(work, course)


async def test_a_parked_event_blocks_confirmation(work):
    course = await propose(work)
    work.patients.parked.add(PATIENT)

    with pytest.raises(InformationMissing):
        await confirm(work, course)


async def test_a_birthday_between_proposal_and_start_counts(work):
    work.patients.put(a_patient(birth_date=date(1960, 9, 2)))
    values = {"drug": "citalopram", "start_mg": Decimal(40), "target_mg": Decimal(40)}

    await propose(work, **values, starts_on=TODAY)
    with pytest.raises(Blocked, match="F-09"):
        await propose(work, **values, course_id=PLAN, starts_on=TODAY + timedelta(days=1))


@pytest.fixture
async def running(work: FakeWork) -> FakeWork:
    """The same person on a course."""
    await work.courses.add(a_course())
    return work


async def dose(work: FakeWork, mg: str, **reasons: str):
    return await change_dose(
        work,
        course_id=COURSE,
        expected=3,
        dose_mg=Decimal(mg),
        effective_on=TODAY,
        reason="not enough",
        reasons=reasons,
        book=BOOK,
        formulary=CONTENT,
        now=NOW,
    )


async def test_a_dose_change_is_judged_like_a_start(running):
    await ask(running, expected=1, conditions=frozenset({"hepatic-mild"}))

    with pytest.raises(Blocked, match="F-09"):
        await dose(running, "150")
    changed = await dose(running, "100")

    assert changed.dose.text == "one 100 mg tablet"
    assert names(running) == ["CourseDoseChanged"]


async def test_a_stale_page_changes_no_dose(running):
    await dose(running, "100")

    with pytest.raises(StaleVersion):
        await dose(running, "150")


async def test_what_does_not_exist_is_unknown(work):
    with pytest.raises(Unknown):
        await dose(work, "100")


async def remission(work: FakeWork, **changes: object):
    values = {
        "remission_on": None,
        "episodes": 1,
        "risk_factors": frozenset(),
        "months": None,
        "reason": None,
    }
    return await record_remission(
        work, course_id=COURSE, expected=3, **(values | changes), book=BOOK, now=NOW
    )


async def low_scores(work: FakeWork) -> None:
    for number, on in enumerate((date(2026, 7, 1), date(2026, 7, 20))):
        await work.readings.put(
            assessment_id=UUID(int=number),
            patient_id=PATIENT,
            instrument="phq-9",
            on=on,
            total=3,
        )


async def test_remission_counts_from_the_confirming_reading(running):
    await low_scores(running)

    course = await remission(running)

    assert course.history.remission.on == date(2026, 7, 20)
    assert course.history.remission.months == 6


async def test_an_earlier_day_needs_a_reason_and_a_later_one_does_not(running):
    await low_scores(running)

    with pytest.raises(ReasonNeeded):
        await remission(running, remission_on=date(2026, 7, 1))
    later = await remission(running, remission_on=date(2026, 8, 1))
    assert later.history.remission.on == date(2026, 8, 1)


async def test_other_months_than_the_rules_give_need_a_reason(running):
    await low_scores(running)

    with pytest.raises(ReasonNeeded, match="6 months"):
        await remission(running, months=9)
    chosen = await remission(running, months=9, reason="two hard winters")
    assert chosen.history.remission.months == 9
    assert "the rules give 6" in chosen.history.remission.why


async def test_an_unknown_factor_is_refused(running):
    await low_scores(running)

    with pytest.raises(Blocked, match="C-05"):
        await remission(running, risk_factors=frozenset({"bad-luck"}))


async def test_an_indication_no_rule_names_needs_months_and_a_reason(work):
    await work.courses.add(a_course(indication="ocd"))
    await low_scores(work)

    with pytest.raises(ReasonNeeded):
        await remission(work)
    with pytest.raises(ReasonNeeded):
        await remission(work, months=12)
    chosen = await remission(work, months=12, reason="as for generalised anxiety")
    assert chosen.history.remission.months == 12


async def test_a_long_gap_is_announced_with_its_review(work):
    await work.courses.add(a_course(Phase.CONTINUATION, history=remitted()))

    course = await record_adherence_gap(
        work,
        course_id=COURSE,
        first_missed_on=date(2026, 8, 1),
        resumed_on=None,
        book=BOOK,
        now=NOW,
    )

    assert names(work) == ["AdherenceGapRecorded"]
    _, _, fact = work.published[-1]
    assert fact.course.decision_review_on is None
    assert [review.kind for review in course.reviews] == ["adherence-review"]


async def test_relapse_criteria_open_one_review_however_often_they_are_met(work):
    await work.courses.add(a_tapering_course())

    await suspect_relapse(work, patient_id=PATIENT, now=NOW)
    await suspect_relapse(work, patient_id=PATIENT, now=NOW)

    assert names(work) == ["ReviewPlanned"]


@pytest.mark.parametrize("phase", [Phase.DRAFT, Phase.ACUTE, Phase.CLOSED])
async def test_relapse_criteria_say_nothing_before_remission_or_after_the_end(work, phase):
    await work.courses.add(a_course(phase))

    await suspect_relapse(work, patient_id=PATIENT, now=NOW)

    assert names(work) == []


async def test_a_plan_drafted_for_another_dose_is_not_signed(work):
    await work.courses.add(a_course(Phase.CONTINUATION, history=remitted()))
    plan = a_plan(outline=replace(a_plan().outline, start=replace(FULL, mg=Decimal(100))))
    await work.plans.add(plan)

    with pytest.raises(IllegalMove, match="drafted"):
        await sign_taper(
            work,
            plan_id=PLAN,
            expected=1,
            signed=signed(plan_hash(plan), SIGN_TAPER),
            signer=PRESCRIBER,
            reasons={},
            formulary=CONTENT,
            book=BOOK,
            now=NOW,
        )


async def test_a_blocked_drug_is_offered_last_with_its_reason(work):
    await ask(work, expected=1, conditions=frozenset({"uncontrolled-hypertension"}))

    offers = await offer_drugs(
        work,
        patient_id=PATIENT,
        indication="depression",
        book=BOOK,
        formulary=CONTENT,
        now=NOW,
    )

    assert [offer.drug.code for offer in offers][:2] == ["sertraline", "escitalopram"]
    assert offers[-1].drug.code == "venlafaxine"
    assert any(finding.rule == "P-07" for finding in offers[-1].findings)


async def test_a_profile_is_written_on_the_version_that_was_read(work):
    with pytest.raises(StaleVersion):
        await ask(work, expected=0)
    await ask(work, expected=1)
    assert work.audited == ["health-profile.recorded"] * 2


async def test_a_new_medicine_is_judged_at_once_and_asks_a_prescriber_once(running):
    await ask(running, expected=1, medicines=(Taken("linezolid"),))
    await ask(running, expected=2, medicines=(Taken("linezolid"), Taken("pimozide")))

    course = await running.courses.get(COURSE)
    assert [(r.kind, r.rule) for r in course.reviews] == [
        ("safety-review", "I-01"),
        ("serotonin-watch", "P-24h"),
    ]
    assert names(running) == ["ReviewPlanned"]
    assert course.dose == FULL


async def test_a_new_medicine_that_only_warns_opens_no_review(running):
    await ask(running, expected=1, medicines=(Taken("aspirin"),))

    assert names(running) == []


async def test_a_new_serotonergic_medicine_is_watched_for_a_day_once(running):
    await ask(running, expected=1, medicines=(Taken("tramadol"),))
    await ask(running, expected=2, medicines=(Taken("tramadol"), Taken("aspirin")))

    course = await running.courses.get(COURSE)
    assert [(r.kind, r.due_on, r.for_role) for r in course.reviews] == [
        ("serotonin-watch", TODAY + timedelta(days=1), "nurse")
    ]


async def test_an_inhibitor_agreed_too_early_after_the_last_dose_asks_a_prescriber(work):
    stopped = a_course(
        Phase.STOPPED_WATCH, ending=Ending.HARM, harm="mania", ended_on=TODAY, dose=NO_DOSE
    )
    await work.courses.add(stopped)
    early, late = TODAY + timedelta(days=13), TODAY + timedelta(days=14)
    await ask(work, expected=1, medicines=(Taken("moclobemide", None, late),))
    assert names(work) == []

    await ask(work, expected=2, medicines=(Taken("moclobemide", None, early),))

    course = await work.courses.get(COURSE)
    assert [(r.kind, r.rule) for r in course.reviews] == [("safety-review", "I-02")]


NO_IMPROVEMENT = "not-improving-review"


@pytest.mark.parametrize(
    ("days", "total", "asked"),
    [
        (27, 18, []),
        (28, 18, [NO_IMPROVEMENT]),
        (28, 14, []),
        (55, 14, []),
        (56, 14, [NO_IMPROVEMENT]),
        (56, 9, []),
    ],
    ids=str,
)
async def test_no_improvement_in_time_is_on_the_review_list(work, days, total, asked):
    started_on = TODAY - timedelta(days=days)
    await work.courses.add(
        a_course(starts_on=started_on, started_on=started_on, dose_since=started_on)
    )
    for number, (on, score) in enumerate([(started_on, 18), (TODAY, total)]):
        await work.readings.put(
            assessment_id=UUID(int=number),
            patient_id=PATIENT,
            instrument="phq-9",
            on=on,
            total=score,
        )

    for _ in range(2):
        await watch_response(work, patient_id=PATIENT, book=BOOK, now=NOW)

    course = await work.courses.get(COURSE)
    assert [review.kind for review in course.reviews] == asked


@pytest.mark.parametrize(("days", "asked"), [(27, []), (28, [NO_IMPROVEMENT])], ids=str)
async def test_time_alone_brings_a_course_to_the_review_list(work, days, asked):
    """Nobody took a score: that nothing is known of an improvement is why somebody looks."""
    started_on = TODAY - timedelta(days=days)
    await work.courses.add(
        a_course(starts_on=started_on, started_on=started_on, dose_since=started_on)
    )

    for _ in range(2):
        await watch_courses(work, await long_enough(work, book=BOOK, now=NOW), book=BOOK, now=NOW)

    course = await work.courses.get(COURSE)
    assert [review.kind for review in course.reviews] == asked


async def test_a_formulary_change_is_told_once_and_judges_running_courses(running):
    current = await note_changes(running, formulary=CONTENT, book=BOOK, now=NOW)
    assert names(running) == ["FormularyChanged"] * len(current)
    assert await recheck_outdated(running, current, formulary=CONTENT, book=BOOK, now=NOW) == 1
    running.published.clear()

    again = await note_changes(running, formulary=CONTENT, book=BOOK, now=NOW)
    assert await recheck_outdated(running, again, formulary=CONTENT, book=BOOK, now=NOW) == 0
    assert names(running) == []

    lower = DoseCap(
        condition="older-adult",
        jurisdictions=frozenset({"uk"}),
        maximum_mg=Decimal(25),
        source="test",
        grade="PD",
        over_age=30,
    )
    drug = replace(CONTENT.drug("sertraline"), version=2, caps=(lower,))
    changed = replace(CONTENT, drugs=CONTENT.drugs | {"sertraline": drug})
    now = await note_changes(running, formulary=changed, book=BOOK, now=NOW)
    await recheck_outdated(running, now, formulary=changed, book=BOOK, now=NOW)

    course = await running.courses.get(COURSE)
    assert [(r.kind, r.rule) for r in course.reviews] == [
        ("birthday-review", "F-08"),
        ("formulary-review", "F-09"),
    ]
    assert names(running) == ["FormularyChanged", "ReviewPlanned"]
    assert course.dose == FULL


async def test_a_new_rule_or_a_product_off_sale_is_a_change_and_another_drugs_is_not(running):
    before = digests(CONTENT, BOOK, on=TODAY)
    rule = replace(
        BOOK.safety[0], id="X-01", drugs=frozenset({"fluoxetine"}), medicines=frozenset({"tea"})
    )

    ruled = digests(CONTENT, replace(BOOK, safety=(*BOOK.safety, rule)), on=TODAY)
    drug = CONTENT.drug("sertraline")
    first = replace(drug.products[0], valid_to=TODAY)
    closing = replace(
        CONTENT,
        drugs=CONTENT.drugs | {"sertraline": replace(drug, products=(first, *drug.products[1:]))},
    )
    sold, gone = (
        digests(closing, BOOK, on=day)["sertraline"] for day in (TODAY - timedelta(days=1), TODAY)
    )

    assert {code for code in before if before[code] != ruled[code]} == {"fluoxetine"}
    assert sold != gone


@pytest.mark.parametrize(
    ("born", "birthdays"),
    [
        ("1980-05-05", [date(2045, 5, 5), date(2046, 5, 5)]),
        ("1961-12-24", [date(2026, 12, 24), date(2027, 12, 24)]),
        ("1960-02-29", [date(2026, 3, 1)]),
        ("1961-09-01", [date(2027, 9, 1)]),
    ],
    ids=["decades ahead", "65 and 66 ahead", "born on a leap day", "65 on the first day"],
)
async def test_birthdays_that_cross_a_limit_are_planned(work, born, birthdays):
    work.patients.put(a_patient(birth_date=date.fromisoformat(born)))
    starts_on = date(2026, 2, 28) if born == "1960-02-29" else TODAY
    course = await propose(
        work,
        drug="citalopram",
        start_mg=Decimal(20),
        target_mg=Decimal(20),
        starts_on=starts_on,
    )

    confirmed = await confirm(work, course, **{"I-15": "sodium is checked"})

    planned = [r.due_on for r in confirmed.reviews if r.kind == "birthday-review"]
    assert planned == birthdays


async def test_a_relapse_inside_a_taper_stops_the_plan_in_so_many_words(work):
    await work.courses.add(a_tapering_course())

    course = await record_relapse(
        work, course_id=COURSE, expected=3, relapse_on=TODAY, reason="as she says", now=NOW
    )

    assert names(work) == ["RelapseRecorded", "TaperStopped"]
    assert [version for _, version, _ in work.published] == [4, 5]
    assert course.version == 5


@pytest.mark.parametrize(
    ("course", "facts"),
    [
        (a_course(), ["CourseStopped"]),
        (a_tapering_course(), ["CourseStopped", "TaperStopped"]),
    ],
    ids=["outside a taper", "inside one"],
)
async def test_a_harm_stop_says_what_stopped(work, course, facts):
    await work.courses.add(course)

    await stop_for_harm(
        work,
        course_id=COURSE,
        expected=3,
        harm="mania",
        last_dose_on=TODAY,
        reason="sleepless",
        book=BOOK,
        now=NOW,
    )

    assert names(work) == facts


async def test_a_dose_that_is_not_sold_any_more_asks_a_prescriber(running):
    current = await note_changes(running, formulary=CONTENT, book=BOOK, now=NOW)
    await recheck_outdated(running, current, formulary=CONTENT, book=BOOK, now=NOW)
    drug = CONTENT.drug("sertraline")
    gone = tuple(replace(product, valid_to=TODAY) for product in drug.products)
    empty = replace(CONTENT, drugs=CONTENT.drugs | {"sertraline": replace(drug, products=gone)})

    now = await note_changes(running, formulary=empty, book=BOOK, now=NOW)
    await recheck_outdated(running, now, formulary=empty, book=BOOK, now=NOW)

    course = await running.courses.get(COURSE)
    assert [(r.kind, r.rule) for r in course.reviews] == [
        ("birthday-review", "F-08"),
        ("formulary-review", "F-03"),
    ]


def asked_of(course):
    """What the formulary asks of somebody about a course."""
    found = [review for review in course.reviews if review.kind == "formulary-review"]
    return [(review.rule, review.for_role, review.due_on) for review in found]


@pytest.mark.parametrize("is_judged", [True, False], ids=["judged before", "never judged"])
async def test_a_product_withdrawn_in_the_middle_of_a_taper_is_a_prescribers_work_today(
    work, is_judged
):
    drug = CONTENT.drug("sertraline")
    product = next(one for one in drug.products if one.code == "sertraline-tablet-25mg-uk")
    part = SupplyPart(
        product=product.code,
        label=product.label,
        unit="tablet",
        strength_mg=Decimal(25),
        units=Decimal(14),
    )
    taper = a_taper(planned=tuple(replace(s, supply_parts=(part,)) for s in a_taper().planned))
    await work.courses.add(a_tapering_course(taper))
    if is_judged:
        current = await note_changes(work, formulary=CONTENT, book=BOOK, now=NOW)
        await recheck_outdated(work, current, formulary=CONTENT, book=BOOK, now=NOW)
        assert asked_of(await work.courses.get(COURSE)) == []
    others = (one for one in drug.products if one is not product)
    closing = replace(drug, products=(*others, replace(product, valid_to=TODAY)))
    without = replace(CONTENT, drugs=CONTENT.drugs | {"sertraline": closing})

    for _ in range(2):
        now = await note_changes(work, formulary=without, book=BOOK, now=NOW)
        await recheck_outdated(work, now, formulary=without, book=BOOK, now=NOW)

    course = await work.courses.get(COURSE)
    assert asked_of(course) == [("F-03", "prescriber", TODAY)]
    (entry,) = [one for one in work.records.entries if "F-03" in one.text]
    assert product.label in entry.text
    assert "can be made as" in entry.text
    assert (course.taper, course.dose) == (taper, a_tapering_course(taper).dose)
