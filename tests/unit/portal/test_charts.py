"""Charts as coordinates, and lists whose state is in the address."""

from services.portal.presenters import charts, listing
from services.portal.presenters.charts import Across, Panel, Series

DOSES = Series("Dose", ((0, 50), (10, 25)), kind="step")
SCORES = Series("PHQ-9", ((0, 20), (5, 10)))


def drawing() -> charts.Chart:
    return charts.chart(
        "Course",
        "The dose went down by half.",
        across=Across(0, 10, ((0, "start"), (10, "end"))),
        panels=(
            Panel("mg a day", 0, 50, (DOSES,), height=100, ticks=((0, "0"), (50, "50"))),
            Panel("score", 0, 20, (SCORES,), height=100),
        ),
        columns=("Day", "Dose", "Score"),
        rows=(("0", "50 mg", "20"),),
        marks=((5, "today"),),
    )


def test_a_dose_holds_until_the_next_and_a_score_is_joined() -> None:
    dose, score = drawing().lines

    assert dose.path == "M64.0 20.0H748.0V70.0"
    assert score.path == "M64.0 146.0L406.0 196.0"


def test_series_differ_in_tone_and_in_shape() -> None:
    first, second = drawing().legend

    assert first.tone != second.tone
    assert first.mark == "" != second.mark


def test_a_series_without_points_draws_nothing() -> None:
    empty = charts.chart(
        "Nothing",
        "Nothing is known.",
        across=Across(0, 0, ()),
        panels=(Panel("mg a day", 0, 0, (Series("Dose", ()),)),),
        columns=("Day",),
        rows=(),
    )

    assert empty.lines[0].path == ""
    assert empty.points == ()


def test_a_heading_turns_the_order_round_and_begins_again() -> None:
    born, name = listing.columns(
        (("born", "Born"), ("name", "Name")),
        path="/patients",
        query={"sort": "name", "cursor": "abc", "status": "active"},
        default="name",
    )

    assert name.sorted == "ascending"
    assert name.href == "/patients?sort=-name&status=active"
    assert born == listing.Column("Born", "/patients?sort=born&status=active", "")


def test_a_later_page_leads_on_and_back() -> None:
    foot = listing.pages("/flags", {"cursor": "abc"}, next_cursor="def", shown=50, of=120)

    assert (foot.first_href, foot.next_href) == ("/flags", "/flags?cursor=def")
