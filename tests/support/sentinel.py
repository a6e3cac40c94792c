"""What marks every invented patient, and the guard that sees it where no person belongs.

Builders of tests name their patients ``GIVEN`` ``FAMILY`` or ``SEARCHED``, born on ``BORN``; every
telephone number of a test or the demo is one of ``TELEPHONE``, and what people write of them in
random requests ends in ``WRITTEN``. Demo patients keep their own names and are watched for too.
Logs, metrics, subjects, headers and problem documents may hold nothing of it, and no token.
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
BORN = "1984-02-29"
TELEPHONE = r"7946(?: |%20|\+)?0\d{3}\b"
"""The numbers set apart for drama in London, as typed, and as an address or a form carries them."""
MAIL = ("zoe@example.org", "plover@example.org", *(patient.email for patient in PATIENTS))
STREET = ("Quay Street", "Curlew Row")
WRITTEN = "Heronsgate"
TOKEN = r"\beyJ[\w-]{6,}\.eyJ[\w-]{6,}"
"""The beginning of any token: whoever reads one may do what its owner may."""
CANARIES = re.compile(
    "|".join(
        [
            *(GIVEN, FAMILY, SEARCHED, BORN, TELEPHONE, WRITTEN),
            *map(re.escape, (*MAIL, *STREET)),
            *(rf"\b{p.given_name} {p.family_name}\b" for p in PATIENTS),
            TOKEN,
        ]
    )
)


DOSE = re.compile(r"\d (?:mg|mL|ml|micrograms?|drops?|tablets?|capsules?)\b")
"""A dose as a plan says it. Problem documents may name a limit; nothing else may."""


class PersonFound(AssertionError):
    """Something of a patient is where no person belongs."""


def refuse_person(text: str, *, where: str) -> None:
    """Fail when the text names a patient, or says how to reach them or what was written of them, or
    holds a token.

    Raises:
        PersonFound: with the words around it.
    """
    if found := CANARIES.search(text):
        around = text[max(0, found.start() - 120) : found.end() + 40]
        raise PersonFound(f"{where} name a patient: …{around}…")


def refuse_person_and_dose(text: str, *, where: str) -> None:
    """The same where no dose belongs either.

    Raises:
        PersonFound: with the words around it.
    """
    refuse_person(text, where=where)
    if found := DOSE.search(text):
        around = text[max(0, found.start() - 120) : found.end() + 40]
        raise PersonFound(f"{where} say a dose: …{around}…")


def refuse_person_in_answer(status: int, headers: Mapping[str, str], text: str) -> None:
    """Fail when a response's headers, or its body if it is a problem, name a patient; or the
    headers a dose."""
    refuse_person_and_dose(repr(dict(headers)), where="response headers")
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
