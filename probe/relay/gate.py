"""Where rules meet traffic: what a relay that enforces stops, and one that shadows would have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.mirror.definition import Channel

from ..config import Action
from ..relayed import Enforcement, LegName, Origin
from .enforcement import breach

if TYPE_CHECKING:
    from .exchange import Exchange
    from .side import Side

__all__ = ["Gate"]

FATAL = 2

PLAINTEXT = "plaintext-where-tls-required"


class Gate:
    """The rules of one exchange; the first breach decides."""

    __slots__ = ("_exchange", "_plaintext", "closes_after_handshake", "found")

    def __init__(self, exchange: Exchange) -> None:
        """Begin with nothing found."""
        self._exchange = exchange
        self._plaintext = 0
        self.found: Enforcement | None = None
        self.closes_after_handshake = False

    @property
    def _looks(self) -> bool:
        return self.found is None and self._exchange.relay.config.action is not Action.OBSERVE

    def _note(self, leg: LegName, cause: str, alert: int | None) -> bool:
        """Note a breach; tell whether it is to be refused."""
        is_done = self._exchange.relay.config.action is Action.ENFORCE
        self.found = Enforcement(leg, cause, alert, is_done)
        return is_done

    def allows(self, side: Side) -> bool:
        """Judge the peer of `side` by what it has shown; refuse it as an OpenSSL peer would."""
        if not self._looks:
            return True
        exchange = self._exchange
        found = breach(side.observer.connection(), exchange.relay.config.mirror, side.peer)
        if found is None or not self._note(side.name, found.cause, found.alert):
            return True
        if found.alert is None:
            self.closes_after_handshake = True
            return True
        exchange.blame(side, Origin.RELAY)
        side.unsent = b""
        exchange.send_alert(side, FATAL, found.alert)
        if side is exchange.upstream:
            exchange.send_alert(exchange.client, FATAL, found.alert)
        exchange.shut()
        return False

    def allows_plaintext(self, side: Side, count: int) -> bool:
        """Count plaintext before it is passed on; where TLS is required only so much may come before it."""
        self._plaintext += count
        config = self._exchange.relay.config
        if not (self._looks and config.mirror.tls_required) or self._plaintext <= config.preamble_bytes:
            return True
        if config.mirror.channel_of(config.upstream) is Channel.ARBITER:
            return True
        if not self._note(side.name, PLAINTEXT, None):
            return True
        self._exchange.refuse()
        return False
