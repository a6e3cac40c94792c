"""The smallest body an operation takes, made from its own schema."""

from typing import Any

UUID_TEXT = "00000000-0000-4000-8000-0000000000ff"
_FORMATS = {
    "uuid": UUID_TEXT,
    "date": "2026-06-12",
    "date-time": "2026-06-12T09:00:00+00:00",
    "email": "somebody@clinic.example",
    "password": "a long pass phrase",
    "time": "09:00:00",
}
_TEXTS = ("5", "0" * 64, "phq-9", "Europe/London", "en", "a reason that is long enough", "x", "1")


def smallest(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:  # noqa: C901
    """A value of this schema with only what is required."""
    if "$ref" in schema:
        return smallest(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            options = sorted(schema[several], key=lambda one: one.get("type") != "string")
            return smallest(options[0], definitions)  # a dose is sent as text
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            required = schema.get("required") or list(fields)[: schema.get("minProperties", 0)]
            return {name: smallest(fields[name], definitions) for name in required}
        case "array":
            wanted = schema.get("minItems", 0)
            first = schema.get("prefixItems") or [schema.get("items", {})] * wanted
            return [smallest(one, definitions) for one in first]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    import re

    if (found := _FORMATS.get(schema.get("format", ""))) is not None:
        return found
    pattern = re.compile(schema.get("pattern", ""))
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 10_000)
    for text in (*_TEXTS, "a" * max(shortest, 1)):
        if shortest <= len(text) <= longest and pattern.search(text):
            return text
    raise LookupError(f"no text for {schema}: add one to tests/support/bodies.py")
