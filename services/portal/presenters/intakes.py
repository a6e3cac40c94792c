"""The intake questions as a form."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.portal.presenters import words
from shared.api.assessment import IntakeBody, IntakeForm, Question


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as a form field."""

    name: str
    label: str
    choices: tuple[tuple[str, str], ...]
    required: bool
    source: str


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that belong together."""

    title: str
    questions: tuple[Asked, ...]


def groups(form: IntakeForm) -> tuple[Group, ...]:
    """The questions by group, in the order they were written."""
    order = tuple(dict.fromkeys(question.group for question in form.questions))
    return tuple(
        Group(
            words.plain(group),
            tuple(asked(question) for question in form.questions if question.group == group),
        )
        for group in order
    )


def asked(question: Question, *, prefix: str = "answers") -> Asked:
    """One question."""
    return Asked(
        name=f"{prefix}.{question.code}",
        label=question.label,
        choices=tuple((choice.code, choice.label) for choice in question.choices),
        required=question.required,
        source=words.graded(question.source, question.grade),
    )


def answers(form: Mapping[str, tuple[str, ...]], *, prefix: str = "answers") -> dict[str, str]:
    """The answers of a form by question code."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): values[0]
        for name, values in form.items()
        if name.startswith(start)
    }


def lines(form: IntakeForm, intake: IntakeBody) -> tuple[str, ...]:
    """The answers as lines, to see what somebody else changed."""
    said = []
    for question in form.questions:
        labels = {choice.code: choice.label for choice in question.choices}
        if question.code in intake.answers:
            code = intake.answers[question.code]
            said.append(f"{question.label} {labels.get(code, code)}")
    return tuple(said)
