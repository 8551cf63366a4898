"""What is printed of the history."""

from __future__ import annotations

from analyzers.connection import Outcome, Party, Road
from analyzers.report.forms import (
    NUMBER,
    TEXT,
    TRUTH,
    defined,
    list_of,
    object_of,
    one_of,
    or_null,
)

from ..events.schema import EVENT_JSON_SCHEMA
from ..history.joining import Basis
from .building import SHA256, Schema, named

__all__ = ["DOCUMENTS"]

_HALF = object_of(
    id=TEXT,
    probe=TEXT,
    relay=TEXT,
    road=one_of(Road),
    started=NUMBER,
    ended=NUMBER,
    client=TEXT,
    server=TEXT,
    outcome=one_of(Outcome),
    failed=TRUTH,
    leg=TEXT,
    refused_by=or_null({"enum": ["client", "server", "relay"]}),
    root_cause=or_null(TEXT),
    summary=or_null(TEXT),
    client_certificate=or_null(SHA256),
    server_certificate=or_null(SHA256),
)
_INCIDENT = object_of(
    story=TEXT,
    client=TEXT,
    server=TEXT,
    refused_by=or_null({"enum": ["client", "server", "relay"]}),
    root_cause=or_null(TEXT),
    contradiction=TRUTH,
    witness=TEXT,
    presented=list_of(object_of(sha256=SHA256, subject=or_null(TEXT), seen_by=list_of(TEXT))),
    halves=list_of(_HALF),
    joins=list_of(
        object_of(
            between=list_of(TEXT),
            legs=list_of(or_null(TEXT)),
            basis=one_of(Basis),
            state={"enum": ["observed", "inferred"]},
            confidence={"type": "number", "minimum": 0, "maximum": 1},
            apart_seconds=NUMBER,
            text=TEXT,
        )
    ),
)
_PERIOD = object_of(
    member=TEXT,
    role=one_of(Party),
    sha256=SHA256,
    since=NUMBER,
    until=NUMBER,
    before=or_null(SHA256),
    is_beside=TRUTH,
    certificate=or_null(defined("certificate")),
    changes=list_of(object_of(field=TEXT, before={}, after={})),
)
_HISTORY = named(
    "history",
    "What mirrorprobe history --json prints",
    {"connections": list_of(defined("event"))},
    event={key: EVENT_JSON_SCHEMA[key] for key in ("if", "then", "else")},
    **{name: EVENT_JSON_SCHEMA["$defs"][name] for name in ("relayed", "direct", "notice")},
)

DOCUMENTS: dict[str, Schema] = {
    "history": _HISTORY,
    "incidents": named(
        "incidents", "What mirrorprobe history incidents --json prints", {"incidents": list_of(_INCIDENT)}
    ),
    "certificates": named(
        "certificates",
        "What mirrorprobe history certificates --json prints",
        {"certificates": list_of(_PERIOD)},
    ),
}
