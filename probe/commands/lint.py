"""`mirrorprobe lint`: what will fail, before it fails."""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from probe.document import name_of
from probe.outcome import ExitCode, UnreadableInput, UsageFailure

if TYPE_CHECKING:
    from analyzers.report.lint import PairView
    from probe.lint.judging import Judged, Pair

__all__ = ["register"]


class Threshold(StrEnum):
    """From which severity on a finding fails the command."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


def _moment(text: str | None) -> float:
    if text is None:
        return time.time()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageFailure(f"--at {text}: not a date; write 2027-03-01, or 2027-03-01T12:00:00") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _lint(
    files: Annotated[
        list[Path],
        typer.Argument(help="Certificates, keys, CA files, directories, configurations; `-` for stdin."),
    ],
    *,
    password_file: Annotated[
        Path | None, typer.Option(help="Holds the keys' password.", show_default=False)
    ] = None,
    at: Annotated[str | None, typer.Option(help="Judge as of this day.", show_default=False)] = None,
    security_level: Annotated[int, typer.Option(help="OpenSSL's security level.", min=0, max=5)] = 1,
    fail_on: Annotated[
        Threshold, typer.Option(help="The least severity that gives exit code 1.")
    ] = Threshold.HIGH,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page.", show_default=False)] = None,
) -> None:
    """Check certificates, keys and mirror definitions, and let every pair of members shake hands in memory."""
    from analyzers.causes.entry import Severity  # noqa: PLC0415 - certificates and TLS are for this command only
    from probe.identity import read_file  # noqa: PLC0415
    from probe.lint.judging import judge  # noqa: PLC0415
    from probe.lint.loading import STANDARD_INPUT, load  # noqa: PLC0415

    if as_json and as_sarif:
        raise UsageFailure("--json and --sarif: two documents cannot be printed at once; give one of them")
    try:
        password = None if password_file is None else read_file(password_file).rstrip(b"\r\n")
    except ValueError as error:
        raise UsageFailure(str(error)) from None
    moment = _moment(at)
    if files.count(STANDARD_INPUT) > 1:
        raise UsageFailure("-: standard input can be read once")
    missing = [
        f"{path}: no such file or directory" for path in files if path != STANDARD_INPUT and not path.exists()
    ]
    if missing:
        raise UnreadableInput(*missing)
    loaded = load(files, password)
    if loaded.problems:
        raise UnreadableInput(*loaded.problems)
    judged = judge(loaded, moment, level=security_level)
    if html is not None:
        _write_html(judged, html)
    _print(judged, as_json=as_json, as_sarif=as_sarif)
    gravest = min((finding.severity.rank for finding in judged.findings), default=len(Severity))
    is_refused = any(pair.outcome is not None and not pair.outcome.is_accepted for pair in judged.pairs)
    fails = gravest <= Severity(fail_on).rank or is_refused
    raise typer.Exit(ExitCode.FINDINGS if fails else ExitCode.CLEAN)


def _pair_record(pair: Pair) -> dict[str, Any]:
    tried = pair.outcome
    return {
        "client": pair.client,
        "server": pair.server,
        "accepted": None if tried is None else tried.is_accepted,
        "refused_by": None if tried is None or tried.refused_by is None else str(tried.refused_by),
        "verify_error": None if tried is None else tried.code,
        "text": pair.why_not_tried if tried is None else tried.text,
        "rules": {
            "accepted": pair.prediction.is_accepted,
            "refused_by": None if pair.prediction.refused_by is None else str(pair.prediction.refused_by),
            "cause": pair.prediction.cause,
            "verify_error": pair.prediction.code,
            "text": pair.prediction.text,
        },
        "disputed": pair.is_disputed,
    }


def _print(judged: Judged, *, as_json: bool, as_sarif: bool) -> None:
    from analyzers.report.lint import finding_record, forecast_record, lint_text, member_record, sarif  # noqa: PLC0415
    from probe.version import installed_version  # noqa: PLC0415

    if as_sarif:
        json.dump(sarif(judged.findings, installed_version()), sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    if as_json:
        record = {
            "schema": name_of("lint"),
            "at": judged.at,
            "members": [member_record(member) for member in judged.members],
            "findings": [finding_record(finding) for finding in judged.findings],
            "pairs": [_pair_record(pair) for pair in judged.pairs],
            "forecast": [forecast_record(entry, judged.at) for entry in judged.forecast],
        }
        json.dump(record, sys.stdout, ensure_ascii=False, indent=2)
        print()
        return
    sys.stdout.write(lint_text(judged.findings, judged.forecast, judged.at))
    _print_pairs(judged)


def _view(pair: Pair) -> PairView:
    from analyzers.report.lint import PairView  # noqa: PLC0415

    if pair.outcome is None:
        return PairView(pair.client, pair.server, "unknown", "not tried", pair.why_not_tried)
    if pair.outcome.is_accepted:
        return PairView(pair.client, pair.server, "good", "accepted", "")
    refuser = pair.client if pair.outcome.refused_by == "client" else pair.server
    reason = f"{pair.prediction.cause}: {pair.prediction.text}" if pair.prediction.cause else ""
    text = f"by {refuser}: {pair.outcome.text}; {reason}".rstrip("; ")
    return PairView(pair.client, pair.server, "bad", "REFUSED", text)


def _write_html(judged: Judged, path: Path) -> None:
    from analyzers.report.lint import lint_html  # noqa: PLC0415

    page = lint_html(judged.findings, judged.forecast, [_view(pair) for pair in judged.pairs], judged.at)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageFailure(f"{path}: cannot be written: {(error.strerror or '').lower()}") from None


def _print_pairs(judged: Judged) -> None:
    if not judged.pairs:
        return
    print("\nWho would accept whom (a real handshake in memory; the row calls, the column answers):")
    for view in map(_view, judged.pairs):
        print(f"  {view.client} -> {view.server}: {view.mark} {view.text}".rstrip())


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("lint")(_lint)
