"""What a clinic's day writes, through the door: a mix of ordinary writes, each with an effect in
another service.

The journeys of features.md (part c) name the writes. How often each comes is our own estimate, as
no source counts them; what makes it plausible stands with each kind. Of 100 writes:

- 68 questionnaires: the quick look at mood that is part of every row a nurse opens (C2.2), and of
  every scale that is sent or asked (C1.2, C1.5). Treatment and engagement keep the reading.
- 15 changes of who is near to somebody (C3.5, C2.3). Each is a version of the record and a fact
  of the person's details, as every change of a number or an address is; both others keep it.
- 10 life events (C3.4), which engagement owns: the other direction. Treatment keeps its steps away.
- 5 enrolments (C1.1), which both others learn of.
- 2 safety flags (C1.3): the heaviest write, eight reminders each.

Contacts, intakes and calendars are left out: no other service keeps anything of them that could be
counted.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """One kind of write."""

    QUESTIONNAIRE = "questionnaires"
    NEAR = "changes of people near"
    LIFE_EVENT = "life events"
    ENROLMENT = "enrolments"
    FLAG = "safety flags"


SHARES = {
    Kind.QUESTIONNAIRE: 68,
    Kind.NEAR: 15,
    Kind.LIFE_EVENT: 10,
    Kind.ENROLMENT: 5,
    Kind.FLAG: 2,
}
"""Of a hundred writes."""
WRITES_EACH = 15
"""Of one person: among them two changes of who is near, of whom a record takes twenty."""


def day_of(seed: int, writes: int) -> Sequence[Kind]:
    """So many kinds in an order that follows from the seed, each as often as its share says, to
    the nearest whole number; what rounding leaves out are questionnaires."""
    day = [kind for kind, share in SHARES.items() for _ in range(writes * share // 100)]
    day += [Kind.QUESTIONNAIRE] * (writes - len(day))
    random.Random(seed).shuffle(day)
    return day


def versioned(person: str, version: int) -> str:
    """The key of one version of a record."""
    return f"{person}:{version}"


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the writes of a kind lie: a query for the owner and one for each that was told, in
    which ``{people}`` are the ids. Each answers a key for each write."""

    owner: str
    kept: str
    known: Mapping[str, str]


_DETAILS = (
    "SELECT subject || ':' || each FROM applied, generate_series(2, version) AS each"
    " WHERE aggregate LIKE 'patient-details:%' AND subject IN ({people})"
)
"""A person's details are told whole, so who has a version has all before it: one that a killed
reader had is passed over when it comes again after a later one (superseded), as it must be."""
_READINGS = "SELECT assessment_id FROM reading WHERE patient_id IN ({people})"
ROWS: Mapping[Kind, Rows] = {
    Kind.QUESTIONNAIRE: Rows(
        "assessment",
        "SELECT assessment_id FROM assessment WHERE patient_id IN ({people})",
        {"treatment": _READINGS, "engagement": _READINGS},
    ),
    Kind.NEAR: Rows(
        "assessment",
        "SELECT patient_id || ':' || version FROM patient_version"
        " WHERE version > 1 AND patient_id IN ({people})",
        {"treatment": _DETAILS, "engagement": _DETAILS},
    ),
    Kind.LIFE_EVENT: Rows(
        "engagement",
        "SELECT life_event_id FROM life_event WHERE patient_id IN ({people})",
        {"treatment": "SELECT id FROM life_event WHERE patient_id IN ({people})"},
    ),
    Kind.FLAG: Rows(
        "assessment",
        "SELECT flag_id FROM safety_flag WHERE patient_id IN ({people})",
        {
            "treatment": "SELECT id FROM flag WHERE patient_id IN ({people})",
            "engagement": "SELECT DISTINCT subject_id FROM reminder"
            " WHERE subject_kind = 'safety-flag' AND level = 0 AND patient_id IN ({people})",
        },
    ),
}
"""Enrolments are compared by ``Enrolling``."""
