"""The JSON Schema (draft 2020-12) of the records, `mirrorprobe/1`.

Every object lists all of its fields and allows no other, so that a document that validates is complete.
"""

from __future__ import annotations

from typing import Any

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName, Severity, State
from analyzers.connection import CloseKind, Outcome, Party, Road, Seen
from analyzers.diagnosis.findings import CheckStatus

from .forms import COUNT, NUMBER, TEXT, TRUTH, WHOLE, defined, list_of, object_of, one_of, or_null
from .json import SCHEMA_NAME

Schema = dict[str, Any]

__all__ = ["SCHEMA"]

_END = object_of(address=TEXT, port={"type": "integer", "minimum": 0, "maximum": 65535}, member=or_null(TEXT))

_CERTIFICATE = object_of(
    sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    subject=TEXT,
    issuer=TEXT,
    serial=TEXT,
    not_before=NUMBER,
    not_after=NUMBER,
    key=TEXT,
    signature=TEXT,
    key_usage=or_null(list_of(TEXT)),
    extended_key_usage=or_null(list_of(TEXT)),
    is_ca=TRUTH,
    path_length=or_null(COUNT),
    san=list_of(TEXT),
)

_CLIENT_HELLO = object_of(
    legacy_version=WHOLE,
    supported_versions=list_of(WHOLE),
    cipher_suites=list_of(WHOLE),
    groups=list_of(WHOLE),
    signature_schemes=list_of(WHOLE),
    server_name=or_null(TEXT),
    alpn=list_of(TEXT),
    extensions=list_of(WHOLE),
)

_SERVER_HELLO = object_of(
    version=WHOLE,
    cipher_suite=WHOLE,
    group=or_null(WHOLE),
    alpn=or_null(TEXT),
    extensions=list_of(WHOLE),
)

_ALERT = object_of(
    sender=one_of(Party),
    level=TEXT,
    description=TEXT,
    code=WHOLE,
    seen=one_of(Seen),
    frame=or_null(COUNT),
)

_TLS = object_of(
    version=or_null(TEXT),
    cipher_suite=or_null(TEXT),
    cipher_suite_code=or_null(WHOLE),
    group=or_null(TEXT),
    signature_scheme=or_null(TEXT),
    resumed=or_null(TRUTH),
    history=TEXT,
    client_hello=or_null(_CLIENT_HELLO),
    server_hello=or_null(_SERVER_HELLO),
    ja3=or_null(TEXT),
    ja3s=or_null(TEXT),
    ja4=or_null(TEXT),
    certificate_requested=or_null(TRUTH),
    certificate_authorities=or_null(list_of(TEXT)),
    client_certificates=or_null(list_of(defined("certificate"))),
    server_certificates=or_null(list_of(defined("certificate"))),
    alerts=list_of(_ALERT),
)

_PLACES: tuple[tuple[str, Schema], ...] = (("frame", COUNT), ("offset", COUNT), ("source", TEXT))

_EVIDENCE: Schema = {"oneOf": [object_of(**{"text": TEXT, place: kind}) for place, kind in _PLACES]}
"""A text, and one place where it can be looked up."""

_FINDING = object_of(
    id={"enum": list(catalogue())},
    severity=one_of(Severity),
    state=one_of(State),
    confidence={"type": "number", "minimum": 0, "maximum": 1},
    party=one_of(Blamed),
    summary=TEXT,
    evidence=list_of(_EVIDENCE),
    remedy=list_of(TEXT),
    references=list_of(TEXT),
)

_CHECK = object_of(status=one_of(CheckStatus), why=TEXT)

_CONNECTION = object_of(
    client=_END,
    server=_END,
    started=NUMBER,
    ended=NUMBER,
    road=one_of(Road),
    preamble=object_of(client_bytes=COUNT, server_bytes=COUNT, client_hex=TEXT, server_hex=TEXT),
    outcome=one_of(Outcome),
    closed_by={"enum": [*(party.value for party in Party), "none"]},
    close_kind=one_of(CloseKind),
    application_bytes=object_of(client=COUNT, server=COUNT),
    tls=or_null(_TLS),
    checks=object_of(**{name.value: _CHECK for name in CheckName}),
    findings=list_of(defined("finding")),
    root_cause=or_null({"enum": list(catalogue())}),
)

# Present only where the question was asked: `pcap --with-certificate`.
_CONNECTION["properties"]["what_if"] = list_of(
    object_of(
        member=TEXT,
        party=one_of(Party),
        before=or_null({"enum": list(catalogue())}),
        goes_away=or_null(TRUTH),
        text=TEXT,
    )
)

_CAPTURE = object_of(
    file=TEXT, packets=COUNT, problems=list_of(TEXT), connections=list_of(defined("connection"))
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": SCHEMA_NAME,
    "title": "What mirrorprobe writes with --json",
    "description": "null: not observable; an empty list: seen to be empty. Times are epoch seconds.",
    "anyOf": [defined("captures"), defined("connection")],
    "$defs": {
        "captures": object_of(schema={"const": SCHEMA_NAME}, captures=list_of(_CAPTURE)),
        "connection": _CONNECTION,
        "finding": _FINDING,
        "certificate": _CERTIFICATE,
    },
}
