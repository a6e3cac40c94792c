"""What the services promise each other: every fact ever written can still be read."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, ClassVar, get_args
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from shared import events
from shared.events import CATALOGUE, FACTS, OWNERS, decode
from shared.events.envelope import CONTENT_TYPE, AnyEvent, Fact, Letterhead, Payload
from shared.events.listeners import LISTENERS, WATCHED
from shared.runtime.catalogue_docs import __main__ as catalogue
from shared.runtime.catalogue_docs import asyncapi
from shared.runtime.catalogue_docs.compatibility import breaks
from shared.runtime.catalogue_docs.samples import sample

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))
TYPE = re.compile(r"care\.[a-z]+(\.[a-z]+(-[a-z]+)*){2}\.v[1-9][0-9]*")


def type_of(path: Path) -> str:
    return str(json.loads(path.read_text())["type"])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_sample_ever_written_can_still_be_read(path: Path) -> None:
    event = decode(type_of(path), path.read_bytes())

    assert isinstance(event.data, CATALOGUE[event.type])


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_a_published_event_is_a_cloud_event(fact: type[Fact]) -> None:
    ours = sample(fact)

    theirs = JSONFormat().read(CloudEvent, ours.to_bytes())

    assert theirs.get_id() == str(ours.id)
    assert theirs.get_type() == fact.TYPE
    assert theirs.get_source() == f"/mooring/{fact.owner()}"
    assert theirs.get_time() == ours.time
    assert theirs.get_extension("recordedby") == ours.recordedby
    assert decode(fact.TYPE, JSONFormat().write(theirs)) == decode(fact.TYPE, ours.to_bytes())


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_what_is_null_in_a_fact_is_null_at_its_reader(fact: type[Fact]) -> None:
    ours = sample(fact)
    bare = ours.model_copy(
        update={"data": _with_nulls(ours.data), "causationid": None, "traceparent": None}
    )

    read = decode(fact.TYPE, bare.to_bytes())

    assert read.data == bare.data
    assert not {"causationid", "traceparent"} & json.loads(bare.to_bytes()).keys()


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_a_letterhead_writes_what_the_envelope_itself_would(fact: type[Fact]) -> None:
    ours = sample(fact)
    traced = ours.model_copy(update={"causationid": "an event", "traceparent": '00-"-ü'})
    restored = ours.model_copy(update={"epoch": 7, "restoredto": ours.time})
    bare = ours.model_copy(
        update={"data": _with_nulls(ours.data), "causationid": None, "traceparent": None}
    )

    for event in (ours, traced, restored, bare):
        head = _letterhead(event)
        for version, aggregate in ((1, event.aggregate), (2**31 - 1, 'a-kind:with "quotes" and ü')):
            expected = event.model_copy(update={"aggregate": aggregate, "version": version})
            written = head.to_bytes(
                event.data,
                id=event.id,
                subject=UUID(event.subject),
                aggregate=aggregate,
                version=version,
            )
            assert written == expected.to_bytes()


@pytest.mark.parametrize(
    ("aggregate", "version"),
    [("reminder", 1), ("Reminder:1", 1), (":1", 1), ("reminder:1\n", 1), ("reminder:1", 0),
     ("reminder:1", 2**31)],
)  # fmt: skip
def test_a_letterhead_refuses_what_the_envelope_refuses(aggregate: str, version: int) -> None:
    event = sample(FACTS[0])
    with pytest.raises(ValidationError):
        AnyEvent(**{**dict(event), "aggregate": aggregate, "version": version})
    with pytest.raises(ValueError, match="aggregate"):
        _letterhead(event).to_bytes(
            event.data, id=event.id, subject=UUID(int=1), aggregate=aggregate, version=version
        )


def test_a_letterhead_is_checked_once_for_all_its_facts() -> None:
    with pytest.raises(ValidationError, match="recordedby"):
        _letterhead(sample(FACTS[0]).model_copy(update={"recordedby": "nobody"}))


def _letterhead(event: AnyEvent) -> Letterhead:
    return Letterhead(
        source=event.source,
        type_=event.type,
        time=event.time,
        recordedby=event.recordedby,
        correlationid=event.correlationid,
        causationid=event.causationid,
        traceparent=event.traceparent,
        epoch=event.epoch,
        restoredto=event.restoredto,
    )


def _with_nulls(value: Any) -> Any:
    """The same payload with every field that may be null set to null."""
    if isinstance(value, tuple):
        return tuple(_with_nulls(each) for each in value)
    if not isinstance(value, Payload):
        return value
    may_be_null = {
        name for name, field in type(value).model_fields.items() if _allows_none(field.annotation)
    }
    return value.model_copy(
        update={
            name: None if name in may_be_null else _with_nulls(getattr(value, name))
            for name in type(value).model_fields
        }
    )


def _allows_none(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def test_the_content_type_is_that_of_structured_json() -> None:
    assert CONTENT_TYPE == JSONFormat.CONTENT_TYPE


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_a_type_names_owner_thing_fact_and_version(fact: type[Fact]) -> None:
    assert TYPE.fullmatch(fact.TYPE)
    assert fact.owner() in OWNERS
    assert fact.__module__ == f"{events.__name__}.{fact.owner()}"


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.TYPE)
def test_a_reader_ignores_what_a_later_writer_added(fact: type[Fact]) -> None:
    later = json.loads(sample(fact).to_bytes())
    later["data"]["added_later"] = later["addedlater"] = "x"

    assert decode(fact.TYPE, json.dumps(later).encode()).data == sample(fact).data


def test_every_fact_class_is_in_the_catalogue() -> None:
    def leaves(kind: type[Fact]) -> set[type[Fact]]:
        below = {leaf for child in kind.__subclasses__() for leaf in leaves(child)}
        return below or {kind}

    written = {fact for fact in leaves(Fact) if fact.__module__.startswith(events.__name__)}
    assert written == set(FACTS)
    assert len(CATALOGUE) == len(FACTS)


def test_pages_samples_and_schemas_are_current() -> None:
    assert catalogue.check() == []


def test_what_people_may_see_live_exists() -> None:
    for subjects in WATCHED.values():
        for subject in subjects:
            assert any(fact.TYPE.startswith(subject.removesuffix(">")) for fact in FACTS)


def test_a_service_never_listens_to_itself() -> None:
    for service, facts in LISTENERS.items():
        assert service not in {fact.owner() for fact in facts}


def test_personal_details_reach_two_services_only() -> None:
    details = events.assessment.PatientDetailsChanged

    assert {s for s, facts in LISTENERS.items() if details in facts} == {"treatment", "engagement"}


class Was(Payload):
    """A state of yesterday."""

    TYPE: ClassVar[str] = "x"
    name: str
    status: str
    count: int | None = None


def schema(**changes: object) -> dict[str, Any]:
    """Yesterday's schema with some parts replaced or, by None, removed."""
    now = json.loads(json.dumps(Was.model_json_schema()))
    now["properties"]["status"] = {"enum": ["open", "closed"], "type": "string"}
    for name, value in changes.items():
        if name == "required":
            now["required"] = value
        elif value is None:
            del now["properties"][name]
        else:
            now["properties"][name] = value
    return now


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"name": None, "required": ["status"]}, "event.name: removed"),
        ({"count": None}, "event.count: removed"),
        (
            {"extra": {"type": "string"}, "required": ["name", "status", "extra"]},
            "event.extra: newly required",
        ),
        ({"required": ["name", "status", "count"]}, "event.count: newly required"),
        ({"required": ["name"]}, "event.status: no longer required"),
        ({"status": {"enum": ["open"], "type": "string"}}, "event.status enum: was"),
        (
            {"status": {"enum": ["open", "closed", "lost"], "type": "string"}},
            "event.status enum: was",
        ),
        ({"name": {"type": "integer"}}, "event.name type: was 'string', is 'integer'"),
        ({"name": {"type": "string", "maxLength": 5}}, "event.name maxLength: was None, is 5"),
        ({"count": {"type": "integer"}}, "event.count"),
    ],
)
def test_a_change_that_breaks_a_reader_is_named(changes: dict[str, Any], finding: str) -> None:
    found = breaks(schema(), schema(**changes))

    assert any(line.startswith(finding) for line in found)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"extra": {"type": "string"}},
        {"name": {"type": "string", "title": "Another", "description": "Said better."}},
    ],
)
def test_a_new_optional_field_or_a_better_description_breaks_nothing(
    changes: dict[str, Any],
) -> None:
    assert breaks(schema(), schema(**changes)) == ()


def test_a_change_inside_a_nested_state_is_found() -> None:
    old = events.treatment.TaperHeld.model_json_schema()
    new = json.loads(json.dumps(old))
    del new["$defs"]["TaperStepState"]["properties"]["dose_mg"]

    assert any(line.endswith("dose_mg: removed") for line in breaks(old, new))


@pytest.fixture
def workshop(tmp_path: Path) -> Path:
    """A copy of what is written down, to spoil."""
    for name in (catalogue.SAMPLES, catalogue.SCHEMAS):
        shutil.copytree(catalogue.ROOT / name, tmp_path / name)
    for name in catalogue.PAGES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(catalogue.ROOT / name, tmp_path / name)
    return tmp_path


A_TYPE = FACTS[0].TYPE


def test_the_gate_refuses_a_breaking_change(workshop: Path) -> None:
    path = workshop / catalogue.SCHEMAS / f"{A_TYPE}.json"
    promised = json.loads(path.read_text())
    promised["properties"]["mood"] = {"type": "string"}
    path.write_text(json.dumps(promised))

    finding = f"{A_TYPE}: event.mood: removed; publish a new version beside it instead"
    assert finding in catalogue.check(workshop)
    assert catalogue.write_samples(workshop) == [finding]


def test_the_gate_refuses_a_fact_that_disappeared(workshop: Path) -> None:
    gone = workshop / catalogue.SCHEMAS / "care.portal.staff.vanished.v1.json"
    gone.write_text("{}")

    assert catalogue.check(workshop) == [
        "care.portal.staff.vanished.v1: removed; somebody may still send it"
    ]


@pytest.mark.parametrize("spoil", ["changed", "removed"])
def test_the_gate_refuses_a_sample_that_is_not_as_it_was(spoil: str, workshop: Path) -> None:
    path = workshop / catalogue.SAMPLES / f"{A_TYPE}.json"
    if spoil == "changed":
        path.write_text(path.read_text() + " ")
    else:
        path.unlink()

    assert any("never changed or removed" in line for line in catalogue.check(workshop))


def test_a_fact_that_grew_gets_a_further_sample(workshop: Path) -> None:
    path = workshop / catalogue.SAMPLES / f"{A_TYPE}.json"
    smaller = json.loads(path.read_text())
    del smaller["causationid"]
    sums = workshop / catalogue.SAMPLES / catalogue.SUMS
    path.unlink()
    kept = [line for line in sums.read_text().splitlines(keepends=True) if A_TYPE not in line]
    sums.write_text("".join(kept))
    catalogue._add_sample(path, catalogue._json(smaller))

    assert catalogue.write_samples(workshop) == []

    assert json.loads(path.read_text()) == smaller
    assert (workshop / catalogue.SAMPLES / f"{A_TYPE}.2.json").exists()
    assert catalogue.check(workshop) == []


def test_a_page_that_is_out_of_date_is_named(workshop: Path) -> None:
    (workshop / "shared/EVENTS.md").write_text("old")

    assert catalogue.check(workshop) == ["shared/EVENTS.md is out of date: run make docs"]
    assert catalogue.write_docs(workshop) == []
    assert catalogue.check(workshop) == []


DOCUMENT = asyncapi.document()


def references(node: Any) -> set[str]:
    """Every $ref in the document."""
    if isinstance(node, list):
        return {ref for item in node for ref in references(item)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if "$ref" in node else set()
    return own | {ref for value in node.values() for ref in references(value)}


def resolve(ref: str) -> Any:
    node: Any = DOCUMENT
    for part in ref.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


@pytest.mark.parametrize("ref", sorted(references(DOCUMENT)))
def test_every_reference_of_the_asyncapi_document_resolves(ref: str) -> None:
    assert ref.startswith("#/")
    assert isinstance(resolve(ref), dict)


def test_the_asyncapi_document_has_the_parts_version_3_demands() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()
    key = re.compile(r"[\w\d.\-_]+")
    for part in ("channels", "operations"):
        assert all(key.fullmatch(name) for name in DOCUMENT[part])
    for part in DOCUMENT["components"].values():
        assert all(key.fullmatch(name) for name in part)


def test_every_fact_has_a_channel_a_sender_and_its_receivers() -> None:
    operations = DOCUMENT["operations"].values()
    for fact in FACTS:
        channel = {"$ref": f"#/channels/{fact.TYPE}"}
        assert DOCUMENT["channels"][fact.TYPE]["address"] == fact.TYPE
        mine = [operation for operation in operations if operation["channel"] == channel]
        senders = [o["tags"][0]["name"] for o in mine if o["action"] == "send"]
        receivers = {o["tags"][0]["name"] for o in mine if o["action"] == "receive"}
        assert senders == [fact.owner()]
        assert receivers == {s for s, facts in LISTENERS.items() if fact in facts}


def test_a_sample_satisfies_its_schema_in_the_asyncapi_document() -> None:
    for fact in FACTS:
        message = DOCUMENT["components"]["messages"][fact.TYPE]
        schema = resolve(message["payload"]["$ref"])
        written = json.loads(sample(fact).to_bytes())
        assert set(schema["required"]) <= written.keys()
        assert written.keys() <= schema["properties"].keys()
