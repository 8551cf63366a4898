"""The JSON Schema (draft 2020-12) of the records, `mirrorprobe/1`.

Every object lists all of its fields and allows no other, so that a document that validates is complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName, Severity, State
from analyzers.connection import CloseKind, Outcome, Party, Road, Seen
from analyzers.diagnosis.findings import CheckStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    Schema = dict[str, Any]

__all__ = ["SCHEMA", "SCHEMA_NAME"]

SCHEMA_NAME = "mirrorprobe/1"

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_TRUTH: Schema = {"type": "boolean"}


def _object(**fields: Schema) -> Schema:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _one_of(values: Iterable[StrEnum]) -> Schema:
    return {"enum": [value.value for value in values]}


def _defined(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


_END = _object(
    address=_TEXT, port={"type": "integer", "minimum": 0, "maximum": 65535}, member=_or_null(_TEXT)
)

_CERTIFICATE = _object(
    sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    subject=_TEXT,
    issuer=_TEXT,
    serial=_TEXT,
    not_before=_NUMBER,
    not_after=_NUMBER,
    key=_TEXT,
    signature=_TEXT,
    key_usage=_or_null(_list(_TEXT)),
    extended_key_usage=_or_null(_list(_TEXT)),
    is_ca=_TRUTH,
    path_length=_or_null(_COUNT),
    san=_list(_TEXT),
)

_CLIENT_HELLO = _object(
    legacy_version=_WHOLE,
    supported_versions=_list(_WHOLE),
    cipher_suites=_list(_WHOLE),
    groups=_list(_WHOLE),
    signature_schemes=_list(_WHOLE),
    server_name=_or_null(_TEXT),
    alpn=_list(_TEXT),
    extensions=_list(_WHOLE),
)

_SERVER_HELLO = _object(
    version=_WHOLE,
    cipher_suite=_WHOLE,
    group=_or_null(_WHOLE),
    alpn=_or_null(_TEXT),
    extensions=_list(_WHOLE),
)

_ALERT = _object(
    sender=_one_of(Party),
    level=_TEXT,
    description=_TEXT,
    code=_WHOLE,
    seen=_one_of(Seen),
    frame=_or_null(_COUNT),
)

_TLS = _object(
    version=_or_null(_TEXT),
    cipher_suite=_or_null(_TEXT),
    cipher_suite_code=_or_null(_WHOLE),
    group=_or_null(_TEXT),
    signature_scheme=_or_null(_TEXT),
    resumed=_or_null(_TRUTH),
    history=_TEXT,
    client_hello=_or_null(_CLIENT_HELLO),
    server_hello=_or_null(_SERVER_HELLO),
    ja3=_or_null(_TEXT),
    ja3s=_or_null(_TEXT),
    ja4=_or_null(_TEXT),
    certificate_requested=_or_null(_TRUTH),
    certificate_authorities=_or_null(_list(_TEXT)),
    client_certificates=_or_null(_list(_defined("certificate"))),
    server_certificates=_or_null(_list(_defined("certificate"))),
    alerts=_list(_ALERT),
)

_PLACES: tuple[tuple[str, Schema], ...] = (("frame", _COUNT), ("offset", _COUNT), ("source", _TEXT))

_EVIDENCE: Schema = {"oneOf": [_object(**{"text": _TEXT, place: kind}) for place, kind in _PLACES]}
"""A text, and one place where it can be looked up."""

_FINDING = _object(
    id={"enum": list(catalogue())},
    severity=_one_of(Severity),
    state=_one_of(State),
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    party=_one_of(Blamed),
    summary=_TEXT,
    evidence=_list(_EVIDENCE),
    remedy=_list(_TEXT),
    references=_list(_TEXT),
)

_CHECK = _object(status=_one_of(CheckStatus), why=_TEXT)

_CONNECTION = _object(
    client=_END,
    server=_END,
    started=_NUMBER,
    ended=_NUMBER,
    road=_one_of(Road),
    preamble=_object(client_bytes=_COUNT, server_bytes=_COUNT, client_hex=_TEXT, server_hex=_TEXT),
    outcome=_one_of(Outcome),
    closed_by={"enum": [*(party.value for party in Party), "none"]},
    close_kind=_one_of(CloseKind),
    application_bytes=_object(client=_COUNT, server=_COUNT),
    tls=_or_null(_TLS),
    checks=_object(**{name.value: _CHECK for name in CheckName}),
    findings=_list(_defined("finding")),
    root_cause=_or_null({"enum": list(catalogue())}),
)

# Present only where the question was asked: `pcap --with-certificate`.
_CONNECTION["properties"]["what_if"] = _list(
    _object(
        member=_TEXT,
        party=_one_of(Party),
        before=_or_null({"enum": list(catalogue())}),
        goes_away=_or_null(_TRUTH),
        text=_TEXT,
    )
)

_CAPTURE = _object(
    file=_TEXT, packets=_COUNT, problems=_list(_TEXT), connections=_list(_defined("connection"))
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_NAME,
    "title": "What mirrorprobe writes with --json",
    "description": "null: not observable; an empty list: seen to be empty. Times are epoch seconds.",
    "anyOf": [_defined("captures"), _defined("connection")],
    "$defs": {
        "captures": _object(schema={"const": SCHEMA_NAME}, captures=_list(_CAPTURE)),
        "connection": _CONNECTION,
        "finding": _FINDING,
        "certificate": _CERTIFICATE,
    },
}
