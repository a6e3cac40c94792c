"""Programmes of support: cadence, gaps, guards, modes, packages; both sides of every threshold.

Source: evidence pack 5.2-5.4 (R-10 to R-33), 6.3 and the house's content files. Figures PD are
marked there; the table says which number it is about, never another one.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support import doses, missed, package, programme
from services.engagement.domain.support.contact import Contact, Outcome, Purpose, check
from services.engagement.domain.support.programme import (
    Closing,
    Company,
    Form,
    Look,
    Rung,
    Setting,
    Status,
    check_contact,
    check_ladder,
    check_start,
    guards_of,
)
from services.engagement.domain.support.refusals import RuleBroken
from services.engagement.domain.support.relapse_plan import RelapsePlan
from services.engagement.domain.support.rules import Beat
from tests.support.engagement import LEAD, PATIENT, a_course, a_step, a_taper
from tests.support.support import (
    DEPUTY,
    FACILITATOR,
    PROGRAMME,
    RULES,
    START,
    SUPPORTERS,
    a_contact,
    a_miss,
    a_programme,
    day,
    moment,
    open_ones,
    owed,
)

FACILITATION = RULES.kinds["facilitated-participation"]

RHYTHM = [  # 6.3: weekly for 12 weeks, fortnightly to month 6, monthly to month 12
    (0, 7),
    (83, 7),
    (84, 14),
    (181, 14),
    (182, 30),
    (364, 30),
    (365, 30),  # it goes on until somebody decides
    (700, 30),
]


@pytest.mark.parametrize(("number", "every"), RHYTHM)
def test_the_rhythm_of_a_year(number: int, every: int) -> None:
    assert a_programme().every(day(number)) == every


@pytest.mark.parametrize(("number", "every"), RHYTHM)
def test_the_next_meeting_follows_the_rhythm(number: int, every: int) -> None:
    held = a_contact(number)

    (due,) = open_ones(
        owed(Known(programmes=[a_programme()], contacts=[held])), "programme-contact"
    )

    assert due.due_on == day(number + every)
    assert (due.owner, due.for_role) == (FACILITATOR, "facilitator")


def test_what_was_agreed_at_the_last_meeting_wins_over_the_rhythm() -> None:
    held = a_contact(7, next_on=day(9))

    (due,) = open_ones(
        owed(Known(programmes=[a_programme()], contacts=[held])), "programme-contact"
    )

    assert due.due_on == day(9)


def test_a_programme_past_its_planned_end_still_owes_meetings_and_asks_for_a_decision() -> None:
    held = a_contact(400)
    found = owed(Known(programmes=[a_programme()], contacts=[held]))

    assert open_ones(found, "programme-contact")
    (decision,) = open_ones(found, "programme-decision")
    assert decision.due_on == day(365)


def test_a_closed_programme_owes_nothing() -> None:
    closed = a_programme(status=programme.Status.CLOSED)

    assert owed(Known(programmes=[closed], contacts=[a_contact()]))["programme-contact"][0].done_at
    assert not open_ones(owed(Known(programmes=[closed])), "programme-contact")


# R-33 and the house's warning: 7 days warn, 14 escalate


def test_a_gap_warns_at_7_days_and_escalates_at_14() -> None:
    gone = replace(a_programme(), facilitator_id=None, gap_since=day(20))
    found = owed(Known(programmes=[gone]))

    assert [one.due_on for one in found["facilitator-gap"]] == [day(27)]
    assert [one.due_on for one in found["facilitator-gap-long"]] == [day(34)]
    assert {one.for_role for one in found["facilitator-gap"]} == {"lead"}


def test_without_a_gap_nothing_warns() -> None:
    assert "facilitator-gap" not in owed(Known(programmes=[a_programme()]))


def test_the_deputy_carries_on_during_a_gap() -> None:
    gone = replace(a_programme(), facilitator_id=None, gap_since=day(20))

    assert open_ones(owed(Known(programmes=[gone])), "programme-contact")[0].owner == DEPUTY


def test_a_facilitator_whose_account_is_closed_is_passed_over() -> None:
    staff = tuple(
        replace(one, active=False) if one.staff_id == FACILITATOR else one for one in SUPPORTERS
    )

    found = owed(Known(programmes=[a_programme()]), staff)

    assert open_ones(found, "programme-contact")[0].owner == DEPUTY


# what makes it a programme

MISSING = [
    ({"facilitator_id": None}, "facilitator-missing"),
    ({"deputy_id": None}, "deputy-missing"),
    ({"deputy_id": FACILITATOR}, "deputy-is-facilitator"),
    ({"activity": " "}, "activity-missing"),
    ({"setting": Setting.CLINIC}, "not-in-the-community"),
]


@pytest.mark.parametrize(("changes", "code"), MISSING, ids=[row[1] for row in MISSING])
def test_a_plan_that_lacks_a_part_is_none(changes: dict[str, object], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_start(a_programme(**changes), FACILITATION)

    assert (refused.value.code, refused.value.rule) == (code, "R-11")
    assert "(R-11)" in str(refused.value)


def test_a_plan_with_every_part_starts() -> None:
    check_start(a_programme(), FACILITATION)


LADDERS = [  # 6.3: graded steps, first done together
    ("no ladder yet", (), Company.TOGETHER, False),
    ("together throughout", ((1, True), (2, True)), Company.TOGETHER, False),
    ("together first, alone later", ((1, True), (2, False)), Company.TOGETHER, False),
    ("alone first", ((1, False), (2, True)), Company.TOGETHER, True),
    ("one step, alone", ((1, False),), Company.TOGETHER, True),
    ("the lowest counts, not the first written", ((2, True), (1, False)), Company.TOGETHER, True),
    ("two lowest steps, one alone", ((1, True), (1, False)), Company.TOGETHER, True),
    ("a ladder that begins higher", ((3, True), (4, False)), Company.TOGETHER, False),
    ("nobody goes along (R-12 is signed)", ((1, False),), Company.ENCOURAGEMENT, False),
]


@pytest.mark.parametrize(
    ("steps", "company", "refused"), [row[1:] for row in LADDERS], ids=[row[0] for row in LADDERS]
)
def test_the_lowest_step_of_the_ladder_is_done_together(
    steps: tuple[tuple[int, bool], ...], company: Company, *, refused: bool
) -> None:
    rungs = tuple(Rung(ordinal=n, what="Walk past", together=both) for n, both in steps)
    plan = a_programme(rungs=rungs, company=company)

    if not refused:
        check_start(plan, FACILITATION)
        return
    with pytest.raises(RuleBroken) as found:
        check_start(plan, FACILITATION)
    assert (found.value.code, found.value.field, found.value.rule) == (
        "ladder-begins-alone",
        "rungs",
        "6.3",
    )


DONE = [
    ("together at that step", {"step": 1, "together": True}, True),
    ("alone at that step", {"step": 1, "together": False}, False),
    ("together at another step", {"step": 2, "together": True}, False),
    ("together at no step", {"together": True}, False),
]


@pytest.mark.parametrize(
    ("meeting", "allowed"), [row[1:] for row in DONE], ids=[row[0] for row in DONE]
)
def test_the_lowest_step_is_done_alone_only_after_it_was_done_together(
    meeting: dict[str, object], *, allowed: bool
) -> None:
    rungs = (Rung(ordinal=1, what="Walk past", together=False),)
    plan = a_programme(rungs=rungs)
    held = a_contact(7, **meeting)
    missed_it = a_miss(14, step=1, together=True)

    if allowed:
        check_ladder(plan, [held])
        return
    with pytest.raises(RuleBroken, match="together first"):
        check_ladder(plan, [held, missed_it])


# The three pitfalls

GUARDS = [
    ("an individual year together", Form.INDIVIDUAL, Company.TOGETHER, 365, ()),
    ("twelve weeks are enough", Form.INDIVIDUAL, Company.TOGETHER, 84, ()),
    ("a day less is brief", Form.INDIVIDUAL, Company.TOGETHER, 83, ("brief-only",)),
    ("one meeting is brief", Form.INDIVIDUAL, Company.TOGETHER, 7, ("brief-only",)),
    ("a group alone", Form.GROUP, Company.TOGETHER, 365, ("group-only",)),
    ("words alone", Form.INDIVIDUAL, Company.ENCOURAGEMENT, 365, ("encouragement-only",)),
    (
        "all three",
        Form.GROUP,
        Company.ENCOURAGEMENT,
        30,
        ("brief-only", "group-only", "encouragement-only"),
    ),
]


@pytest.mark.parametrize(
    ("form", "company", "days", "expected"), [row[1:] for row in GUARDS], ids=[r[0] for r in GUARDS]
)
def test_the_pitfall_guards(
    form: Form, company: Company, days: int, expected: tuple[str, ...]
) -> None:
    rhythm = (Beat(until_day=days, every_days=7),)
    plan = a_programme(form=form, company=company, rhythm=rhythm)

    assert guards_of(plan, FACILITATION, RULES.limits) == expected


THIN = [  # 6 meetings in the first 12 weeks, one every two weeks, are the least (PD)
    ("weekly from the first week", 7, ((365, 7),), 12, False),
    ("every two weeks", 14, ((365, 14),), 6, False),
    ("every two weeks, the first a day later", 15, ((365, 14),), 5, True),
    ("every 16 days from the start", 0, ((365, 16),), 6, False),
    ("every 17 days from the start", 0, ((365, 17),), 5, True),
    ("monthly", 30, ((365, 30),), 2, True),
    ("one meeting a year", 7, ((365, 365),), 1, True),
    ("weekly, once", 7, ((7, 7), (365, 90)), 1, True),
    ("weekly, six times", 7, ((42, 7), (365, 90)), 6, False),
    ("weekly, five times", 7, ((35, 7), (365, 90)), 5, True),
    ("weekly, the first in the seventh week", 49, ((365, 7),), 6, False),
    ("weekly, the first in the eighth week", 56, ((365, 7),), 5, True),
    ("weekly, the first after twelve weeks", 85, ((365, 7),), 0, True),
]


@pytest.mark.parametrize(
    ("first", "beats", "planned", "brief"), [row[1:] for row in THIN], ids=[row[0] for row in THIN]
)
def test_a_year_with_hardly_a_meeting_is_brief_support(
    first: int, beats: tuple[tuple[int, int], ...], planned: int, *, brief: bool
) -> None:
    rhythm = tuple(Beat(until_day=until, every_days=every) for until, every in beats)
    plan = a_programme(first_contact_on=day(first), rhythm=rhythm)

    assert plan.expected_by(day(84)) == planned
    assert (guards_of(plan, FACILITATION, RULES.limits) == ("brief-only",)) is brief


def test_the_usual_rhythm_has_its_twelve_weekly_meetings() -> None:
    """Weekly for 12 weeks from the start: the first one is met after a week."""
    plan = a_programme()
    days, on = [], plan.first_contact_on
    while on <= day(84):
        days.append(plan.day(on))
        on = plan.next_on([a_contact(days[-1])])

    assert days == [7 * week for week in range(1, 13)]
    assert plan.day(on) == 84 + 14


@pytest.mark.parametrize(("kind", "every"), [("cbt", 60), ("self-help", 60)])
def test_a_bounded_package_has_its_own_pace(kind: str, every: int) -> None:
    plan = a_programme(kind, rhythm=(Beat(until_day=122, every_days=every),))

    assert guards_of(plan, RULES.kinds[kind], RULES.limits) == ()


def test_a_bounded_package_is_not_brief_support() -> None:
    plan = a_programme("cbt", rhythm=(Beat(until_day=60, every_days=7),))

    assert guards_of(plan, RULES.kinds["cbt"], RULES.limits) == ()


def test_encouragement_alone_does_not_count() -> None:
    assert a_programme().counts
    assert not a_programme(company=Company.ENCOURAGEMENT).counts


CLOSING = [(42, True), (83, True), (84, False), (200, False)]


@pytest.mark.parametrize(("number", "guarded"), CLOSING)
def test_closing_in_the_weekly_phase_needs_a_supervisor(number: int, guarded: bool) -> None:
    found = programme.needs_supervisor(a_programme(), FACILITATION, day(number), RULES.limits)

    assert found is guarded


def test_the_one_who_asks_does_not_confirm() -> None:
    asked = programme.asked_to_close(
        a_programme(),
        programme.Closing(
            reason="person-decided",
            by=LEAD,
            at=moment(day(42)),
            on=day(42),
            needs_supervisor=True,
        ),
    )

    assert asked.is_open
    with pytest.raises(Exception, match="Somebody else"):
        programme.closing_decided(asked, by=LEAD, on=day(42), confirmed=True)
    assert not programme.closing_decided(asked, by=FACILITATOR, on=day(42), confirmed=True).is_open
    assert programme.closing_decided(asked, by=LEAD, on=day(42), confirmed=False).closing is None


# modes

MODES = [
    ("face to face in the active phase", 7, None, "face-to-face", False),
    ("video at the first meeting", 7, None, "video", True),
    ("telephone after face to face", 14, "face-to-face", "telephone", True),
    ("video after telephone is nearer", 14, "telephone", "video", False),
    ("telephone again", 14, "telephone", "telephone", False),
    ("telephone on the last active day", 83, "face-to-face", "telephone", True),
    ("telephone in maintenance is as good", 84, "face-to-face", "telephone", False),
]


@pytest.mark.parametrize(
    ("number", "before", "mode", "needs_reason"),
    [row[1:] for row in MODES],
    ids=[row[0] for row in MODES],
)
def test_a_mode_further_away_needs_a_reason(
    number: int, before: str | None, mode: str, needs_reason: bool
) -> None:
    earlier = [a_contact(number - 1, mode=before)] if before else []
    contact = a_contact(number, mode=mode)

    def record(one: Contact) -> None:
        check_contact(
            a_programme(),
            FACILITATION,
            one,
            earlier,
            modes=RULES.modes,
            cbt_content=RULES.cbt_content,
        )

    if not needs_reason:
        record(contact)
        return
    with pytest.raises(RuleBroken, match="R-28"):
        record(contact)
    record(replace(contact, mode_reason="The bus does not run"))


# supported self-help is in person or by phone, so the telephone is no step away from it
SELF_HELP_MODES = [
    ("self-help", None, "telephone", False),
    ("self-help", "face-to-face", "telephone", False),
    ("self-help", "telephone", "face-to-face", False),
    ("self-help", "face-to-face", "video", True),
    ("self-help", "telephone", "video", False),
    ("self-help", None, "video", True),
    ("cbt", None, "telephone", True),
    ("cbt", "face-to-face", "telephone", True),
]


@pytest.mark.parametrize(("kind", "before", "mode", "needs_reason"), SELF_HELP_MODES)
def test_self_help_by_telephone_needs_no_reason(
    kind: str, before: str | None, mode: str, needs_reason: bool
) -> None:
    parts = () if kind == "self-help" else tuple(RULES.cbt_content)[:1]
    earlier = [a_contact(6, mode=before, cbt_content=parts)] if before else []
    contact = a_contact(7, mode=mode, cbt_content=parts)

    def record() -> None:
        check_contact(
            a_programme(kind, deputy_id=None),
            RULES.kinds[kind],
            contact,
            earlier,
            modes=RULES.modes,
            cbt_content=RULES.cbt_content,
        )

    if not needs_reason:
        record()
        return
    with pytest.raises(RuleBroken, match="R-28"):
        record()


CUT = [  # however a rhythm is cut, the active phase is no shorter than the kind's own
    ("the usual one", "facilitated-participation", (84, 182), 84),
    ("cut after a week", "facilitated-participation", (7, 84, 365), 84),
    ("a denser phase that lasts longer", "facilitated-participation", (120, 365), 120),
    ("CBT cut after a week", "cbt", (7, 122), 122),
]


@pytest.mark.parametrize(
    ("kind", "ends", "last"), [row[1:] for row in CUT], ids=[row[0] for row in CUT]
)
def test_the_active_phase_is_not_shortened(kind: str, ends: tuple[int, ...], last: int) -> None:
    plan = a_programme(kind, rhythm=tuple(Beat(until_day=end, every_days=7) for end in ends))

    assert plan.is_active_phase(day(last - 1), RULES.kinds[kind])
    assert not plan.is_active_phase(day(last), RULES.kinds[kind])


def test_a_rhythm_cut_after_a_week_still_asks_why_they_meet_further_away() -> None:
    cut = (Beat(until_day=7, every_days=7), Beat(until_day=365, every_days=7))
    with pytest.raises(RuleBroken, match="R-28"):
        check_contact(
            a_programme(rhythm=cut),
            FACILITATION,
            a_contact(83, mode="telephone"),
            [],
            modes=RULES.modes,
            cbt_content=RULES.cbt_content,
        )


def test_a_downgrade_is_looked_at_after_4_weeks() -> None:
    held = a_contact(14, mode="telephone", mode_reason="The bus does not run")
    found = owed(Known(programmes=[a_programme()], contacts=[held]))

    assert [one.due_on for one in open_ones(found, "mode-review")] == [day(42)]


def test_meeting_nearer_again_or_a_review_settles_it() -> None:
    held = a_contact(14, mode="telephone", mode_reason="The bus does not run")
    nearer = a_contact(21)
    look = Look(
        on=day(30), at=moment(day(30)), by=FACILITATOR, serves_goal=True, mode_still_right=True
    )

    by_meeting = owed(Known(programmes=[a_programme()], contacts=[held, nearer]))
    by_review = owed(Known(programmes=[a_programme(looks=(look,))], contacts=[held]))

    assert not open_ones(by_meeting, "mode-review")
    assert not open_ones(by_review, "mode-review")


# Minutes, and what cannot have happened

MINUTES = [(0, False), (1, True), (60, True), (240, True), (241, False), (600, False)]


@pytest.mark.parametrize(("minutes", "possible"), MINUTES)
def test_a_contact_has_a_length_that_can_be(minutes: int, possible: bool) -> None:
    contact = a_contact(minutes=minutes)

    if possible:
        check(contact, RULES.modes["face-to-face"], RULES.limits, today=day(7))
        return
    with pytest.raises(RuleBroken, match="minutes"):
        check(contact, RULES.modes["face-to-face"], RULES.limits, today=day(7))


def test_a_contact_is_recorded_afterwards() -> None:
    with pytest.raises(RuleBroken, match="afterwards"):
        check(a_contact(8), RULES.modes["face-to-face"], RULES.limits, today=day(7))


# R-26, evidence pack 6.4: what is written is an attempt, and neither a meeting nor a talk

_HELD, _TRIED = Outcome.TOOK_PLACE, Outcome.NOT_REACHED
WRITTEN_ONES = [
    ("a meeting", Purpose.PROGRAMME, _HELD, "R-26"),
    ("a meeting they missed", Purpose.PROGRAMME, Outcome.MISSED, "R-26"),
    ("speaking with somebody who was missing", Purpose.OUTREACH, _HELD, "6.4"),
    ("an attempt", Purpose.OUTREACH, _TRIED, None),
    ("speaking about a life event", Purpose.LIFE_EVENT, _HELD, "6.4"),
    ("a talk about motivation", Purpose.MOTIVATION, _HELD, "6.4"),
    ("a message to a carer", Purpose.CARER, _HELD, None),
    ("an exchange about anything else", Purpose.OTHER, _HELD, None),
]


@pytest.mark.parametrize("mode", ["letter", "text", "email", "telephone"])
@pytest.mark.parametrize(
    ("purpose", "outcome", "rule"),
    [row[1:] for row in WRITTEN_ONES],
    ids=[row[0] for row in WRITTEN_ONES],
)
def test_what_is_written_is_no_talk(
    mode: str, purpose: Purpose, outcome: Outcome, rule: str | None
) -> None:
    contact = a_contact(7, outcome, purpose=purpose, mode=mode)

    if rule is None or mode == "telephone":
        check(contact, RULES.modes[mode], RULES.limits, today=day(7))
        return
    with pytest.raises(RuleBroken) as refused:
        check(contact, RULES.modes[mode], RULES.limits, today=day(7))
    assert (refused.value.field, refused.value.rule) == ("mode", rule)


@pytest.mark.parametrize(("mode", "spoke"), [("email", False), ("telephone", True)])
def test_an_exchange_of_messages_reaches_nobody(mode: str, spoke: bool) -> None:
    """It stays in the log and in the minutes; the way back goes on."""
    exchange = a_contact(9, purpose=Purpose.OTHER, mode=mode, programme_id=None)

    assert exchange.reached is spoke
    assert (missed.open_run([a_miss(8), exchange]) is None) is spoke
    (month,) = doses.by_month([exchange], until=day(9))
    assert (month.contacts, month.minutes, month.days) == (1, 60, int(spoke))


def test_what_did_not_take_place_has_no_minutes() -> None:
    missed = a_contact(7, Outcome.MISSED, minutes=30)
    with pytest.raises(RuleBroken, match="no minutes"):
        check(missed, RULES.modes["face-to-face"], RULES.limits, today=day(7))


def test_a_ladder_step_must_exist() -> None:
    with pytest.raises(RuleBroken, match="ladder"):
        check_contact(
            a_programme(rungs=(Rung(ordinal=1, what="Walk past"),)),
            FACILITATION,
            a_contact(step=2),
            [],
            modes=RULES.modes,
            cbt_content=RULES.cbt_content,
        )


# packages

CBT = RULES.kinds["cbt"].package
SELF_HELP = RULES.kinds["self-help"].package


def test_the_figures_of_the_packages() -> None:
    assert CBT is not None
    assert SELF_HELP is not None
    assert (CBT.sessions, CBT.shortest_minutes, CBT.longest_minutes) == (14, 60, 90)
    assert CBT.within_days == 122  # four months
    assert (SELF_HELP.sessions, SELF_HELP.total_minutes) == (9, 180)


PACE = [  # fewer than 3 sessions in the last 30 days
    ("three in a month", (0, 9, 18), 29, False),
    ("the first of three leaves the month", (0, 9, 18), 30, True),
    ("a fourth keeps the pace", (0, 9, 18, 27), 38, False),
    ("and falls behind", (0, 9, 18, 27), 39, True),
    ("none at all, before a month is over", (), 29, False),
    ("none at all, after a month", (), 30, True),
]


@pytest.mark.parametrize(
    ("held", "today", "behind"), [row[1:] for row in PACE], ids=[row[0] for row in PACE]
)
def test_cbt_below_pace(held: tuple[int, ...], today: int, behind: bool) -> None:
    assert CBT is not None
    meetings = [a_contact(number) for number in held]

    found = package.delivered(CBT, meetings, started_on=START, today=day(today))

    assert ("below-pace" in found.warnings) is behind
    cbt = a_programme("cbt", deputy_id=None)
    (due,) = open_ones(owed(Known(programmes=[cbt], contacts=meetings)), "pace")
    assert (due.due_on <= day(today)) is behind


DOSE = [(13, 121, False), (13, 122, True), (14, 122, False)]


@pytest.mark.parametrize(("sessions", "today", "below"), DOSE)
def test_cbt_below_dose_after_four_months(sessions: int, today: int, below: bool) -> None:
    assert CBT is not None
    meetings = [a_contact(8 * number) for number in range(1, sessions + 1)]

    found = package.delivered(CBT, meetings, started_on=START, today=day(today))

    assert ("below-dose" in found.warnings) is below


ENDED = [(0, True), (5, True), (13, True), (14, False)]


@pytest.mark.parametrize(("sessions", "below"), ENDED)
def test_cbt_ended_early_stays_below_dose(sessions: int, *, below: bool) -> None:
    """R-15: about 14 sessions, also where it is ended long before four months are over."""
    assert CBT is not None
    meetings = [a_contact(number) for number in range(1, sessions + 1)]

    def warned(*, is_over: bool) -> bool:
        found = package.delivered(CBT, meetings, started_on=START, today=day(29), is_over=is_over)
        return "below-dose" in found.warnings

    assert warned(is_over=True) is below
    assert not warned(is_over=False), "it still goes on"


@pytest.mark.parametrize(("minutes", "short"), [(59, True), (60, False), (90, False)])
def test_sessions_of_less_than_an_hour_are_short(minutes: int, short: bool) -> None:
    assert CBT is not None
    found = package.delivered(CBT, [a_contact(7, minutes=minutes)], started_on=START, today=day(8))

    assert ("short-sessions" in found.warnings) is short


@pytest.mark.parametrize(("minutes", "over"), [(90, False), (91, True)])
def test_sessions_of_more_than_90_minutes_are_long(minutes: int, over: bool) -> None:
    assert CBT is not None
    found = package.delivered(CBT, [a_contact(7, minutes=minutes)], started_on=START, today=day(8))

    assert ("over-time" in found.warnings) is over


def test_a_cbt_session_names_what_it_was_about() -> None:
    def record(contact: Contact) -> None:
        check_contact(
            a_programme("cbt"),
            RULES.kinds["cbt"],
            contact,
            [],
            modes=RULES.modes,
            cbt_content=RULES.cbt_content,
        )

    with pytest.raises(RuleBroken, match="R-16"):
        record(a_contact())
    record(a_contact(cbt_content=("exposure",)))
    assert len(RULES.cbt_content) == 5


POOR = [  # 6.2: PHQ-9 >= 17 at week 4, >= 13 at week 9, >= 9 at week 14
    (28, 16, ()),
    (28, 17, (28,)),
    (63, 12, ()),
    (63, 13, (63,)),
    (98, 8, ()),
    (98, 9, (98,)),
]


@pytest.mark.parametrize(("number", "total", "expected"), POOR)
def test_scores_that_foretell_a_poor_outcome(
    number: int, total: int, expected: tuple[int, ...]
) -> None:
    assert CBT is not None
    readings = [(day(number), total)]

    assert package.likely_poor(CBT, readings, started_on=START) == expected


# The relapse-prevention plan: before the last step, and before the programme ends


@pytest.mark.parametrize(("ordinal", "asked"), [(6, False), (7, True), (8, True)])
def test_a_relapse_plan_is_asked_for_before_the_last_step(ordinal: int, asked: bool) -> None:
    course = a_course(a_taper(a_step(ordinal)))
    found = owed(Known(courses=[course]))

    assert bool(found.get("relapse-plan")) is asked


def test_a_relapse_plan_is_asked_for_two_weeks_before_the_planned_end() -> None:
    (due,) = owed(Known(programmes=[a_programme()]))["relapse-plan"]

    assert due.due_on == day(365) - timedelta(days=14)


def a_closing(number: int, reason: str = "person-decided") -> Closing:
    """Closed on that day of the programme."""
    return Closing(reason=reason, by=FACILITATOR, at=moment(day(number), 16), on=day(number))


def a_plan(number: int, *, agreed: bool = True) -> RelapsePlan:
    """Written on that day of the programme, an hour after anything else; good for a year."""
    return RelapsePlan(
        plan_id=PROGRAMME,
        patient_id=PATIENT,
        warning_signs="No sleep",
        what_helps="Walks",
        whom_to_call="Sister",
        events_ahead="",
        agreed=agreed,
        written_on=day(number),
        written_at=moment(day(number), 17),
        by=FACILITATOR,
        review_on=day(number + 365),
    )


AFTER_THE_END = [  # 6.3: a relapse-prevention plan at the end; it waits for no date and no plan
    ("closed in week 6", a_closing(42), None, day(42), False),
    ("the day before it falls due", a_closing(350), None, day(350), False),
    ("on the day it fell due", a_closing(351), None, day(351), False),
    ("on the planned day", a_closing(365), None, day(351), False),
    ("long after it", a_closing(500), None, day(351), False),
    ("by a reason this version does not know", a_closing(42, "other"), None, day(42), False),
    ("a plan that still holds that day", a_closing(42), a_plan(-323), day(42), True),
    ("a plan that ran out the day before", a_closing(42), a_plan(-324), day(42), False),
    ("a plan nobody agreed to, before", a_closing(42), a_plan(41, agreed=False), day(42), False),
    ("written afterwards", a_closing(42), a_plan(50), day(42), True),
    ("offered afterwards and declined", a_closing(42), a_plan(42, agreed=False), day(42), True),
]


@pytest.mark.parametrize(
    ("closing", "plan", "due_on", "settled"),
    [row[1:] for row in AFTER_THE_END],
    ids=[row[0] for row in AFTER_THE_END],
)
def test_a_relapse_plan_is_owed_after_every_end(
    closing: Closing, plan: RelapsePlan | None, due_on: date, settled: bool
) -> None:
    ended = a_programme(status=Status.CLOSED, closing=closing)

    (due,) = owed(Known(programmes=[ended], plan=plan))["relapse-plan"]

    assert due.due_on == due_on
    assert (due.done_at is not None) is settled
    assert due.owner == FACILITATOR
    before = owed(Known(programmes=[a_programme()]))["relapse-plan"]
    assert [due.key] == [one.key for one in before], "the same reminder, not a second one"


def test_no_relapse_plan_is_owed_for_what_was_started_by_mistake() -> None:
    ended = a_programme(status=Status.CLOSED, closing=a_closing(3, "started-in-error"))

    assert "relapse-plan" not in owed(Known(programmes=[ended]))


def test_while_a_supervisor_decides_the_plan_is_due_as_before() -> None:
    asked = a_programme(status=Status.CLOSING, closing=a_closing(42))

    (due,) = owed(Known(programmes=[asked]))["relapse-plan"]

    assert due.due_on == day(351)


def test_a_relapse_plan_after_the_end_falls_to_the_deputy_and_then_to_the_nurse() -> None:
    ended = a_programme(status=Status.CLOSED, closing=a_closing(42))
    known = Known(programmes=[ended])
    left = tuple(replace(one, active=one.staff_id != FACILITATOR) for one in SUPPORTERS)
    both_left = tuple(replace(one, active=one.role != "facilitator") for one in SUPPORTERS)

    (deputys,) = owed(known, left)["relapse-plan"]
    (nurses,) = owed(known, both_left)["relapse-plan"]

    assert (deputys.owner, deputys.for_role) == (DEPUTY, "facilitator")
    assert (nurses.owner, nurses.for_role) == (None, "nurse")
