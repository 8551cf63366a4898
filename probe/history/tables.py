"""What a history answers, for the eye: whatever the width, an identifier, a name or a hash is never cut."""

from __future__ import annotations

from datetime import datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from analyzers.x509.printing import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .certificates import Change, Period
    from .joining import Incident
    from .queries import Kept
    from .story import Story

__all__ = ["subject_of", "write_connections", "write_incidents", "write_periods"]

_FIRST, _LAST = -62135510400.0, 253402214400.0
"""A day within the years that a date can have, so that it has a local time."""

NO_TERMINAL = 160
"""Columns where the output is no terminal and COLUMNS does not say how many."""

PROSE = 110
"""Columns of what is read as sentences: longer lines are hard to follow."""

HANGING = 4
"""By how much the further lines of a sentence are set in."""


def _console(stream: TextIO, most: int | None = None) -> Console:
    """Give a console as wide as COLUMNS or the terminal, and at most so wide."""
    width = get_terminal_size((NO_TERMINAL, 1)).columns
    return Console(file=stream, width=width if most is None else min(width, most), highlight=False)


def _time(at: float) -> str:
    """Write a time in local time with its offset: people compare it with other logs."""
    bounded = min(max(at, _FIRST), _LAST)  # a certificate may be valid until the end of the year 9999
    return datetime.fromtimestamp(bounded).astimezone().isoformat(sep=" ", timespec="seconds")


def _cell(value: object) -> Text:
    """Write a value from the network: no markup, and nothing that moves the cursor."""
    return Text(visible(str(value)) if value is not None else "")


def _print_hanging(console: Console, text: Text, indent: int = 0) -> None:
    """Print a sentence broken between words; only what is longer than a line goes on within a word."""
    room = max(console.width - indent - HANGING, 1)
    for number, line in enumerate(text.wrap(console, room, overflow="fold")):
        line.rstrip()
        at = indent + (HANGING if number else 0)
        console.print(Text(" " * at) + line, soft_wrap=True)


def _client(row: Kept) -> str:
    return row.client_member or f"{row.client_address}:{row.client_port}"


def _server(row: Kept) -> str:
    return row.server_member or f"{row.server_address}:{row.server_port}"


def _cause(row: Kept) -> str:
    by = f"(by {row.refused_by})" if row.refused_by else ""
    return f"{row.root_cause or ''} {by}".strip()


_COLUMNS: Mapping[str, Callable[[Kept], str | None]] = {
    "ended": lambda row: _time(row.ended),
    "local time": lambda row: _time(row.ended)[: len("2026-01-31 12:00:00")],
    "probe": lambda row: row.probe,
    "relay": lambda row: row.relay,
    "from": _client,
    "to": _server,
    "outcome": lambda row: row.outcome,
    "TLS": lambda row: row.version,
    "root cause": _cause,
    "cause or outcome": lambda row: row.root_cause or row.outcome,
    "id": lambda row: row.id,
}

_LAYOUTS = (
    ("ended", "probe", "relay", "from", "to", "outcome", "TLS", "root cause", "id"),
    ("local time", "relay", "from", "to", "outcome", "TLS", "root cause", "id"),
    ("local time", "from", "to", "cause or outcome", "id"),
)
"""The columns of the table, from that which says most to that which needs least room. `show` needs the id."""


def write_connections(stream: TextIO, rows: Iterable[Kept]) -> None:
    """Write a row for each connection, with the columns that the width has room for; else some lines for each."""
    console, kept = _console(stream), tuple(rows)
    if not kept:
        console.print("Nothing in the history fits.")
        return
    for layout in _LAYOUTS:
        table = _table(layout, kept)
        # Measured in a room without walls: a table never asks for more than it is given.
        if console.measure(table, options=console.options.update(max_width=10_000)).maximum <= console.width:
            console.print(table)
            return
    for row in kept:
        _print_connection(_console(stream, PROSE), row)


def _table(layout: tuple[str, ...], rows: tuple[Kept, ...]) -> Table:
    columns = (Column(name, no_wrap=True) for name in layout)
    table = Table(*columns, box=box.SIMPLE, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(
            *(_cell(_COLUMNS[name](row)) for name in layout),
            style="red" if row.failed else "",
        )
    return table


def _print_connection(console: Console, row: Kept) -> None:
    version = f"  {row.version}" if row.version else ""
    style = "red" if row.failed else ""
    first = f"{_time(row.ended)}  {_client(row)} -> {_server(row)}  {row.outcome}{version}"
    _print_hanging(console, Text(visible(first), style))
    _print_hanging(console, Text(visible(f"{row.id}  {_cause(row)}".rstrip()), style), HANGING)


def write_periods(stream: TextIO, periods: Iterable[tuple[Period, str, tuple[Change, ...]]]) -> None:
    """Write each period under its member and role, with the certificate's subject and what changed."""
    console, under = _console(stream, PROSE), None
    for period, subject, changes in periods:
        if under != (period.member, period.role):
            if under is not None:
                console.print()
            under = period.member, period.role
            _print_hanging(console, Text(visible(f"{period.member} as {period.role}"), "bold"))
        _print_hanging(console, Text(f"{_time(period.since)} to {_time(period.until)}"), 2)
        _print_hanging(console, _cell(subject), 4)
        _print_hanging(console, _cell(f"SHA-256 {period.sha256}"), 4)
        if period.is_beside:
            _print_hanging(console, Text("the one before was still shown"), 4)
        for one in changes:
            _print_hanging(console, Text(f"{one.field}: {_value(one.before)} -> {_value(one.after)}"), 4)
    if under is None:
        console.print("The history knows no member's certificate.")


def _value(value: Any) -> str:  # noqa: ANN401 (whatever a certificate's record holds)
    if isinstance(value, float):
        return _time(value)
    if isinstance(value, list):
        return visible(", ".join(map(str, value))) or "none"
    return "none" if value is None else visible(str(value))


def write_incidents(stream: TextIO, incidents: Iterable[tuple[Incident, Story]]) -> None:
    """Write what each incident comes to, its halves, and on what their belonging together rests."""
    console, is_empty = _console(stream, PROSE), True
    for incident, story in incidents:
        if not is_empty:
            console.print()
        is_empty = False
        started = _time(incident.halves[0].started)
        _print_hanging(console, Text.assemble(started, "  ", (visible(story.text), "bold")))
        for half in incident.halves:
            said = half.root_cause or half.outcome
            line = (
                f"{half.probe}/{half.relay} ({half.road}) {half.id}: {half.client} -> {half.server}: {said}"
            )
            _print_hanging(console, _cell(line), 2)
        for join in incident.joins:
            state = "observed" if join.basis.is_observed else f"inferred, confidence {join.confidence}"
            clocks = f"clocks {join.apart_seconds:+.3f} s apart"
            _print_hanging(console, _cell(f"{join.one} = {join.other}: {join.text} ({state}; {clocks})"), 2)
        if len(incident.halves) == 1:
            _print_hanging(console, Text("seen by this probe only"), 2)
    if is_empty:
        console.print("No connection failed.")


def subject_of(facts: Mapping[str, Any] | None) -> str:
    """Give what a certificate's subject is, where it is kept."""
    return "an unknown certificate" if facts is None else str(facts["subject"])
