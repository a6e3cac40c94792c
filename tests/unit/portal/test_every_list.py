"""Every list that people work from: sorted, narrowed and in pages, with its state in the address.

Each row of a list that arrives whole carries a mark of its own; what a page shows is read from the
marks. A list that a service sorts and cuts is asked for as the address says.
"""

import html
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import pytest
from aiohttp.test_utils import TestClient

from services.portal.presenters.changes import KINDS, STATES
from services.portal.presenters.contact_log import OUTCOMES, PURPOSES
from services.portal.presenters.known import KINDS as DECISIONS
from services.portal.presenters.links import STATUSES
from shared.api.absences import AbsenceBody
from shared.api.assessment import (
    AssessmentBody,
    InstrumentList,
    InvitationBody,
    PatientBody,
    PatientSummary,
    PatientVersion,
    TrajectoryBody,
)
from shared.api.body import Body
from shared.api.engagement import Section, Worklist
from shared.api.notices import PreferenceBody
from shared.api.support import (
    Caseload,
    CaseloadRow,
    ContactBody,
    LifeEventBody,
    MatchBody,
    SupportBody,
    SupportForm,
)
from shared.api.treatment import CourseBody, PlanChangeBody, PlanVersionBody
from shared.api.treatment_decisions import DecisionLine
from shared.demo.staff import staff_id
from tests.architecture.test_lists import EXCEPTIONS
from tests.architecture.test_lists import LISTS as ALL
from tests.support import tour
from tests.support.bodies import smallest
from tests.unit.portal.test_gate import sign_in
from tests.unit.portal.test_services_away import listening

PATIENT, COURSE = UUID(int=7, version=4), UUID(int=8, version=4)
PERSON, THE_COURSE = f"/patients/{PATIENT}", f"/courses/{COURSE}"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MANY, MOST_CALLS = 61, 3
MORE = "a-place-further-on"
MODES = {"face-to-face": "Face to face", "video": "By video", "telephone": "By telephone"}
Wish = tuple[str, str]
Rows = list[dict[str, Any]]


def a(kind: type[Body], /, **said: Any) -> dict[str, Any]:
    """The smallest body of this kind, with what is said about it; the rest is unknown."""
    return deepcopy(_smallest(kind)) | said


@cache
def _smallest(kind: type[Body]) -> dict[str, Any]:
    schema = _unknown(kind.model_json_schema())
    made = smallest(schema, schema.get("$defs", {}))
    assert isinstance(made, dict)
    return made


def _unknown(schema: Any) -> Any:
    """The same schema, where null is the only answer wherever it is one."""
    if isinstance(schema, list):
        return [_unknown(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if {"type": "null"} in schema.get("anyOf", ()):
        return {"type": "null"}
    return {name: _unknown(one) for name, one in schema.items()}


def at(number: int) -> datetime:
    return START + timedelta(days=number)


def mark(number: int) -> str:
    return f"mark-{number:03}"


def contact(number: int) -> dict[str, Any]:
    return a(
        ContactBody,
        contact_id=str(UUID(int=number + 1000, version=4)),
        purpose=list(PURPOSES)[number % 6],
        mode=list(MODES)[number % 3],
        outcome=list(OUTCOMES)[number % 5],
        at=at(number).isoformat(),
        programme_id=None,
        note=mark(number),
        minutes=number % 50,
    )


def activity(number: int) -> dict[str, Any]:
    made = a(MatchBody, against=["cost"] if number % 2 else [])
    made["activity"] |= {
        "activity_id": str(UUID(int=number + 1000, version=4)),
        "name": mark(shuffled(number)),
        "km": str(number * 11 % 13),
        "cost": str(number * 5 % 17),
        "currency": "GBP",
    }
    return made


def version(number: int) -> dict[str, Any]:
    return a(
        PlanVersionBody,
        plan_version=number,
        kind=list(KINDS)[number % 5],
        made_at=at(number).isoformat(),
        made_by="rule:T-1",
        reason=mark(number),
        is_live=number == MANY - 1,
    )


def proposal(number: int) -> dict[str, Any]:
    return a(
        PlanChangeBody,
        change_id=str(UUID(int=number + 1000, version=4)),
        course_id=str(COURSE),
        patient_id=str(PATIENT),
        kind=list(KINDS)[number % 5],
        state=list(STATES)[number % 4],
        proposed_at=at(number).isoformat(),
        proposed_by="rule:T-1",
        reason=mark(number),
    )


def decision(number: int) -> dict[str, Any]:
    return a(
        DecisionLine,
        version=number,
        kind=sorted(DECISIONS)[number % 5],
        at=at(number).isoformat(),
        text=mark(number),
        recorded_by="rule:T-1",
    )


def record_change(number: int) -> dict[str, Any]:
    return a(
        PatientVersion,
        version=number,
        recorded_at=at(number).isoformat(),
        recorded_by=f"staff:{staff_id(('nell', 'lena', 'amara')[number % 3])}",
        reason=mark(number),
    )


def link(number: int) -> dict[str, Any]:
    return a(
        InvitationBody,
        invitation_id=str(UUID(int=number + 1000, version=4)),
        instrument=mark(shuffled(number)),
        status=list(STATUSES)[number % 4],
        channel="letter",
        created_at=at(number).isoformat(),
        expires_at=at(number * 11 % MANY).isoformat(),
    )


def life_event(number: int) -> dict[str, Any]:
    return a(
        LifeEventBody,
        life_event_id=str(UUID(int=number + 1000, version=4)),
        status=("open", "followed-up", "withdrawn")[number % 3],
        happened_on=at(shuffled(number)).date().isoformat(),
        note=mark(number),
    )


def absence(number: int) -> dict[str, Any]:
    return a(
        AbsenceBody,
        absence_id=str(UUID(int=number + 1000, version=4)),
        staff_id=str(staff_id("lena")),
        cover_id=str(staff_id("nell")),
        starts_on=at(number).date().isoformat(),
        ends_on=at(number + 3).date().isoformat(),
        stage=("planned", "running")[number % 2],
        note=mark(number),
        people=[
            {
                "patient_id": str(UUID(int=number + 5000, version=4)),
                "patient_name": "Ada Marsh",
                "birth_date": "1980-05-05",
                "answer": "asked",
            }
        ],
        actions=["answer"] if number % 4 == 0 else [],
    )


@dataclass(frozen=True, slots=True)
class List:
    """One list: where it is, where its rows come from, and what they are compared by.

    ``by`` has the order of each heading that sorts, as a value for the number of a row; the first
    of ``narrow`` is what the address asks and which numbers are left then.
    """

    template: str
    address: str
    source: str
    answer: Callable[[Rows], Any]
    row: Callable[[int], dict[str, Any]]
    by: Mapping[str, Callable[[int], Any]]
    default: str
    narrow: Mapping[Wish, Callable[[int], bool]] = field(default_factory=dict)
    numbered: Callable[[int], int] = lambda number: number
    """From what a row is marked with to its number."""


def a_page(rows: Rows) -> Any:
    return {"items": rows, "next": None}


def a_support(rows: Rows) -> Any:
    return a(SupportBody, patient_id=str(PATIENT), contacts=rows[::-1])


def with_events(rows: Rows) -> Any:
    return a(SupportBody, patient_id=str(PATIENT), life_events=rows[::-1])


def shuffled(number: int) -> int:
    """What a row is marked with, where its mark is a name of its own order."""
    return number * 7 % MANY


def number_of(shuffled_one: int) -> int:
    return shuffled_one * pow(7, -1, MANY) % MANY


LISTS = (
    List(
        template="contacts.html",
        address=f"{PERSON}/support/contacts",
        source=f"{PERSON}/support",
        answer=a_support,
        row=contact,
        by={"when": at, "minutes": lambda number: number % 50},
        default="-when",
        narrow={
            ("outcome", "missed"): lambda number: number % 5 == 1,
            ("mode", "video"): lambda number: number % 3 == 1,
        },
    ),
    List(
        template="activities.html",
        address=f"{PERSON}/support/activities",
        source=f"{PERSON}/activities",
        answer=lambda rows: {"items": rows, "total": len(rows)},
        row=activity,
        by={
            "fit": lambda number: number,
            "name": shuffled,
            "distance": lambda number: number * 11 % 13,
            "cost": lambda number: number * 5 % 17,
        },
        default="fit",
        narrow={("against", "something"): lambda number: number % 2 == 1},
        numbered=number_of,
    ),
    List(
        template="versions.html",
        address=f"{PERSON}{THE_COURSE}/versions",
        source=f"{THE_COURSE}/plan-versions",
        answer=a_page,
        row=version,
        by={"version": lambda number: number},
        default="-version",
        narrow={("kind", "hold"): lambda number: number % 5 == 0},
    ),
    List(
        template="changes.html",
        address=f"{PERSON}{THE_COURSE}/changes",
        source=f"{THE_COURSE}/plan-changes",
        answer=a_page,
        row=proposal,
        by={"when": at, "what": lambda number: KINDS[list(KINDS)[number % 5]]},
        default="-when",
        narrow={("state", "declined"): lambda number: list(STATES)[number % 4] == "declined"},
    ),
    List(
        template="decisions.html",
        address=f"{PERSON}{THE_COURSE}/decisions",
        source=f"{THE_COURSE}/decisions",
        answer=a_page,
        row=decision,
        by={
            "when": lambda number: number,
            "what": lambda number: DECISIONS[sorted(DECISIONS)[number % 5]],
        },
        default="-when",
        narrow={("kind", sorted(DECISIONS)[1]): lambda number: number % 5 == 1},
    ),
    List(
        template="record_history.html",
        address=f"{PERSON}/history",
        source=f"{PERSON}/history",
        answer=lambda rows: {"versions": rows},
        row=record_change,
        by={"when": at, "who": lambda number: (2, 1, 0)[number % 3]},
        default="-when",
        narrow={("by", f"staff:{staff_id('lena')}"): lambda number: number % 3 == 1},
    ),
    List(
        template="links.html",
        address=f"{PERSON}/links",
        source=f"{PERSON}/invitations",
        answer=lambda rows: {"items": rows},
        row=link,
        by={
            "made": at,
            "questionnaire": shuffled,
            "until": lambda number: number * 11 % MANY,
        },
        default="-made",
        narrow={("status", "used"): lambda number: number % 4 == 1},
        numbered=number_of,
    ),
    List(
        template="life_events.html",
        address=f"{PERSON}/support/life-events",
        source=f"{PERSON}/support",
        answer=with_events,
        row=life_event,
        by={"recorded": lambda number: number, "day": shuffled},
        default="-recorded",
        narrow={("status", "withdrawn"): lambda number: number % 3 == 2},
    ),
    List(
        template="cover.html",
        address="/cover",
        source="/absences",
        answer=a_page,
        row=absence,
        by={"waiting": lambda number: (number % 4 != 0, number), "day": lambda number: number},
        default="waiting",
        narrow={("stage", "running"): lambda number: number % 2 == 1},
    ),
)


@dataclass(frozen=True, slots=True)
class Handed:
    """A list that a service sorts, narrows and cuts: what the address says, what the service is
    asked then, and what of the answer says that there is more."""

    template: str
    who: str
    address: str
    state: Mapping[str, str]
    source: str
    asked: Mapping[str, str]
    answer: Any = field(default_factory=lambda: {"items": [], "next": MORE})
    cursor: str = "cursor"


HANDED = (
    Handed(
        template="reminders.html",
        who="nell",
        address=f"{PERSON}/reminders",
        state={"show": "closed", "sort": "due"},
        source=f"{PERSON}/reminders",
        asked={"show": "closed", "sort": "due"},
    ),
    Handed(
        template="patients.html",
        who="nell",
        address="/patients",
        state={"show": "flagged", "sort": "-born"},
        source="/patients",
        asked={"flagged": "true", "sort": "-born"},
        answer={"items": [a(PatientSummary)], "next": MORE},
    ),
    Handed(
        template="caseload.html",
        who="femi",
        address="/caseload",
        state={"view": "team", "why": "missed", "sort": "-name"},
        source="/support-caseload",
        asked={"scope": "team", "why": "missed", "sort": "-name"},
        answer=a(Caseload, items=[a(CaseloadRow, why="missed")], next=MORE),
    ),
    Handed(
        template="assessments.html",
        who="nell",
        address=f"{PERSON}/assessments",
        state={},
        source=f"{PERSON}/assessments",
        asked={},
        answer={"items": [a(AssessmentBody)], "next": MORE},
    ),
    Handed(
        template="notices.html",
        who="lena",
        address="/account/notices",
        state={"unsent": "five"},
        source="/notices",
        asked={},
    ),
    Handed(
        template="notices.html",
        who="lena",
        address="/account/notices",
        state={"cursor": "five"},
        source="/notices",
        asked={"unsent": "true"},
        cursor="unsent",
    ),
    Handed(
        template="audit.html",
        who="arun",
        address="/",
        state={"service": "treatment", "action": "patient.read", "since": "2026-03-02"},
        source="/audit",
        asked={"action": "patient.read"},
    ),
    Handed(
        template="home.html",
        who="nell",
        address="/",
        state={"view": "team", "section": "overdue", "work": "check-in", "free": "true"},
        source="/worklist",
        asked={"scope": "team", "section": "overdue", "action": "check-in", "free": "true"},
        answer=a(Worklist, next=MORE, counts=dict.fromkeys(Section, 0)),
    ),
)
ELSEWHERE = {
    "courses.html": "a person has few: they are sorted, in test_courses.py, and on one page",
    "programme.html": "the contacts of contacts.html, those of one programme",
    "staff.html": "the portal's own rows, in test_lists.py",
    "timeline.html": "one axis: its parts are chosen and paged in test_timelines.py",
}
"""Templates of lists that are not in the tables above, and why not."""


@dataclass(frozen=True, slots=True)
class Raw:
    """An answer as a service sends it."""

    body: Any

    def model_dump_json(self) -> str:
        return json.dumps(self.body, default=str)


def around(source: str, answer: Any) -> dict[str, Raw]:
    """What every page asks for, and the rows of this list."""
    modes = [{"code": code, "label": label} for code, label in MODES.items()]
    said = {
        PERSON: a(PatientBody, patient_id=str(PATIENT)),
        "/flags": a_page([]),
        f"{PERSON}/courses": a_page([]),
        f"{PERSON}/health-profile": {},
        f"{PERSON}/reminders": a_page([]),
        f"{PERSON}/support": a_support([]),
        f"{PERSON}/invitations": {"items": []},
        f"{PERSON}/trajectory": a(TrajectoryBody),
        "/support-form": a(SupportForm, modes=modes),
        "/instruments": a(InstrumentList),
        "/recent-patients": {"items": [], "more": False},
        "/due-steps": a_page([]),
        "/notice-preferences": a(PreferenceBody),
        THE_COURSE: a(CourseBody, course_id=str(COURSE), patient_id=str(PATIENT)),
        source: answer,
    }
    return {f"/api/v1{path}": Raw(body) for path, body in said.items()}


@pytest.fixture(params=LISTS, ids=lambda one: one.template.removesuffix(".html"))
def one(request: pytest.FixtureRequest) -> List:
    """Each list in its turn."""
    found = request.param
    assert isinstance(found, List)
    return found


@pytest.fixture
def known(request: pytest.FixtureRequest) -> dict[str, Raw]:
    """What the services answer."""
    if "handed" in request.fixturenames:
        handed = request.getfixturevalue("handed")
        return around(handed.source, handed.answer)
    one = request.getfixturevalue("one")
    return around(one.source, one.answer([one.row(number) for number in range(MANY)]))


@pytest.fixture(params=HANDED, ids=lambda one: f"{one.template.removesuffix('.html')}-{one.cursor}")
def handed(request: pytest.FixtureRequest) -> Handed:
    """Each list of a service in its turn."""
    found = request.param
    assert isinstance(found, Handed)
    return found


@pytest.fixture
def heard() -> list[str]:
    """What the services were asked for."""
    return []


@pytest.fixture
async def neighbours(known: dict[str, Raw], heard: list[str]) -> AsyncIterator[dict[str, str]]:
    async with listening(known, heard=heard) as everyone:
        yield dict.fromkeys(("assessment", "treatment", "engagement"), everyone)


async def opened(portal: TestClient, address: str) -> str:
    answer = await portal.get(address)
    text = await answer.text()
    assert answer.status == 200, f"{address}: {answer.status}"
    assert tour.calls(answer.headers["Server-Timing"], at=address) <= MOST_CALLS
    return text


def numbers(one: List, page: str) -> list[int]:
    """The rows of a page, in its order."""
    found = dict.fromkeys(re.findall(r"mark-(\d+)", page))
    return [one.numbered(int(number)) for number in found]


def links(page: str, name: str) -> list[dict[str, str]]:
    """The states that links of a page lead to, of those that say something of ``name``."""
    found = (urlsplit(html.unescape(href)) for href in re.findall(r'href="([^"]+)"', page))
    states = [dict(parse_qsl(parts.query)) for parts in found]
    return [state for state in states if name in state]


def chosen(page: str, name: str) -> list[str]:
    """Which part of the list the page says it shows."""
    found = re.findall(r'<a href="([^"]+)" aria-current="page"', page)
    states = [dict(parse_qsl(urlsplit(html.unescape(href)).query)) for href in found]
    return list(dict.fromkeys(state[name] for state in states if name in state))


async def walked(portal: TestClient, one: List, state: Mapping[str, str]) -> list[int]:
    """Every row, page by page, as the foot leads."""
    read: list[int] = []
    at_first, now = dict(state), dict(state)
    for _ in range(MANY):
        page = await opened(portal, f"{one.address}?{urlencode(now)}")
        read += numbers(one, page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            return read
        now = dict(parse_qsl(urlsplit(html.unescape(following[1])).query))
        assert at_first.items() <= now.items(), "another page forgot the state"
    raise AssertionError("the pages never end")


async def test_each_heading_that_offers_it_sorts_both_ways_over_all_pages(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")
    offered = links(await opened(portal, one.address), "sort")
    assert {state["sort"].removeprefix("-") for state in offered} == set(one.by)

    for code, key in one.by.items():
        for sort in (code, f"-{code}"):
            found = await walked(portal, one, {"sort": sort})
            values = [key(number) for number in found]

            assert sorted(found) == list(range(MANY)), f"rows by {sort}"
            assert values == sorted(values, reverse=sort != code), f"order by {sort}"


async def test_the_order_that_holds_is_said_and_the_usual_one_is_the_lists_own(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")
    plain = await opened(portal, one.address)

    for sort in (*one.by, *(f"-{code}" for code in one.by)):
        page = await opened(portal, f"{one.address}?sort={sort}")
        turned = {state["sort"] for state in links(page, "sort") if "cursor" not in state}
        word = "descending" if sort.startswith("-") else "ascending"
        assert re.findall(r'aria-sort="(\w+)"', page) in ([], [word])
        assert f'aria-sort="{word}"' in page or f'<span class="unseen"> {word}</span>' in page
        assert (sort.removeprefix("-") if sort.startswith("-") else f"-{sort}") in turned
    assert numbers(one, plain) == numbers(
        one, await opened(portal, f"{one.address}?sort={one.default}")
    )
    assert numbers(one, plain) == numbers(
        one, await opened(portal, f"{one.address}?sort=nobody-offers-this&cursor=x")
    )


async def test_it_is_narrowed_and_the_part_is_sorted_paged_and_said(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")

    for (name, value), fits in one.narrow.items():
        state = {name: value, "sort": next(iter(one.by))}
        found = await walked(portal, one, state)
        page = await opened(portal, f"{one.address}?{urlencode(state)}")

        assert sorted(found) == [number for number in range(MANY) if fits(number)]
        assert sum(other.get(name) == value for other in links(page, "sort")) >= len(one.by)
        assert chosen(page, name) == [value]
    assert chosen(await opened(portal, one.address), name) == []


async def test_a_page_opened_again_or_by_somebody_else_is_the_same(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")
    first = await opened(portal, f"{one.address}?sort={next(iter(one.by))}")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = html.unescape(following[1])

    there = numbers(one, await opened(portal, second))
    await sign_in(portal, "lena")

    assert there
    assert not set(there) & set(numbers(one, first))
    assert numbers(one, await opened(portal, second)) == there


async def test_a_part_without_rows_says_so_and_leads_to_the_whole(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")
    name = next(iter(one.narrow))[0]

    for state in ({name: "nothing-like-it"}, {"cursor": "9000"}):
        page = await opened(portal, f"{one.address}?{urlencode(state)}")

        assert numbers(one, page) == []
        assert f'Nothing here fits what you chose. <a href="{one.address}">' in page


@pytest.mark.parametrize("one", [LISTS[0]], indirect=True)
async def test_contacts_are_narrowed_by_what_came_of_them_and_by_how_they_met_at_once(
    portal: TestClient, one: List
) -> None:
    await sign_in(portal, "nell")
    both = {"outcome": "missed", "mode": "video"}

    found = await walked(portal, one, both)
    page = await opened(portal, f"{one.address}?{urlencode(both)}")

    assert sorted(found) == [n for n in range(MANY) if n % 5 == 1 and n % 3 == 1]
    assert (chosen(page, "outcome"), chosen(page, "mode")) == (["missed"], ["video"])
    assert "However they met" in page


@pytest.mark.parametrize("one", [LISTS[1]], indirect=True)
async def test_activities_are_found_by_name_where_all_of_them_are(
    portal: TestClient, one: List, heard: list[str]
) -> None:
    await sign_in(portal, "nell")

    page = await opened(portal, f"{one.address}?find=+Choir++in+town&sort=name&against=nothing")

    assert any(path.endswith("/activities?find=Choir+in+town") for path in heard)
    assert 'value="Choir in town"' in page
    assert '<input type="hidden" name="sort" value="name">' in page
    states = [*links(page, "sort"), *links(page, "cursor")]
    assert states
    assert {state.get("find", "").split()[0] for state in states} == {"Choir"}
    assert f'action="{one.address}?sort=name&amp;against=nothing&amp;find=' in page


CUT = {
    "record_history.html": lambda rows: {"versions": rows, "next": MORE},
    "links.html": lambda rows: {"items": rows, "next": MORE},
}
"""Lists that a service hands out in stretches when they are very long."""


@pytest.mark.parametrize("one", [one for one in LISTS if one.template in CUT], indirect=True)
async def test_that_only_the_newest_are_here_is_said_and_leads_to_the_older(
    portal: TestClient, one: List, known: dict[str, Raw], heard: list[str]
) -> None:
    await sign_in(portal, "nell")
    assert "Show older ones" not in await opened(portal, one.address)
    rows = [one.row(number) for number in range(MANY)]
    known[f"/api/v1{one.source}"] = Raw(CUT[one.template](rows))

    newest = await opened(portal, f"{one.address}?sort={next(iter(one.by))}")
    (older,) = {state["older"] for state in links(newest, "older")}
    heard.clear()
    page = await opened(portal, f"{one.address}?older={older}")

    assert f"Only the newest {MANY} are here; there are older ones." in newest
    assert older == MORE
    assert any(f"cursor={MORE}" in path for path in heard if one.source in path)
    assert f'<a href="{one.address}">Back to the newest</a>' in page
    assert all(state["older"] == MORE for state in links(page, "sort"))


def asked(heard: list[str], handed: Handed) -> list[dict[str, str]]:
    """What the service was asked about this list."""
    parts = [urlsplit(path) for path in heard]
    queries = [dict(parse_qsl(one.query)) for one in parts if one.path.endswith(handed.source)]
    return [query for query in queries if handed.asked.items() <= query.items()]


async def test_a_service_is_asked_for_the_list_as_the_address_says(
    portal: TestClient, handed: Handed, heard: list[str]
) -> None:
    await sign_in(portal, handed.who)

    first = await opened(portal, f"{handed.address}?{urlencode(handed.state)}")
    assert asked(heard, handed)
    (further,) = {
        tuple(sorted(state.items()))
        for state in links(first, handed.cursor)
        if state[handed.cursor] == MORE
    }
    assert handed.state.items() <= dict(further).items()
    for name in {"sort", "show", "why", "view", "section"} & handed.state.keys():
        assert f"{name}={handed.state[name]}" in first or f'value="{handed.state[name]}"' in first

    for _ in ("once", "again"):
        heard.clear()
        await opened(portal, f"{handed.address}?{urlencode(dict(further))}")
        assert MORE in {query.get("cursor") for query in asked(heard, handed)}


def test_every_list_is_here_or_says_why_not() -> None:
    covered = {one.template for one in (*LISTS, *HANDED)}

    assert covered.isdisjoint(ELSEWHERE)
    assert set(ALL) - EXCEPTIONS.keys() <= covered | ELSEWHERE.keys()
