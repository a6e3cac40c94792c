"""Notices: who is told, how much it says, when it may go, and how it ends."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.engagement.domain.notice import (
    Answer,
    Channel,
    Delivery,
    Notice,
    Pace,
    Preference,
    Purpose,
    Quiet,
    Reader,
    Reason,
    State,
    Told,
    Wording,
    after_try,
    before_sending,
    pass_on,
    plan,
)
from services.engagement.domain.notice_wording import Line, letter, visit_letter
from services.engagement.domain.support.outside import Letterhead, preview
from services.engagement.domain.support.profile import Profile
from services.engagement.domain.team import Colleague, by_id
from tests.support.engagement import (
    CONTENT,
    LEAD,
    NOW,
    NURSE,
    OTHER_NURSE,
    PATIENT,
    PRESCRIBER,
    STAFF,
    STRANGER,
    at,
)

DELIVERY = CONTENT.delivery
LONDON = ZoneInfo("Europe/London")
READER = Reader(
    suppressed=None,
    quiet=DELIVERY.quiet,
    zone=LONDON,
    is_working_day=CONTENT.hours.is_working_day,
)
INSTANTS = st.integers(0, 730 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
ITEM = UUID("00000000-0000-4000-8000-00000000e001")


def a_notice(purpose: Purpose = Purpose.DUE, **changes: object) -> Notice:
    """One to the nurse about one reminder."""
    notice = Notice(
        notice_id=ITEM,
        purpose=purpose,
        staff_id=NURSE,
        about=(ITEM,),
        count=1,
        channels=(Channel.EMAIL, Channel.WEBHOOK),
        made_at=NOW,
        not_before=NOW,
        retry_at=NOW,
    )
    return replace(notice, **changes)  # type: ignore[arg-type]


def told(number: int = 0, **changes: object) -> Told:
    """A nurse's reminder that has just become visible."""
    one = Told(
        reminder_id=uuid5(ITEM, str(number)),
        level=0,
        owner_id=NURSE,
        for_role="nurse",
        team="harbour",
        is_safety=False,
    )
    return replace(one, **changes)  # type: ignore[arg-type]


OTHER_LEAD = UUID("00000000-0000-4000-8000-00000000e0ad")
TWO_LEADS = (
    *STAFF,
    Colleague(staff_id=OTHER_LEAD, role="lead", teams=frozenset({"harbour"}), active=True),
)


def planned(
    *shown: Told,
    pace: Pace = Pace.EACH,
    staff: Collection[Colleague] = STAFF,
    without_row: Collection[UUID] = (),
    without_channel: Collection[UUID] = (),
) -> list[tuple[Purpose, UUID | None, int]]:
    """Who would be sent what, when everybody here wants mail but those who have no row or no
    channel."""
    ids = (uuid5(ITEM, f"notice {number}") for number in range(100))
    notices = plan(
        shown,
        colleagues=by_id(staff),
        preferences={
            one.staff_id: Preference(
                staff_id=one.staff_id,
                channels=() if one.staff_id in without_channel else (Channel.EMAIL,),
                email="a@b.example",
                pace=pace,
            )
            for one in staff
            if one.staff_id not in without_row
        },
        on_call={},
        new_id=lambda: next(ids),
        now=NOW,
        real_now=NOW,
    )
    return sorted((one.purpose, one.staff_id, one.count) for one in notices)


def test_routine_work_that_falls_due_together_is_one_notice_a_reader() -> None:
    assert planned(told(1), told(2), told(3)) == [(Purpose.DUE, NURSE, 3)]


def test_what_concerns_safety_is_always_its_own_and_never_waits_for_the_morning() -> None:
    found = planned(told(1, is_safety=True), told(2, is_safety=True), pace=Pace.NONE)

    assert found == [(Purpose.SAFETY, NURSE, 1)] * 2


def test_what_is_nobodys_goes_to_everybody_of_that_role_in_the_team() -> None:
    found = {staff_id for _, staff_id, _ in planned(told(owner_id=None))}

    assert found == {NURSE, OTHER_NURSE}
    assert STRANGER not in found


def test_what_was_passed_on_is_told_at_once_whatever_the_pace() -> None:
    passed_on = told(level=1, owner_id=LEAD, for_role="lead")

    assert planned(passed_on, pace=Pace.DIGEST) == [(Purpose.ESCALATED, LEAD, 1)]
    assert planned(told(), pace=Pace.DIGEST) == []


TO_NURSE = told(is_safety=True)
TO_LEAD = told(is_safety=True, level=1, owner_id=LEAD, for_role="lead")


@pytest.mark.parametrize(
    ("why", "shown", "unreached", "heard"),
    [
        ("the named nurse is reached", TO_NURSE, [], {NURSE}),
        ("another nurse of the team is", TO_NURSE, [NURSE], {OTHER_NURSE}),
        ("no nurse is, the leads are", TO_NURSE, [NURSE, OTHER_NURSE], {LEAD, OTHER_LEAD}),
        ("one lead is", TO_NURSE, [NURSE, OTHER_NURSE, LEAD], {OTHER_LEAD}),
        ("the named lead is not, another is", TO_LEAD, [LEAD], {OTHER_LEAD}),
        ("nobody's, and no nurse is", told(is_safety=True, owner_id=None), [NURSE, OTHER_NURSE],
         {LEAD, OTHER_LEAD}),
        ("nobody is", TO_LEAD, [LEAD, OTHER_LEAD], set()),
    ],
)  # fmt: skip
def test_what_concerns_safety_goes_to_somebody_who_is_reached(
    why: str, shown: Told, unreached: list[UUID], heard: set[UUID]
) -> None:
    found = planned(shown, staff=TWO_LEADS, without_row=unreached)

    assert {staff_id for _, staff_id, _ in found} == heard, why
    assert len(found) == len(heard), why
    assert all(purpose is Purpose.SAFETY for purpose, _, _ in found)


@pytest.mark.parametrize(
    ("shown", "unreached", "others"),
    [
        (TO_NURSE, [NURSE], {OTHER_NURSE}),
        (told(is_safety=True, owner_id=None), [NURSE, OTHER_NURSE], {LEAD, OTHER_LEAD}),
        (TO_LEAD, [LEAD, OTHER_LEAD], set()),
    ],
)
def test_whoever_chose_no_channel_keeps_their_notice_and_another_hears_too(
    shown: Told, unreached: list[UUID], others: set[UUID]
) -> None:
    """Theirs ends as not done, which the lead can see; the other one is sent."""
    found = planned(shown, staff=TWO_LEADS, without_channel=unreached)

    meant = {shown.owner_id} if shown.owner_id else {*unreached}
    assert {staff_id for _, staff_id, _ in found} == meant | others
    assert len(found) == len(meant | others)


def test_whoever_left_is_not_reached_by_what_concerns_safety() -> None:
    staff = [replace(one, active=one.staff_id != NURSE) for one in TWO_LEADS]

    assert OTHER_NURSE in {staff_id for _, staff_id, _ in planned(TO_NURSE, staff=staff)}


def test_routine_work_of_somebody_without_a_channel_is_told_to_nobody_else() -> None:
    assert planned(told(), told(level=1), staff=TWO_LEADS, without_row=[NURSE]) == []


def passed_on(
    one: Told,
    *written: tuple[UUID, State],
    on_call: UUID | None = None,
    without_row: Collection[UUID] = (),
    made_at: datetime = NOW,
) -> list[UUID]:
    """Who hears of it next, when these were written to before."""
    ids = (uuid5(ITEM, f"passed on {number}") for number in range(100))
    found = pass_on(
        one,
        [
            a_notice(Purpose.SAFETY, staff_id=reader, state=state, made_at=made_at)
            for reader, state in written
        ],
        colleagues=by_id(TWO_LEADS),
        preferences={
            one.staff_id: Preference(staff_id=one.staff_id, channels=(Channel.EMAIL,))
            for one in TWO_LEADS
            if one.staff_id not in without_row
        },
        on_call={} if on_call is None else {"harbour": on_call},
        new_id=lambda: next(ids),
        now=NOW,
        real_now=NOW,
    )
    assert {(one.purpose, one.count, one.state) for one in found} <= {
        (Purpose.SAFETY, 1, State.PLANNED)
    }
    return [one.staff_id for one in found if one.staff_id is not None]


ON_CALL_RUNG = told(is_safety=True, level=3, owner_id=None, for_role="on-call")
FAILED, SENT, WAITS = State.FAILED, State.SENT, State.PLANNED


@pytest.mark.parametrize(
    ("why", "one", "written", "heard"),
    [
        ("another of the role", TO_NURSE, [(NURSE, FAILED)], [OTHER_NURSE]),
        ("then the leads", TO_NURSE, [(NURSE, FAILED), (OTHER_NURSE, FAILED)], [LEAD, OTHER_LEAD]),
        ("then the other lead", TO_NURSE,
         [(NURSE, FAILED), (OTHER_NURSE, FAILED), (LEAD, FAILED), (OTHER_LEAD, WAITS)], []),
        ("then nobody", TO_NURSE,
         [(one, FAILED) for one in (NURSE, OTHER_NURSE, LEAD, OTHER_LEAD)], []),
        ("one was reached", TO_NURSE, [(NURSE, FAILED), (OTHER_NURSE, SENT)], []),
        ("one may be", TO_NURSE, [(NURSE, FAILED), (OTHER_NURSE, WAITS)], []),
        ("a lead", TO_LEAD, [(LEAD, FAILED)], [OTHER_LEAD]),
        ("whoever left", TO_NURSE, [(NURSE, State.CANCELLED)], [OTHER_NURSE]),
        ("on call", ON_CALL_RUNG, [(PRESCRIBER, FAILED)], [LEAD, OTHER_LEAD]),
    ],
)  # fmt: skip
def test_what_concerns_safety_and_reached_nobody_goes_to_the_nearest_who_may_be_reached(
    why: str, one: Told, written: list[tuple[UUID, State]], heard: list[UUID]
) -> None:
    found = passed_on(one, *written, on_call=PRESCRIBER)

    assert sorted(found) == sorted(heard), why


def test_what_somebody_heard_days_ago_is_passed_on_all_the_same() -> None:
    days_ago = NOW - timedelta(days=2)

    found = passed_on(TO_NURSE, (NURSE, FAILED), (OTHER_NURSE, SENT), made_at=days_ago)

    assert found == [OTHER_NURSE]


@pytest.mark.parametrize("one", [TO_NURSE, TO_LEAD, ON_CALL_RUNG, replace(TO_NURSE, owner_id=None)])
def test_a_safety_notice_that_reaches_nobody_at_all_comes_to_an_end(one: Told) -> None:
    """Nobody is written to twice, whoever it began with."""
    written = [NURSE]
    while found := passed_on(one, *((reader, FAILED) for reader in written), on_call=PRESCRIBER):
        written += found

    assert len(written) == len(set(written))
    assert {LEAD, OTHER_LEAD} <= set(written)
    assert STRANGER not in written


@pytest.mark.parametrize(
    ("why", "now", "sent_at"),
    [
        ("a working morning", "2026-06-02T09:00", "2026-06-02T09:00"),
        ("the last minute before quiet", "2026-06-02T19:59", "2026-06-02T19:59"),
        ("quiet begins", "2026-06-02T20:00", "2026-06-03T08:00"),
        ("after midnight", "2026-06-03T00:30", "2026-06-03T08:00"),
        ("quiet ends", "2026-06-03T08:00", "2026-06-03T08:00"),
        ("Friday evening waits for Monday", "2026-06-05T20:00", "2026-06-08T08:00"),
        ("a bank holiday", "2026-08-31T10:00", "2026-09-01T08:00"),
        ("clocks go back that night", "2026-10-24T21:00", "2026-10-26T08:00"),
    ],
)
def test_quiet_hours_delay_a_routine_notice(why: str, now: str, sent_at: str) -> None:
    found = before_sending(a_notice(), READER, open_items=1, now=at(now))

    assert found.not_before == at(sent_at), why
    assert found.state is State.PLANNED


@given(INSTANTS)
def test_a_safety_notice_never_waits(now: datetime) -> None:
    notice = a_notice(Purpose.SAFETY)

    assert before_sending(notice, READER, open_items=1, now=now) == notice


@given(
    INSTANTS,
    st.sampled_from(["Europe/London", "Australia/Lord_Howe", "America/Santiago"]),
    st.times(),
    st.times(),
)
def test_what_is_sent_is_never_sent_in_quiet_hours(
    now: datetime, zone: str, begins: time, ends: time
) -> None:
    quiet, place = Quiet(begins=begins, ends=ends), ZoneInfo(zone)

    sent_at = quiet.over(now, place)

    assert now <= sent_at < now + timedelta(hours=26)
    assert quiet.over(sent_at, place) == sent_at


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Reason.DECEASED, State.CANCELLED),
        (Reason.LEFT_CARE, State.CANCELLED),
        (Reason.LEFT_STAFF, State.CANCELLED),
        (Reason.NO_CONSENT, State.NOT_DONE),
    ],
)
def test_what_has_happened_since_stops_it_at_the_last_moment(reason: Reason, state: State) -> None:
    found = before_sending(
        a_notice(Purpose.VISIT), replace(READER, suppressed=reason), open_items=1, now=NOW
    )

    assert (found.state, found.reason, found.ended_at) == (state, reason, NOW)


def test_what_is_answered_meanwhile_is_not_sent() -> None:
    found = before_sending(a_notice(), READER, open_items=0, now=NOW)

    assert (found.state, found.reason) == (State.CANCELLED, Reason.ANSWERED)


def test_without_a_channel_it_is_not_done_and_says_so() -> None:
    found = before_sending(a_notice(channels=()), READER, open_items=1, now=NOW)

    assert (found.state, found.reason) == (State.NOT_DONE, Reason.NO_CHANNEL)


def test_later_is_tried_again_with_backoff_then_the_next_channel_then_failed() -> None:
    notice, clock, tries = a_notice(), NOW, 0
    waits = []
    while notice.state is State.PLANNED:
        before = notice
        notice = after_try(notice, Answer.LATER, DELIVERY, now=clock, real_now=clock)
        waits.append((before.channels[0], notice.retry_at - clock))
        clock, tries = notice.retry_at, tries + 1

    minutes = [wait // timedelta(minutes=1) for _, wait in waits]
    assert [channel for channel, _ in waits] == [Channel.EMAIL] * 4 + [Channel.WEBHOOK] * 4
    assert minutes[:7] == [1, 5, 15, 0, 1, 5, 15]
    assert (notice.state, notice.reason) == (State.FAILED, Reason.UNREACHABLE)


def test_a_final_no_goes_to_the_next_channel_at_once() -> None:
    second = after_try(a_notice(), Answer.NEVER, DELIVERY, now=NOW, real_now=NOW)
    ended = after_try(second, Answer.NEVER, DELIVERY, now=NOW, real_now=NOW)

    assert (second.channels, second.retry_at) == ((Channel.WEBHOOK,), NOW)
    assert (ended.state, ended.reason) == (State.FAILED, Reason.REFUSED)


@given(st.lists(st.sampled_from(list(Answer)), min_size=10, max_size=10))
def test_every_notice_ends(answers: list[Answer]) -> None:
    notice = a_notice()
    for answer in answers:
        if notice.state is State.PLANNED:
            notice = after_try(notice, answer, DELIVERY, now=NOW, real_now=NOW)

    assert notice.state in {State.SENT, State.FAILED}
    assert (notice.reason is None) == (notice.state is State.SENT)


LINES = (Line(kind="a change day", initials="A.B."), Line(kind="a change day", initials="C.D."))


@pytest.mark.parametrize(
    ("wording", "says", "hides"),
    [
        (Wording.COUNT, "2 things are due", ("change day", "A.B.")),
        (Wording.KIND, "a change day (2)", ("A.B.",)),
        (Wording.INITIALS, "- A.B. a change day", ()),
    ],
)
def test_a_notice_says_what_its_reader_chose_and_no_more(
    wording: Wording, says: str, hides: tuple[str, ...]
) -> None:
    notice = a_notice(about=(ITEM, PLAN_ITEM), count=2)

    text = letter(notice, LINES, wording=wording, portal_url="https://portal.example").text

    assert says in text
    assert "https://portal.example/" in text
    assert not [word for word in hides if word in text]


PLAN_ITEM = UUID("00000000-0000-4000-8000-00000000e002")


def test_no_kind_of_notice_can_name_a_dose() -> None:
    """The words come from the content file alone, which may not name anything of the row."""
    assert all(
        "{" not in kind.notice and "mg" not in kind.notice for kind in CONTENT.kinds.values()
    )


def test_a_person_in_care_is_never_told_what_to_take() -> None:
    for on_record in (True, False):
        seen = preview(Profile(patient_id=PATIENT), Letterhead(), on_record=on_record)
        text = visit_letter(seen).text
        assert "mg" not in text
        assert "tablet" not in text
        assert ("treatment" in text) != on_record


def test_the_clinics_figures_are_the_reviewed_ones() -> None:
    assert (
        Delivery(
            quiet=Quiet(begins=time(20), ends=time(8)),
            backoff=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)),
            digest_at=time(7, 30),
            digest_kept=timedelta(days=35),
        )
        == DELIVERY
    )
