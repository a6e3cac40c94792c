"""Closed questions, asked of the person or of a plan, and the choices that answer them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from services.assessment.domain.refusals import RuleViolation


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One answer. ``trigger`` names the safety trigger it pulls; ``ask_again_after_days`` says
    when an answer like this should be asked for again."""

    code: str
    label: str
    trigger: str | None = None
    ask_again_after_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One closed question. ``required``: nothing is proposed before it is answered."""

    code: str
    label: str
    group: str
    choices: tuple[Choice, ...]
    source: str
    grade: str
    required: bool = False

    def __post_init__(self) -> None:
        if len({choice.code for choice in self.choices}) != len(self.choices):
            raise ValueError(f"question {self.code} has two choices of one code")

    def choice(self, code: str) -> Choice | None:
        return next((choice for choice in self.choices if choice.code == code), None)


def check_choices(questions: Iterable[Question], answers: Mapping[str, str], *, field: str) -> None:
    """Refuse an answer to no question, or one that is not a choice.

    Raises:
        RuleViolation: names the question.
    """
    known = {question.code: question for question in questions}
    for code, answer in answers.items():
        question = known.get(code)
        if question is None:
            raise RuleViolation(
                "unknown-question", f"There is no question {code}.", field=f"{field}/{code}"
            )
        if question.choice(answer) is None:
            raise RuleViolation(
                "not-a-choice",
                f"{question.label} Choose {_listed(question)}.",
                field=f"{field}/{code}",
            )


def unanswered(questions: Iterable[Question], answers: Mapping[str, str]) -> tuple[str, ...]:
    """The required questions without an answer."""
    return tuple(q.code for q in questions if q.required and q.code not in answers)


def pulled_triggers(questions: Iterable[Question], answers: Mapping[str, str]) -> tuple[str, ...]:
    """The safety triggers these answers pull."""
    return tuple(
        choice.trigger for choice in _chosen(questions, answers) if choice.trigger is not None
    )


def ask_again_on(
    questions: Iterable[Question], answers: Mapping[str, str], *, recorded_on: date
) -> date | None:
    """The first day on which an unsure answer should be asked for again."""
    waits = [
        choice.ask_again_after_days
        for choice in _chosen(questions, answers)
        if choice.ask_again_after_days is not None
    ]
    return recorded_on + timedelta(days=min(waits)) if waits else None


def _chosen(questions: Iterable[Question], answers: Mapping[str, str]) -> Iterable[Choice]:
    for question in questions:
        choice = question.choice(answers.get(question.code, ""))
        if choice is not None:
            yield choice


def _listed(question: Question) -> str:
    return ", ".join(choice.code for choice in question.choices)
