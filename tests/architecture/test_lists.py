"""Every list of the portal can be ordered, narrowed and read in pages, or says here why not."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "services" / "portal" / "templates"
ROWS = re.compile(r"<tbody>\s*\{%-? for|own\.log\(|parts\.timeline\(|parts\.arranging\(")
ORDERED = re.compile(r"parts\.(sortable|order|arranging)\(")
NARROWED = re.compile(r"parts\.(choices|arranging)\(|<ul class=\"tabs\">|<form method=\"get\"")
PAGED = re.compile(r"parts\.(pager|pages)\(")

FIXED = "as long as what it is about, and in the order that it has"
EXCEPTIONS = {
    "bench.html": FIXED,
    "change.html": FIXED,
    "course.html": FIXED,
    "decision.html": FIXED,
    "details.html": FIXED,
    "dose.html": FIXED,
    "plan_table.html": FIXED,
    "result.html": FIXED,
    "retention.html": FIXED,
    "rule_report.html": FIXED,
    "set_up.html": FIXED,
    "signing.html": FIXED,
    "supply.html": FIXED,
    "switch.html": FIXED,
    "reminder.html": "one reminder from its first try to its last: at most some dozens",
    "support.html": "the latest five contacts; the whole list is a link away",
    "outcomes.html": "groups of a report in the order of the report",
    "on_call.html": "the shifts to come, in the order they come",
    "operations.html": "what waits, oldest first; all of it by `parked list --all`",
    "home.html": "its order is a rule of safety; it is narrowed and read in pages",
    "parts.html": "the pieces that lists are made of",
    "sign_in.html": "the demo's accounts",
    "round.html": "one day on paper, in the order of the list",
    "record_looks.html": "day by day, newest first; older days are a link away",
}
NO_OTHER_ORDER = {
    "assessments.html": "by day, as the service keeps them",
    "audit.html": "a chain has one order",
    "notices.html": "by the time they were sent",
    "timeline.html": "a time line has one order",
}
NOT_NARROWED = {
    "assessments.html": "progress by questionnaire stands above the list",
    "courses.html": "a person has few",
    "notices.html": "two lists of their own",
    "patients.html": "found by name, number and birth date, and by whether they are in care",
}
NOT_PAGED = {"courses.html": "a person has few"}

LISTS = sorted(one.name for one in TEMPLATES.glob("*.html") if ROWS.search(one.read_text()))


def test_nothing_is_excused_that_is_no_list() -> None:
    assert {*EXCEPTIONS, *NO_OTHER_ORDER, *NOT_NARROWED, *NOT_PAGED} <= set(LISTS)


def said(name: str) -> str:
    return (TEMPLATES / name).read_text()


@pytest.mark.parametrize("name", [one for one in LISTS if one not in EXCEPTIONS])
def test_a_list_can_be_ordered_narrowed_and_read_in_pages(name: str) -> None:
    text = said(name)
    assert ORDERED.search(text) or name in NO_OTHER_ORDER
    assert NARROWED.search(text) or name in NOT_NARROWED
    assert PAGED.search(text) or name in NOT_PAGED
