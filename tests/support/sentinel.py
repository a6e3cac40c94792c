"""A marked name in every invented patient, and the guard that sees it where no person belongs.

Builders of tests name their patients ``GIVEN`` ``FAMILY``; demo patients keep their own names and
are watched for too. Logs, metrics, subjects, headers and problem documents may hold neither.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.demo.cohort import PATIENTS

GIVEN = "Zebrafinch"
FAMILY = "Quillfeather"
SEARCHED = "Markerson"
"""Assessment's patient, named for what its search is tested with."""
NAMES = re.compile(
    "|".join([GIVEN, FAMILY, SEARCHED, *(rf"\b{p.given_name} {p.family_name}\b" for p in PATIENTS)])
)


class PersonFound(AssertionError):
    """A patient's name is where no person belongs."""


def refuse_person(text: str, *, where: str) -> None:
    """Fail when the text names a patient.

    Raises:
        PersonFound: with the words around it.
    """
    if found := NAMES.search(text):
        around = text[max(0, found.start() - 120) : found.end() + 40]
        raise PersonFound(f"{where} name a patient: …{around}…")


def refuse_person_in_answer(status: int, headers: Mapping[str, str], text: str) -> None:
    """Fail when a response's headers, or its body if it is a problem, name a patient."""
    refuse_person(repr(dict(headers)), where="response headers")
    if status >= 400:
        refuse_person(text, where="problem documents")


@dataclass(eq=False)
class Watched:
    """Where a test's log lines go: on to standard error, and kept to be looked at."""

    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything since it was last emptied."""
        return "".join(self.lines)

    def write(self, line: str) -> int:
        """Keep a line and pass it on."""
        self.lines.append(line)
        return sys.stderr.write(line)

    def empty(self) -> None:
        """Forget what was kept."""
        self.lines.clear()

    def flush(self) -> None:
        """As a stream."""
        sys.stderr.flush()
