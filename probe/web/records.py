"""One connection in full: as JSON with its timeline, and as a report to take away."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from analyzers.report.html import ReportedCapture, html_report
from analyzers.report.timeline import timeline_record

from .answers import answer

if TYPE_CHECKING:
    from aiohttp import web

    from ..account import Account
    from ..board import Entry
    from .queries import Wanted

__all__ = ["listed", "record_of", "report_answer", "report_of"]

REPORT_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""For a browser that shows the report in spite of all: in an origin of its own, its script dead, its style alive."""


def listed(entries: tuple[Entry, ...], wanted: Wanted) -> bytes:
    """Give the list of those entries that are wanted, as JSON."""
    lines: list[str] = []
    for entry in entries:
        if len(lines) == wanted.limit:
            break
        if wanted.fits(entry):
            lines.append(entry.line)
    return f'{{"connections": [{", ".join(lines)}]}}'.encode("ascii")


def record_of(account: Account) -> bytes:
    """Give the record, as JSON, with the timeline of each leg."""
    record: dict[str, Any] = account.record()
    for name, connection, _ in account.judged():
        record["legs"][name]["timeline"] = timeline_record(connection)
    return json.dumps(record).encode("ascii")


def report_of(account: Account) -> bytes:
    """Give the page that `mirrorprobe pcap --html` makes of a capture, for the legs of one connection."""
    captures = [
        ReportedCapture(f"{account.id} ({leg})", None, (), ((connection, verdict),))
        for leg, connection, verdict in account.judged()
    ]
    return html_report(captures, title=f"mirrorprobe: connection {account.id}", is_full=True).encode()


def report_answer(account: Account, report: bytes) -> web.Response:
    """Answer with the report as a file to keep; its own policy stands in it, and holds where it is opened then."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", account.id)
    headers = {
        "Content-Disposition": f'attachment; filename="mirrorprobe-{name}.html"',
        "Content-Security-Policy": REPORT_POLICY,
    }
    return answer(report, "text/html; charset=utf-8", headers=headers)
