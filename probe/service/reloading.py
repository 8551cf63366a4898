"""What a reload can change while the probe is at work, and what waits for a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..config import Config

__all__ = ["needs_restart"]


def needs_restart(before: Config, after: Config) -> tuple[str, ...]:
    """Name the tables that differ and are read at the start alone: ports and sinks that are open."""
    tables = {
        "[web]": (before.web, after.web),
        "[events]": (before.events, after.events),
        "[[syslog]], [[otlp]], [[nats]]": (before.sinks, after.sinks),
        "[history]": (before.history, after.history),
    }
    return tuple(name for name, (old, new) in tables.items() if old != new)
