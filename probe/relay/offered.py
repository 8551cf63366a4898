"""The upstream has our ClientHello; what it answers decides what the client will be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls import codepoints

from ..engine.end import EngineFailed
from ..relayed import LegName
from .answered import Answered
from .stage import ALERT, RECORD_TYPES, Stage
from .untouched import Untouched

if TYPE_CHECKING:
    from .exchange import Exchange
    from .side import Side

__all__ = ["Offered"]


class Offered(Stage):
    """Until the upstream's flight is whole."""

    __slots__ = ("_has_secrets",)

    waits_for = LegName.UPSTREAM

    def __init__(self, exchange: Exchange) -> None:
        """Begin when our ClientHello was sent."""
        super().__init__(exchange)
        self._has_secrets = False

    def received(self, side: Side, data: bytes) -> None:
        """Take the upstream's records; the client has nothing to say yet, unless it gives up."""
        side.keep(data)
        if side is self.exchange.client:
            self.forward_alerts(side)
        elif not self._speaks_tls(side):
            self._pass_untouched(side)
        else:
            self._take(side)

    def _speaks_tls(self, side: Side) -> bool:
        """Tell whether the answer begins as a TLS record does."""
        is_first = side.observer.server_hello is None and not side.observer.tls_started(Party.SERVER)
        if not is_first:
            return True
        content_type, major = side.held[0], side.held[1] if len(side.held) > 1 else 3
        return content_type in RECORD_TYPES and major == 3

    def _pass_untouched(self, side: Side) -> None:
        """Give the client the very bytes that it would have got: its own words for them are the evidence."""
        exchange = self.exchange
        exchange.is_untouched = True
        exchange.stage = Untouched(exchange)
        exchange.settled()
        data = bytes(side.held)
        side.held.clear()
        exchange.stage.received(side, data)
        side.release()
        side.other.release()

    def _take(self, side: Side) -> None:
        for record in side.records():
            if record[0] == ALERT:
                if self.carry_cleartext(side, record):
                    return
                continue
            if self.carry_protected(side):
                return
            if not self._use(side, record):
                return
        if side.observer.is_flight_complete(Party.SERVER):
            exchange = self.exchange
            if exchange.gate.allows(side):
                exchange.enter(Answered(exchange))

    def _use(self, side: Side, record: bytes) -> bool:
        """Give our engine what leads to the secrets, keep the rest of the flight; tell whether to go on.

        A HelloRetryRequest and a TLS 1.3 ServerHello lead to them. The rest would make the engine speak, and
        what it is to say is not known before the client has spoken.
        """
        hello, engine = side.observer.server_hello, side.engine
        if hello is not None:
            if self._has_secrets or not codepoints.is_tls13(hello.version):
                self.exchange.flight.append(record)
                return True
            self._has_secrets = True
        if engine is None:
            return False
        engine.feed(record)
        try:
            engine.handshake()
        except EngineFailed as failure:
            self.engine_failed(side, str(failure))
            return False
        side.send(engine.wire())
        return True
