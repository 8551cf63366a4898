"""What is printed of members that were asked."""

from __future__ import annotations

from analyzers.causes import catalogue
from analyzers.connection import Outcome
from analyzers.mirror.definition import Channel
from analyzers.report.forms import (
    COUNT,
    TEXT,
    TRUTH,
    defined,
    list_of,
    object_of,
    one_of,
    or_null,
)

from ..checks.survey import Insistence
from ..document import name_of
from ..events.schema import DIRECT_RECORD
from .building import CAUSE, Schema, document, map_of, named

__all__ = ["DOCUMENTS"]

_SUPPORT = map_of(object_of(accepted=list_of(TEXT), complete=TRUTH, own_order=or_null(TRUTH)))
_SURVEY = object_of(
    versions=list_of(TEXT),
    cipher_suites=_SUPPORT,
    groups=_SUPPORT,
    signature_schemes=_SUPPORT,
    client_certificate=one_of(Insistence),
    below_policy=list_of(object_of(cause={"enum": list(catalogue())}, text=TEXT)),
    connections=COUNT,
    problems=list_of(TEXT),
)

_CHECK = document(
    "check",
    "What mirrorprobe check --json prints",
    object_of(
        **DIRECT_RECORD["properties"]
        | {
            "schema": {"const": name_of("check")},
            "beyond": or_null(defined("direct")),
            "survey": or_null(_SURVEY),
        }
    ),
    direct=DIRECT_RECORD,
)

_MATRIX = named(
    "matrix",
    "What mirrorprobe matrix --json prints",
    {
        "mirror": TEXT,
        "pairs": list_of(
            object_of(
                **{"from": TEXT},
                to=TEXT,
                channel=one_of(Channel),
                target=TEXT,
                certificate=object_of(source=TEXT, number=COUNT),
                standing={"enum": ["up", "down", "unknown"]},
                outcome=one_of(Outcome),
                root_cause=CAUSE,
                summary=or_null(TEXT),
                connection=defined("direct"),
            )
        ),
        "notes": list_of(TEXT),
    },
    direct=DIRECT_RECORD,
)

DOCUMENTS: dict[str, Schema] = {
    "check": _CHECK,
    "matrix": _MATRIX,
}
