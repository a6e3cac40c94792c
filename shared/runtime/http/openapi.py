"""OpenAPI 3.1, read from the operations; pydantic's JSON Schema needs no translation."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.runtime.access import Rule
from shared.runtime.http.problems import CONTENT_TYPE, TITLES, Problem
from shared.runtime.http.router import MEANT, Api, Mode, Operation

_REFERENCE = "#/components/schemas/{model}"
_ALWAYS = (401, 403, 429, 503)


def document(api: Api, rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The service's contract; ``rules`` are the access table's lines by operation name."""
    taken = [(m, "validation") for op in api.operations for m in (op.body, op.query) if m]
    given = [(op.response, "serialization") for op in api.operations if op.response]
    models: list[Any] = [*taken, *given, (Problem, "serialization")]
    references, definitions = models_json_schema(models, ref_template=_REFERENCE)
    paths: dict[str, dict[str, Any]] = {}
    for operation in api.operations:
        described = _describe(operation, references, definitions["$defs"])
        if operation.mode is Mode.PUBLIC:
            described |= {"description": "Roles: anybody.", "security": []}
        else:
            roles = ", ".join(sorted(rules[operation.name].roles))
            described["description"] = f"Roles: {roles}."
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": "1"},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearer": []}],
    }


def statuses(operation: Operation) -> set[int]:
    """Every status the operation may answer with besides its success."""
    found = {*_ALWAYS, *operation.raises}
    if operation.path_parameters or operation.query or operation.body:
        found.add(422)
    if operation.body:
        found |= {400, 408, 413, 415}
    if operation.needs_key:
        found |= {400, 422}
    if operation.if_match:
        found |= {412, 428}
    return found


def _describe(operation: Operation, references: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *_path_parameters(operation),
            *_query_parameters(operation.query, schemas),
            *_header_parameters(operation),
        ],
        "responses": _responses(operation, references),
    }
    if operation.body:
        schema = references[(operation.body, "validation")]
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": adapter.json_schema()}
        for name, adapter in operation.path_parameters.items()
    ]


def _query_parameters(
    model: type[BaseModel] | None, schemas: dict[str, Any]
) -> list[dict[str, Any]]:
    if model is None:
        return []
    schema = schemas.pop(model.__name__, None) or model.model_json_schema(ref_template=_REFERENCE)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": described}
        for name, described in schema["properties"].items()
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    meant = {"type": "string", "format": "uuid"}
    parameters = [{"name": MEANT, "in": "header", "required": False, "schema": meant}]
    if operation.needs_key:
        schema = {"type": "string", "minLength": 8, "maxLength": 64, "pattern": "^[!-~]+$"}
        parameters.append(
            {"name": "Idempotency-Key", "in": "header", "required": True, "schema": schema}
        )
    if operation.if_match:
        schema = {"type": "string", "pattern": '^"[0-9]{1,9}"$'}
        parameters.append({"name": "If-Match", "in": "header", "required": True, "schema": schema})
    return parameters


def _responses(operation: Operation, references: Any) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if operation.response:
        schema = references[(operation.response, "serialization")]
        success["content"] = {"application/json": {"schema": schema}}
    problem = {CONTENT_TYPE: {"schema": references[(Problem, "serialization")]}}
    return {str(operation.status): success} | {
        str(status): {"description": TITLES.get(status, "Refused"), "content": problem}
        for status in sorted(statuses(operation))
    }
