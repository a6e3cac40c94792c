"""The outcomes page in words: groups, channels, and the export with its dictionary."""

import csv
import io
from datetime import UTC, date, datetime

from services.portal.presenters import outcomes
from shared.api.engagement import ChannelLevels, ServiceLevels
from shared.api.support import ColumnBody, OutcomeReport, OutcomeRows, ShareBody, SliceBody

ROWS = OutcomeRows(
    as_of=date(2026, 6, 1),
    columns=(
        ColumnBody(code="number", meaning="The record number."),
        ColumnBody(code="latest", meaning="=the latest total"),
    ),
    rows=(("4908A1B2", "7"), ("=1+1", "-3")),
)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_export_has_a_heading_and_no_cell_that_a_spreadsheet_would_run() -> None:
    assert read(outcomes.table(ROWS)) == [["number", "latest"], ["4908A1B2", "7"], ["'=1+1", "'-3"]]


def test_the_dictionary_says_what_every_column_of_the_export_means() -> None:
    head, *lines = read(outcomes.dictionary(ROWS))

    assert head == ["column", "meaning"]
    assert [line[0] for line in lines] == read(outcomes.table(ROWS))[0]
    assert lines[1][1] == "'=the latest total"


def a_slice(group: str, people: int | None, *shares: tuple[int | None, int | None]) -> SliceBody:
    return SliceBody(
        group=group,
        people=people,
        taking_part=people and people - 1,
        shares=tuple(ShareBody(code="response", numerator=s, denominator=of) for s, of in shares),
    )


def test_a_hidden_number_is_said_to_be_of_too_few_and_not_to_be_none() -> None:
    report = OutcomeReport(
        as_of=date(2026, 6, 1),
        people=9,
        figures=(),
        uptake=(
            a_slice("everybody", 9, (4, 8)),
            a_slice("age:18-25", None, (None, None)),
            a_slice("age:unknown", 6, (0, 0)),
            a_slice("barrier:transport", 0, (0, 5)),
        ),
        smallest_group=5,
        sources={},
    )

    found = [
        (one.group, one.people, one.taking_part, *one.shares) for one in outcomes.uptake(report)
    ]

    assert found == [
        ("Everybody", "9", "8 of 9", "4 of 8"),
        ("Age: 18-25", "too few", "too few", "too few"),
        ("Age: unknown", "6", "5 of 6", "–"),
        ("Barrier: Getting there", "0", "–", "0 of 5"),
    ]


def test_each_channel_says_on_time_late_and_failed() -> None:
    levels = ServiceLevels(
        as_of=datetime(2026, 6, 1, tzinfo=UTC),
        on_time=1,
        late=0,
        early=0,
        doubled=0,
        lost=0,
        waiting=0,
        open=0,
        done=0,
        cancelled=0,
        worst_lateness_s=0,
        engine_seen_at=None,
        channels=(
            ChannelLevels(channel="email", on_time=5, late=2, failed=1),
            ChannelLevels(channel="pigeon", on_time=0, late=0, failed=3),
        ),
    )

    assert outcomes.channels(levels) == (
        ("E-mail", "5 on time, 2 late, 1 failed"),
        ("pigeon", "0 on time, 0 late, 3 failed"),
    )
