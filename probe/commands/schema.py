"""`mirrorprobe schema`: the JSON Schema of the records, of events, and of what each command prints."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["register"]


class _Document(StrEnum):
    RECORD = "record"
    EVENT = "event"
    CHECK = "check"
    MATRIX = "matrix"
    LINT = "lint"
    EXPLAIN = "explain"
    CSR = "csr"
    HISTORY = "history"
    INCIDENTS = "incidents"
    CERTIFICATES = "certificates"
    CAUSES = "causes"
    CAUSE = "cause"
    CONFIG = "config"
    LAB = "lab"
    FAULTS = "faults"
    FAULT = "fault"
    DEMO = "demo"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("schema")
    def schema(
        document: Annotated[
            _Document,
            typer.Argument(
                help="record: what pcap --json and --jsonl write, and the connections in what other commands do; "
                "event: what run tells its sinks; else what the command of that name prints with --json "
                "(incidents and certificates: of history; cause: causes ID; config: config check; lab: lab up; "
                "faults: lab fault --list; fault: lab fault NAME)."
            ),
        ] = _Document.RECORD,
    ) -> None:
        """Print the JSON Schema of records of connections, of events, or of what a command prints with --json."""
        from ..documents import DOCUMENTS  # noqa: PLC0415 - the analyzers are loaded for this command only

        print(json.dumps(DOCUMENTS[document.value], indent=2))
