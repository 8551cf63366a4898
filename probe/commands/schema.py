"""`mirrorprobe schema`: the JSON Schema of the records."""

from __future__ import annotations

import json

import typer

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command("schema")
    def schema() -> None:
        """Print the JSON Schema of what every command writes with --json."""
        from analyzers.report.json import SCHEMA  # noqa: PLC0415 - the analyzers are loaded for this command only

        print(json.dumps(SCHEMA, indent=2))
