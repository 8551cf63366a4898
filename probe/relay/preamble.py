"""Before TLS: bytes pass both ways, until the client's ClientHello is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..engine.end import Engine, EngineFailed
from ..engine.offers import offer_of
from ..relayed import LegName
from .offered import Offered
from .stage import Stage
from .untouched import Untouched

if TYPE_CHECKING:
    from ..engine.offers import Offer
    from .exchange import Exchange
    from .side import Side

__all__ = ["Preamble"]


class Preamble(Stage):
    """No TLS yet, and maybe never."""

    __slots__ = ("_has_begun", "_passed")

    waits_for = LegName.CLIENT

    def __init__(self, exchange: Exchange) -> None:
        """Begin when the client is accepted."""
        super().__init__(exchange)
        self._has_begun = False
        self._passed = 0

    def received(self, side: Side, data: bytes) -> None:
        """Pass on what is certainly no part of a ClientHello; make our offer when that is whole."""
        if side is self.exchange.upstream:
            if self.exchange.gate.allows_plaintext(side, len(data)):
                self.exchange.settled()
                side.other.send(data)
            side.look(data)
            return
        side.look(data)
        side.held += data
        observer = side.observer
        if self._has_begun or observer.tls_started(Party.CLIENT):
            if not self._has_begun:
                self._has_begun = True
                self._pass(side, observer.preamble_bytes(Party.CLIENT) - self._passed)
                self.exchange.hello_began()
            if observer.client_hello is not None:
                self._offer(side)
        else:
            self._pass(side, len(side.held) - observer.undecided_bytes(Party.CLIENT))

    def _pass(self, side: Side, count: int) -> None:
        """Send the first `count` held bytes on as they are."""
        if count > 0 and self.exchange.gate.allows_plaintext(side, count):
            self.exchange.arm(None)
            self._passed += count
            data = bytes(side.held[:count])
            del side.held[:count]
            side.other.send(data)

    def _offer(self, side: Side) -> None:
        """Send our ClientHello in the client's name; where we can make none, send the client's own."""
        exchange, hello = self.exchange, side.observer.client_hello
        exchange.hello = bytes(side.held)
        side.held.clear()
        offer = None if hello is None or hello.is_sslv2 else offer_of(hello)
        if offer is None or hello is None or not self._begin(offer, hello.server_name):
            exchange.is_untouched = True
            exchange.stage = Untouched(exchange)
            exchange.upstream.send(exchange.hello)
            return
        exchange.offer = offer
        exchange.stage = Offered(exchange)

    def _begin(self, offer: Offer, server_name: str | None) -> bool:
        """Start our client engine; tell whether it could make a ClientHello of the offer."""
        exchange, upstream = self.exchange, self.exchange.upstream
        engine = Engine(
            exchange.relay.contexts.client(offer, None),
            upstream.keylog,
            is_server=False,
            server_name=server_name,
        )
        try:
            engine.handshake()
        except EngineFailed as failure:
            exchange.trouble = str(failure)
            return False
        upstream.engine = engine
        upstream.send(engine.wire())
        return True
