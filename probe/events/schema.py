"""The JSON Schema (draft 2020-12) of events, `mirrorprobe.event/1`. `docs/events.md` says what each field means."""

from __future__ import annotations

from typing import Any

from analyzers.causes.entry import CheckName
from analyzers.connection import Outcome, Party, Road
from analyzers.diagnosis.findings import CheckStatus
from analyzers.report.json import SCHEMA_NAME
from analyzers.report.schema import SCHEMA

from .event import CONNECTION, EVENT_SCHEMA

__all__ = ["DIRECT_RECORD", "EVENT_JSON_SCHEMA", "RELAYED_RECORD"]

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_TRUTH: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "number", "description": "epoch seconds"}
_MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_PORT: Schema = {"type": "integer", "minimum": 0, "maximum": 65535}
_LEG: Schema = {"$ref": "#/$defs/connection"}

_HEAD: Schema = {
    "@timestamp": _MOMENT,
    "log.level": {"enum": ["info", "warning", "error"]},
    "event.action": _TEXT,
    "event.schema": {"const": EVENT_SCHEMA},
    "service.name": {"const": "mirrorprobe"},
    "service.version": _TEXT,
    "mirror.name": _TEXT,
}

_ECS: Schema = {
    "event.kind": {"const": "event"},
    "event.category": {"const": ["network"]},
    "event.type": {"const": ["connection", "end"]},
    "event.outcome": {"enum": ["success", "failure"]},
    "network.transport": {"const": "tcp"},
    "source.address": _TEXT,
    "source.port": _PORT,
    "destination.address": _TEXT,
    "destination.port": _PORT,
    "tls.established": _TRUTH,
}

_ECS_IF_SEEN: Schema = {
    "tls.version": _TEXT,
    "tls.version_protocol": {"const": "tls"},
    "tls.cipher": _TEXT,
    "tls.resumed": _TRUTH,
    **{
        f"tls.{party.value}.{name}": schema
        for party in Party
        for name, schema in (
            ("subject", _TEXT),
            ("issuer", _TEXT),
            ("not_before", _MOMENT),
            ("not_after", _MOMENT),
            ("hash.sha256", {"type": "string", "pattern": "^[0-9A-F]{64}$"}),
        )
    },
}

_RECORD: Schema = {
    "schema": {"const": SCHEMA_NAME},
    "id": _TEXT,
    "relay": _TEXT,
    "road": {"enum": [road.value for road in Road]},
    "mode": {"enum": ["terminate", "passthrough", "check", "sniff"]},
    "action": {"enum": ["observe", "shadow", "enforce"]},
    "started": _TIME,
    "ended": _TIME,
    "client": _TEXT,
    "upstream": _TEXT,
    "client_member": _TEXT_OR_NULL,
    "server_member": _TEXT_OR_NULL,
    "outcome": {"enum": [outcome.value for outcome in Outcome]},
    "failed": _TRUTH,
    "leg": {"enum": ["client", "upstream", "direct"]},
    "refused_by": {"enum": ["client", "server", "relay", None]},
    "root_cause": _TEXT_OR_NULL,
    "summary": _TEXT_OR_NULL,
    "tls_version": {"type": ["integer", "null"]},
    "handshake_seconds": {"type": ["number", "null"]},
    "enforcement": {
        "type": ["object", "null"],
        "properties": {
            "leg": {"enum": ["client", "upstream"]},
            "cause": _TEXT,
            "alert": {"type": ["integer", "null"]},
            "done": _TRUTH,
        },
        "required": ["leg", "cause", "alert", "done"],
        "additionalProperties": False,
    },
    "checks": {
        "type": "object",
        "properties": {name.value: {"enum": [status.value for status in CheckStatus]} for name in CheckName},
        "required": [name.value for name in CheckName],
        "additionalProperties": False,
    },
}

_BY_A_RELAY: Schema = {
    "carried": _TEXT_OR_NULL,
    "stand_in": _TRUTH,
    "untouched": _TRUTH,
    "trouble": _TEXT_OR_NULL,
}


def _legs(*names: str) -> Schema:
    return {
        "type": "object",
        "properties": dict.fromkeys(names, _LEG),
        "required": list(names),
        "additionalProperties": False,
    }


def _record(more: Schema, legs: Schema) -> Schema:
    fields = {**_RECORD, **more, "legs": legs}
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


DIRECT_RECORD = _record({}, _legs("direct"))
"""What is told of a connection with a single leg, without what an event has beside it."""

RELAYED_RECORD = _record(_BY_A_RELAY, _legs("client", "upstream"))
"""The same of one through a relay that ends TLS."""


def _connection(more: Schema, legs: Schema) -> Schema:
    always = {**_HEAD, "event.action": {"const": CONNECTION}, **_ECS, **_RECORD, **more, "legs": legs}
    return {
        "type": "object",
        "properties": {**always, **_ECS_IF_SEEN},
        "required": list(always),
        "additionalProperties": False,
    }


EVENT_JSON_SCHEMA: Schema = {
    "$schema": SCHEMA["$schema"],
    "$id": EVENT_SCHEMA,
    "title": "What mirrorprobe tells its sinks",
    "description": "null: not observable. New fields and kinds of event may come without a new name of the schema.",
    "if": {"properties": {"event.action": {"const": CONNECTION}}},
    "then": {"anyOf": [{"$ref": "#/$defs/relayed"}, {"$ref": "#/$defs/direct"}]},
    "else": {"$ref": "#/$defs/notice"},
    "$defs": {
        "relayed": _connection(_BY_A_RELAY, _legs("client", "upstream")),
        "direct": _connection({}, _legs("direct")),
        "notice": {"type": "object", "properties": _HEAD, "required": list(_HEAD)},
        **{name: schema for name, schema in SCHEMA["$defs"].items() if name != "captures"},
    },
}
