"""The JSON Schema (draft 2020-12) of every document that a command prints, by the name that `mirrorprobe schema` takes.

A document that is an object and has `schema` names it there, as `mirrorprobe.NAME/1`; the records of connections in it
have their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzers.report.schema import SCHEMA

from ..events.schema import EVENT_JSON_SCHEMA
from . import asking, lab, reading, recalling

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DOCUMENTS"]

DOCUMENTS: Mapping[str, dict[str, Any]] = {
    "record": SCHEMA,
    "event": EVENT_JSON_SCHEMA,
    **asking.DOCUMENTS,
    **reading.DOCUMENTS,
    **recalling.DOCUMENTS,
    **lab.DOCUMENTS,
}
