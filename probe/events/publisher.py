"""Tells every sink, and renders each event once."""

from __future__ import annotations

from threading import Lock, Thread
from time import monotonic, time
from typing import TYPE_CHECKING, Any

from .event import CONNECTION, connection_fields, event_of
from .sink import Reopening
from .trouble import SINK_FAILING

if TYPE_CHECKING:
    from ..account import Account
    from .event import Event, Level
    from .sink import Sink

__all__ = ["Publisher"]

CLOSING_SECONDS = 5.0
"""How long the last events may take at the end, all sinks together."""

LOG_SECONDS = 1.0
"""The part of it that is kept for the first sink, who is told what became of the others."""


class Publisher:
    """The way to all sinks of one probe."""

    def __init__(self, mirror: str) -> None:
        """Tell of the mirror of that name, as yet to nobody."""
        self._mirror = mirror
        self._lock = Lock()
        self.sinks: tuple[Sink, ...] = ()

    def add(self, sink: Sink) -> None:
        """Tell this sink too. The first is closed last, and so hears what befell the others at the end."""
        with self._lock:
            self.sinks = (*self.sinks, sink)

    def connection(self, account: Account) -> Event:
        """Tell of a finished connection, and give the event."""
        level: Level = "warning" if account.has_failed else "info"
        event = event_of(time(), CONNECTION, level, connection_fields(account, self._mirror), account)
        self._hand_out(event)
        return event

    def notice(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 (a field is whatever JSON can hold)
        """Tell that something happened to the probe itself."""
        self._tell(kind, "info", fields)

    def problem(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        """Tell that something went wrong in the probe itself."""
        self._tell(kind, "error", fields)

    def sink_told(self, kind: str, sink: str, reason: str) -> None:
        """Tell what a sink found out about itself; may be called in its thread."""
        self._tell(kind, "error" if kind == SINK_FAILING else "info", {"sink": sink, "reason": reason})

    def _tell(self, kind: str, level: Level, fields: dict[str, Any]) -> None:
        self._hand_out(event_of(time(), kind, level, {"mirror.name": self._mirror, **fields}))

    def _hand_out(self, event: Event) -> None:
        # A sink need not expect two threads at once. Taking costs microseconds, and threads seldom tell.
        with self._lock:
            for sink in self.sinks:
                sink.take(event)

    def reopen(self) -> None:
        """Open files anew: another program may have renamed them."""
        for sink in self.sinks:
            if isinstance(sink, Reopening):
                sink.reopen()

    def close(self) -> None:
        """Let every sink finish within one limit, all at the same time: one that is away takes none from the others."""
        end = monotonic() + CLOSING_SECONDS
        limit = CLOSING_SECONDS - LOG_SECONDS
        closing = [
            Thread(target=sink.close, args=(limit,), name=f"close {sink.name}", daemon=True)
            for sink in self.sinks[1:]
        ]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join(max(end - LOG_SECONDS / 2 - monotonic(), 0.0))
        for sink in self.sinks[:1]:
            sink.close(max(end - monotonic(), 0.0))
