"""A matrix as a table, as blocks for what does not work, as data, and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Column, Table

from analyzers.report.html import ReportedCapture, html_report
from analyzers.report.json import SCHEMA_NAME
from analyzers.report.text import verdict_block
from analyzers.tls.codepoints import version_name

if TYPE_CHECKING:
    from .matrix import Asked, Plan

__all__ = ["matrix_html", "matrix_record", "write_matrix"]

_STYLES = {"up": "green", "down": "red", "unknown": "yellow"}


def write_matrix(stream: TextIO, planned: Plan, answers: tuple[Asked, ...]) -> None:
    """Write the table, then a block for each pair that does not work."""
    console = Console(file=stream, width=None if stream.isatty() else 140)
    console.print(_table(answers))
    for asked in answers:
        if asked.standing != "up":
            stream.write(
                _heading(asked) + verdict_block(asked.account.connection, asked.account.verdict) + "\n"
            )
    stream.writelines(f"note: {note}\n" for note in planned.notes)


def _table(answers: tuple[Asked, ...]) -> Table:
    has_several = len({asked.pair.client for asked in answers}) < len(
        {id(asked.pair.holding) for asked in answers}
    )
    columns = ["from", "to", "channel", "standing", "TLS", "root cause"]
    columns += ["certificate"] if has_several else []
    # Half a root cause is none: what does not fit goes on in the next line.
    table = Table(*(Column(name, overflow="fold") for name in columns), box=box.SIMPLE)
    for asked in answers:
        root, pair = asked.account.root, asked.pair
        cells = [pair.client, pair.server, pair.channel.value, asked.standing, _version(asked)]
        cells.append(root.id if root else "" if asked.standing == "up" else asked.account.outcome.value)
        if has_several:
            cells.append(f"{pair.holding.number} of {pair.holding.source}")
        table.add_row(*cells, style=_STYLES[asked.standing] if _stands_out(asked) else "")
    return table


def _stands_out(asked: Asked) -> bool:
    """Tell whether a row is coloured: what works without a word is not."""
    return asked.standing != "up" or asked.account.root is not None


def _heading(asked: Asked) -> str:
    pair, holding = asked.pair, asked.pair.holding
    shown = f"certificate {holding.number} of {holding.source}"
    return f"{pair.client} to the {pair.channel} of {pair.server}, with {shown}\n"


def _version(asked: Asked) -> str:
    tls = asked.account.connection.tls
    return "" if tls is None or tls.version is None else version_name(tls.version)


def matrix_record(mirror: str, planned: Plan, answers: tuple[Asked, ...]) -> dict[str, Any]:
    """Give the whole, with the record of every connection."""
    return {
        "schema": SCHEMA_NAME,
        "mirror": mirror,
        "pairs": [_record(asked) for asked in answers],
        "notes": list(planned.notes),
    }


def _record(asked: Asked) -> dict[str, Any]:
    pair, account = asked.pair, asked.account
    return {
        "from": pair.client,
        "to": pair.server,
        "channel": pair.channel.value,
        "target": str(pair.target),
        "certificate": {"source": pair.holding.source, "number": pair.holding.number},
        "standing": asked.standing,
        "outcome": account.outcome.value,
        "root_cause": account.root.id if account.root else None,
        "summary": account.root.summary if account.root else None,
        "connection": account.record(),
    }


def matrix_html(mirror: str, planned: Plan, answers: tuple[Asked, ...]) -> str:
    """Give a page with the report of all connections."""
    judged = tuple((asked.account.connection, asked.account.verdict) for asked in answers)
    return html_report(
        [ReportedCapture(mirror, None, planned.notes, judged)], title=f"mirrorprobe matrix of {mirror}"
    )
