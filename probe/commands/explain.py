"""`mirrorprobe explain`: what an error line, or a whole log, says about a TLS connection that failed."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, BinaryIO, cast

import typer

from probe.outcome import ExitCode, UnreadableInput, UsageFailure
from probe.terminal import columns

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
        is_text = isinstance(source, io.BytesIO)
        explanation = explain(source) if is_text else _explain_with_progress(source)
    if is_text and not explanation.matches and _looks_like_a_file(text):
        raise UnreadableInput(f"{text}: no such file, and as a text it is no error that mirrorprobe knows")
    answers = tuple(
        (member, what_if_of_text(match.reading, member, chain, trust, time.time()))
        for match in explanation.matches
        for member, chain in replaced
    )
    _print(explanation, answers, as_json=as_json)
    raise typer.Exit(ExitCode.FINDINGS if explanation.matches else ExitCode.CLEAN)


def _explain_with_progress(source: BinaryIO) -> Explanation:
    from analyzers.diagnosis.explain import explain  # noqa: PLC0415
    from probe.captures.progress import Progress  # noqa: PLC0415
    from probe.captures.sources import CountedSource  # noqa: PLC0415

    with Progress.shown((_size(source),)) as progress:
        counted = CountedSource(source, lambda position: progress.tell(0, position))
        return explain(cast("BinaryIO", counted))


def _size(source: BinaryIO) -> int:
    """Give the bytes of a file; 0 of a pipe, of which nobody knows how long it is."""
    try:
        return os.fstat(source.fileno()).st_size
    except (OSError, ValueError):
        return 0


def _replaced(options: list[str] | None) -> tuple[tuple[str, tuple[Certificate, ...]], ...]:
    from probe.replacing import replaced_chains  # noqa: PLC0415

    problems: list[str] = []
    chains = replaced_chains(options or (), problems)
    if problems:
        raise UsageFailure(*problems)
    return chains


def _print(explanation: Explanation, answers: tuple[tuple[str, str], ...], *, as_json: bool) -> None:
    from analyzers.report.explanation import (  # noqa: PLC0415
        WIDEST,
        explanation_record,
        explanation_text,
    )

    if as_json:
        record = explanation_record(explanation)
        if answers:
            record["what_if"] = [{"member": member, "text": text} for member, text in answers]
        json.dump(record, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    width = columns(WIDEST)
    sys.stdout.write(explanation_text(explanation, width))
    for member, text in answers:
        print("\n" + fill(f"with the other certificate of {member}: {text}", width, break_on_hyphens=False))


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("explain")(_explain)
