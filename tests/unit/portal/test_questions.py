"""Questions of questionnaires and about health, as they are put on a page."""

import pytest

from services.portal.presenters import health, questionnaires
from shared.api.assessment import InstrumentBody, InstrumentItem


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (("Low mood", "Tiredness"), ["1. Low mood", "2. Tiredness"]),
        (
            ("1. Wished to be dead", "6b. In the past three months"),
            ["1. Wished to be dead", "6b. In the past three months"],
        ),
    ],
)
def test_a_question_has_one_number(labels: tuple[str, ...], shown: list[str]) -> None:
    items = tuple(
        InstrumentItem.model_construct(
            code=f"item-{place}", label=label, wording=None, answers=(), may_not_apply=False
        )
        for place, label in enumerate(labels)
    )
    instrument = InstrumentBody.model_construct(items=items)

    assert [item.label for item in questionnaires.items(instrument)] == shown


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("hepatic-mild", "Liver disease, mild"),
        ("qtc-over-500ms", "QTc over 500 ms"),
        ("seizure-disorder", "Seizure disorder"),
    ],
)
def test_a_condition_is_named_as_it_is_asked(code: str, said: str) -> None:
    assert health.named(code) == said
