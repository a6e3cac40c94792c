"""What somebody typed into a form, what is wrong with it, and how to put it right."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from services.portal.presenters import words
from services.portal.presenters.language import gettext as _
from services.portal.presenters.language import mark, said
from shared.runtime.http.problems import Problem

_ADVICE = said(
    {
        "missing": mark("Please answer this."),
        "string-too-short": mark("Please write a little more."),
        "string-too-long": mark("This is too long; please shorten it."),
        "decimal-parsing": mark("Write a number, such as 12.5."),
        "decimal-type": mark("Write a number, such as 12.5."),
        "decimal-max-places": mark("At most three decimals."),
        "int-parsing": mark("Write a whole number."),
        "int-type": mark("Write a whole number."),
        "greater-than": mark("This number is too small."),
        "greater-than-equal": mark("This number is too small."),
        "less-than": mark("This number is too large."),
        "less-than-equal": mark("This number is too large."),
        "literal-error": mark("Please choose one of the answers."),
        "enum": mark("Please choose one of the answers."),
        "uuid-parsing": mark("Please choose one from the list."),
        "bool-parsing": mark("Please choose yes or no."),
        "deferral-needs-lead": mark(
            "It was put off before; once more is for a lead to decide. Do it now, or pass it on."
        ),
        "string-pattern-mismatch": mark("This is not in the form we need."),
    }
)
_NOT_SENT_YET = "not-sent-yet"
_DATE_ADVICE = mark("Write a date as year-month-day, such as 2027-05-04.")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right. ``field`` is empty when it is about the whole form."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it stands. ``key`` makes sending it twice one action.

    ``changed`` says what is different now from what the person was looking at.
    """

    key: str
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    changed: tuple[str, ...] = ()
    status: int = 200

    def value(self, name: str, default: str = "") -> str:
        """What was typed in a field."""
        given = self.values.get(name)
        return given[0] if given else default

    def all(self, name: str) -> tuple[str, ...]:
        """Everything ticked under one name."""
        return self.values.get(name, ())

    def is_chosen(self, name: str, value: str, default: str = "") -> bool:
        """Whether a choice is the one that was made."""
        return value in (self.values.get(name) or (default,))

    def fault(self, name: str) -> str:
        """What is wrong with a field, or nothing."""
        return next((fault.text for fault in self.faults if fault.field == name), "")

    def part(self, name: str) -> str:
        """The key of one of several forms on a page."""
        return f"{self.key}.{name}"

    def refused(self, faults: Iterable[Fault], *, status: int = 422) -> "Draft":
        """The same form with what has to be put right."""
        return replace(self, faults=tuple(faults), status=status)

    def renamed(self, fields: Mapping[str, str]) -> "Draft":
        """The same form where the service's names of some fields are not the page's."""
        faults = (Fault(fields.get(one.field, one.field), one.text) for one in self.faults)
        return replace(self, faults=tuple(faults))

    def overtaken(self, now: Iterable[str]) -> "Draft":
        """The same form after somebody else changed the record: what is different now,
        measured against the lines the page had shown (``seen``)."""
        lines = tuple(now)
        seen = set(self.all("seen"))
        changed = tuple(line for line in lines if line not in seen)
        return replace(self, changed=changed or lines)


def faults_of(error: ValidationError) -> tuple[Fault, ...]:
    """Where and why what was typed is no valid request."""
    return tuple(
        Fault(_name(item["loc"]), _advice(item["type"].replace("_", "-"), item["msg"]))
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    )


def faults_in(problem: Problem) -> tuple[Fault, ...]:
    """What a service had against it, at the fields it named; or that it was not sent at all."""
    if problem.code == _NOT_SENT_YET:
        text = _(
            "You had been signed out before this was sent. What you typed is still here: look at"
            " it, and send it once more."
        )
        return (Fault("", text),)
    faults = tuple(
        Fault(_name(item.pointer.split("/")[2:]), _advice(item.code, item.detail))
        for item in problem.errors
    )
    return faults or (Fault("", words.spoken(problem.detail)),)


def _name(parts: Iterable[Any]) -> str:
    return ".".join(str(part) for part in parts)


def _advice(code: str, detail: str) -> str:
    if code.startswith("date"):
        return _(_DATE_ADVICE)
    return _ADVICE.get(code) or _sentence(detail.removeprefix("Value error, "))


def _sentence(text: str) -> str:
    told = words.spoken(text[:1].upper() + text[1:])
    return told if told.endswith((".", "?", "!")) else f"{told}."
