"""`mirrorprobe schema`: the JSON Schema of the records, and that of events."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["register"]


class _Document(StrEnum):
    RECORD = "record"
    EVENT = "event"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("schema")
    def schema(
        document: Annotated[
            _Document,
            typer.Argument(
                help="record: what pcap --json and --jsonl write, and the connections in what other commands do; "
                "event: what run tells its sinks."
            ),
        ] = _Document.RECORD,
    ) -> None:
        """Print the JSON Schema of records of connections, or of events."""
        print(json.dumps(_schema_of(document), indent=2))


def _schema_of(document: _Document) -> dict[str, object]:
    """Give a schema; the analyzers are loaded for this command only."""
    if document is _Document.EVENT:
        from ..events.schema import EVENT_JSON_SCHEMA  # noqa: PLC0415

        return EVENT_JSON_SCHEMA
    from analyzers.report.json import SCHEMA  # noqa: PLC0415

    return SCHEMA
