"""Before TLS: bytes pass both ways, until the client's ClientHello is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from ..engine.end import Engine, EngineFailed
from ..engine.offers import offer_of
from ..limits import HELD_BYTES
from ..relayed import LegName
from .offered import Offered
from .stage import HANDSHAKE, Stage
from .untouched import Untouched

if TYPE_CHECKING:
    from analyzers.tls.messages import ClientHello

    from ..engine.offers import Offer
    from .exchange import Exchange
    from .side import Side

__all__ = ["Preamble"]


def is_message_whole(records: bytes | bytearray) -> bool:
    """Tell whether the records hold all of the handshake message that begins in them."""
    message = bytearray()
    at = 0
    while len(records) - at >= 5 and records[at] == HANDSHAKE:
        end = at + 5 + (records[at + 3] << 8 | records[at + 4])
        message += records[at + 5 : end]
        at = end
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4]):
            return True
    return False


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
        if not self._has_begun and not observer.tls_started(Party.CLIENT):
            self._pass(side, len(side.held) - observer.undecided_bytes(Party.CLIENT))
            return
        if not self._has_begun:
            self._has_begun = True
            self._pass(side, observer.preamble_bytes(Party.CLIENT) - self._passed)
            self.exchange.hello_began()
        if observer.client_hello is not None:
            self._offer(side, observer.client_hello)
        elif len(side.held) > HELD_BYTES or is_message_whole(side.held):
            self._leave_untouched(side)  # it is there, and neither the observer nor our engine can read it

    def _pass(self, side: Side, count: int) -> None:
        """Send the first `count` held bytes on as they are."""
        if count > 0 and self.exchange.gate.allows_plaintext(side, count):
            self.exchange.arm(None)
            self._passed += count
            data = bytes(side.held[:count])
            del side.held[:count]
            side.other.send(data)

    def _offer(self, side: Side, hello: ClientHello) -> None:
        """Send our ClientHello in the client's name; where we can make none, send the client's own."""
        exchange = self.exchange
        offer = None if hello.is_sslv2 or hello.problems else offer_of(hello)
        if offer is None or not self._begin(offer, hello.server_name):
            self._leave_untouched(side)
            return
        exchange.hello = bytes(side.held)
        side.held.clear()
        exchange.offer = offer
        exchange.stage = Offered(exchange)

    def _leave_untouched(self, side: Side) -> None:
        """Pass on what the client sent as it is, and all that follows."""
        exchange = self.exchange
        exchange.is_untouched = True
        exchange.settled()
        exchange.stage = Untouched(exchange)
        data = bytes(side.held)
        side.held.clear()
        side.other.send(data)

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
