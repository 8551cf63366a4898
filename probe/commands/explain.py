"""`mirrorprobe explain`: what an error line, or a whole log, says about a TLS connection that failed."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from probe.outcome import ExitCode, UnreadableInput, UsageFailure

if TYPE_CHECKING:
    from analyzers.diagnosis.explain import Explanation
    from analyzers.x509.certificate import Certificate

__all__ = ["register"]


def _open(text: str | None) -> BinaryIO:
    """Give what is to be read: standard input for `-` or nothing, a file that exists, else the text itself."""
    if text is None or text == "-":
        return sys.stdin.buffer
    path = Path(text)
    try:
        is_file = bool(text) and path.exists()
    except (OSError, ValueError):
        # The text is longer than any file name may be, or holds what none can.
        is_file = False
    if not is_file:
        return io.BytesIO(os.fsencode(text))
    try:
        return path.open("rb")
    except OSError as error:
        raise UnreadableInput(f"{path}: {error.strerror}; explain needs read access to a file") from error


def _looks_like_a_file(text: str | None) -> bool:
    """Tell whether a text of which nothing is known was rather meant as a file's name: one word with a dot or slash."""
    return text not in (None, "-") and len(text.split()) == 1 and any(sign in text for sign in "./\\")


def _explain(
    text: Annotated[
        str | None,
        typer.Argument(help="An error text, a log file, or -.", show_default=False),
    ] = None,
    *,
    with_certificate: Annotated[
        list[str] | None, typer.Option(metavar="MEMBER=FILE", help="Would it go away with this certificate?")
    ] = None,
    mirror: Annotated[Path | None, typer.Option(help="mirrorprobe.toml, for its CA certificates.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Explain TLS errors in any text: who refused whom, which root causes are likely, on which host to look.

    Exit code 1 when a known error was found, 0 when nothing in the text is known.
    """
    from analyzers.diagnosis.explain import explain  # noqa: PLC0415 - numpy is loaded for this command only
    from analyzers.diagnosis.what_if import what_if_of_text  # noqa: PLC0415
    from probe.config import load_mirror  # noqa: PLC0415

    replaced = _replaced(with_certificate)
    trust = () if mirror is None else load_mirror(mirror).trust
    with _open(text) as source:
        explanation = explain(source)
        is_text = isinstance(source, io.BytesIO)
    if is_text and not explanation.matches and _looks_like_a_file(text):
        raise UnreadableInput(f"{text}: no such file, and as a text it is no error that mirrorprobe knows")
    answers = tuple(
        (member, what_if_of_text(match.reading, member, chain, trust, time.time()))
        for match in explanation.matches
        for member, chain in replaced
    )
    _print(explanation, answers, as_json=as_json)
    raise typer.Exit(ExitCode.FINDINGS if explanation.matches else ExitCode.CLEAN)


def _replaced(options: list[str] | None) -> tuple[tuple[str, tuple[Certificate, ...]], ...]:
    from probe.replacing import replaced_chains  # noqa: PLC0415

    problems: list[str] = []
    chains = replaced_chains(options or (), problems)
    if problems:
        raise UsageFailure(*problems)
    return chains


def _print(explanation: Explanation, answers: tuple[tuple[str, str], ...], *, as_json: bool) -> None:
    from analyzers.report.explanation import explanation_record, explanation_text  # noqa: PLC0415

    if as_json:
        record = explanation_record(explanation)
        if answers:
            record["what_if"] = [{"member": member, "text": text} for member, text in answers]
        json.dump(record, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    sys.stdout.write(explanation_text(explanation))
    for member, text in answers:
        print(f"\nwith the other certificate of {member}: {text}")


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain")(_explain)
