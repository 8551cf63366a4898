"""What every stage of an exchange has in common."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from analyzers.connection import CloseKind, NetworkError, NetworkErrorKind

from ..relayed import LegName, Origin

if TYPE_CHECKING:
    from .exchange import Exchange
    from .side import Side

__all__ = ["ALERT", "CHANGE_CIPHER_SPEC", "CLOSURES", "HANDSHAKE", "RECORD_TYPES", "Over", "Stage"]

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
RECORD_TYPES = range(20, 24)
"""From change_cipher_spec to application_data (RFC 8446 section 5.1)."""

WARNING = 1

CLOSURES = (0, 90)
"""close_notify and user_canceled: not fatal, and yet the sender is done."""


class Stage:
    """How an exchange takes what comes, at one point of the handshake; each has its own subclass."""

    __slots__ = ("exchange",)

    waits_for = LegName.CLIENT
    """The side whose peer is to speak next, and to blame when it does not."""

    def __init__(self, exchange: Exchange) -> None:
        """Begin the stage."""
        self.exchange = exchange

    def begin(self) -> None:
        """Do what can be done at once when the stage is entered."""

    def received(self, side: Side, data: bytes) -> None:
        """Take bytes from the peer of `side`; the peer that is not to speak yet is held."""
        side.keep(data)

    def ended(self, side: Side, kind: CloseKind) -> None:
        """Take note that the peer of `side` closed or reset, after all its bytes; carry it as it is."""
        self.forward_alerts(side)
        self.exchange.carry_close(side, kind)

    def timed_out(self) -> None:
        """End the exchange because the peer that was to speak did not."""
        exchange = self.exchange
        side = exchange.client if self.waits_for is LegName.CLIENT else exchange.upstream
        waited = monotonic() - (exchange.hello_at or exchange.opened_at)
        error = NetworkError(NetworkErrorKind.HANDSHAKE_TIMEOUT, "the peer fell silent", side.peer, waited)
        exchange.blame(side)
        side.observer.network_failed(error)
        exchange.has_timed_out = True
        exchange.shut()

    def forward_alerts(self, side: Side) -> bool:
        """Carry the cleartext alert that waits in front of what is held; tell whether there was one."""
        if side.held[:1] != bytes([ALERT]):
            return False
        record = side.take_record()
        if record is None:
            return False
        side.look(record)
        return self.carry_cleartext(side, record)

    def carry_cleartext(self, side: Side, record: bytes) -> bool:
        """Pass an alert record on as it is, and go over unless it is a mere warning; tell whether it did."""
        self.exchange.carry_record(side, record)
        level, code = record[5:7] if len(record) == 7 else (2, 0)
        if level == WARNING and code not in CLOSURES:
            return False
        self.exchange.go_over(side)
        return True

    def carry_protected(self, side: Side) -> bool:
        """Carry the first alert that ends the connection, protected as it came; tell if there was one."""
        for alert in side.observer.alerts:
            if alert.sender is side.peer and (alert.level != WARNING or alert.code in CLOSURES):
                self.exchange.carry_alert(side, alert.level, alert.code)
                self.exchange.go_over(side)
                return True
        return False

    def engine_failed(self, side: Side, reason: str) -> None:
        """End the exchange because our own engine refuses what the peer of `side` sent."""
        exchange = self.exchange
        exchange.blame(side, Origin.RELAY)
        exchange.trouble = reason
        if side.engine is not None:
            side.send(side.engine.wire())
        exchange.shut()


class Over(Stage):
    """The refusal was carried; what remains is that both ends close."""

    __slots__ = ()

    def received(self, side: Side, data: bytes) -> None:
        """Look at what still comes, and do nothing with it."""
        side.look(data)

    def ended(self, side: Side, kind: CloseKind) -> None:
        """Carry the close that follows the refusal."""
        self.exchange.carry_close(side, kind)

    def timed_out(self) -> None:
        """Wait no longer for the other end to close."""
        self.exchange.shut()
