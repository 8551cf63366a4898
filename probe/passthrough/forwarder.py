"""A forwarding relay: what all its pairs share, and what becomes of each when it is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose

from ..account import Witnessed
from ..limits import Ceilings
from ..listener import source_of
from ..relay.side import cut
from ..worked import Worked
from .pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from analyzers.connection import Connection, Party

    from ..account import Account
    from ..config import RelayConfig

__all__ = ["Passthrough"]


class Passthrough(asyncio.Protocol):
    """One `[[relay]]` in mode `passthrough`; as a protocol it is what a connection meets before it has a pair."""

    def __init__(
        self,
        config: RelayConfig,
        run_id: str,
        finished: Callable[[Account], None],
        count_bytes: Callable[[str, Party, int], None],
        turned_away: Callable[[str, str], None],
        stands: Callable[[Account], None],
        troubled: Callable[[str, Exception], None],
    ) -> None:
        """Prepare a relay.

        Args:
            config: where it listens and where to.
            run_id: begins the identifiers of its connections.
            finished: is told of each connection when it is over.
            count_bytes: is told of application bytes as they pass: relay, sender, how many.
            turned_away: is told of each connection that met a ceiling: relay, which ceiling.
            stands: is told of each connection, as it is then, that is still open a while after its handshake.
            troubled: is told of each connection that our reading failed on, and of the error.
        """
        self.config = config
        self.ceilings = Ceilings(config.limits.connections, config.limits.pending_per_source)
        self.drained = asyncio.Event()
        self.drained.set()
        self.troubled = troubled
        self._run_id = run_id
        self._number = 0
        self._finished = finished
        self._count_bytes = count_bytes
        self._turned_away = turned_away
        self._stands = stands
        self._pairs: set[Pair] = set()
        self._worked = Worked()
        self._group: asyncio.TaskGroup | None = None

    def start(self, group: asyncio.TaskGroup) -> None:
        """Let the group own the tasks that dial."""
        self._group = group

    def accept(self) -> asyncio.BaseProtocol:
        """Give what meets the next connection: the relay itself."""
        return self

    def spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Run a coroutine as a task of the relay's group."""
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
            self._turned_away(self.config.name, ceiling)
            cut(stream)
            return
        self.ceilings.opened(source.address)
        self._number += 1
        pair = Pair(self, f"{self._run_id}-{self.config.name}-{self._number}", source)
        self._pairs.add(pair)
        self.drained.clear()
        stream.set_protocol(pair.client)
        pair.client.connection_made(stream)

    def active(self) -> int:
        """Give the number of open connections."""
        return self.ceilings.active

    def abort(self) -> None:
        """Cut every open connection off."""
        for pair in tuple(self._pairs):
            pair.abort()

    def relayed_bytes(self, sender: Party, length: int) -> None:
        """Count application bytes that passed."""
        self._count_bytes(self.config.name, sender, length)

    def stands(self, pair: Pair) -> None:
        """Tell of a connection that has lasted: members keep theirs for weeks, and it is over only then."""
        connection = pair.connection()
        if pair in self._pairs and connection is not None:
            self._stands(self._judge(pair, connection))

    def finished(self, pair: Pair) -> None:
        """Judge a connection that is over, and tell of it."""
        if pair not in self._pairs:
            return
        self._pairs.discard(pair)
        self.ceilings.closed()
        if not self._pairs:
            self.drained.set()
        connection = pair.connection()
        if connection is not None:
            self._finished(self._judge(pair, connection))

    def _judge(self, pair: Pair, connection: Connection) -> Witnessed:
        verdict = diagnose(connection, self.config.mirror, earlier=self._worked.before(connection))
        self._worked.remember(connection, verdict)
        return Witnessed(
            id=pair.id,
            relay=self.config.name,
            road=Road.PASSTHROUGH.value,
            connection=connection,
            verdict=verdict,
            handshake_seconds=pair.handshake_seconds,
            action=self.config.action.value,
        )
