"""What is printed of the mirror in a box."""

from __future__ import annotations

from analyzers.report.forms import (
    COUNT,
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    defined,
    list_of,
    object_of,
    or_null,
)

from ..events.schema import RELAYED_RECORD
from .building import ALERT, CAUSE, PARTY, Schema, document, map_of

__all__ = ["DOCUMENTS"]

_FAULT = {
    "name": TEXT,
    "family": TEXT,
    "story": TEXT,
    "expects": or_null(TEXT),
    "faulty": PARTY,
    "refused_by": PARTY,
    "alert": ALERT,
    "fails": TRUTH,
}
_END = object_of(
    handshake_complete=TRUTH,
    version=or_null(TEXT),
    cipher=or_null(TEXT),
    peer=or_null(TEXT),
    sent_alerts=list_of(object_of(code=COUNT, description=TEXT)),
    received_alerts=list_of(object_of(code=COUNT, description=TEXT)),
    verify_error=or_null(WHOLE),
    verify_depth=or_null(WHOLE),
    refusal=or_null(TEXT),
    error=or_null(TEXT),
    answer=TEXT,
)

DOCUMENTS: dict[str, Schema] = {
    "lab": document(
        "lab",
        "What mirrorprobe lab up --json prints",
        object_of(
            configuration=TEXT, members=list_of(object_of(name=TEXT, role=TEXT, agent=TEXT, superserver=TEXT))
        ),
    ),
    "faults": document(
        "faults",
        "What mirrorprobe lab fault --list --json prints",
        {"type": "array", "items": object_of(**_FAULT)},
    ),
    "fault": document(
        "fault",
        "What mirrorprobe lab fault NAME --json prints",
        object_of(**_FAULT, client=_END, server=or_null(_END)),
    ),
    "demo": document(
        "demo",
        "What mirrorprobe demo --json prints",
        object_of(
            scenes=list_of(
                object_of(
                    family=TEXT,
                    name=TEXT,
                    story=TEXT,
                    expects=or_null(TEXT),
                    fails=TRUTH,
                    root_cause=CAUSE,
                    refused_by=or_null({"enum": ["client", "server", "relay"]}),
                    alert=ALERT,
                    right=TRUTH,
                    connection=or_null(defined("relayed")),
                )
            ),
            right=COUNT,
            metrics=map_of(object_of(before=NUMBER, after=NUMBER)),
        ),
        relayed=RELAYED_RECORD,
    ),
}
