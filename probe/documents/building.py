"""How the schema of a document is put together, and what several of them have in common."""

from __future__ import annotations

from typing import Any

from analyzers.causes import catalogue
from analyzers.causes.entry import Severity
from analyzers.connection import Party
from analyzers.report.forms import COUNT, TEXT, object_of, one_of, or_null
from analyzers.report.schema import SCHEMA

from ..document import name_of

__all__ = ["ALERT", "CAUSE", "PARTY", "SEVERITY", "SHA256", "Schema", "document", "map_of", "named"]

Schema = dict[str, Any]

PARTY = or_null(one_of(Party))
CAUSE = or_null({"enum": list(catalogue())})
SEVERITY = one_of(Severity)
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ALERT = or_null(object_of(code=COUNT, description=TEXT))


def map_of(items: Schema) -> Schema:
    """Give the schema of an object that has such a value under each of its keys, whatever they are."""
    return {"type": "object", "additionalProperties": items}


def document(name: str, title: str, whole: Schema, **further: Schema) -> Schema:
    """Put a schema together; `further` are definitions of its own, beside those of the record."""
    return {
        "$schema": SCHEMA["$schema"],
        "$id": name_of(name),
        "title": title,
        "description": "null: not observable, or not there. Times are epoch seconds.",
        **whole,
        "$defs": {**{one: of for one, of in SCHEMA["$defs"].items() if one != "captures"}, **further},
    }


def named(name: str, title: str, fields: Schema, **further: Schema) -> Schema:
    """Put together the schema of an object that names it."""
    return document(name, title, object_of(schema={"const": name_of(name)}, **fields), **further)
