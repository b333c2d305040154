"""The protocol's documents, made of its structs: an AsyncAPI 3.0 document and the table of limits."""

import inspect
from types import UnionType
from typing import Any, get_args

import msgspec

from chat.realtime import protocol
from chat.realtime.limits import LIMITS

REF = "#/components/schemas/{name}"


def asyncapi() -> dict[str, Any]:
    """The document as plain data, stable from run to run."""
    client, server = _structs(protocol.ClientFrame), _structs(protocol.ServerFrame)
    _, schemas = msgspec.json.schema_components([*client, *server], ref_template=REF)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "혼자왔니 live rooms",
            "version": "1",
            "description": f"JSON text frames over WebSocket at /ws, subprotocol {protocol.SUBPROTOCOL}.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "ws": {
                "address": "/ws",
                "messages": {
                    s.__name__: {"$ref": f"#/components/messages/{s.__name__}"} for s in client + server
                },
            }
        },
        "operations": {
            "clientSends": _operation("receive", client),
            "serverSends": _operation("send", server),
        },
        "components": {
            "messages": {s.__name__: _message(s) for s in client + server},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def limits_table() -> str:
    """Markdown: every limit, what it counts, and the code of its overflow."""
    rows = [
        f"| `{n}` | {x.value:,} | {x.unit} | `{x.code}` | {'yes' if x.retry else 'no'} |"
        for n, x in LIMITS.items()
    ]
    return "\n".join(["| limit | value | of what | overflow | retry |", "|---|---|---|---|---|", *rows])


def _structs(union: UnionType) -> list[type[msgspec.Struct]]:
    return list(get_args(union))


def _message(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": struct.__struct_config__.tag,
        "summary": inspect.getdoc(struct),
        "payload": {"$ref": REF.format(name=struct.__name__)},
    }


def _operation(action: str, structs: list[type[msgspec.Struct]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/ws"},
        "messages": [{"$ref": f"#/channels/ws/messages/{s.__name__}"} for s in structs],
    }
