"""Connections that are alike: what one of them showed, the others did too.

They differ in addresses and ports, in times and in the numbers of their packets. A timeline takes longer to write
than everything else, and few are ever read, so it is drawn when somebody asks for it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from .connection import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Endpoint, Event

__all__ = ["AlikeConnection"]

_FIELDS: Final = tuple(field.name for field in fields(Connection))
_SHARED: Final = tuple(
    name for name in _FIELDS if name not in ("client", "server", "started", "ended", "events")
)
_set = object.__setattr__


class AlikeConnection(Connection):
    """A connection like another one, its model."""

    __slots__ = ("_draw", "model")

    @classmethod
    def of(
        cls,
        model: Connection,
        ends: tuple[Endpoint, Endpoint],
        times: tuple[float, float],
        draw: Callable[[], tuple[Event, ...]],
    ) -> AlikeConnection:
        """Make a connection like `model` with its own client and server, begin and end; `draw` gives its timeline."""
        connection = object.__new__(cls)
        for name in _SHARED:
            _set(connection, name, getattr(model, name))
        _set(connection, "client", ends[0])
        _set(connection, "server", ends[1])
        _set(connection, "started", times[0])
        _set(connection, "ended", times[1])
        _set(connection, "model", model)
        _set(connection, "_draw", draw)
        return connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 (the timeline, and nothing else)
        if name != "events":
            raise AttributeError(name)
        events = self._draw()
        _set(self, "events", events)
        return events

    def __eq__(self, other: object) -> bool:
        """Compare what was observed, however it came to be known."""
        return isinstance(other, Connection) and all(
            getattr(self, name) == getattr(other, name) for name in _FIELDS
        )

    __hash__ = Connection.__hash__

    def __reduce__(self) -> tuple[type[Connection], tuple[object, ...]]:
        """Go to another process as an ordinary connection."""
        return Connection, tuple(getattr(self, name) for name in _FIELDS)
