"""What is printed of files, of texts and of the catalogue."""

from __future__ import annotations

from analyzers.causes import catalogue
from analyzers.causes.entry import Family
from analyzers.report.forms import (
    COUNT,
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    list_of,
    object_of,
    one_of,
    or_null,
)

from ..config import Action, Mode
from .building import CAUSE, PARTY, SEVERITY, Schema, document, map_of, named

__all__ = ["DOCUMENTS"]

_LINT = named(
    "lint",
    "What mirrorprobe lint --json prints",
    {
        "at": NUMBER,
        "members": list_of(
            object_of(
                name=TEXT,
                dn=or_null(TEXT),
                listed_dn=or_null(TEXT),
                not_after=or_null(NUMBER),
                certificates=COUNT,
                has_key=TRUTH,
                has_authorities=TRUTH,
            )
        ),
        "findings": list_of(
            object_of(
                check=TEXT,
                cause=CAUSE,
                severity=SEVERITY,
                member=TEXT,
                source=TEXT,
                text=TEXT,
                remedy=TEXT,
                judged_by=TEXT,
            )
        ),
        "pairs": list_of(
            object_of(
                client=TEXT,
                server=TEXT,
                accepted=or_null(TRUTH),
                refused_by=PARTY,
                verify_error=or_null(WHOLE),
                text=or_null(TEXT),
                rules=object_of(
                    accepted=or_null(TRUTH),
                    refused_by=PARTY,
                    cause=CAUSE,
                    verify_error=or_null(WHOLE),
                    text=or_null(TEXT),
                ),
                disputed=TRUTH,
            )
        ),
        "forecast": list_of(object_of(at=NUMBER, date=TEXT, days=WHOLE, member=TEXT, cause=CAUSE, text=TEXT)),
    },
)

_EXPLAIN = named(
    "explain",
    "What mirrorprobe explain --json prints",
    {
        "matches": list_of(
            object_of(
                line=or_null(COUNT),
                lines=list_of(COUNT),
                count=COUNT,
                first_time=or_null(TEXT),
                last_time=or_null(TEXT),
                text=TEXT,
                stack=TEXT,
                code=or_null(TEXT),
                codes=list_of(
                    object_of(
                        code=TEXT,
                        generation=TEXT,
                        library=WHOLE,
                        library_name=or_null(TEXT),
                        function=or_null(TEXT),
                        reason=WHOLE,
                        reason_text=or_null(TEXT),
                        alert=or_null(COUNT),
                    )
                ),
                alert=or_null(COUNT),
                alert_description=or_null(TEXT),
                direction=TEXT,
                written_by=PARTY,
                refused_by=or_null(TEXT),
                look_at=TEXT,
                causes=list_of(
                    object_of(
                        id={"enum": list(catalogue())},
                        confidence={"type": "number", "minimum": 0, "maximum": 1},
                        summary=TEXT,
                    )
                ),
            )
        ),
        "lines_are_bounded": TRUTH,
    },
)
# Present only where the question was asked: `explain --with-certificate`.
_EXPLAIN["properties"]["what_if"] = list_of(object_of(member=TEXT, text=TEXT))

_CSR = named(
    "csr",
    "What mirrorprobe csr --json prints",
    {
        "dn": TEXT,
        "key": TEXT,
        "request": TEXT,
        "openssl_configuration": TEXT,
        "certreq_inf": TEXT,
        "order": TEXT,
        "verification": list_of(TEXT),
    },
)

_CAUSE_ROW = {
    "id": {"enum": list(catalogue())},
    "family": one_of(Family),
    "severity": SEVERITY,
    "summary": TEXT,
    "remedy": list_of(TEXT),
    "references": list_of(TEXT),
}

DOCUMENTS: dict[str, Schema] = {
    "lint": _LINT,
    "explain": _EXPLAIN,
    "csr": _CSR,
    "causes": document(
        "causes", "What mirrorprobe causes --json prints", {"type": "array", "items": object_of(**_CAUSE_ROW)}
    ),
    "cause": document(
        "cause", "What mirrorprobe causes ID --json prints", object_of(**_CAUSE_ROW, sections=map_of(TEXT))
    ),
    "config": document(
        "config",
        "What mirrorprobe config check --json prints",
        object_of(
            file=TEXT,
            mirror=TEXT,
            members=list_of(TEXT),
            relays=list_of(
                object_of(name=TEXT, listen=TEXT, upstream=TEXT, mode=one_of(Mode), action=one_of(Action))
            ),
            checks=list_of(object_of(name=TEXT, target=TEXT)),
            sniffs=list_of(object_of(name=TEXT, interface=TEXT, ports=list_of(COUNT))),
            sinks=list_of(TEXT),
            history=TRUTH,
            web=TEXT,
            series_begin_when_seen=list_of(TEXT),
        ),
    ),
}
