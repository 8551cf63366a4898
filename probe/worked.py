"""The last connection between the same ends that worked: for what has changed when one fails."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from analyzers.connection import Outcome

from .account import is_failure

if TYPE_CHECKING:
    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import Verdict

__all__ = ["Worked"]

KEPT = 64
"""One for each client and server: a mirror has at most 16 members."""


class Worked:
    """One connection for each pair of a client's address and a server, the least recent go first."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[tuple[str, Endpoint], Connection] = OrderedDict()

    def before(self, connection: Connection) -> tuple[Connection, ...]:
        """Give the last one between the same ends, if any; never what was kept of the same one while it stood."""
        worked = self._kept.get((connection.client.address, connection.server))
        if worked is None or (worked.client, worked.started) == (connection.client, connection.started):
            return ()
        return (worked,)

    def remember(self, connection: Connection, verdict: Verdict) -> None:
        """Keep a connection, if it was established and no end refused it after that."""
        if connection.outcome is not Outcome.ESTABLISHED or is_failure(connection, verdict):
            return
        ends = connection.client.address, connection.server
        self._kept[ends] = connection
        self._kept.move_to_end(ends)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
