"""The last connection between the same ends that worked: for what has changed when one fails."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from analyzers.connection import Outcome

if TYPE_CHECKING:
    from analyzers.connection import Connection, Endpoint

__all__ = ["Worked"]

KEPT = 64
"""One for each client and server: a mirror has at most 16 members."""


class Worked:
    """One connection for each pair of a client's address and a server, the least recent go first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[tuple[str, Endpoint], Connection] = OrderedDict()

    def before(self, connection: Connection) -> tuple[Connection, ...]:
        """Give the last one between the same ends, if any."""
        worked = self._kept.get((connection.client.address, connection.server))
        return () if worked is None else (worked,)

    def remember(self, connection: Connection) -> None:
        """Keep a connection, if it was established."""
        if connection.outcome is not Outcome.ESTABLISHED:
            return
        ends = connection.client.address, connection.server
        self._kept[ends] = connection
        self._kept.move_to_end(ends)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
