"""The probe at work: its relays, its HTTP port, its sinks, and an orderly stop."""

from __future__ import annotations

import asyncio
import errno
import secrets
from typing import TYPE_CHECKING, Any

from analyzers.connection import Endpoint

from .board import Board
from .events import EventLog
from .listener import bind_all, where
from .metrics import Metrics
from .outcome import ExitCode, UsageFailure
from .relay.relay import Relay
from .version import installed_version
from .web.server import WebServer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from analyzers.connection import Party

    from .config import Config
    from .relayed import Relayed

__all__ = ["Probe"]


class Probe:
    """Everything that one configuration asks for. Made outside the event loop or in it; serves once."""

    def __init__(self, config: Config) -> None:
        """Bind every port and open every sink; nothing is accepted yet.

        Raises:
            UsageFailure: a port is in use, or a file cannot be written; one line for each problem.
        """
        self.config = config
        run_id = secrets.token_hex(4)
        self.relays = tuple(
            Relay(relay, run_id, self._finished, self._count_bytes, self._turned_away)
            for relay in config.relays
        )
        self.board = Board(config.web.connections)
        self.metrics = Metrics(
            installed_version(), config.mirror, [(relay.config.name, relay.active) for relay in self.relays]
        )
        wanted = [(f"relay {relay.name}", relay.listen) for relay in config.relays]
        self._listeners = bind_all([*wanted, ("[web]", config.web.listen)])
        self._events = self._open_events()
        self.metrics.watch_sink("log", self._events.dropped)
        self._web = WebServer(self.board, self.metrics, lambda: self._is_ready)
        self._is_ready = False
        self.on_relayed: Callable[[Relayed], None] | None = None
        """Is told of each connection when it is over, after the sinks were."""

    def _open_events(self) -> EventLog:
        try:
            return EventLog(self.config.events.style, self.config.events.file)
        except OSError as error:
            for listener in self._listeners:
                listener.close()
            reason = (error.strerror or str(error)).lower()
            raise UsageFailure(
                f"[events] file: {self.config.events.file} cannot be written: {reason}"
            ) from None

    def address_of(self, relay: str) -> Endpoint:
        """Give where a relay listens, with the port that it got where the configuration says 0."""
        place = [one.name for one in self.config.relays].index(relay)
        return Endpoint(*self._listeners[place].getsockname()[:2])

    @property
    def web_address(self) -> Endpoint:
        """Where the HTTP port is."""
        return Endpoint(*self._listeners[-1].getsockname()[:2])

    async def serve(
        self, stop: asyncio.Event, force: asyncio.Event | None = None, ready: Callable[[], None] | None = None
    ) -> ExitCode:
        """Relay until `stop` is set, then let the open connections end.

        Args:
            stop: ends the accepting.
            force: ends the draining before its limit.
            ready: is called when everything listens.

        Returns:
            CLEAN where every connection ended by itself, FINDINGS where some were cut off.
        """
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._report_bug)
        async with asyncio.TaskGroup() as group:
            servers = [await self._open(relay, sock, group) for relay, sock in self._pairs()]
            await self._web.start(self._listeners[-1])
            self._is_ready = True
            self._events.notice(
                "started", relays=[where(sock) for _, sock in self._pairs()], web=str(self.web_address)
            )
            if ready is not None:
                ready()
            await stop.wait()
            self._is_ready = False
            for server in servers:
                server.close()
            outcome = await self._drain(force or asyncio.Event())
        await self._web.stop()
        self._events.notice("stopped", drained=outcome is ExitCode.CLEAN)
        self._events.close()
        return outcome

    def _pairs(self) -> list[tuple[Relay, socket.socket]]:
        return list(zip(self.relays, self._listeners, strict=False))

    @staticmethod
    async def _open(relay: Relay, sock: socket.socket, group: asyncio.TaskGroup) -> asyncio.Server:
        relay.start(group)
        return await asyncio.get_running_loop().create_server(lambda: relay, sock=sock)

    async def _drain(self, force: asyncio.Event) -> ExitCode:
        """Wait for the open connections, at most as long as the configuration allows."""
        waits = [relay.drained.wait() for relay in self.relays]
        async with asyncio.TaskGroup() as group:
            drained = group.create_task(_all(waits), name="drain")
            forced = group.create_task(_one(force), name="force")
            await asyncio.wait(
                (drained, forced),
                timeout=self.config.limits.drain_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            is_drained = drained.done()
            if not is_drained:
                for relay in self.relays:
                    relay.abort()
                await drained
            forced.cancel()
        return ExitCode.CLEAN if is_drained else ExitCode.FINDINGS

    def _finished(self, relayed: Relayed) -> None:
        self.metrics.count(relayed)
        self.board.add(relayed)
        self._events.connection(relayed)
        if self.on_relayed is not None:
            self.on_relayed(relayed)

    def _count_bytes(self, relay: str, sender: Party, length: int) -> None:
        self.metrics.count_bytes(relay, sender, length)

    def _turned_away(self, relay: str, ceiling: str) -> None:
        self.metrics.count_ceiling(relay, ceiling)

    def _report_bug(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Say once and loudly what no code expected.

        One thing is no bug: asyncio sends FIN when its buffer is empty, and raises where the peer has reset before.
        """
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno == errno.ENOTCONN:
            return
        self._events.problem("internal error", error=repr(error) if error else context.get("message"))


async def _all(waits: list[Any]) -> None:
    for wait in waits:
        await wait


async def _one(event: asyncio.Event) -> None:
    await event.wait()
