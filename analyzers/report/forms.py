"""The pieces of which JSON Schemas (draft 2020-12) are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from enum import StrEnum

    Schema = dict[str, Any]

__all__ = [
    "COUNT",
    "NUMBER",
    "TEXT",
    "TRUTH",
    "WHOLE",
    "defined",
    "list_of",
    "object_of",
    "one_of",
    "or_null",
]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
TRUTH: Schema = {"type": "boolean"}


def object_of(**fields: Schema) -> Schema:
    """Every field of an object, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def list_of(items: Schema) -> Schema:
    """A list of any length."""
    return {"type": "array", "items": items}


def or_null(schema: Schema) -> Schema:
    """What may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(values: Iterable[StrEnum]) -> Schema:
    """One of the values of an enumeration."""
    return {"enum": [value.value for value in values]}


def defined(name: str) -> Schema:
    """What `$defs` has under a name."""
    return {"$ref": f"#/$defs/{name}"}
