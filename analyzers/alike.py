"""Connections that are alike: what one of them showed, the others did too.

They differ in addresses and ports, in times and in the numbers of their packets, and in how much data passed. A
timeline takes longer to write than everything else, and few are ever read, so it is drawn when somebody asks for it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from .connection import PARTIES, Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from .connection import Event

__all__ = ["AlikeConnection"]

_FIELDS: Final = tuple(field.name for field in fields(Connection))
_OWN: Final = frozenset(
    {"client", "server", "started", "ended", "closed_by", "close_kind", "tls", "events"}
) | {f"{party}_application_bytes" for party in PARTIES}
_SHARED: Final = tuple(name for name in _FIELDS if name not in _OWN)
_set = object.__setattr__


class AlikeConnection(Connection):
    """A connection like another one, its model."""

    __slots__ = ("_draw", "common_events", "model")

    @classmethod
    def of(
        cls,
        model: Connection,
        draw: Callable[[], tuple[Event, ...]],
        common_events: int | None = None,
        **own: object,
    ) -> AlikeConnection:
        """Make a connection like `model`.

        Args:
            model: another connection.
            draw: gives the timeline.
            common_events: how many events, from the first one, are the same but for times and frames; None: all.
            own: what may differ; what is not named is that of the model.
        """
        connection = object.__new__(cls)
        for name in _SHARED:
            _set(connection, name, getattr(model, name))
        for name in _OWN:
            if name in own:
                _set(connection, name, own[name])
            elif name != "events":
                _set(connection, name, getattr(model, name))
        _set(connection, "model", model)
        _set(connection, "common_events", common_events)
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
