"""A relay: what all its exchanges share, and what becomes of each when it is over."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from analyzers.diagnosis.engine import diagnose

from ..engine.contexts import Contexts
from ..limits import Ceilings
from ..listener import source_of
from ..relayed import Leg, LegName, Relayed, shows_the_same
from ..worked import Worked
from .exchange import Exchange
from .side import cut

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from analyzers.connection import Party

    from ..config import RelayConfig
    from .side import Side

__all__ = ["Relay"]


class Relay(asyncio.Protocol):
    """One `[[relay]]` at work; as a protocol it is what a connection meets before it has an exchange."""

    def __init__(
        self,
        config: RelayConfig,
        run_id: str,
        finished: Callable[[Relayed], None],
        count_bytes: Callable[[str, Party, int], None],
        turned_away: Callable[[str, str], None],
        stands: Callable[[Relayed], None],
    ) -> None:
        """Prepare a relay.

        Args:
            config: where, for whom and as whom.
            run_id: begins the identifiers of its connections.
            finished: is told of each connection when it is over.
            count_bytes: is told of application bytes as they pass: relay, sender, how many.
            turned_away: is told of each connection that met a ceiling: relay, which ceiling.
            stands: is told of each connection, as it is then, that is still open a while after its handshake.
        """
        self.config = config
        self.contexts = Contexts([certificate.der for certificate in config.mirror.trust])
        self.ceilings = Ceilings(config.limits.connections, config.limits.pending_per_source)
        self.drained = asyncio.Event()
        self.drained.set()
        self._run_id = run_id
        self._number = 0
        self._finished = finished
        self._count_bytes = count_bytes
        self._turned_away = turned_away
        self._stands = stands
        self._exchanges: set[Exchange] = set()
        self._worked = {leg: Worked() for leg in LegName}
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
        exchange = Exchange(self, f"{self._run_id}-{self.config.name}-{self._number}", source)
        self._exchanges.add(exchange)
        self.drained.clear()
        stream.set_protocol(exchange.client)
        exchange.client.connection_made(stream)
        exchange.start()

    def active(self) -> int:
        """Give the number of open connections."""
        return self.ceilings.active

    def abort(self) -> None:
        """Cut every open connection off."""
        for exchange in tuple(self._exchanges):
            exchange.abort()

    def relayed_bytes(self, side: Side, length: int) -> None:
        """Count application bytes that the peer of `side` had relayed."""
        self._count_bytes(self.config.name, side.peer, length)

    def stands(self, exchange: Exchange) -> None:
        """Tell of a connection that has lasted: members keep theirs for weeks, and it is over only then."""
        if exchange in self._exchanges:
            self._stands(self._judge(exchange))

    def finished(self, exchange: Exchange) -> None:
        """Judge a connection that is over, and tell of it."""
        if exchange not in self._exchanges:
            return
        self._exchanges.discard(exchange)
        self.ceilings.closed()
        if not self._exchanges:
            self.drained.set()
        self._finished(self._judge(exchange))

    def _judge(self, exchange: Exchange) -> Relayed:
        mirror = self.config.mirror
        leading = exchange.leading or LegName.CLIENT
        sides = (
            (exchange.client, exchange.upstream)
            if leading is LegName.CLIENT
            else (exchange.upstream, exchange.client)
        )
        lead, other = (side.observer.connection() for side in sides)
        verdict = diagnose(lead, mirror, earlier=self._worked[leading].before(lead))
        if lead.outcome is other.outcome:
            self._worked[leading].remember(lead, verdict)
            self._worked[leading.other].remember(other, verdict)
        is_shared = not verdict.findings and shows_the_same(lead, other)
        legs = {
            leading: Leg(lead, verdict),
            leading.other: Leg(other, verdict if is_shared else diagnose(other, mirror)),
        }
        return Relayed(
            id=exchange.id,
            relay=self.config.name,
            action=self.config.action.value,
            client=legs[LegName.CLIENT],
            upstream=legs[LegName.UPSTREAM],
            leading=leading,
            origin=exchange.origin,
            carried=exchange.carried,
            stand_in=exchange.stand_in,
            is_untouched=exchange.is_untouched,
            handshake_seconds=exchange.handshake_seconds,
            enforcement=exchange.gate.found,
            trouble=exchange.trouble,
        )
