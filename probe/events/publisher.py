"""Tells every sink, and renders each event once."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Any

from .event import CONNECTION, connection_fields, event_of

if TYPE_CHECKING:
    from ..account import Account
    from .event import Event, Level
    from .sink import Sink

__all__ = ["Publisher"]

CLOSING_SECONDS = 5.0
"""How long the last events may take at the end, all sinks together."""


class Publisher:
    """The way to all sinks of one probe."""

    def __init__(self, mirror: str, sinks: tuple[Sink, ...]) -> None:
        """Tell these sinks of the mirror of that name."""
        self._mirror = mirror
        self.sinks = sinks

    def connection(self, account: Account) -> Event:
        """Tell of a finished connection, and give the event."""
        level: Level = "warning" if account.has_failed else "info"
        event = event_of(time(), CONNECTION, level, connection_fields(account, self._mirror), account)
        for sink in self.sinks:
            sink.take(event)
        return event

    def notice(self, kind: str, **fields: Any) -> None:  # noqa: ANN401 (a field is whatever JSON can hold)
        """Tell that something happened to the probe itself."""
        self._tell(kind, "info", fields)

    def problem(self, kind: str, **fields: Any) -> None:  # noqa: ANN401
        """Tell that something went wrong in the probe itself."""
        self._tell(kind, "error", fields)

    def _tell(self, kind: str, level: Level, fields: dict[str, Any]) -> None:
        event = event_of(time(), kind, level, fields)
        for sink in self.sinks:
            sink.take(event)

    def close(self) -> None:
        """Let every sink finish, within one limit for all of them."""
        end = monotonic() + CLOSING_SECONDS
        for sink in self.sinks:
            sink.close(max(end - monotonic(), 0.0))
