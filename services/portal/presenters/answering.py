"""A questionnaire as somebody sees it at home: plain words, one question under another."""

from dataclasses import dataclass

from shared.api.assessment import InstrumentBody, InstrumentItem


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer. ``alarming``: where help is found is shown as soon as it is chosen."""

    value: str
    label: str
    alarming: bool


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``name`` is the form field it is answered in."""

    name: str
    text: str
    choices: tuple[Choice, ...]
    alarming: bool
    code: str
    may_not_apply: bool


def questions(instrument: InstrumentBody) -> tuple[Question, ...]:
    """The questions in order, in the official wording where it is installed."""
    return tuple(_question(item) for item in instrument.items)


def _question(item: InstrumentItem) -> Question:
    alarming_from = item.alarming_from
    return Question(
        name=f"answers.{item.code}",
        text=item.wording or item.label,
        choices=tuple(
            Choice(
                value=str(answer.value),
                label=answer.label,
                alarming=alarming_from is not None and answer.value >= alarming_from,
            )
            for answer in item.answers
        ),
        alarming=alarming_from is not None,
        code=item.code,
        may_not_apply=item.may_not_apply,
    )
