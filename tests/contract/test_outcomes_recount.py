"""Every figure of the outcomes page and every cell of the export, recounted from raw events.

The recount reads nothing but the events of the wire and of the outbox, word for word, and follows
the written definitions of ``content/support/outcomes.toml``. It shares no code with the report.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from joserfc.jwk import KeySet
from sqlalchemy import select

from services.engagement.adapters.db import SqlWork
from services.engagement.adapters.http import build_api
from services.engagement.adapters.summaries import sum_up
from services.engagement.application.apply_staff_state import apply_staff_state
from services.engagement.application.change_programme import review_programme
from services.engagement.application.record_contact import record_contact
from services.engagement.application.save_profile import save_profile
from services.engagement.application.start_programme import NewProgramme, start_programme
from services.engagement.domain.support.contact import Contact, Purpose
from services.engagement.domain.support.contact import Outcome as Happened
from services.engagement.domain.support.profile import Adaptation, Barrier, Profile
from services.engagement.domain.support.programme import Company, Form, Look, Setting
from services.engagement.main import SCHEMA
from shared.api.identity import Role
from shared.events import assessment, treatment
from shared.runtime import clock
from shared.runtime.auth import StaticKeys
from shared.runtime.db import Database
from shared.runtime.tables import audit
from tests.support.callers import KEY, Caller, site
from tests.support.databases import Databases
from tests.support.engagement import CONTENT, LEAD, NURSE, PATIENT, PRESCRIBER
from tests.support.heard import START, Wire, a_score, day, details_of
from tests.support.support import DEPUTY, FACILITATOR, SUPPORTERS

LONDON = ZoneInfo("Europe/London")
PEOPLE = 30
SMALL = 5
LOOKED_AT = (20, 30, 90, 160)
Row = dict[str, str]
Totals = list[tuple[date, int]]

HOW = [
    ("other", "telephone", "took-place"),
    ("other", "email", "took-place"),
    ("outreach", "telephone", "not-reached"),
    ("outreach", "letter", "not-reached"),
    ("other", "telephone", "missed"),
]
"""Only the first of these is somebody who spoke with the person; the last is no meeting."""
MEETINGS = ["took-place", "took-place", "took-place", "missed", "called-off", "cancelled"]
SPOKEN = {"face-to-face", "video", "telephone"}


@pytest.fixture
async def wire(databases: Databases) -> AsyncIterator[Wire]:
    """Into an empty database of this service."""
    opened = Database.open(
        await databases.migrated(SCHEMA), source="engagement", person_keys=databases.person_keys
    )
    yield Wire(opened)
    await opened.close()


async def asked(wire: Wire, as_of: date) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report and the export of that day, as a lead gets them."""
    async with site(build_api(CONTENT, StaticKeys(KeySet([KEY]))), wire.db) as served:
        lead: Caller = served.caller(LEAD, Role.LEAD)
        report = await lead.get("outcomes", as_of=as_of.isoformat())
        rows = await lead.get("outcomes/rows", as_of=as_of.isoformat())
    return report.json, rows.json


async def begin_course(wire: Wire, patient_id: UUID, looked_at: Sequence[datetime] = ()) -> None:
    """A course that began, and was reviewed at these moments of it."""
    course_id = clock.new_id()
    name = f"course:{course_id}"
    state = treatment.CourseState(
        course_id=course_id,
        patient_id=patient_id,
        phase="acute",
        drug="a-drug",
        indication="depression",
        dose_mg=Decimal(50),
        dose_text="one 50 mg tablet",
        prescriber_id=PRESCRIBER,
        started_on=START,
        remission_on=None,
        decision_review_on=None,
        reviews=(),
    )
    begun = treatment.CourseConfirmed(course=state)
    await wire.hear(begun, name, 1, subject=patient_id)
    done: list[treatment.ReviewState] = []
    for ordinal, at in enumerate(looked_at, start=1):
        done.append(
            treatment.ReviewState(
                ordinal=ordinal,
                kind="response",
                due_on=at.date(),
                for_role="prescriber",
                rule="R-24",
                done_at=at,
            )
        )
        after = state.model_copy(update={"reviews": tuple(done)})
        fact = treatment.ResponseReviewed(course=after, response="partial")
        await wire.hear(fact, name, ordinal + 1, subject=patient_id, at=at)


async def leave(wire: Wire, patient_id: UUID, ended: int, *, told: int | None = None) -> None:
    """Somebody is in care no longer from that day on; what came of it stays counted."""
    state = assessment.PatientState(
        patient_id=patient_id,
        status="left-care",
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        enrolled_on=START,
        ended_on=day(ended),
    )
    fact = assessment.PatientLeftCare(patient=state)
    on = day(ended if told is None else told)
    await wire.hear(fact, f"patient:{patient_id}", 2, subject=patient_id, on=on)


async def come_back(wire: Wire, patient_id: UUID, number: int) -> None:
    """Somebody who left is in care again."""
    state = assessment.PatientState(
        patient_id=patient_id,
        status="active",
        team="harbour",
        care_team=(NURSE, PRESCRIBER),
        enrolled_on=START,
    )
    fact = assessment.PatientReturnedToCare(patient=state)
    await wire.hear(fact, f"patient:{patient_id}", 3, subject=patient_id, on=day(number))


async def come_and_go(wire: Wire) -> None:
    """Some leave, one of them comes back, one leaving is written down late and one early."""
    first, second, third, late, early = (UUID(int=number << 96) for number in range(1, 6))
    await leave(wire, first, 150)
    await leave(wire, second, 25)
    await come_back(wire, second, 70)
    await leave(wire, third, 30)
    await leave(wire, late, 85, told=95)
    await leave(wire, early, 95, told=85)


async def name_barriers(wire: Wire, patient_id: UUID, chance: random.Random) -> None:
    """What makes support hard to reach, said once or changed later."""
    for version in range(chance.randint(0, 2)):
        named = chance.sample(list(Barrier), chance.randint(0, 2))
        answers = tuple(Adaptation(barrier=one, answer="Helped with") for one in named)
        now = datetime.combine(day(60 * version), time(9), UTC)
        async with wire.db.transaction(actor=f"staff:{NURSE}", at=now) as tx:
            await save_profile(
                SqlWork(tx, CONTENT),
                profile=Profile(patient_id=patient_id, adaptations=answers),
                seen_version=version,
                rules=CONTENT,
                now=now,
            )


async def look_at(wire: Wire, programme_id: UUID, number: int) -> None:
    """Somebody looks at the programme as a whole on that day."""
    now = datetime.combine(day(number), time(15), UTC)
    async with wire.db.transaction(actor=f"staff:{FACILITATOR}", at=now) as tx:
        work = SqlWork(tx, CONTENT)
        found = await work.support.programmes.get(programme_id)
        assert found is not None
        await review_programme(
            work,
            programme_id=programme_id,
            seen_version=found.version,
            look=Look(
                on=now.date(), at=now, by=FACILITATOR, serves_goal=True, mode_still_right=True
            ),
            rules=CONTENT,
            now=now,
        )


async def begin_programme(wire: Wire, patient_id: UUID, on: date) -> UUID:
    """Facilitated participation from that day on."""
    now = datetime.combine(on, time(9), UTC)
    wanted = NewProgramme(
        kind="facilitated-participation",
        facilitator_id=FACILITATOR,
        deputy_id=DEPUTY,
        form=Form.INDIVIDUAL,
        company=Company.TOGETHER,
        setting=Setting.COMMUNITY,
        activity="Singing in the choir",
        activity_id=None,
        first_contact_on=None,
        rhythm=(),
        rungs=(),
        serves_course_id=None,
        reasons={},
    )
    async with wire.db.transaction(actor=f"staff:{FACILITATOR}", at=now) as tx:
        made = await start_programme(
            SqlWork(tx, CONTENT),
            patient_id=patient_id,
            wanted=wanted,
            by=FACILITATOR,
            signed=None,
            rules=CONTENT,
            now=now,
        )
    return made.programme_id


async def meet(
    wire: Wire,
    patient_id: UUID,
    number: int,
    how: tuple[str, str, str],
    *,
    programme_id: UUID | None = None,
    minutes: int = 20,
    days_late: int = 0,
) -> None:
    """A contact on that day, written down an hour or some days later."""
    purpose, mode, outcome = how
    at = datetime.combine(day(number), time(10), UTC)
    now = at + timedelta(days=days_late, hours=1)
    contact = Contact(
        contact_id=clock.new_id(),
        patient_id=patient_id,
        purpose=Purpose(purpose),
        mode=mode,
        outcome=Happened(outcome),
        at=at,
        on=at.date(),
        minutes=minutes if outcome == "took-place" else 0,
        by=NURSE,
        recorded_at=now,
        programme_id=programme_id,
    )
    async with wire.db.transaction(actor="service:engagement", at=now) as tx:
        await record_contact(SqlWork(tx, CONTENT), contact=contact, rules=CONTENT, now=now)


async def live(wire: Wire, patient_id: UUID, chance: random.Random) -> None:
    """Half a year of one person, as the dice fall."""
    apart = random.Random(patient_id.int)
    born = date(chance.choice((1950, 1975, 1990, 2003)), chance.randint(1, 12), 9)
    who = details_of(patient_id, birth_date=born, language=chance.choice(("en", "en", "de", "pl")))
    await wire.hear(who, f"patient-details:{patient_id}", 1, subject=patient_id)
    moves = random.Random(patient_id.int + 1)
    if moves.random() < 0.3:
        other = details_of(patient_id, birth_date=born, language=moves.choice(("en", "de", "pl")))
        on = day(moves.randint(10, 100))
        await wire.hear(other, f"patient-details:{patient_id}", 2, subject=patient_id, on=on)
    looked_at = sorted(chance.sample(range(40, 100), chance.randint(0, 2)))
    noon = [datetime.combine(day(number), time(11), UTC) for number in looked_at]
    await begin_course(wire, patient_id, noon)
    for number in sorted(chance.sample(range(60), chance.randint(0, 2))):
        await meet(wire, patient_id, number, chance.choice(HOW))
    if chance.random() < 0.7:
        first = chance.randint(0, 5)
        programme_id = await begin_programme(wire, patient_id, day(first))
        for number in sorted(chance.sample(range(first + 1, 150), chance.randint(0, 6))):
            await meet(
                wire,
                patient_id,
                number,
                ("programme", "face-to-face", chance.choice(MEETINGS)),
                programme_id=programme_id,
                minutes=chance.randint(20, 90),
                days_late=chance.choice((0, 0, 5)),
            )
        for number in sorted(apart.sample(range(40, 120), apart.randint(0, 2))):
            await look_at(wire, programme_id, number)
    await name_barriers(wire, patient_id, apart)
    await answer(wire, patient_id, "phq-9", [*range(-20, 12, 4), *range(12, 150, 5)], chance)
    await answer(wire, patient_id, "lsns-6", range(0, 150, 7), chance)
    await answer(wire, patient_id, "ucla-3", range(0, 150, 11), chance)


async def answer(
    wire: Wire, patient_id: UUID, instrument: str, days: Sequence[int], chance: random.Random
) -> None:
    """Readings on some of these days; one in six is put right ten days later."""
    lowest, highest = {"phq-9": (0, 14), "lsns-6": (0, 30), "ucla-3": (3, 9)}[instrument]
    for number in sorted(chance.sample(days, chance.randint(0, 9 if instrument == "phq-9" else 3))):
        high = highest if number > 7 else 22 if instrument == "phq-9" else highest
        low = 8 if instrument == "phq-9" and number <= 7 else lowest
        taken = a_score(patient_id, day(number), chance.randint(low, high), instrument=instrument)
        await wire.take(taken)
        if chance.random() < 1 / 6:
            right = taken.model_copy(update={"total": chance.choice((None, lowest, highest))})
            await wire.amend(right, on=day(number + 10))


async def test_every_figure_and_cell_equals_a_recount_from_raw_events(wire: Wire) -> None:
    chance = random.Random(20260105)
    async with wire.db.transaction(actor="service:engagement") as tx:
        for colleague in SUPPORTERS:
            await apply_staff_state(
                SqlWork(tx, CONTENT), colleague=colleague, rules=CONTENT, now=tx.now
            )
    for number in range(1, PEOPLE + 1):
        await wire.enrol(UUID(int=number << 96), on=day(25) if number == PEOPLE else START)
        await live(wire, UUID(int=number << 96), chance)
    await come_and_go(wire)
    raw = [*wire.heard, *await wire.told()]

    seen: list[list[Person]] = []
    answers = []
    for number in LOOKED_AT:
        report, export = await asked(wire, day(number))
        answers.append((report, export))
        people = [Person(one, raw, day(number)) for one in range(1, PEOPLE + 1)]

        assert report["as_of"] == export["as_of"] == day(number).isoformat()
        assert report["people"] == len(export["rows"]) == PEOPLE
        names = [column["code"] for column in export["columns"]]
        found = [dict(zip(names, row, strict=True)) for row in export["rows"]]
        assert found == [one.row() for one in people]
        figures = {one["code"]: one for one in report["figures"]}
        counted = recounted(people)
        assert figures.keys() == counted.keys()
        for code, expected in counted.items():
            told = figures[code]
            said = told["numerator"], told["denominator"], told["missing"], told["median_days"]
            assert said == expected, (code, number)
        as_recounted(report["uptake"], people)
        seen.append(people)

    assert len({sum(one.in_care for one in who) for who in seen}) > 2, "people came and went"
    assert {one["group"] for one in report["uptake"]} >= {f"barrier:{one}" for one in Barrier}
    assert all(0 < some < of for some, of, _missing, _days in counted.values()), counted
    assert counted["remission"][3] is not None
    assert counted["response"][3] is not None

    async with wire.db.housekeeping() as tx:
        assert await sum_up(tx, CONTENT.support.outcomes, limit=PEOPLE + 1) == PEOPLE
    assert [await asked(wire, day(number)) for number in LOOKED_AT] == answers


class Person:
    """One person by that day, from the events alone. Days are those on the wall in London."""

    def __init__(self, number: int, raw: Iterable[Mapping[str, Any]], as_of: date) -> None:
        self.number, self.as_of = number, as_of
        patient_id = str(UUID(int=number << 96))
        self.born, self.language, self.barriers = who_is(raw, patient_id, as_of)
        known = [one for one in raw if one["subject"] == patient_id and _wall(one["time"]) <= as_of]
        self.contacts = [one["data"]["contact"] for one in known if "contact" in one["data"]]
        courses = [one["data"]["course"] for one in known if "course" in one["data"]]
        programmes = [one["data"]["programme"] for one in known if "programme" in one["data"]]
        starts = [date.fromisoformat(one["started_on"]) for one in (*courses, *programmes)]
        self.start = min(starts) if starts else None
        self.in_care = in_care_on(as_of, [one["data"]["patient"] for one in by_time(known)])
        self.reviews = {_wall(review["done_at"]) for one in courses for review in one["reviews"]}
        self.reviews |= {_wall(at) for one in programmes for at in one["reviewed_at"]}
        self.scores = {code: _totals(known, code) for code in ("phq-9", "lsns-6", "ucla-3")}
        self.baseline = self._baseline()
        self.later = [
            one for one in self.scores["phq-9"] if self.baseline and one[0] > self.baseline[0]
        ]

    def _baseline(self) -> tuple[date, int] | None:
        """PHQ-9 around the start: 14 days before to 7 after; the nearest before, else after."""
        if self.start is None:
            return None
        away = [((on - self.start).days, on, total) for on, total in self.scores["phq-9"]]
        before = [one for one in away if -14 <= one[0] <= 0]
        after = [one for one in away if 1 <= one[0] <= 7]
        chosen = max(before) if before else min(after) if after else None
        return chosen[1:] if chosen else None

    @property
    def is_case(self) -> bool:
        """First reading 10 or more, and a later one."""
        return self.baseline is not None and self.baseline[1] >= 10 and bool(self.later)

    def response(self) -> int | None:
        """Days from the start to the first halved PHQ-9."""
        if self.baseline is None or self.start is None or self.baseline[1] < 10:
            return None
        days = [(on - self.start).days for on, total in self.later if 2 * total <= self.baseline[1]]
        return min(days) if days else None

    def remission(self) -> int | None:
        """Days from the start to the reading that confirms: below 5 for 14 days or more."""
        for last in range(len(self.later)):
            for first in range(last):
                part = self.later[first : last + 1]
                apart = (part[-1][0] - part[0][0]).days
                if apart >= 14 and all(total < 5 for _on, total in part) and self.start:
                    return (part[-1][0] - self.start).days
        return None

    def contacted(self) -> str:
        """Somebody spoke with the person within 28 days of the start."""
        if self.start is None:
            return "not-due"
        for one in self.contacts:
            away = (_wall(one["at"]) - self.start).days
            spoken = one["outcome"] == "took-place" and one["mode"] in SPOKEN
            if spoken and one["purpose"] != "carer" and 0 <= away <= 28:
                return "yes"
        return "no" if (self.as_of - self.start).days >= 28 else "not-due"

    def reviewed(self) -> str:
        """A review in weeks 8 to 12 of who had not improved by week 8."""
        if self.start is None or (self.as_of - self.start).days < 84:
            return "not-due"
        by_week_8 = [total for on, total in self.later if (on - self.start).days <= 56]
        if self.baseline is None or not by_week_8:
            return "unknown"
        if by_week_8[-1] < 10 or 2 * by_week_8[-1] <= self.baseline[1]:
            return "improved"
        in_time = any(56 <= (on - self.start).days <= 84 for on in self.reviews)
        return "yes" if in_time else "no"

    def meetings(self, outcome: str) -> int:
        """Meetings of the programme that ended so."""
        return sum(
            one["purpose"] == "programme" and one["outcome"] == outcome for one in self.contacts
        )

    def row(self) -> Row:
        """The person's line of the export."""
        network, lonely = self.scores["lsns-6"], self.scores["ucla-3"]
        latest = self.later[-1] if self.later else None
        cells = {
            "number": f"{self.number:08X}",
            "started_on": self.start,
            "baseline": self.baseline and self.baseline[1],
            "latest": latest and latest[1],
            "latest_on": latest and latest[0],
            "days_to_response": self.response(),
            "days_to_remission": self.remission(),
            "contact_4_weeks": self.contacted(),
            "review_8_12": self.reviewed(),
            "meetings": self.meetings("took-place"),
            "missed": self.meetings("missed"),
            "minutes": sum(one["minutes"] for one in self.contacts),
            "network_first": network[0][1] if network else None,
            "network_latest": network[-1][1] if len(network) > 1 else None,
            "lonely_first": lonely[0][1] if lonely else None,
            "lonely_latest": lonely[-1][1] if len(lonely) > 1 else None,
            "language": self.language,
        }
        return {name: "" if cell is None else str(cell) for name, cell in cells.items()}

    def groups(self) -> tuple[str, ...]:
        """Everybody, the age in whole years by its band, the language, each barrier."""
        birthday = self.born.replace(year=self.as_of.year)
        age = self.as_of.year - self.born.year - (self.as_of < birthday)
        band = next(name for name, most in BANDS.items() if age <= most)
        barriers = (f"barrier:{one}" for one in self.barriers)
        return ("everybody", f"age:{band}", f"language:{self.language}", *barriers)


BANDS = {"0-17": 17, "18-25": 25, "26-39": 39, "40-64": 64, "65+": 200}
Counted = tuple[int, int, int, int | None]


def as_recounted(told: Sequence[Mapping[str, Any]], people: Sequence[Person]) -> None:
    """Each group that is shown is as counted; each small one, and what gives it away, is hidden."""
    groups: dict[str, list[Person]] = {}
    for one in people:
        for group in one.groups():
            groups.setdefault(group, []).append(one)
    assert {one["group"] for one in told} == groups.keys()
    behind: dict[tuple[str, str], int] = Counter()
    hidden: dict[tuple[str, str], int] = Counter()
    for one in told:
        column = (one["taking_part"], one["people"])
        said = {"people": column} | {
            share["code"]: (share["numerator"], share["denominator"]) for share in one["shares"]
        }
        for code, (some, of, heads) in cells(groups[one["group"]]).items():
            place = (one["group"].partition(":")[0], code)
            behind[place] += heads
            if said[code] == (None, None):
                hidden[place] += heads
            else:
                assert said[code] == (some, of), (one["group"], code)
                assert heads >= SMALL or heads == 0, (one["group"], code)
    assert hidden, "there are small groups in this cohort"
    for place, heads in hidden.items():
        if place[0] == "barrier":
            continue  # they overlap: none is the rest of the others
        assert heads >= SMALL or heads == behind[place], place


def cells(members: Sequence[Person]) -> Mapping[str, tuple[int, int, int]]:
    """Numerator, denominator and the people behind it, of each column of one group."""
    here = [one for one in members if one.in_care]
    met = sum(one.meetings("took-place") + one.meetings("missed") > 0 for one in members)
    counted = {
        code: (some, of, met if code == "attendance" else of)
        for code, (some, of, _missing, _days) in recounted(members).items()
    }
    taking_part = sum(one.meetings("took-place") > 0 for one in here)
    return counted | {"people": (taking_part, len(here), len(here))}


def by_time(known: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Every word about where somebody is in care, in the order it was said."""
    return sorted((one for one in known if "patient" in one["data"]), key=lambda one: one["time"])


def in_care_on(as_of: date, said: Sequence[Mapping[str, Any]]) -> bool:
    """Whether somebody is in care on that day, by the last word about it."""
    if not said:
        return False
    ended = said[-1]["ended_on"]
    begun = date.fromisoformat(said[-1]["enrolled_on"]) <= as_of
    return begun and (ended is None or as_of < date.fromisoformat(ended))


def who_is(
    raw: Iterable[Mapping[str, Any]], patient_id: str, as_of: date
) -> tuple[date, str, tuple[str, ...]]:
    """The birth date, and language and barriers by the latest word about each until that day."""
    born, language, barriers = date.min, "", ()
    for one in raw:
        if one["subject"] != patient_id:
            continue
        known = _wall(one["time"]) <= as_of
        if "details" in one["data"]:
            born = date.fromisoformat(one["data"]["details"]["birth_date"])
            language = one["data"]["details"]["language"] if known else language
        if known and "support_profile" in one["data"]:
            barriers = tuple(one["data"]["support_profile"]["barriers"])
    return born, language, barriers


def recounted(people: Sequence[Person]) -> dict[str, Counted]:
    """Numerator, denominator, unknown and median days of each measure."""
    cases = [one for one in people if one.is_case]
    unknown = sum(one.start is not None and not one.later for one in people)
    attended = sum(one.meetings("took-place") for one in people)
    missed = sum(one.meetings("missed") for one in people)
    return {
        "response": _days([one.response() for one in cases], unknown),
        "remission": _days([one.remission() for one in cases], unknown),
        "contact-4-weeks": _answers([one.contacted() for one in people]),
        "case-review": _answers([one.reviewed() for one in people]),
        "attendance": (attended, attended + missed, 0, None),
        "network-growth": _change([one.scores["lsns-6"] for one in people], sign=1),
        "less-lonely": _change([one.scores["ucla-3"] for one in people], sign=-1),
    }


def _days(days: Sequence[int | None], unknown: int) -> Counted:
    reached = [one for one in days if one is not None]
    return len(reached), len(days), unknown, round(median(reached)) if reached else None


def _answers(answers: Sequence[str]) -> Counted:
    yes, no = answers.count("yes"), answers.count("no")
    return yes, yes + no, answers.count("unknown"), None


def _change(series: Sequence[Totals], *, sign: int) -> Counted:
    twice = [one for one in series if len(one) > 1]
    better = [one for one in twice if sign * (one[-1][1] - one[0][1]) > 0]
    return len(better), len(twice), sum(len(one) == 1 for one in series), None


def _totals(known: Iterable[Mapping[str, Any]], instrument: str) -> Totals:
    """The totals of one instrument as last put right, in the order of their days."""
    latest: dict[str, tuple[int, dict[str, Any]]] = {}
    for one in known:
        reading = one["data"].get("assessment")
        if reading is None or reading["instrument"] != instrument:
            continue
        version, _before = latest.get(reading["assessment_id"], (0, {}))
        if one["version"] > version:
            latest[reading["assessment_id"]] = (one["version"], reading)
    found = [
        (date.fromisoformat(reading["taken_on"]), reading["total"])
        for _version, reading in latest.values()
        if reading["total"] is not None
    ]
    return sorted(found)


def _wall(instant: str) -> date:
    return datetime.fromisoformat(instant).astimezone(LONDON).date()


MIDNIGHT = [  # weeks 8 to 12 begin on 2 March and end on 30 March where the person lives
    ("Pacific/Auckland", "2026-03-01T10:59:59Z", "no"),
    ("Pacific/Auckland", "2026-03-01T11:00:00Z", "yes"),
    ("America/Los_Angeles", "2026-03-31T06:59:59Z", "yes"),
    ("America/Los_Angeles", "2026-03-31T07:00:00Z", "no"),
]


async def test_every_export_is_in_the_trail(wire: Wire) -> None:
    for number in (1, 2):
        await wire.enrol(UUID(int=number << 96), on=START)
    for _ in range(2):
        await asked(wire, day(30))

    exports = select(audit.c.actor, audit.c.reason).where(audit.c.action == "outcomes.exported")
    async with wire.db.reading() as tx:
        found = (await tx.session.execute(exports)).all()
    assert found == [(f"staff:{LEAD}", "rows:2")] * 2


@pytest.mark.parametrize(("zone", "at", "expected"), MIDNIGHT)
async def test_a_review_counts_for_the_day_where_the_person_lives(
    wire: Wire, zone: str, at: str, expected: str
) -> None:
    await wire.enrol(PATIENT)
    who = details_of(PATIENT, time_zone=zone)
    await wire.hear(who, f"patient-details:{PATIENT}", 1, subject=PATIENT)
    await begin_course(wire, PATIENT, [datetime.fromisoformat(at)])
    for number, total in ((0, 18), (50, 18)):
        await wire.take(a_score(PATIENT, day(number), total))

    _report, export = await asked(wire, day(100))

    (row,) = export["rows"]
    assert row[[one["code"] for one in export["columns"]].index("review_8_12")] == expected
