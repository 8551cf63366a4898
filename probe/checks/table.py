"""A matrix as a table, as blocks for what does not work, as data, and as a page."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table

from analyzers.report.html import ReportedCapture, html_report
from analyzers.report.text import verdict_block
from analyzers.tls.codepoints import version_name

from ..document import name_of
from .alike import in_a_row, kinds, rows, what_came

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .alike import Row
    from .matrix import Asked, Plan

__all__ = ["matrix_html", "matrix_record", "write_matrix"]

_STYLES = {"up": "green", "down": "red", "unknown": "yellow"}

_WHOLE = ("from", "channel", "standing", "TLS", "count")
"""Columns that a narrow terminal does not squeeze: what is folded in them reads badly."""

NARROWEST = 76
"""Columns of a terminal below which the table is told in words."""

SHOWN_ALIKE = 3
"""Blocks of one kind, each with another certificate."""


def write_matrix(stream: TextIO, planned: Plan, answers: tuple[Asked, ...]) -> None:
    """Write the table, then what does not work: of each kind at most a few blocks."""
    console = Console(file=stream, width=None if stream.isatty() else 140)
    tables = _tables(answers)
    if console.width < NARROWEST:
        stream.writelines(_rows_in_words(answers, tables, console.width))
    else:
        console.print(_table(answers, tables))
    stream.writelines(f"({number}) {name}\n" for number, name in enumerate(tables, 1))
    stream.write("\n" if tables else "")
    for kind in kinds(answers):
        stream.writelines(_blocks(kind))
    stream.writelines(f"note: {note}\n" for note in planned.notes)


def _blocks(kind: tuple[Asked, ...]) -> Iterator[str]:
    """Yield a block for each certificate, as far as that goes: with another server the same one fails the same way."""
    by_certificate = {_place(asked): asked for asked in reversed(kind)}
    chosen = [asked for asked in kind if by_certificate[_place(asked)] is asked][:SHOWN_ALIKE]
    for asked in chosen:
        yield _heading(asked) + verdict_block(asked.account.connection, asked.account.verdict) + "\n"
    more = len(kind) - len(chosen)
    if more:
        yield f"{more} more like {'this' if len(chosen) == 1 else 'these'} ({what_came(kind[0])})\n\n"


def _told(answers: tuple[Asked, ...], tables: tuple[str, ...]) -> Iterator[Row]:
    """Yield what is one row; with one certificate a member the reader looks for a pair, and each has its own."""
    return iter(rows(answers)) if tables else (row for asked in answers for row in rows((asked,)))


def _rows_in_words(answers: tuple[Asked, ...], tables: tuple[str, ...], width: int) -> Iterator[str]:
    """Yield a paragraph for each row, where the columns of a table would be a few letters wide."""
    for row in _told(answers, tables):
        asked = row.example
        parts = [
            f"{asked.pair.client} -> {', '.join(row.servers)} {_channel(row)}: {asked.standing}",
            _version(asked),
            what_came(asked),
            f"with {_certificates(row, tables)}" if tables else "",
        ]
        text = ", ".join(part for part in parts if part)
        yield fill(text, width, subsequent_indent="  ", break_on_hyphens=False) + "\n"
    yield "\n"


def _table(answers: tuple[Asked, ...], tables: tuple[str, ...]) -> Table:
    columns = ["from", "to", "channel", "standing", "TLS", "root cause"]
    columns += ["count", "which"] if tables else []
    # Half a root cause is none: what does not fit goes on in the next line.
    table = Table(box=box.SIMPLE, collapse_padding=True)
    for name in columns:
        table.add_column(name, overflow="fold", no_wrap=name in _WHOLE)
    for row in _told(answers, tables):
        asked = row.example
        cells = [asked.pair.client, ", ".join(row.servers), _channel(row)]
        cells += [asked.standing, _version(asked), what_came(asked)]
        if tables:
            cells += [str(len(row.certificates)), _certificates(row, tables)]
        table.add_row(*cells, style=_STYLES[asked.standing] if _stands_out(asked) else "")
    return table


def _tables(answers: tuple[Asked, ...]) -> tuple[str, ...]:
    """Give the tables of the configuration that hold certificates; none, where no member has several."""
    places = dict.fromkeys(map(_place, answers))
    if len({asked.pair.client for asked in answers}) == len(places):
        return ()
    return tuple(dict.fromkeys(source for source, _ in places))


def _channel(row: Row) -> str:
    return "both" if len(row.channels) > 1 else row.channels[0].value


def _certificates(row: Row, tables: tuple[str, ...]) -> str:
    """Say which they are in few columns: by number, of tables that are named below."""
    numbers: dict[str, list[int]] = {}
    for source, number in row.certificates:
        numbers.setdefault(source, []).append(number)
    return "; ".join(f"{in_a_row(own)} of ({tables.index(source) + 1})" for source, own in numbers.items())


def _place(asked: Asked) -> tuple[str, int]:
    """Tell a certificate from all others by where the configuration holds it."""
    return asked.pair.holding.source, asked.pair.holding.number


def _stands_out(asked: Asked) -> bool:
    """Tell whether a row is coloured: what works without a word is not."""
    return asked.standing != "up" or asked.account.root is not None


def _heading(asked: Asked) -> str:
    pair, (source, number) = asked.pair, _place(asked)
    return f"{pair.client} to the {pair.channel} of {pair.server}, with certificate {number} of {source}\n"


def _version(asked: Asked) -> str:
    tls = asked.account.connection.tls
    return "" if tls is None or tls.version is None else version_name(tls.version)


def matrix_record(mirror: str, planned: Plan, answers: tuple[Asked, ...]) -> dict[str, Any]:
    """Give the whole, with the record of every connection."""
    return {
        "schema": name_of("matrix"),
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
