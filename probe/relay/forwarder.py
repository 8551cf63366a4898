"""What stands behind a port, in either mode: it lets connections in, counts them, and tells of each when it is over.

How a connection is carried is the affair of the two subclasses: `relay` ends TLS and begins it anew, `passthrough`
forwards the bytes as they are.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, cast

from ..limits import Ceilings
from ..listener import source_of
from .side import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from analyzers.connection import Endpoint, Party

    from ..account import Account
    from ..config import RelayConfig

__all__ = ["Forwarder", "Told"]


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told what a forwarder does."""

    finished: Callable[[Account], None]
    """Of each connection when it is over."""
    stands: Callable[[Account], None]
    """Of each connection, as it is then, that is still open a while after its handshake."""
    count_bytes: Callable[[str, Party, int], None]
    """Of application bytes as they pass: relay, sender, how many."""
    turned_away: Callable[[str, str], None]
    """Of each connection that met a ceiling: relay, which ceiling."""
    troubled: Callable[[str, Exception], None]
    """Of each connection that goes on unread, because our reading failed on it, and of the error."""


class _Passage(Protocol):
    """One connection on its way through."""

    @property
    def client(self) -> asyncio.Protocol:
        """Where the client is met."""

    def abort(self) -> None:
        """Cut both ends off."""


Passage = TypeVar("Passage", bound=_Passage)


class Forwarder(asyncio.Protocol, ABC, Generic[Passage]):
    """One `[[relay]]` at work; as a protocol it is what a connection meets before anything is known of it."""

    def __init__(self, config: RelayConfig, run_id: str, told: Told) -> None:
        """Prepare to accept.

        Args:
            config: where, for whom and as whom.
            run_id: begins the identifiers of its connections.
            told: who is told what happens.
        """
        self.config = config
        self.ceilings = Ceilings(config.limits.connections, config.limits.pending_per_source)
        self.drained = asyncio.Event()
        """Set while no connection is open."""
        self.drained.set()
        self._told = told
        self._run_id = run_id
        self._number = 0
        self._open: set[Passage] = set()
        self._group: asyncio.TaskGroup | None = None

    @abstractmethod
    def _begin(self, identifier: str, source: Endpoint) -> Passage:
        """Begin to carry a connection that was let in, and dial."""

    @abstractmethod
    def _account(self, passage: Passage) -> Account | None:
        """Judge what has been seen of a connection; None where it could not be read."""

    def start(self, group: asyncio.TaskGroup) -> None:
        """Let the group own the tasks that dial."""
        self._group = group

    def accept(self) -> asyncio.BaseProtocol:
        """Give what meets the next connection: the forwarder itself."""
        return self

    def spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine as a task of the group."""
        if self._group is None:
            work.close()
            raise RuntimeError("the relay has not been started")
        return self._group.create_task(work, name=name)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let a client in, or turn it away with RST where a ceiling is reached."""
        stream = cast("asyncio.Transport", transport)
        source = source_of(transport)
        ceiling = self.ceilings.refusal(source.address)
        if ceiling is not None:
            self._told.turned_away(self.config.name, ceiling)
            cut(stream)
            return
        self.ceilings.opened(source.address)
        self._number += 1
        passage = self._begin(f"{self._run_id}-{self.config.name}-{self._number}", source)
        self._open.add(passage)
        self.drained.clear()
        stream.set_protocol(passage.client)
        passage.client.connection_made(stream)

    def active(self) -> int:
        """Give the number of open connections."""
        return self.ceilings.active

    def abort(self) -> None:
        """Cut every open connection off."""
        for passage in tuple(self._open):
            passage.abort()

    def relayed_bytes(self, sender: Party, length: int) -> None:
        """Count application bytes that passed."""
        self._told.count_bytes(self.config.name, sender, length)

    def troubled(self, identifier: str, error: Exception) -> None:
        """Tell that a connection goes on unread."""
        self._told.troubled(identifier, error)

    def stands(self, passage: Passage) -> None:
        """Tell of a connection that has lasted: members keep theirs for weeks, and it is over only then."""
        if passage in self._open and (account := self._account(passage)) is not None:
            self._told.stands(account)

    def finished(self, passage: Passage) -> None:
        """Judge a connection that is over, and tell of it."""
        if passage not in self._open:
            return
        self._open.discard(passage)
        self.ceilings.closed()
        if not self._open:
            self.drained.set()
        if (account := self._account(passage)) is not None:
            self._told.finished(account)
