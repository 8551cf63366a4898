"""`mirrorprobe explain`: what an error line, or a whole log, says about a TLS connection that failed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from probe.outcome import ExitCode, UnreadableInput

if TYPE_CHECKING:
    from analyzers.diagnosis.explain import Explanation

__all__ = ["register"]


def _open(text: str | None) -> BinaryIO:
    """Give what is to be read: standard input for `-` or nothing, a file that exists, else the text itself."""
    if text is None or text == "-":
        return sys.stdin.buffer
    path = Path(text)
    try:
        is_file = path.is_file()
    except OSError:
        # The text is longer than any file name may be.
        is_file = False
    if not is_file:
        return io.BytesIO(text.encode())
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}; explain needs read access to it") from error


def _explain(
    text: Annotated[
        str | None,
        typer.Argument(help="An error text, a log file, or -.", show_default=False),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain TLS errors in any text: who refused whom, which root causes are likely, on which host to look.

    Exit code 1 when a known error was found, 0 when nothing in the text is known.
    """
    from analyzers.diagnosis.explain import explain  # noqa: PLC0415 - numpy is loaded for this command only

    with _open(text) as source:
        explanation = explain(source)
    if as_json:
        from analyzers.report.explanation import explanation_record  # noqa: PLC0415

        json.dump(explanation_record(explanation), sys.stdout, ensure_ascii=False, indent=2)
        sys.stdout.write("\n")
    else:
        _print(explanation)
    raise typer.Exit(ExitCode.FINDINGS if explanation.matches else ExitCode.CLEAN)


def _print(explanation: Explanation) -> None:
    from analyzers.report.explanation import explanation_text  # noqa: PLC0415

    sys.stdout.write(explanation_text(explanation))


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain")(_explain)
