"""The way back to somebody who did not come, life events, and motivation.

Source: evidence pack 6.4 (same day, +2, +7 days, two channels, letter, prescriber; at once with an
open flag, a taper step or in the first four weeks), R-34, R-35, T-22, R-36 to R-39. All PD.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.engagement.domain.flag import FlagStatus
from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support import life_event, missed, motivation, outside
from services.engagement.domain.support import profile as profiles
from services.engagement.domain.support.carer import Carer, check_given
from services.engagement.domain.support.contact import Purpose, missed_in_a_row
from services.engagement.domain.support.life_event import EventStatus, LifeEvent
from services.engagement.domain.support.motivation import Drop
from services.engagement.domain.support.outside import Letterhead
from services.engagement.domain.support.profile import Agency, Privacy, Profile
from services.engagement.domain.support.refusals import RuleBroken
from tests.support.engagement import FLAG, NURSE, PATIENT, a_course, a_flag, a_taper
from tests.support.support import (
    FACILITATOR,
    RULES,
    SUPPORTERS,
    a_contact,
    a_miss,
    a_programme,
    an_attempt,
    day,
    moment,
    open_ones,
    owed,
)

OLD = a_programme(started_on=date(2025, 1, 6))
"""A programme whose first four weeks are long over."""


def test_a_miss_is_tried_the_same_day_after_2_and_after_7() -> None:
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100)]))

    assert [one.due_on for one in found["missed-contact"]] == [day(100), day(102), day(107)]
    assert found["missed-contact"][0].due_at == moment(day(100), 17), "as soon as it is known"
    assert found["missed-contact"][0].owner == FACILITATOR


def test_then_a_letter_and_the_prescriber() -> None:
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100)]))

    assert [one.due_on for one in found["missed-letter"]] == [day(108)]
    (task,) = found["missed-prescriber"]
    assert (task.due_on, task.for_role) == (day(108), "prescriber")


ATTEMPTS = [
    ("none yet", (), [1, 2, 3]),
    ("the same day", (100,), [2, 3]),
    ("a day late settles the first alone", (101,), [2, 3]),
    ("two days later settles two", (102,), [3]),
    ("each in its time", (100, 102, 107), []),
]


@pytest.mark.parametrize(
    ("tried", "left"), [row[1:] for row in ATTEMPTS], ids=[row[0] for row in ATTEMPTS]
)
def test_each_attempt_settles_what_was_due(tried: tuple[int, ...], left: list[int]) -> None:
    contacts = [a_miss(100), *(an_attempt(number) for number in tried)]

    found = owed(Known(programmes=[OLD], contacts=contacts))

    assert [one.key.ordinal for one in open_ones(found, "missed-contact")] == left


def test_a_letter_settles_no_attempt() -> None:
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100), an_attempt(108, "letter")]))

    assert [one.key.ordinal for one in open_ones(found, "missed-contact")] == [1, 2, 3]
    assert not open_ones(found, "missed-letter")


def test_speaking_with_the_person_ends_it() -> None:
    reached = a_contact(103, purpose=Purpose.OUTREACH, programme_id=None, mode="telephone")
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100), reached]))

    assert not open_ones(found, "missed-contact")
    assert not found.get("missed-letter")
    assert missed_in_a_row([a_miss(100), reached]) == 0


URGENT = [
    ("nothing special", {}, ()),
    ("an open flag", {"flags": [a_flag()]}, ("open-flag",)),
    ("a closed flag", {"flags": [a_flag(status=FlagStatus.CLOSED)]}, ()),
    ("a taper under way", {"courses": [a_course(a_taper())]}, ("taper-step",)),
    ("a course without a taper", {"courses": [a_course()]}, ()),
    (
        "the 28th day of a course",
        {"courses": [a_course(started_on=day(100) - timedelta(days=27))]},
        ("first-weeks",),
    ),
    (
        "the 29th day of a course",
        {"courses": [a_course(started_on=day(100) - timedelta(days=28))]},
        (),
    ),
]


@pytest.mark.parametrize(
    ("around", "because"), [row[1:] for row in URGENT], ids=[row[0] for row in URGENT]
)
def test_what_cannot_wait(around: dict[str, list[object]], because: tuple[str, ...]) -> None:
    known = Known(programmes=[OLD], contacts=[a_miss(100)], **around)  # type: ignore[arg-type]

    found = owed(known)

    assert bool(open_ones(found, "missed-contact-urgent")) is bool(because)
    assert bool(open_ones(found, "welfare-check")) is bool(because)
    if because:
        (call,) = found["missed-contact-urgent"]
        assert call.detail["subtype"] == ", ".join(because)
        assert call.due_at == moment(day(100), 17)
        (welfare,) = found["welfare-check"]
        assert welfare.due_at == moment(day(100), 17) + timedelta(hours=4)


@pytest.mark.parametrize(("number", "first_weeks"), [(27, True), (28, False)])
def test_the_first_four_weeks_of_a_programme(number: int, first_weeks: bool) -> None:
    found = missed.urgency(day(number), flags=(), courses=(), starts=[day(0)], rules=RULES.missed)

    assert bool(found) is first_weeks


@pytest.mark.parametrize(("misses", "review"), [((100,), False), ((100, 107), True)])
def test_two_in_a_row_go_to_the_team(misses: tuple[int, ...], review: bool) -> None:
    found = owed(Known(programmes=[OLD], contacts=[a_miss(number) for number in misses]))

    assert bool(open_ones(found, "missed-review")) is review


def test_a_second_miss_does_not_start_the_days_again() -> None:
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100), a_miss(107)]))

    assert [one.due_on for one in found["missed-letter"]] == [day(108)]


PHONE_ONLY = ((100, "telephone"), (102, "telephone"), (107, "telephone"), (108, "letter"))
EVERYTHING = ((100, "telephone"), (102, "text"), (107, "telephone"), (108, "letter"))
LATE = ((108, "telephone"), (108, "text"), (109, "letter"))
LETTER_ALONE = ((108, "letter"),)
NOTHING = {"attempt-1", "attempt-2", "attempt-3", "second-channel", "letter"}
LOST = [
    ("nothing was tried", (), 200, NOTHING),
    ("one channel", PHONE_ONLY, 200, {"second-channel"}),
    ("everything, too early", EVERYTHING, 113, {"two-weeks"}),
    ("everything", EVERYTHING, 114, set()),
    ("two late attempts are not three", LATE, 200, {"attempt-3"}),
    ("the letter is no attempt", LETTER_ALONE, 200, NOTHING - {"letter"}),
]


@pytest.mark.parametrize(
    ("tried", "today", "left"), [row[1:] for row in LOST], ids=[row[0] for row in LOST]
)
def test_nobody_is_lost_before_everything_was_tried(
    tried: tuple[tuple[int, str], ...], today: int, left: set[str]
) -> None:
    run = missed.open_run([a_miss(100), *(an_attempt(number, mode) for number, mode in tried)])

    assert run is not None
    assert set(missed.lost(run, RULES.missed, today=day(today))) == left


def test_silence_never_discharges_anybody() -> None:
    """A year of misses leaves the programme open, its meetings owed, and people asked to act."""
    contacts = [a_miss(7 * number) for number in range(1, 50)]
    found = owed(Known(programmes=[OLD], contacts=contacts))

    assert open_ones(found, "programme-contact")
    assert open_ones(found, "missed-prescriber")
    assert open_ones(found, "missed-review")


#

RULER = [
    (8, 10, ("fell",)),
    (9, 10, ()),
    (5, 7, ("fell",)),
    (6, 7, ()),
    (4, 4, ()),
    (3, 4, ("low",)),
    (3, None, ("low",)),
    (4, None, ()),
    (2, 6, ("fell", "low")),
    (9, 5, ()),
]


@pytest.mark.parametrize(("value", "previous", "because"), RULER)
def test_when_the_ruler_asks_for_a_talk(
    value: int, previous: int | None, because: tuple[str, ...]
) -> None:
    assert motivation.why(value, previous, RULES.motivation) == because


# each ruler is looked at by itself: importance and confidence before, then now, and what fell
BOTH = [
    ("confidence fell by 2, importance lower and still", (4, 8), (4, 6), [("confidence", "fell")]),
    ("confidence fell by 1, importance lower and still", (4, 8), (4, 7), []),
    ("importance fell by 2, confidence lower and still", (9, 5), (7, 5), [("importance", "fell")]),
    ("importance fell by 1, confidence lower and still", (9, 5), (8, 5), []),
    ("the lower one rose, the other fell by 2", (4, 9), (6, 7), [("confidence", "fell")]),
    ("they changed places: each moved by 1", (6, 5), (5, 6), []),
    ("each fell by 1", (7, 6), (6, 5), []),
    ("both fell by 2", (8, 7), (6, 5), [("importance", "fell"), ("confidence", "fell")]),
    ("confidence is 3, importance still", (8, 4), (8, 3), [("confidence", "low")]),
    ("confidence is 4, importance still", (8, 5), (8, 4), []),
    ("importance fell to 3", (5, 9), (3, 9), [("importance", "fell low")]),
    ("a first reading, one of them 3", (None, None), (3, 8), [("importance", "low")]),
    ("a first reading, the lower 4", (None, None), (4, 8), []),
    ("one was not asked now", (8, 8), (None, 6), [("confidence", "fell")]),
    ("one was not asked before", (None, 8), (6, 8), []),
]


@pytest.mark.parametrize(
    ("before", "now", "fell"), [row[1:] for row in BOTH], ids=[row[0] for row in BOTH]
)
def test_each_ruler_is_looked_at_alone(
    before: tuple[int | None, int | None],
    now: tuple[int | None, int | None],
    fell: list[tuple[str, str]],
) -> None:
    rulers = ("importance", "confidence")

    def asked(values: tuple[int | None, int | None]) -> dict[str, int]:
        return {code: one for code, one in zip(rulers, values, strict=True) if one is not None}

    found = motivation.falls(asked(now), asked(before), RULES.motivation)

    assert [(one.ruler, " ".join(one.because)) for one in found] == fell
    known = dict(zip(rulers, zip(now, before, strict=True), strict=True))
    assert all((one.value, one.previous) == known[one.ruler] for one in found)


def test_a_drop_is_shown_at_once_and_late_after_7_days() -> None:
    drop = Drop(
        reading_id=FLAG,
        patient_id=PATIENT,
        value=4,
        previous=7,
        measured_on=day(50),
        because=("fell",),
        contact_by=motivation.contact_by(day(50), RULES.motivation),
        recorded_at=moment(day(50), 10),
    )

    (due,) = owed(Known(programmes=[OLD], drops=[drop]))["motivation-contact"]

    assert (due.due_on, due.due_at) == (day(50), moment(day(50), 10))
    assert due.overdue_from.date() == day(58)


# R-35, T-22


def an_event(**changes: object) -> LifeEvent:
    """A move, told on the day it happened."""
    rule = RULES.life_events
    made = LifeEvent(
        life_event_id=FLAG,
        patient_id=PATIENT,
        kind="move",
        happened_on=day(50),
        recorded_on=day(50),
        recorded_at=moment(day(50), 10),
        by=NURSE,
        contact_by=life_event.contact_by(day(50), rule),
        no_new_step_before=life_event.no_new_step_before(day(50), rule),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_life_event_opens_a_contact_within_7_days_and_holds_steps_14_either_side() -> None:
    (due,) = owed(Known(life_events=[an_event()]))["life-event-contact"]

    assert due.due_at == moment(day(50), 10)
    assert due.overdue_from.date() == day(58), "late from the eighth day on"
    assert an_event().no_new_step_before == day(65), "the fourteenth day after it is held too"
    assert life_event.no_new_step_from(day(50), RULES.life_events) == day(36)


def test_an_event_recorded_by_mistake_owes_nothing() -> None:
    withdrawn = an_event(status=EventStatus.WITHDRAWN)

    assert owed(Known(life_events=[withdrawn])) == {}


@pytest.mark.parametrize(
    ("away", "possible"), [(-366, True), (-367, False), (366, True), (367, False)]
)
def test_a_life_event_is_within_a_year(away: int, possible: bool) -> None:
    def record() -> None:
        life_event.check("move", day(away), day(0), RULES.life_events)

    if possible:
        record()
        return
    with pytest.raises(RuleBroken, match="year"):
        record()


# privacy and agencies

SHELTER = Agency(name="Shelter", does="Housing")
SCHOOL = Agency(name="College", does="Course")
LETTERHEAD = Letterhead(clinic="Tern House", address="mail@harbour.example")
TELLING = [
    ("a telling sender, openly", Profile(patient_id=PATIENT, sender="Tern House"), None, False),
    ("the clinic's name, neutral", Profile(patient_id=PATIENT, sender="Tern House"), "R-36", True),
    ("a telling subject, neutral", Profile(patient_id=PATIENT, subject="Therapy"), "R-36", True),
    ("their own words, neutral", Profile(patient_id=PATIENT, sender="The choir"), None, True),
]
PROFILES = [
    ("one agency", Profile(patient_id=PATIENT, agencies=(SHELTER,)), None),
    ("two without coordinator", Profile(patient_id=PATIENT, agencies=(SHELTER, SCHOOL)), "R-37"),
    (
        "two without a shared plan",
        Profile(patient_id=PATIENT, agencies=(SHELTER, SCHOOL), coordinator_id=NURSE),
        "R-37",
    ),
    (
        "two with both",
        Profile(
            patient_id=PATIENT,
            agencies=(SHELTER, SCHOOL),
            coordinator_id=NURSE,
            shared_plan="College first",
        ),
        None,
    ),
    ("fear of stigma, nothing offered", Profile(patient_id=PATIENT, stigma_concern=True), "R-36"),
    (
        "fear of stigma, home offered",
        Profile(patient_id=PATIENT, stigma_concern=True, privacy=(Privacy.HOME,)),
        None,
    ),
    (
        "a telling subject",
        Profile(
            patient_id=PATIENT,
            stigma_concern=True,
            privacy=(Privacy.NEUTRAL_WORDING,),
            subject="Your depression group",
        ),
        "R-36",
    ),
]


@pytest.mark.parametrize(
    ("profile", "rule", "on_record"),
    [(*row[1:], False) for row in PROFILES] + [row[1:] for row in TELLING],
    ids=[row[0] for row in (*PROFILES, *TELLING)],
)
def test_profiles_that_a_rule_refuses(profile: Profile, rule: str | None, on_record: bool) -> None:
    def save() -> None:
        profiles.check(profile)
        outside.check_neutral(profile, LETTERHEAD, on_record=on_record)

    if rule is None:
        save()
        return
    with pytest.raises(RuleBroken, match=rule):
        save()


def test_others_see_nothing_of_it_unless_the_person_chose_so() -> None:
    afraid = Profile(patient_id=PATIENT, stigma_concern=True, privacy=(Privacy.PRIVATE_CHANNEL,))

    def seen(profile: Profile, *, on_record: bool) -> str:
        shown = outside.preview(profile, LETTERHEAD, on_record=on_record)
        return f"{shown.screen} {shown.envelope} {shown.text}"

    assert "Tern House" not in seen(afraid, on_record=False)
    assert "Tern House" in seen(Profile(patient_id=PATIENT), on_record=False)
    assert "Tern House" not in seen(Profile(patient_id=PATIENT), on_record=True)


# carers

CARERS = [
    ("with consent", ("support",), ("education", "emotional"), None),
    ("without consent", (), ("education",), "R-39"),
    ("another scope", ("appointments",), ("practical",), "R-39"),
    ("without consent, telling us something", (), (), None),
]


@pytest.mark.parametrize(
    ("scopes", "given", "rule"), [row[1:] for row in CARERS], ids=[row[0] for row in CARERS]
)
def test_a_carer_receives_by_consent_alone(
    scopes: tuple[str, ...], given: tuple[str, ...], rule: str | None
) -> None:
    carers = [Carer(carer_id=NURSE, name="A", relationship="sister", scopes=scopes)]

    if rule is None:
        check_given(carers, NURSE, given)
        return
    with pytest.raises(RuleBroken, match=rule):
        check_given(carers, NURSE, given)


def test_a_carer_nobody_named_is_refused() -> None:
    with pytest.raises(RuleBroken, match="R-38"):
        check_given([], NURSE, ())


def test_the_deputy_is_told_when_the_facilitator_is_gone() -> None:
    staff = tuple(replace(o, active=False) if o.staff_id == FACILITATOR else o for o in SUPPORTERS)
    found = owed(Known(programmes=[OLD], contacts=[a_miss(100)]), staff)

    assert found["missed-contact"][0].owner == OLD.deputy_id
