"""The checker for anybody's schedule: one contradiction in each case, and none in a sound one.

Source: features 12 of the product's list (gaps, overlaps, text against dates, quantity against
schedule), FHIR R4 dosage (sequence, bounds, doseAndRate), evidence pack T-04, T-11, T-13, F-03,
F-04, F-13. The resources are written for these tests in the shape of published ones.
"""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from services.treatment.adapters.cli import app
from services.treatment.adapters.content import load
from services.treatment.adapters.schedules.read import MOST_BYTES, Checked, check_bytes

ON = date(2027, 1, 4)
CONTENT = load()


def check(document: Any) -> Checked:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return check_bytes(raw, CONTENT, on=ON)


def codes(document: Any) -> list[str]:
    return [found.code for found in check(document).findings]


def a_line(sequence: int, start: str, end: str, tablets: float = 1, **changes: Any) -> Any:
    """One instruction in the shape published taper examples have."""
    return {
        "sequence": sequence,
        "timing": {
            "repeat": {
                "boundsPeriod": {"start": start, "end": end},
                "frequency": 1,
                "period": 1,
                "periodUnit": "d",
            }
        },
        "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
        "doseAndRate": [
            {
                "type": {"coding": [{"code": "ordered"}]},
                "doseQuantity": {"value": tablets, "unit": "TAB", "code": "TAB"},
            }
        ],
    } | changes


def a_request(*lines: Any, name: str = "Prednisone 5 mg tablet", **changes: Any) -> Any:
    return {
        "resourceType": "MedicationRequest",
        "id": "one",
        "status": "active",
        "intent": "order",
        "text": {"status": "generated", "div": "<div>not looked at</div>"},
        "medicationCodeableConcept": {"coding": [{"display": name}], "text": name},
        "subject": {"reference": "Patient/1"},
        "dosageInstruction": list(lines),
    } | changes


def without(holder: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in holder.items() if key != name}


WEEK_1, WEEK_2, WEEK_3 = (
    ("2027-01-04", "2027-01-10"),
    ("2027-01-11", "2027-01-17"),
    ("2027-01-18", "2027-01-24"),
)
TAPER = (a_line(1, *WEEK_1, 4), a_line(2, *WEEK_2, 2), a_line(3, *WEEK_3, 1))
SUPPLY = {"quantity": {"value": 49, "unit": "TAB"}}


def repeating(**repeat: Any) -> Any:
    return {"sequence": 1, "timing": {"repeat": repeat}}


def sertraline(mg: str, **changes: Any) -> Any:
    dose = {"doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}]}
    return a_request(a_line(1, *WEEK_1) | dose | changes, name="Sertraline")


SOUND = {
    "a taper of an unknown drug": a_request(*TAPER, dispenseRequest=SUPPLY),
    "text alone": a_request({"text": "Take as directed"}),
    "as needed, in a range": a_request(
        {
            "text": "1 to 2 tablets every 4 to 6 hours as needed",
            "asNeededBoolean": True,
            "timing": {"repeat": {"frequency": 1, "period": 4, "periodMax": 6, "periodUnit": "h"}},
            "doseAndRate": [{"doseRange": {"low": {"value": 1}, "high": {"value": 2}}}],
        }
    ),
    "morning and evening without sequences": a_request(
        without(a_line(1, *WEEK_1), "sequence"), without(a_line(1, *WEEK_1, 2), "sequence")
    ),
    "together under one sequence": a_request(a_line(1, *WEEK_1, 2), a_line(1, *WEEK_1, 1)),
    "the text agrees": a_request(
        a_line(1, *WEEK_1, 4, text="Take 4 tablets daily for 7 days starting January 4, 2027")
    ),
    "the amount of a day in two portions": a_request(
        a_line(1, *WEEK_1, 1, text="Two tablets daily")
        | {"timing": repeating(frequency=2, period=1, periodUnit="d")["timing"]}
    ),
    "three amounts in one text are left to a person": a_request(
        repeating(frequency=1, period=1, periodUnit="d")
        | {
            "text": "Go up quickly from 3 mg/d over 10 mg/d to 30 mg as the person bears it",
            "doseAndRate": [{"doseQuantity": {"value": 3, "unit": "mg"}}],
        },
        name="Somethingmab 10 mg/ml",
    ),
    "a strength in the text is no dose": a_request(
        a_line(1, *WEEK_1, 1, text="Take one 5 mg tablet once a day for one week")
    ),
    "years alone as bounds": a_request(a_line(1, "2027", "2028")),
    "extension fields nobody asked for": a_request(*TAPER, anythingElse={"a": 1}, status=None),
    "alternate days of an unknown drug": a_request(
        repeating(frequency=1, period=2, periodUnit="d") | {"text": "every other day"}
    ),
    "fluoxetine on alternate days": a_request(
        repeating(frequency=1, period=2, periodUnit="d"), name="Fluoxetine 20 mg capsule"
    ),
    "a makeable dose of sertraline": sertraline("37"),
    "the older shape of a dose": a_request(
        without(a_line(1, *WEEK_1), "doseAndRate")
        | {"doseQuantity": {"value": 1, "unit": "tablet"}}
    ),
    "a Bundle with a Medication": {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"resource": without(a_request(*TAPER), "medicationCodeableConcept")
             | {"medicationReference": {"reference": "Medication/m"}}},
            {"resource": {"resourceType": "Medication", "id": "m",
                          "code": {"text": "Prednisone 5 mg tablet"}}},
            {"resource": {"resourceType": "Patient", "id": "1"}},
        ],
    },
    "one request of two cancelled": [
        a_request(*TAPER), a_request(*TAPER, id="two", status="cancelled")
    ],
    "two products in one group": [
        a_request(a_line(1, *WEEK_1), id=name, groupIdentifier={"value": "g"})
        for name in ("one", "two")
    ],
}  # fmt: skip

BROKEN = {
    "a gap": (a_request(TAPER[0], TAPER[2]), "gap"),
    "an overlap": (
        a_request(TAPER[0], a_line(2, "2027-01-10", "2027-01-17", 2)), "overlap"
    ),
    "an open end before another step": (
        a_request(
            a_line(1, *WEEK_1, 2, timing={"repeat": {"boundsPeriod": {"start": "2027-01-04"}}}),
            TAPER[1],
        ),
        "overlap",
    ),
    "text against the length": (
        a_request(a_line(1, "2027-01-04", "2027-01-08", 4, text="4 tablets daily for 7 days")),
        "text-against-dates",
    ),
    "text against the first day": (
        a_request(a_line(1, *WEEK_1, 1, text="starting 5 January 2027")), "text-against-dates"
    ),
    "text against the last day": (
        a_request(a_line(1, *WEEK_1, 1, text="one tablet daily until 2027-01-11")),
        "text-against-dates",
    ),
    "text against the dose": (
        a_request(a_line(1, *WEEK_1, 1, text="Take two tablets daily")), "text-against-dose"
    ),
    "text against how often": (
        a_request(a_line(1, *WEEK_1, 1, text="One tablet twice a day")), "text-against-dose"
    ),
    "the amount of a day against how often": (
        a_request(
            a_line(1, *WEEK_1, 1, text="One tablet daily")
            | {"timing": repeating(frequency=4, period=1, periodUnit="d")["timing"]}
        ),
        "text-against-dose",
    ),
    "too little is supplied": (
        a_request(*TAPER, dispenseRequest={"quantity": {"value": 48, "unit": "TAB"}}),
        "quantity-against-schedule",
    ),
    "too much is supplied": (
        a_request(*TAPER, dispenseRequest=SUPPLY | {"numberOfRepeatsAllowed": 1}),
        "quantity-against-schedule",
    ),
    "milligrams against tablets": (
        a_request(
            a_line(1, *WEEK_1, doseAndRate=[{"doseQuantity": {"value": 10, "unit": "mg"}}]),
            dispenseRequest={"quantity": {"value": 7, "unit": "tablets"}},
        ),
        "quantity-against-schedule",
    ),
    "sequences against days": (
        a_request(a_line(2, *WEEK_1), a_line(1, *WEEK_2)), "sequence-order"
    ),
    "one number for two weeks": (
        a_request(a_line(1, *WEEK_1, 4), a_line(1, *WEEK_2, 2)), "sequence-order"
    ),
    "a rise on the way down": (
        a_request(TAPER[0], a_line(2, *WEEK_2, 1), a_line(3, *WEEK_3, 2)), "rise"
    ),
    "a rise": (a_request(a_line(1, *WEEK_1, 1), a_line(2, *WEEK_2, 2)), "rise"),
    "alternate days of a short half-life": (
        a_request(
            repeating(frequency=1, period=2, periodUnit="d"), name="Paroxetine 20 mg tablet"
        ),
        "alternate-days",
    ),
    "three days of the week": (
        a_request(repeating(dayOfWeek=["mon", "wed", "fri"]), name="Venlafaxine 75 mg"),
        "alternate-days",
    ),
    "a dose nothing makes": (sertraline("0.3"), "undispensable"),
    "half a capsule": (
        a_request(
            a_line(
                1, *WEEK_1,
                doseAndRate=[{"doseQuantity": {"value": 0.5, "unit": "capsule"}}],
            )
        ),
        "undispensable",
    ),
    "half a modified-release tablet": (
        a_request(a_line(1, *WEEK_1, 0.5), name="Metoprolol 50 mg prolonged-release tablet"),
        "undispensable",
    ),
    "a third of a tablet": (a_request(a_line(1, *WEEK_1, 0.33)), "undispensable"),
    "dates the wrong way round": (
        a_request(a_line(1, "2027-01-10", "2027-01-04")), "dates-reversed"
    ),
    "a day that does not exist": (a_request(a_line(1, "2027-02-30", "2027-03-04")), "unreadable"),
    "a dose that is no number": (
        a_request(a_line(1, *WEEK_1, "1e999999999")), "unreadable"
    ),
    "a negative dose": (a_request(a_line(1, *WEEK_1, -1)), "unreadable"),
    "no instruction": (a_request(), "empty"),
    "a request based on itself": (
        a_request(*TAPER, basedOn=[{"reference": "MedicationRequest/one"}]), "circular"
    ),
    "a circle of two": (
        [
            a_request(TAPER[0], priorPrescription={"reference": "MedicationRequest/two"}),
            a_request(
                TAPER[1], id="two", priorPrescription={"reference": "MedicationRequest/one"}
            ),
        ],
        "circular",
    ),
    "two requests on the same days": (
        [a_request(TAPER[0]), a_request(TAPER[0], id="two")], "overlap"
    ),
    "a gap between a request and what follows it": (
        [
            a_request(TAPER[0]),
            a_request(
                TAPER[2], id="two", priorPrescription={"reference": "MedicationRequest/one"}
            ),
        ],
        "gap",
    ),
    "an empty file": (b" \n", "empty"),
    "an empty list": ([], "empty"),
    "an empty Bundle": ({"resourceType": "Bundle", "entry": []}, "empty"),
    "no JSON": (b"<MedicationRequest/>", "not-json"),
    "half of a file": (b'{"resourceType": "Medica', "not-json"),
    "not UTF-8": (b"\xff\xfe{}", "not-json"),
    "nested without end": (b"[" * 200_000, "not-json"),
    "NaN": (b'{"steps": [{"dose_mg": NaN}]}', "not-json"),
    "another resource": ({"resourceType": "Patient", "id": "1"}, "not-a-schedule"),
    "another document": ({"foo": 1}, "not-a-schedule"),
    "a number": (b"12", "not-a-schedule"),
    "something else among resources": ([a_request(*TAPER), 7], "unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("document", SOUND.values(), ids=SOUND)
def test_a_sound_schedule_has_no_finding(document: Any) -> None:
    assert check(document).findings == ()


@pytest.mark.parametrize(("document", "code"), BROKEN.values(), ids=BROKEN)
def test_what_does_not_hold_is_found_and_nothing_else(document: Any, code: str) -> None:
    found = check(document).findings

    assert {one.code for one in found} == {code}, found
    assert all(one.message and one.where for one in found)


def test_a_mean_over_a_week_is_said_in_figures_a_person_can_read() -> None:
    three_a_week = {"frequency": 3, "period": 1, "periodUnit": "wk"}
    lines = [
        repeating(**three_a_week)
        | {"sequence": place, "doseAndRate": [{"doseQuantity": {"value": mg, "unit": "mg"}}]}
        for place, mg in ((1, 3), (2, 10))
    ]

    (found,) = check(a_request(*lines, name="Somethingmab 10 mg/ml")).findings

    assert found.code == "rise"
    assert "from 1.286 mg to 4.286 mg" in found.message


def test_the_standards_own_way_of_writing_a_taper_is_read_in_every_part() -> None:
    """Text and dates that disagree by two days, the gap they leave, and tablets too many."""
    written = a_request(
        a_line(1, "2027-01-04", "2027-01-08", 4, text="4 tablets daily for 7 days starting "
               "January 4, 2027"),
        a_line(2, *WEEK_2, 2, text="2 tablets daily for 7 days starting January 11, 2027"),
        dispenseRequest={"quantity": {"value": 51, "unit": "TAB"}, "numberOfRepeatsAllowed": 1},
    )  # fmt: skip

    found = check(written).findings

    assert [one.code for one in found] == [
        "text-against-dates",
        "gap",
        "quantity-against-schedule",
    ]
    assert found[0].where == "$.dosageInstruction[0]"
    assert "2 days are not covered, from 2027-01-09 to 2027-01-10" in found[1].message


ODD = [
    {"steps": [{"start": "2027-01-04", "days": 10**9, "dose_mg": "5"}]},
    {"steps": [{"start": "9999-12-31", "days": 9, "dose_mg": "5"}] * 2},
    {"steps": [{"start": "2027-01-04", "days": 0, "dose_mg": "0"}]},
    {"steps": [None, 7, {}, {"products": {"units": {}}}]},
    a_request(a_line(1, "9999-12-30", "9999-12-31"), a_line(2, "9999-12-31", "9999-12-31")),
    a_request({"text": "for " + "9" * 400 + " days, " + "8" * 400 + " mg"}, name="0 mg tablet"),
    a_request(repeating(frequency=10**9, period="0.000000001", periodUnit="min")),
    a_request({"sequence": {}, "text": [], "timing": "often", "doseAndRate": [7, None]}),
    a_request(subject="x", dispenseRequest=[], basedOn="y", contained=[{"id": {}}]),
    {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": ["MedicationRequest"]}}]},
    [{"resourceType": "MedicationRequest", "dosageInstruction": {"sequence": -1}}],
]


@pytest.mark.parametrize("document", ODD)
def test_whatever_is_sent_the_answer_is_findings(document: Any) -> None:
    for found in check(document).findings:
        assert found.code
        assert found.message


# Our own JSON


def steps(*doses: str, **changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "index": number,
            "start": (ON + timedelta(days=7 * (number - 1))).isoformat(),
            "days": 7,
            "dose_mg": dose,
        }
        | changes
        for number, dose in enumerate(doses, start=1)
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"drug": "sertraline", "steps": steps("75", "50", "25", "0")}, []),
        ({"drug": "an unknown one", "steps": steps("75", "50")}, []),
        (steps("75", "50", "25"), []),
        ({"drug": "sertraline", "steps": steps("50", "75", "25")}, ["rise"]),
        ({"drug": "sertraline", "steps": steps("0.3")}, ["undispensable"]),
        ({"drug": "paroxetine", "steps": steps("20", every_days=2)}, ["alternate-days"]),
        ({"drug": "sertraline", "steps": steps("50", text="for 14 days")}, ["text-against-dates"]),
        ({"steps": [*steps("75"), *steps("50")]}, ["sequence-order"]),
        ({"steps": [{"dose_mg": "many"}]}, ["unreadable"]),
        ({"steps": []}, ["empty"]),
    ],
)  # fmt: skip
def test_our_own_lists(document: Any, expected: list[str]) -> None:
    assert sorted(set(codes(document)) & set(expected or codes(document))) == sorted(expected)


def test_products_must_exist_divide_and_add_up() -> None:
    def with_(product: str, units: str) -> list[str]:
        portion = [{"product": product, "units": units}]
        return codes({"drug": "sertraline", "steps": steps("50", products=portion)})

    tablet = "sertraline-tablet-50mg-uk"
    assert with_(tablet, "1") == []
    assert with_(tablet, "2") == ["dose-against-products"]
    assert with_(tablet, "0.25")[0] == "undispensable"
    assert with_("sertraline-tablet-1mg-uk", "50") == ["undispensable"]


def test_supply_is_counted_product_by_product() -> None:
    portion = [{"product": "sertraline-tablet-50mg-uk", "units": "1"}]
    plan = {"drug": "sertraline", "steps": steps("50", products=portion)}

    def supply(units: str) -> Any:
        return plan | {"supply": [{"product": "sertraline-tablet-50mg-uk", "units": units}]}

    assert codes(supply("7")) == []
    assert codes(supply("6.5")) == ["quantity-against-schedule"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--drug", "sertraline", "--from", "100", "--policy", "occupancy-5"],
        ["--drug", "fluoxetine", "--from", "40", "--policy", "scotland-standard"],
        ["--drug", "venlafaxine", "--from", "150", "--policy", "occupancy-10"],
    ],
)
def test_what_the_engine_plans_the_checker_accepts(arguments: list[str], tmp_path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(CliRunner().invoke(app, ["plan", *arguments, "--json"]).stdout)

    result = CliRunner().invoke(app, ["check-schedule", str(file), "--json"])

    assert json.loads(result.stdout) == {"findings": []}
    assert result.exit_code == 0


# Size, and the command


def test_five_megabytes_are_checked_and_one_gap_is_found_in_them() -> None:
    lines = []
    day = date(2000, 1, 1)
    for number in range(1, 16_001):
        lines.append(a_line(number, str(day), str(day)))
        day += timedelta(days=2 if number == 6_000 else 1)
    raw = json.dumps(a_request(*lines)).encode()
    assert len(raw) > 5_000_000

    assert codes(raw) == ["gap"]


def test_a_long_chain_is_no_circle_and_does_not_overflow() -> None:
    chain = [
        a_request(
            a_line(1, str(ON + timedelta(days=n)), str(ON + timedelta(days=n))),
            id=f"r{n}",
            priorPrescription={"reference": f"MedicationRequest/r{n - 1}"},
        )
        for n in range(3_000)
    ]

    assert codes(chain) == []


def test_a_file_beyond_the_limit_is_refused_by_name() -> None:
    assert codes(b" " * (MOST_BYTES + 1)) == ["too-large"]


def test_thousands_of_findings_are_counted_and_not_all_listed() -> None:
    found = check([a_request(id=f"r{n}") for n in range(3_000)]).findings

    assert len(found) == 1_001
    assert found[-1].code == "more"
    assert "2000 more" in found[-1].message


@pytest.mark.parametrize(("document", "code"), [(a_request(*TAPER), 0), (a_request(), 1)])
def test_the_command_ends_with_one_when_there_are_findings(
    document: Any, code: int, tmp_path
) -> None:
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps(document))

    as_json = CliRunner().invoke(app, ["check-schedule", str(file), "--json"])
    printed = CliRunner().invoke(app, ["check-schedule", str(file)])

    assert (as_json.exit_code, printed.exit_code) == (code, code)
    found = json.loads(as_json.stdout)["findings"]
    assert len(found) == code
    assert all(set(one) == {"code", "severity", "message", "where"} for one in found)
    assert "1 prescriptions" in printed.stdout


def test_a_file_that_is_not_there_is_said_in_one_line(tmp_path) -> None:
    result = CliRunner().invoke(app, ["check-schedule", str(tmp_path / "none.json")])

    assert result.exit_code == 2
    assert "No such file" in result.stderr
