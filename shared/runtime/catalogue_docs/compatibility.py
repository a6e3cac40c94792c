"""What would break a reader or a writer of yesterday's facts."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_WORDS = frozenset({"title", "description", "default", "$defs"})
"""Said about a field, not demanded of it."""


def breaks(old: Schema, new: Schema) -> tuple[str, ...]:
    """Every difference that is not a new optional field, as ``<where>: <what>``."""
    return tuple(_differences(_resolved(old, old), _resolved(new, new), "event"))


def _differences(old: Any, new: Any, where: str) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict) and "properties" in old:
        yield from _of_objects(old, new, where)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _of_rules(old, new, where)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{where}[{number}]")
    elif old != new:
        yield f"{where}: was {old!r}, is {new!r}"


def _of_objects(old: Schema, new: Schema, where: str) -> Iterator[str]:
    was, now = set(old.get("required", ())), set(new.get("required", ()))
    before, after = old["properties"], new.get("properties", {})
    yield from (f"{where}.{name}: removed" for name in sorted(before.keys() - after.keys()))
    yield from (f"{where}.{name}: newly required" for name in sorted(now - was))
    yield from (f"{where}.{name}: no longer required" for name in sorted(was - now))
    for name in sorted(before.keys() & after.keys()):
        yield from _differences(before[name], after[name], f"{where}.{name}")
    rest = {"properties": None, "required": None}
    yield from _of_rules({**old, **rest}, {**new, **rest}, where)


def _of_rules(old: Schema, new: Schema, where: str) -> Iterator[str]:
    for rule in sorted((old.keys() | new.keys()) - _WORDS):
        yield from _differences(old.get(rule), new.get(rule), f"{where} {rule}")


def _resolved(node: Any, root: Schema) -> Any:
    """The schema with each reference replaced by what it names; facts are never recursive."""
    if isinstance(node, list):
        return [_resolved(item, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        named = root["$defs"][node["$ref"].rsplit("/", 1)[1]]
        return _resolved({**named, **{k: v for k, v in node.items() if k != "$ref"}}, root)
    return {key: _resolved(value, root) for key, value in node.items() if key != "$defs"}
