"""The timeline of a connection as plain data, ready for JSON: what the live page draws its sequence from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analyzers.connection import Connection, Event

__all__ = ["timeline_record"]


def timeline_record(connection: Connection) -> list[dict[str, Any]]:
    """Give every entry of the timeline in its order; times are in epoch seconds."""
    return [_entry(event) for event in connection.events]


def _entry(event: Event) -> dict[str, Any]:
    return {
        "at": event.at,
        "sender": event.sender.value,
        "kind": event.kind.value,
        "name": event.name,
        "length": event.length,
        "count": event.count,
        "encrypted": event.protected,
        "frame": event.frame,
    }
