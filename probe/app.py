"""The probe at work: its relays, its HTTP port, its sinks, and an orderly stop."""

from __future__ import annotations

import asyncio
import errno
import secrets
from socket import gethostname
from time import time
from typing import TYPE_CHECKING, Any

from analyzers.connection import Endpoint

from .board import Board
from .checks.checker import Checker
from .config import Mode
from .events import Publisher
from .events.opening import open_sinks
from .listener import bind_all, where
from .metrics import Metrics, Watched, watched_by
from .outcome import CommandFailed, ExitCode
from .pairs import Pairs
from .passthrough.passthrough import Passthrough
from .relay.forwarder import Told
from .relay.port import RelayPort, keeping
from .relay.relay import Relay
from .service.reloading import needs_restart
from .service.watching import Watchers
from .shown import Shown
from .version import installed_version
from .web.encryption import server_context
from .web.overview import Sources
from .web.server import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analyzers.connection import Party

    from .account import Account
    from .config import CheckConfig, Config, RelayConfig, SniffConfig
    from .relay.forwarder import Forwarder
    from .sniffer.sniffer import Sniffer

__all__ = ["Probe"]


class Probe:
    """Everything that one configuration asks for. Made outside the event loop or in it; serves once."""

    def __init__(self, config: Config) -> None:
        """Bind every port, and open every sink and interface; nothing is accepted yet.

        Raises:
            CommandFailed: a port is in use, a file cannot be written, an interface is not there, or OpenSSL does not
                serve with a certificate; one line for each problem. Then nothing stays open.
        """
        self.config = config
        context = server_context(config.web.identity) if config.web.identity else None
        wanted = [(f"relay {relay.name}", relay.listen) for relay in config.relays]
        *listeners, self._web_listener = bind_all([*wanted, ("[web]", config.web.listen)])
        self._ports = {
            relay.name: RelayPort(listener, relay, self._relay)
            for relay, listener in zip(config.relays, listeners, strict=True)
        }
        self._leaving: list[RelayPort] = []
        """Ports that a reload has closed, until their last connection is over."""
        self.board = Board(config.web.connections, time())
        self.pairs, self.shown = Pairs(config.mirror), Shown()
        self.metrics = Metrics(
            installed_version(), config.mirror, self._watched(config), self.pairs, self.shown
        )
        self._events = Publisher(config.mirror.name)
        self._watchers: Watchers[SniffConfig] = Watchers(self._watcher, self._watching_failed)
        self._checkers: Watchers[CheckConfig] = Watchers(self._checker, self._watching_failed)
        try:
            open_sinks(config, self.name, self.metrics, self._events)
            self._watchers.open(config.sniffs)
            self._checkers.open(config.checks)
        except CommandFailed:
            self._abandon(self._ports.values())
            self._web_listener.close()
            self._events.close()
            raise
        self._is_ready = False
        self._web = WebServer(config.web, self._sources(), self._web_failed, context)
        self.on_relayed: Callable[[Any], None] | None = None
        """Is told of each connection when it is over, after the sinks were."""

    def _watched(self, config: Config) -> list[Watched]:
        """Name all that tells of connections."""
        return watched_by(config, lambda relay: self._ports[relay].active)

    def _sources(self) -> Sources:
        """Give the HTTP port what it tells of."""
        return Sources(
            version=installed_version(),
            config=lambda: self.config,
            listens=self.address_of,
            active=lambda relay: self._ports[relay].active(),
            is_ready=lambda: self._is_ready,
            board=self.board,
            pairs=self.pairs,
            shown=self.shown,
            metrics=self.metrics,
        )

    def _relay(self, config: RelayConfig) -> Forwarder[Any]:
        """Make what stands behind a port; each has its own beginning of identifiers, for a reload makes another."""
        told = Told(self._finished, self._stands, self._count_bytes, self._turned_away, self._reading_failed)
        kind = Passthrough if config.mode is Mode.PASSTHROUGH else Relay
        return kind(config, secrets.token_hex(4), told)

    def _watcher(self, config: SniffConfig) -> Sniffer:
        """Make what watches for one table."""
        from .sniffer.sniffer import Sniffer  # noqa: PLC0415 - numpy is loaded for those who capture

        return Sniffer(config, secrets.token_hex(4), self._finished, self._packets_lost)

    def _checker(self, config: CheckConfig) -> Checker:
        """Make what asks for one table."""
        return Checker(config, secrets.token_hex(4), self._finished, self._checking_failed)

    def address_of(self, relay: str) -> Endpoint:
        """Give where a relay listens, with the port that it got where the configuration says 0."""
        return Endpoint(*self._ports[relay].listener.getsockname()[:2])

    @property
    def name(self) -> str:
        """How this probe is called where several tell of their connections."""
        return f"{gethostname()}:{self.web_address.port}"

    @property
    def web_address(self) -> Endpoint:
        """Where the HTTP port is."""
        return Endpoint(*self._web_listener.getsockname()[:2])

    @property
    def page(self) -> str:
        """The address of the live page, as a browser takes it."""
        scheme = "http" if self.config.web.identity is None else "https"
        return f"{scheme}://{self.web_address}/"

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
        asyncio.get_running_loop().set_exception_handler(self._report_bug)
        try:
            outcome = await self._serve(stop, force or asyncio.Event(), ready)
            self._events.notice("stopped", drained=outcome is ExitCode.CLEAN)
        finally:
            self._events.close()  # also where it was given up: the sinks have threads, which write on
        return outcome

    async def _serve(
        self, stop: asyncio.Event, force: asyncio.Event, ready: Callable[[], None] | None
    ) -> ExitCode:
        async with asyncio.TaskGroup() as group:
            self._group = group
            for port in self._ports.values():
                await port.open(group)
            self._watchers.start(self.config.sniffs, group)
            self._checkers.start(self.config.checks, group)
            await self._web.start(self._web_listener, group)
            self._is_ready = True
            self._events.notice("started", relays=self._places(), web=str(self.web_address))
            if ready is not None:
                ready()
            await stop.wait()
            self._is_ready = False
            self._watchers.stop()
            self._checkers.stop()
            for port in self._ports.values():
                port.close()
            outcome = await self._drain(force)
            await self._web.stop()
        return outcome

    def _places(self) -> list[str]:
        return [where(port.listener) for port in self._ports.values()]

    async def reload(self, config: Config, at: float) -> None:
        """Take another configuration while connections last; none of them is dropped or changed.

        Args:
            config: what holds for connections from now on.
            at: now, in epoch seconds.

        Raises:
            CommandFailed: a new port or interface cannot be had; then everything is as it was. So it is without a
                word where the probe was told to stop meanwhile.
        """
        kept = keeping(self._ports, config.relays)
        added = [one for one in config.relays if one.name not in kept]
        listeners = bind_all([(f"relay {one.name}", one.listen) for one in added])
        new = {
            one.name: RelayPort(listener, one, self._relay)
            for one, listener in zip(added, listeners, strict=True)
        }
        try:
            self._watchers.open(config.sniffs)
            self._checkers.open(config.checks)
            for port in new.values():
                await port.open(self._group)
        except CommandFailed:
            self._abandon(new.values())
            raise
        if not self._is_ready:  # it was told to stop meanwhile, and what is opened now would never be closed
            self._abandon(new.values())
            return
        staying = set(kept.values())
        for port in set(self._ports.values()) - staying:
            port.close()
            self._leaving.append(port)
        for one in config.relays:
            if one.name in kept:
                kept[one.name].replace(one)
        self._ports = {one.name: kept.get(one.name) or new[one.name] for one in config.relays}
        self._leaving = [port for port in self._leaving if port.active()]
        self._watchers.start(config.sniffs, self._group)
        self._checkers.start(config.checks, self._group)
        waiting = needs_restart(self.config, config)
        self.config = config
        self.pairs.reconfigure(config.mirror)
        self.shown.reconfigure(config.mirror)
        self.metrics.reconfigure(config.mirror, self._watched(config))
        self.metrics.reloaded(ok=True, at=at)
        self._events.reopen()
        self._events.notice("reloaded", relays=self._places(), needs_restart=waiting)

    def keep(self, problems: tuple[str, ...], at: float) -> None:
        """Tell that a reload failed, for every reason, and that the old configuration stays at work."""
        self._events.reopen()
        self.metrics.reloaded(ok=False, at=at)
        self._events.problem("reload failed", problems=problems)

    def _abandon(self, ports: Iterable[RelayPort]) -> None:
        """Close what the start or a reload had opened, and that is not to be."""
        for port in ports:
            port.listener.close()
            port.close()
        self._watchers.discard()
        self._checkers.discard()

    async def _drain(self, force: asyncio.Event) -> ExitCode:
        """Wait for the open connections, at most as long as the configuration allows."""
        ports = (*self._leaving, *self._ports.values())
        async with asyncio.TaskGroup() as group:
            drained = group.create_task(_all([port.drain() for port in ports]), name="drain")
            forced = group.create_task(_one(force), name="force")
            await asyncio.wait(
                (drained, forced),
                timeout=self.config.limits.drain_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            is_drained = drained.done()
            if not is_drained:
                for port in ports:
                    port.abort()
                await drained
            forced.cancel()
        return ExitCode.CLEAN if is_drained else ExitCode.FINDINGS

    def _stands(self, account: Account) -> None:
        """Learn from a connection that is not over; it is counted and told when it is."""
        self.pairs.see(account)
        self.shown.see(account)

    def _finished(self, relayed: Account) -> None:
        self._stands(relayed)
        self.metrics.count(relayed)
        self.board.add(relayed)
        self._events.connection(relayed)
        if self.on_relayed is not None:
            self.on_relayed(relayed)

    def _count_bytes(self, relay: str, sender: Party, length: int) -> None:
        self.metrics.count_bytes(relay, sender, length)

    def _turned_away(self, relay: str, ceiling: str) -> None:
        self.metrics.count_ceiling(relay, ceiling)

    def _reading_failed(self, connection: str, error: Exception) -> None:
        """Tell that a connection goes on unread, because our own reading failed on it."""
        self._events.problem("reading failed", id=connection, error=repr(error))

    def _checking_failed(self, name: str, error: Exception) -> None:
        """Tell that one round of a check broke down; the next one comes nevertheless."""
        self._events.problem("checking failed", name=name, error=repr(error))

    def _web_failed(self, error: str) -> None:
        """Tell that the HTTP port failed to answer, through a fault of our own."""
        self._events.problem("internal error", error=error)

    def _packets_lost(self, name: str, count: int) -> None:
        """Tell that a live capture did not see everything."""
        self._events.problem("packets lost", name=name, packets=count)

    def _watching_failed(self, name: str, error: Exception) -> None:
        """Tell that a check or a live capture has ended, because it broke down."""
        self._events.problem("watching failed", name=name, error=repr(error))

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
