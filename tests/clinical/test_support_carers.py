"""People near to the person: guidance and calls by consent, and none without (R-38, R-39).

Source: R-38 (education, practical and emotional support), R-39 (without consent a carer may tell us
things and receives nothing), journey C3 step 5 (a weekly call, PD).
"""

from dataclasses import replace
from datetime import date

import pytest

from services.engagement.domain.owed_by_support import Known
from services.engagement.domain.support import missed
from services.engagement.domain.support.carer import (
    Carer,
    Give,
    calls_with,
    check_given,
    guidance_for,
)
from services.engagement.domain.support.contact import Contact, Outcome, Purpose, missed_in_a_row
from services.engagement.domain.support.refusals import RuleBroken
from tests.support.engagement import STRANGER
from tests.support.support import (
    FACILITATOR,
    RULES,
    a_contact,
    a_miss,
    a_programme,
    day,
    open_ones,
    owed,
)

SISTER = Carer(carer_id=STRANGER, name="S", relationship="sister", scopes=("support",))
NOBODY = replace(SISTER, scopes=())
WEEK = RULES.carers.call_every_days


def a_call(number: int, outcome: Outcome = Outcome.TOOK_PLACE, **changes: object) -> Contact:
    """A contact with the sister."""
    return a_contact(
        number,
        outcome,
        purpose=Purpose.CARER,
        programme_id=None,
        mode="telephone",
        carer_id=STRANGER,
        **changes,
    )


SCOPES = [
    ("nothing agreed", (), set()),
    ("medicines alone are no support", ("medicines",), set()),
    ("appointments alone", ("appointments",), set()),
    ("support", ("support",), {"education", "practical", "emotional"}),
]


@pytest.mark.parametrize(
    ("scopes", "given"), [row[1:] for row in SCOPES], ids=[row[0] for row in SCOPES]
)
def test_a_carer_gets_all_three_or_nothing(scopes: tuple[str, ...], given: set[str]) -> None:
    found = guidance_for(replace(SISTER, scopes=scopes), RULES.carers.topics)

    assert {topic.gives for topic in found} == given


@pytest.mark.parametrize(
    ("scopes", "told"), [(("support",), False), (("support", "medicines"), True)]
)
def test_of_medicines_only_whom_the_person_named_for_them(
    scopes: tuple[str, ...], told: bool
) -> None:
    found = guidance_for(replace(SISTER, scopes=scopes), RULES.carers.topics)

    assert any(topic.needs == "medicines" for topic in found) is told
    assert all(topic.needs in scopes for topic in found)


def test_every_topic_says_where_it_comes_from() -> None:
    assert {topic.gives for topic in RULES.carers.topics} == set(Give)
    assert all(topic.lines and topic.source and topic.grade for topic in RULES.carers.topics)


REFUSALS = [
    ("given something", ("emotional",), None, "carer_support"),
    ("a call agreed", (), day(14), "next_on"),
    ("both", ("practical",), day(14), "next_on"),
    ("they tell us something", (), None, None),
]


@pytest.mark.parametrize(
    ("given", "next_on", "field"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
@pytest.mark.parametrize("scopes", [(), ("medicines",), ("support",)])
def test_without_consent_nothing_is_given_or_agreed(
    scopes: tuple[str, ...], given: tuple[str, ...], next_on: date | None, field: str | None
) -> None:
    carer = replace(SISTER, scopes=scopes)

    if field is None or "support" in scopes:
        check_given([carer], STRANGER, given, next_on=next_on)
        return
    with pytest.raises(RuleBroken, match="R-39") as refused:
        check_given([carer], STRANGER, given, next_on=next_on)
    assert refused.value.field == field


def test_an_agreed_call_is_owed_by_who_carries_the_programme() -> None:
    known = Known(
        programmes=[a_programme()], contacts=[a_call(7, next_on=day(7 + WEEK))], carers=[SISTER]
    )

    (call,) = owed(known)["carer-call"]
    assert (call.due_on, call.owner, call.done_at) == (day(14), FACILITATOR, None)


CALLS = [
    ("none agreed", [a_call(7)], []),
    ("one agreed", [a_call(7, next_on=day(14))], [(14, False)]),
    ("held, and the next agreed", [a_call(7, next_on=day(14)), a_call(14, next_on=day(21))],
     [(14, True), (21, False)]),
    ("held, and none agreed any more", [a_call(7, next_on=day(14)), a_call(14)], [(14, True)]),
    ("held a day early", [a_call(7, next_on=day(14)), a_call(13)], [(14, True)]),
    ("nobody answered: still owed", [a_call(7, next_on=day(14)), a_call(14, Outcome.NOT_REACHED)],
     [(14, False)]),
    ("nobody answered: put off",
     [a_call(7, next_on=day(14)), a_call(14, Outcome.NOT_REACHED, next_on=day(15))],
     [(15, False)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("contacts", "calls"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
def test_speaking_settles_a_call(contacts: list[Contact], calls: list[tuple[int, bool]]) -> None:
    found = calls_with(SISTER, contacts)

    assert [(one.on, one.done_at is not None) for one in found] == [
        (day(number), done) for number, done in calls
    ]


def test_consent_taken_back_ends_the_calls() -> None:
    contacts = [a_call(7, next_on=day(14))]

    assert open_ones(owed(Known(contacts=contacts, carers=[SISTER])), "carer-call")
    assert not owed(Known(contacts=contacts, carers=[NOBODY]))
    assert not owed(Known(contacts=contacts))


def test_a_carer_who_does_not_come_is_no_miss_of_the_person() -> None:
    contact = a_call(7, Outcome.MISSED)

    assert missed.open_run([contact]) is None
    assert missed_in_a_row([a_miss(6), contact]) == 1
