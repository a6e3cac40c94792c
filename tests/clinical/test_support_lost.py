"""Evidence pack 6.4: lost to follow-up is a decision of the team, after everything was tried."""

import pytest

from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support.contact import Contact
from services.engagement.domain.support.lost import (
    Course,
    Decision,
    check,
    decision_about,
    ended_by,
)
from services.engagement.domain.support.missed import open_run
from services.engagement.domain.support.refusals import RuleBroken
from tests.support.engagement import LEAD, PATIENT
from tests.support.support import (
    RULES,
    a_miss,
    a_programme,
    an_attempt,
    day,
    moment,
    open_ones,
    owed,
)

MISS = a_miss(40)
EVERYTHING = (
    MISS,
    an_attempt(40),
    an_attempt(42, "text"),
    an_attempt(47),
    an_attempt(48, "letter"),
)
LADDER = ("missed-contact", "missed-letter", "missed-prescriber")


def decided(course: Course, on: int, first: Contact = MISS) -> Decision:
    return Decision(
        decision_id=first.contact_id,
        patient_id=PATIENT,
        first_contact_id=first.contact_id,
        course=course,
        by=LEAD,
        at=moment(day(on), 18),
        on=day(on),
        note="Talked about in the team",
    )


@pytest.mark.parametrize(
    ("contacts", "today", "possible"),
    [
        (EVERYTHING, 54, True),
        (EVERYTHING, 53, False),  # two weeks are not over
        (EVERYTHING[:-1], 54, False),  # no letter
        (
            (MISS, an_attempt(40), an_attempt(42), an_attempt(47), an_attempt(48, "letter")),
            54,
            False,
        ),
        ((MISS,), 90, False),
    ],
)
def test_lost_only_after_everything_was_tried(
    contacts: tuple[Contact, ...], today: int, possible: bool
) -> None:
    run = open_run(contacts)
    assert run is not None
    if possible:
        check(run, Course.LOST, RULES.missed, today=day(today))
    else:
        with pytest.raises(RuleBroken) as refused:
            check(run, Course.LOST, RULES.missed, today=day(today))
        assert (refused.value.code, refused.value.rule) == ("not-yet-lost", "6.4")


def test_to_go_on_trying_can_be_decided_at_any_time() -> None:
    run = open_run((MISS,))
    assert run is not None

    check(run, Course.KEEP_TRYING, RULES.missed, today=day(40))


def test_a_decision_ends_the_attempts_and_nothing_else() -> None:
    known = Known(programmes=[a_programme()], contacts=EVERYTHING)
    lost = Known(
        programmes=known.programmes,
        contacts=EVERYTHING,
        decisions=[decided(Course.LOST, 55)],
    )

    assert open_ones(owed(known), "missed-prescriber")
    assert not [one for kind in LADDER for one in open_ones(owed(lost), kind)]
    assert open_ones(owed(lost), "programme-contact"), "the programme goes on"
    assert open_ones(owed(lost), "programme-review")


def test_to_go_on_ends_nothing() -> None:
    known = Known(
        programmes=[a_programme()],
        contacts=EVERYTHING,
        decisions=[decided(Course.KEEP_TRYING, 55)],
    )

    assert open_ones(owed(known), "missed-prescriber")


def test_a_further_miss_opens_it_again() -> None:
    run = open_run((*EVERYTHING, a_miss(60)))
    assert run is not None

    assert decision_about(run, [decided(Course.LOST, 55)]) is None
    assert ended_by(run, [decided(Course.LOST, 61)]) is not None


def test_a_decision_about_an_earlier_run_does_not_count() -> None:
    run = open_run(EVERYTHING)
    assert run is not None

    assert decision_about(run, [decided(Course.LOST, 55, first=a_miss(20))]) is None
