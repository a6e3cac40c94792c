"""An AsyncAPI 3 document of every fact: its channel, who sends it, who receives it."""

import inspect
import json
from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import FACTS
from shared.events.envelope import CONTENT_TYPE, Event, Fact
from shared.events.listeners import LISTENERS

Document = dict[str, Any]


def render() -> str:
    """The document as indented JSON."""
    return json.dumps(document(), indent=1) + "\n"


def document() -> Document:
    """The document. Channel, message and operation names are the facts' types."""
    payloads, definitions = models_json_schema(
        [(Event[fact], "validation") for fact in FACTS],  # type: ignore[valid-type]
        ref_template="#/components/schemas/{model}",
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Mooring events",
            "version": "1",
            "description": "Facts between the services, as CloudEvents 1.0 over NATS JetStream.",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {fact.TYPE: _channel(fact) for fact in FACTS},
        "operations": {name: operation for fact in FACTS for name, operation in _operations(fact)},
        "components": {
            "messages": {
                fact.TYPE: _message(fact, payload)
                for fact, payload in zip(FACTS, payloads.values(), strict=True)
            },
            "schemas": definitions["$defs"],
        },
    }


def _channel(fact: type[Fact]) -> Document:
    return {
        "address": fact.TYPE,
        "messages": {"event": {"$ref": f"#/components/messages/{fact.TYPE}"}},
    }


def _operations(fact: type[Fact]) -> list[tuple[str, Document]]:
    receivers = [service for service, facts in LISTENERS.items() if fact in facts]
    return [_operation(fact, fact.owner(), "send")] + [
        _operation(fact, service, "receive") for service in receivers
    ]


def _operation(fact: type[Fact], service: str, action: str) -> tuple[str, Document]:
    channel = f"#/channels/{fact.TYPE}"
    return f"{service}.{action}.{fact.TYPE}", {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/event"}],
        "tags": [{"name": service}],
    }


def _message(fact: type[Fact], payload: Document) -> Document:
    return {
        "name": fact.TYPE,
        "title": fact.__name__,
        "summary": (inspect.getdoc(fact) or "").splitlines()[0],
        "contentType": CONTENT_TYPE,
        "payload": payload,
    }
