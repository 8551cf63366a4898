"""One handshake as a sequence diagram: the geometry, which the template draws as SVG."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.connection import EventKind, Party
from analyzers.counted import counted

if TYPE_CHECKING:
    from analyzers.connection import Connection, Event

__all__ = ["Arrow", "Sequence", "build_sequence"]

_ROW = 26
"""Pixels between two arrows."""
_TOP = 34
_ARROWS_SHOWN = 60
"""A mutual handshake has at most twenty messages; what follows is application data in runs."""

_KINDS = {
    EventKind.ALERT: "alert",
    EventKind.ENCRYPTED_ALERT: "alert",
    EventKind.RST: "reset",
    EventKind.FIN: "end",
    EventKind.GAP: "gap",
    EventKind.APPLICATION_DATA: "data",
    EventKind.PLAINTEXT: "plain",
}


@dataclass(frozen=True, slots=True)
class Arrow:
    """One event, from one lifeline to the other."""

    y: int
    from_client: bool
    kind: str
    """The CSS class."""
    label: str
    note: str
    """Time after the start, and the frame's number."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """A whole diagram."""

    arrows: tuple[Arrow, ...]
    height: int
    hidden: int
    """Events that were left out at the end."""


def _label(event: Event) -> str:
    if event.kind is EventKind.APPLICATION_DATA:
        records = counted(event.count, "record", grouped=True)
        return f"application data, {counted(event.length, 'byte', grouped=True)} in {records}"
    if event.kind is EventKind.PLAINTEXT:
        return f"{counted(event.length, 'byte', grouped=True)} before TLS"
    if event.kind is EventKind.GAP:
        return f"{counted(event.length, 'byte is', 'bytes are', grouped=True)} missing in the capture"
    if event.kind in (EventKind.FIN, EventKind.RST):
        return str(event.kind).upper()
    lock = " (encrypted)" if event.protected else ""
    return f"{event.name}{lock}, {counted(event.length, 'byte', grouped=True)}"


def build_sequence(connection: Connection) -> Sequence:
    """Lay out the timeline of `connection`."""
    shown = connection.events[:_ARROWS_SHOWN]
    arrows = []
    for row, event in enumerate(shown):
        frame = f", frame {event.frame}" if event.frame is not None else ""
        note = f"+{(event.at - connection.started) * 1000:,.1f} ms{frame}"
        kind = _KINDS.get(event.kind, "message")
        arrows.append(Arrow(_TOP + row * _ROW, event.sender is Party.CLIENT, kind, _label(event), note))
    return Sequence(tuple(arrows), _TOP + max(1, len(arrows)) * _ROW, len(connection.events) - len(shown))
