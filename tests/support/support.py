"""Builders for programmes and contacts, valid unless told otherwise."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.engagement.domain.obligation import Obligation
from services.engagement.domain.owed_by_support import Known, obligations_of_support
from services.engagement.domain.support.contact import Contact, Outcome, Purpose
from services.engagement.domain.support.programme import (
    Company,
    Form,
    Programme,
    Rung,
    Setting,
    Status,
)
from services.engagement.domain.team import Colleague, Staffing, by_id
from tests.support.engagement import CONTENT, PATIENT, STAFF, a_patient, a_place

RULES = CONTENT.support
FACILITATOR = UUID("00000000-0000-4000-8000-00000000a006")
DEPUTY = UUID("00000000-0000-4000-8000-00000000a007")
PROGRAMME = UUID("00000000-0000-4000-8000-00000000e001")
START = date(2026, 1, 5)
ZONE = ZoneInfo("Europe/London")
_IDS = UUID("00000000-0000-4000-8000-0000000000f5")

SUPPORTERS = (
    *STAFF,
    Colleague(staff_id=FACILITATOR, role="facilitator", teams=frozenset({"harbour"}), active=True),
    Colleague(staff_id=DEPUTY, role="facilitator", teams=frozenset({"harbour"}), active=True),
)


def day(number: int) -> date:
    """A day of the programme."""
    return START + timedelta(days=number)


def moment(on: date, hour: int = 15) -> datetime:
    """An afternoon where the person lives."""
    return datetime.combine(on, datetime.min.time(), ZONE).replace(hour=hour)


def a_programme(kind: str = "facilitated-participation", **changes: object) -> Programme:
    """Facilitated participation in a choir, from the first Monday of the year."""
    rhythm = RULES.kinds[kind].rhythm
    made = Programme(
        programme_id=PROGRAMME,
        patient_id=PATIENT,
        kind=kind,
        status=Status.ACTIVE,
        form=Form.INDIVIDUAL,
        company=Company.TOGETHER,
        setting=Setting.COMMUNITY,
        activity="Singing in the choir",
        facilitator_id=FACILITATOR,
        deputy_id=DEPUTY,
        started_on=START,
        started_at=moment(START),
        first_contact_on=day(7),
        planned_until=day(rhythm[-1].until_day),
        rhythm=rhythm,
        rungs=(Rung(ordinal=1, what="Walk past the hall"), Rung(ordinal=2, what="Listen once")),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def a_contact(number: int = 7, outcome: Outcome = Outcome.TOOK_PLACE, **changes: object) -> Contact:
    """A meeting on a day of the programme."""
    on = day(number)
    made = Contact(
        contact_id=uuid5(_IDS, f"{number}:{outcome}:{len(changes)}"),
        patient_id=PATIENT,
        purpose=Purpose.PROGRAMME,
        mode="face-to-face",
        outcome=outcome,
        at=moment(on),
        on=on,
        minutes=60 if outcome is Outcome.TOOK_PLACE else 0,
        by=FACILITATOR,
        recorded_at=moment(on, 17),
        programme_id=PROGRAMME,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def a_miss(number: int = 7, **changes: object) -> Contact:
    """The person did not come."""
    return a_contact(number, Outcome.MISSED, **changes)


def an_attempt(number: int, mode: str = "telephone", **changes: object) -> Contact:
    """Somebody tried to reach the person in vain."""
    return a_contact(
        number,
        Outcome.NOT_REACHED,
        purpose=Purpose.OUTREACH,
        mode=mode,
        programme_id=None,
        at=moment(day(number), 16),
        **changes,
    )


def owed(known: Known, staff: tuple[Colleague, ...] = SUPPORTERS) -> dict[str, list[Obligation]]:
    """What support owes, by kind, in the order of ordinals."""
    found: dict[str, list[Obligation]] = {}
    staffing = Staffing(a_patient(), by_id(staff))
    every = obligations_of_support(known, RULES, CONTENT.kinds, a_place(), staffing)
    assert len({one.key for one in every}) == len(every), "a key is owed twice"
    for one in sorted(every, key=lambda one: one.key.ordinal):
        found.setdefault(one.key.kind, []).append(one)
    return found


def open_ones(found: dict[str, list[Obligation]], kind: str) -> list[Obligation]:
    """Those of a kind that are not done."""
    return [one for one in found.get(kind, []) if one.done_at is None]
