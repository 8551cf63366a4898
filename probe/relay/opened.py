"""Both legs are established: application data passes, and what ends one direction ends its copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.tls import codepoints

from .stage import CLOSURES, Stage

if TYPE_CHECKING:
    from ..engine.end import Engine
    from .side import Side

__all__ = ["Opened"]


class Opened(Stage):
    """Until both ends have closed."""

    __slots__ = ()

    def begin(self) -> None:
        """Pass on what came while the handshake was not done.

        Up to TLS 1.2 the upstream has accepted by now. In TLS 1.3 it may still refuse, and until it has
        spoken what our server engine says after its Finished (its tickets) is held back: an alert must be
        able to take its place.
        """
        exchange = self.exchange
        exchange.handshake_done()
        version = exchange.client.observer.version
        if exchange.gate.closes_after_handshake or (version is not None and not codepoints.is_tls13(version)):
            exchange.client.send_unsent()
        if exchange.gate.closes_after_handshake:
            exchange.refuse()
            return
        for side in (exchange.upstream, exchange.client):
            side.looks_later = True
            side.release()
            if side.held and exchange.stage is self:
                data = bytes(side.held)
                side.held.clear()
                self.received(side, data)

    def received(self, side: Side, data: bytes) -> None:
        """Open what came, protect it for the other end, and then look at it."""
        engine, other = side.engine, side.other
        if engine is None or other.engine is None or engine.is_spent:
            return
        had_ended = engine.has_ended
        parts = engine.receive(data)
        if parts:
            payload = parts[0] if len(parts) == 1 else b"".join(parts)
            other.send_unsent(other.engine.send(payload))
            self.exchange.relay.relayed_bytes(side.peer, len(payload))
        elif other.unsent and not engine.is_spent:
            other.send_unsent()
        side.look(data)
        if engine.failure is not None:
            self._refused(side, engine.failure)
        elif engine.has_ended and not had_ended:
            self._carry_closure(side, other.engine)

    def _carry_closure(self, side: Side, engine: Engine) -> None:
        """Say close_notify to the other end, behind the same user_canceled that some peers (JSSE) put before it."""
        exchange, other = self.exchange, side.other
        exchange.blame(side)
        if other.observer.protection(other.peer.other) is None:
            engine.close()
            other.send(engine.wire())
            return
        for alert in side.observer.alerts:
            if alert.sender is side.peer and alert.code in CLOSURES:
                exchange.send_alert(other, alert.level, alert.code)

    def _refused(self, side: Side, reason: str) -> None:
        """Carry the peer's fatal alert, or tell the peer that our engine cannot read what it sent."""
        side.other.unsent = b""
        if not self.carry_protected(side):
            self.engine_failed(side, reason)
