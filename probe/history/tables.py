"""What a history answers, for the eye."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analyzers.x509.printing import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .certificates import Change, Period
    from .joining import Incident
    from .queries import Kept
    from .story import Story

__all__ = ["subject_of", "write_connections", "write_incidents", "write_periods"]

_FIRST, _LAST = -62135510400.0, 253402214400.0
"""A day within the years that a date can have, so that it has a local time."""

NARROW = 160
"""Columns where the output is no terminal."""


def _console(stream: TextIO) -> Console:
    return Console(file=stream, width=None if stream.isatty() else NARROW, highlight=False)


def _time(at: float) -> str:
    """Write a time in local time with its offset: people compare it with other logs."""
    bounded = min(max(at, _FIRST), _LAST)  # a certificate may be valid until the end of the year 9999
    return datetime.fromtimestamp(bounded).astimezone().isoformat(sep=" ", timespec="seconds")


def _cell(value: object) -> Text:
    """Write a value from the network: no markup, and nothing that moves the cursor."""
    return Text(visible(str(value)) if value is not None else "")


def write_connections(stream: TextIO, rows: Iterable[Kept]) -> None:
    """Write a row for each connection."""
    table = Table(
        "ended", "id", "probe", "relay", "from", "to", "outcome", "TLS", "root cause", box=box.SIMPLE
    )
    for row in rows:
        by = f" (by {row.refused_by})" if row.refused_by else ""
        table.add_row(
            _time(row.ended),
            *map(_cell, (row.id, row.probe, row.relay)),
            _cell(row.client_member or f"{row.client_address}:{row.client_port}"),
            _cell(row.server_member or f"{row.server_address}:{row.server_port}"),
            _cell(row.outcome),
            _cell(row.version),
            _cell(f"{row.root_cause}{by}" if row.root_cause else by.strip()),
            style="red" if row.failed else "",
        )
    console = _console(stream)
    if table.row_count:
        console.print(table)
    else:
        console.print("Nothing in the history fits.")


def write_periods(stream: TextIO, periods: Iterable[tuple[Period, str, tuple[Change, ...]]]) -> None:
    """Write each period of each member and role, with the certificate's subject and what changed."""
    table = Table("member", "role", "first seen", "last seen", "certificate", "what changed", box=box.SIMPLE)
    for period, subject, changes in periods:
        beside = ["the one before was still shown"] if period.is_beside else []
        told = "\n".join(
            [*beside, *(f"{one.field}: {_value(one.before)} -> {_value(one.after)}" for one in changes)]
        )
        table.add_row(
            _cell(period.member),
            period.role,
            _time(period.since),
            _time(period.until),
            _cell(f"{subject} SHA-256 {period.sha256[:16]}"),
            Text(told),
        )
    console = _console(stream)
    if table.row_count:
        console.print(table)
    else:
        console.print("The history knows no member's certificate.")


def _value(value: Any) -> str:  # noqa: ANN401 (whatever a certificate's record holds)
    if isinstance(value, float):
        return _time(value)
    if isinstance(value, list):
        return visible(", ".join(map(str, value))) or "none"
    return "none" if value is None else visible(str(value))


def write_incidents(stream: TextIO, incidents: Iterable[tuple[Incident, Story]]) -> None:
    """Write what each incident comes to, its halves, and on what their belonging together rests."""
    console, is_empty = _console(stream), True
    for incident, story in incidents:
        is_empty = False
        first = incident.halves[0]
        console.print(
            Text.assemble(_time(first.started), "  ", (visible(story.text), "bold")), soft_wrap=True
        )
        for half in incident.halves:
            said = half.root_cause or half.outcome
            line = (
                f"  {half.probe}/{half.relay} ({half.road}) {half.id}: {half.client} -> {half.server}: {said}"
            )
            console.print(_cell(line), soft_wrap=True)
        for join in incident.joins:
            state = "observed" if join.basis.is_observed else f"inferred, confidence {join.confidence}"
            line = f"  {join.one} = {join.other}: {join.text} ({state}; clocks {join.apart_seconds:+.3f} s apart)"
            console.print(_cell(line), soft_wrap=True)
        if len(incident.halves) == 1:
            console.print("  seen by this probe only", soft_wrap=True)
    if is_empty:
        console.print("No connection failed.")


def subject_of(facts: Mapping[str, Any] | None) -> str:
    """Give what a certificate's subject is, where it is kept."""
    return "an unknown certificate" if facts is None else str(facts["subject"])
