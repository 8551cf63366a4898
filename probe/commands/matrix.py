"""`mirrorprobe matrix`: every member to every other one, each by a real handshake."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from probe.limits import HANDSHAKE_SECONDS
from probe.outcome import ExitCode, UsageFailure

from .lint import Threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.checks.matrix import Asked

__all__ = ["register"]


def _matrix(
    config: Annotated[Path, typer.Option("--config", "-c", help="The configuration, mirrorprobe.toml.")],
    *,
    deadline: Annotated[
        float, typer.Option(min=0.1, max=60, help="Seconds for dial and handshake.")
    ] = HANDSHAKE_SECONDS,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the report.")] = None,
    fail_on: Annotated[
        Threshold, typer.Option(help="The least severity that gives exit code 1.")
    ] = Threshold.HIGH,
) -> None:
    """Dial every agent and superserver in the name of every other member whose certificate the file holds.

    Exit code 1 when something was found at or above SEVERITY, 3 when a server could not be asked and nothing else
    was found.
    """
    from probe.checks.matrix import ask_all, plan  # noqa: PLC0415 - TLS is loaded for this command only
    from probe.checks.table import matrix_html, matrix_record, write_matrix  # noqa: PLC0415
    from probe.config import load_config  # noqa: PLC0415

    loaded = load_config(config)
    planned = plan(loaded)
    if not planned.pairs:
        raise UsageFailure(f"{config}: no member's certificate and no other member's address", *planned.notes)
    with _progress(len(planned.pairs)) as advance:
        asked = asyncio.run(ask_all(planned.pairs, deadline, advance))
    if as_json:
        json.dump(matrix_record(loaded.mirror.name, planned, asked), sys.stdout, ensure_ascii=False, indent=2)
        print()
    else:
        write_matrix(sys.stdout, planned, asked)
    if html is not None:
        _write_html(html, matrix_html(loaded.mirror.name, planned, asked))
    raise typer.Exit(_exit_code(asked, fail_on))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[Asked], None]]:
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("asking", total=total)
        yield lambda _asked: progress.advance(task)


def _write_html(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f"{path}: cannot be written: {(error.strerror or str(error)).lower()}") from None


def _exit_code(answers: tuple[Asked, ...], fail_on: Threshold) -> ExitCode:
    from analyzers.causes.entry import Severity  # noqa: PLC0415

    limit = Severity(fail_on).rank
    findings = [finding for asked in answers for finding in asked.account.verdict.findings]
    if not any(asked.is_answered for asked in answers):
        print("error: no server could be asked", file=sys.stderr)
        return ExitCode.NOT_TESTED
    if any(finding.severity.rank <= limit for finding in findings):
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if all(asked.is_answered for asked in answers) else ExitCode.NOT_TESTED


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("matrix")(_matrix)
