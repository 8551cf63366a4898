"""The client gets its answer; what it says then decides what the upstream will be shown."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls import codepoints

from ..engine.end import Engine, EngineFailed
from ..engine.offers import answer_of
from ..limits import HELD_BYTES
from ..relayed import LegName
from .identities import curve_of, fitting
from .opened import Opened
from .presented import Presented
from .stage import ALERT, CHANGE_CIPHER_SPEC, HANDSHAKE, RECORD_TYPES, Stage

if TYPE_CHECKING:
    from .exchange import Exchange
    from .side import Side

__all__ = ["Answered"]


class Answered(Stage):
    """Until the client's flight is whole; our server engine says no more before the upstream does."""

    __slots__ = ("_bytes", "_flight")

    waits_for = LegName.CLIENT

    def __init__(self, exchange: Exchange) -> None:
        """Begin when the upstream's flight is whole."""
        super().__init__(exchange)
        self._flight: list[bytes] = []
        self._bytes = 0

    def begin(self) -> None:
        """Answer the client as the upstream answered us, with the identity that the upstream showed."""
        exchange = self.exchange
        client, upstream = exchange.client, exchange.upstream.observer
        chain = upstream.server_certificates
        identity, is_same = fitting(exchange.relay.config.serve_as, chain or ())
        exchange.stand_in |= not is_same
        answer = answer_of(upstream, curve_of(identity))
        if answer is None:
            return
        context = exchange.relay.contexts.server(answer, identity)
        client.engine = Engine(context, client.keylog, is_server=True)
        if self._advance(client, client.engine, exchange.hello) and client.held:
            self._take(client)

    def received(self, side: Side, data: bytes) -> None:
        """Take the client's records; the upstream has nothing to say before it was shown something."""
        side.keep(data)
        if side is self.exchange.client:
            self._take(side)

    def _advance(self, side: Side, engine: Engine, data: bytes) -> bool:
        """Let our server engine say its part; tell whether it could."""
        engine.feed(data)
        try:
            engine.handshake()
        except EngineFailed as failure:
            self.engine_failed(side, str(failure))
            return False
        side.send(engine.wire())
        return True

    def _take(self, side: Side) -> None:
        engine = side.engine
        if engine is None:
            return
        for record in side.records():
            self._bytes += len(record)
            if record[0] == ALERT:
                if self.carry_cleartext(side, record):
                    return
            elif side.observer.server_hello is None or record[0] not in RECORD_TYPES:
                if not self._advance(side, engine, record):
                    return
            elif self._bytes > HELD_BYTES:
                self.engine_failed(side, "the client's flight is too large")
                return
            else:
                self._flight.append(record)
                if self._carry_refusal(side):
                    return
                if self._is_whole(side, record):
                    self._present(side, engine)
                    return

    def _carry_refusal(self, side: Side) -> bool:
        """Carry an alert that came protected, behind the same change_cipher_spec; tell if there was one."""
        if not side.observer.alerts:
            return False
        for record in self._flight:
            if record[0] == CHANGE_CIPHER_SPEC:
                side.other.send(record)
        self._learn_secret(side.other)
        return self.carry_protected(side)

    def _learn_secret(self, side: Side) -> None:
        """Let our client engine go on so that its key log has the secret to seal an alert with; send nothing of it.

        OpenSSL derives the client's handshake traffic secret only when the client's flight is due.
        """
        if side.engine is None:
            return
        side.engine.feed(b"".join(self.exchange.flight))
        with suppress(EngineFailed):
            side.engine.handshake()
        side.engine.wire()
        self.exchange.note_verification(side)

    def _is_whole(self, side: Side, record: bytes) -> bool:
        """Tell whether the client has finished; in TLS 1.2 that is the first record that it protects."""
        version = side.observer.version
        if version is not None and codepoints.is_tls13(version):
            return side.observer.is_flight_complete(Party.CLIENT)
        return record[0] == HANDSHAKE and any(earlier[0] == CHANGE_CIPHER_SPEC for earlier in self._flight)

    def _present(self, side: Side, engine: Engine) -> None:
        """Let our server engine check the client's flight, then show the upstream what the client showed."""
        exchange = self.exchange
        engine.feed(b"".join(self._flight))
        try:
            is_done = engine.handshake()
        except EngineFailed as failure:
            self.engine_failed(side, str(failure))
            return
        side.unsent = engine.wire()
        exchange.note_verification(side)
        if is_done and exchange.gate.allows(side) and self._show_upstream():
            version = exchange.upstream.observer.version
            is_tls13 = version is not None and codepoints.is_tls13(version)
            exchange.enter(Opened(exchange) if is_tls13 else Presented(exchange))

    def _show_upstream(self) -> bool:
        """Give our client engine its flight, and the identity to answer with; tell whether it could."""
        exchange, side = self.exchange, self.exchange.upstream
        engine, offer = side.engine, exchange.offer
        if engine is None or offer is None:
            return False
        chain = exchange.client.observer.client_certificates
        if side.observer.certificate_requested and chain:
            identity, is_same = fitting(exchange.relay.config.connect_as, chain)
            exchange.stand_in |= not is_same
            engine.change_context(exchange.relay.contexts.client(offer, identity))
        engine.feed(b"".join(exchange.flight))
        try:
            engine.handshake()
        except EngineFailed as failure:
            exchange.note_verification(side)
            self.engine_failed(side, str(failure))
            return False
        exchange.note_verification(side)
        side.send(engine.wire())
        return True
