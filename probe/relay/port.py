"""A listening port, and the relay behind it; after a reload also the relays whose connections still last.

A reload never drops a connection (design section 5). So a relay is not changed: a new one takes the port's next
connections, and the one before keeps those that it has, with the identities and rules under which they began.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Mapping

    from ..config import RelayConfig
    from .forwarder import Forwarder

__all__ = ["RelayPort", "keeping"]


class RelayPort:
    """One relay of the configuration at work, by its name."""

    def __init__(
        self, listener: socket.socket, config: RelayConfig, make: Callable[[RelayConfig], Forwarder[Any]]
    ) -> None:
        """Stand ready to accept on a socket that is bound already."""
        self.listener = listener
        self._make = make
        self._now = make(config)
        self._before: list[Forwarder[Any]] = []
        self._server: asyncio.Server | None = None
        self._group: asyncio.TaskGroup | None = None

    @property
    def config(self) -> RelayConfig:
        """The configuration of connections from now on."""
        return self._now.config

    async def open(self, group: asyncio.TaskGroup) -> None:
        """Begin to accept."""
        self._group = group
        self._now.start(group)
        self._server = await asyncio.get_running_loop().create_server(self._accept, sock=self.listener)

    def _accept(self) -> asyncio.BaseProtocol:
        """Hand the next connection to the relay of now, which a reload replaces."""
        return self._now.accept()

    def replace(self, config: RelayConfig) -> None:
        """Take another configuration for connections from now on."""
        self._before = [one for one in (*self._before, self._now) if one.active()]
        self._now = self._make(config)
        self._now.ceilings.follow([one.ceilings for one in self._before])
        if self._group is not None:
            self._now.start(self._group)

    def active(self) -> int:
        """Give the number of open connections."""
        return sum(one.active() for one in (*self._before, self._now))

    def close(self) -> None:
        """Accept no more; what is open goes on."""
        if self._server is not None:
            self._server.close()

    async def drain(self) -> None:
        """Wait until no connection is open."""
        for one in (*self._before, self._now):
            await one.drained.wait()

    def abort(self) -> None:
        """Cut every open connection off."""
        for one in (*self._before, self._now):
            one.abort()


def keeping(ports: Mapping[str, RelayPort], relays: Iterable[RelayConfig]) -> dict[str, RelayPort]:
    """Give the port at which each relay can go on: its own, or one that another name had at the same address."""
    wanted = tuple(relays)
    kept = {
        one.name: ports[one.name]
        for one in wanted
        if one.name in ports and ports[one.name].config.listen == one.listen
    }
    free = {port.config.listen: port for port in ports.values() if port not in kept.values()}
    for one in wanted:
        if one.name not in kept and one.listen.port and one.listen in free:
            kept[one.name] = free.pop(one.listen)
    return kept
