"""Content files: what is there, and how a bad one stops the start."""

import shutil
from pathlib import Path

import pytest

from services.treatment.adapters.content import HERE, BadContent, files, load
from services.treatment.adapters.course_content import check_names, course_files
from services.treatment.adapters.formulary_check import provisional
from services.treatment.domain.findings import RuleRefusal
from services.treatment.domain.policies import EqualOccupancy, Tier
from tests.support.tapers import CONTENT

# Labels that public code gives to the wrong drug (evidence pack 1.1, code_traps).
CODES = [
    ("duloxetine", "72625", "407032004"),
    ("venlafaxine", "39786", "372490001"),
    ("sertraline", "36437", "372594008"),
    ("fluvoxamine", "42355", "372905008"),
    ("desvenlafaxine", "734064", "442519005"),
    ("paroxetine", "32937", "372595009"),
    ("citalopram", "2556", "372596005"),
    ("escitalopram", "321988", "400447003"),
    ("fluoxetine", "4493", "372767007"),
    ("vortioxetine", "1455099", "713355008"),
    ("levomilnacipran", None, None),
]
BROKEN = [
    ("no longer TOML", "formulary/sertraline.toml", "version = 1", "version = = 1", "Invalid"),
    (
        "an unknown key",
        "formulary/sertraline.toml",
        "version = 1",
        "version = 1\ncolour = 1",
        "colour",
    ),
    (
        "a missing source",
        "formulary/sertraline.toml",
        'source = "nhs.uk; no statement on halves, so whole only (F-04)"',
        "",
        "products.0.source",
    ),
    (
        "a negative strength",
        "formulary/sertraline.toml",
        "unit_mg = 100",
        "unit_mg = -100",
        "products.0.unit_mg",
    ),
    (
        "a capsule that halves",
        "formulary/sertraline.toml",
        "unit_mg = 200",
        "unit_mg = 200\nsmallest_units = 0.5",
        "T-13",
    ),
    (
        "a grade nobody uses",
        "formulary/sertraline.toml",
        'grade = "V2"',
        'grade = "A"',
        "codes.grade",
    ),
    (
        "a maximum under the start",
        "formulary/sertraline.toml",
        "maximum_mg = 200",
        "maximum_mg = 25",
        "doses.0",
    ),
    (
        "a curve for a formulation without products",
        "formulary/sertraline.toml",
        "[occupancy.immediate-release]",
        "[occupancy.slow-release]",
        "slow-release",
    ),
    (
        "rows that rise",
        "policies/scotland-standard.toml",
        "[40, 30, 20, 10, 0]",
        "[40, 30, 35, 10, 0]",
        "rows of citalopram",
    ),
    (
        "rows that never stop",
        "policies/scotland-standard.toml",
        "[40, 30, 20, 10, 0]",
        "[40, 30, 20, 10]",
        "end at 0",
    ),
    (
        "rows of an unknown drug",
        "policies/scotland-standard.toml",
        "citalopram =",
        "aspirin =",
        "rows.aspirin",
    ),
    (
        "a policy without its numbers",
        "policies/nice-staged.toml",
        "percent_above = 50\n",
        "",
        "percent_above",
    ),
    (
        "a default out of bounds",
        "policies/proportional.toml",
        "default = 25",
        "default = 75",
        "parameter",
    ),
    (
        "a tier policy nobody wrote",
        "content/taper.toml",
        'slower = "occupancy-5"',
        'slower = "gentle"',
        "tiers: gentle",
    ),
    (
        "an interval that is no number",
        "content/taper.toml",
        "floor_days = 7",
        'floor_days = "a week"',
        "intervals.floor_days",
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part in ("formulary", "policies", "content"):
        shutil.copytree(HERE / part, tmp_path / part)
    return tmp_path


def test_every_drug_of_the_plan_has_a_file() -> None:
    assert sorted(CONTENT.drugs) == sorted(drug for drug, _, _ in CODES)


@pytest.mark.parametrize(("drug", "rxnorm", "snomed"), CODES)
def test_codes_are_those_of_the_drug(drug: str, rxnorm: str | None, snomed: str | None) -> None:
    codes = CONTENT.drug(drug).codes

    assert (codes.rxnorm, codes.snomed) == (rxnorm, snomed)


@pytest.mark.parametrize(
    ("why", "file", "old", "new", "named"), BROKEN, ids=[row[0] for row in BROKEN]
)
def test_a_bad_file_stops_the_start_with_file_key_and_reason(
    folder: Path, why: str, file: str, old: str, new: str, named: str
) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(BadContent) as bad:
        load(folder)

    assert Path(file).name in str(bad.value)
    assert named in str(bad.value)


def test_what_is_recalled_or_decided_here_is_listed() -> None:
    rows = {
        (row.file, row.key): row.grade for name, file in files() for row in provisional(name, file)
    }

    assert rows["sertraline", "taper"] == "PD"
    assert rows["occupancy", "(whole file)"] == "PD"
    assert rows["taper", "intervals"] == "PD"
    assert set(rows.values()) <= {"PD", "R-h", "R-m", "R-l"}
    assert ("sertraline", "maoi") not in rows


def test_every_file_says_who_has_looked_at_it() -> None:
    assert all(file.review_status for _, file in files())


@pytest.mark.parametrize("code", CONTENT.policy_codes())
def test_every_offered_policy_can_be_had_with_source_and_tier(code: str) -> None:
    policy = CONTENT.policy(code)

    assert policy.code == code
    assert policy.source
    assert policy.tier is not None


@pytest.mark.parametrize(
    ("code", "tier"),
    [
        ("occupancy-10", Tier.FASTER),
        ("occupancy-5", Tier.SLOWER),
        ("occupancy-2.5", Tier.SLOWEST),
        ("proportional-25", Tier.FASTER),
        ("proportional-20", Tier.SLOWER),
        ("proportional-5", Tier.SLOWEST),
    ],
)
def test_tiers_go_by_the_size_of_the_cut(code: str, tier: Tier) -> None:
    assert CONTENT.policy(code).tier is tier


@pytest.mark.parametrize(
    "code",
    [
        "gentle",
        "linear",
        "linear-",
        "linear-0",
        "linear--5",
        "linear-NaN",
        "linear-1e308",
        "proportional-2.4",
        "proportional-50.1",
        "occupancy-0",
        "nice-staged-10",
        "occupancy-5-slowed-0",
        "occupancy-5-slowed-99",
        "",
    ],
)
def test_a_policy_nobody_defined_is_refused(code: str) -> None:
    with pytest.raises(RuleRefusal) as refused:
        CONTENT.policy(code)

    assert refused.value.field == "policy"


def test_the_bare_name_of_the_proportional_policy_is_a_quarter() -> None:
    assert CONTENT.policy("proportional").method == CONTENT.policy("proportional-25").method


def test_slowing_twice_quarters_the_step() -> None:
    method = CONTENT.policy("occupancy-10-slowed-2").method

    assert isinstance(method, EqualOccupancy)
    assert method.step_points == 2.5


def test_an_unknown_drug_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RuleRefusal) as refused:
        CONTENT.drug("aspirin")

    assert "sertraline" in refused.value.sentence


MISNAMED = [
    ("ranking.toml", 'drug = "sertraline"', 'drug = "sertralin"', "ranks: sertralin"),
    ("safety.toml", 'drugs = ["fluvoxamine"]', 'drugs = ["fluvoxamin"]', "fluvoxamin: not in"),
    ("cadence.toml", 'drugs = ["venlafaxine"]', 'drugs = ["venlafaxin"]', "start: venlafaxin"),
    ("outcomes.toml", "social-anxiety = 6", "shyness = 6", "first_months: shyness"),
]


@pytest.mark.parametrize(("file", "old", "new", "named"), MISNAMED, ids=[r[0] for r in MISNAMED])
def test_rules_that_speak_of_a_drug_nobody_has_are_refused(
    folder: Path, file: str, old: str, new: str, named: str
) -> None:
    path = folder / "content" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(BadContent) as bad:
        check_names(load(folder).drugs, folder / "content")

    assert file in str(bad.value)
    assert named in str(bad.value)


def test_every_file_of_rules_is_listed_with_what_is_provisional() -> None:
    listed = dict(course_files())

    assert {*listed, "taper"} >= {
        path.stem for path in (HERE / "content").glob("*.toml") if path.stem != "demo"
    }
    rows = {(name, row.key) for name, file in listed.items() for row in provisional(name, file)}
    assert ("outcomes", "duration") in rows
    assert ("cadence", "first_supply") in rows
    check_names(load().drugs)
