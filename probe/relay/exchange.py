"""One relayed connection: two sides, the stage that it is in, its deadlines and its end."""

from __future__ import annotations

import asyncio
from time import monotonic, time
from typing import TYPE_CHECKING

from analyzers.connection import (
    CloseKind,
    NetworkError,
    Road,
    VerifyError,
)
from analyzers.observer import Observer
from analyzers.tls import codepoints
from analyzers.tls.secrets import KeyLog

from ..dialling import connect
from ..engine.bindings import verify_error_text
from ..limits import STANDS_SECONDS
from ..relayed import LegName, Origin
from .gate import Gate
from .preamble import Preamble
from .side import Side
from .stage import ALERT, Over

if TYPE_CHECKING:
    from analyzers.connection import Endpoint

    from ..engine.offers import Offer
    from .relay import Relay
    from .stage import Stage

__all__ = ["Exchange"]

LINGER_SECONDS = 5.0
"""How long the other direction may stay open after a refusal; TCP's own keepalive would hold it for hours."""


class Exchange:
    """What both sides and all stages share."""

    def __init__(self, relay: Relay, identifier: str, source: Endpoint) -> None:
        """Begin for a client that was just accepted."""
        self.relay = relay
        self.id = identifier
        self.source = source
        self.started = time()
        self.opened_at = monotonic()
        self.client = self._side(LegName.CLIENT)
        self.upstream = self._side(LegName.UPSTREAM)
        self.client.other, self.upstream.other = self.upstream, self.client
        self.gate = Gate(self)
        self.stage: Stage = Preamble(self)
        self.hello = b""
        """The client's ClientHello as it came."""
        self.offer: Offer | None = None
        """What our own ClientHello offered."""
        self.flight: list[bytes] = []
        """The upstream's records that our client engine waits for."""
        self.leading: LegName | None = None
        """The leg on which the end began; None while nothing has ended."""
        self.origin = Origin.PEER
        self.carried: str | None = None
        self.stand_in = False
        self.is_untouched = False
        self.hello_at: float | None = None
        self.handshake_seconds: float | None = None
        self.trouble: str | None = None
        self.has_timed_out = False
        """Whether we gave up on a peer that was silent."""
        self.is_pending = True
        """Whether it counts as an unfinished handshake of its source."""
        self._deadline: asyncio.TimerHandle | None = None
        self._dial: asyncio.Task[None] | None = None
        self._standing: asyncio.TimerHandle | None = None

    def _side(self, name: LegName) -> Side:
        """Make a side. Both observers name the real ends: the mirror's definition applies to either leg."""
        keylog, upstream = KeyLog(), self.relay.config.upstream
        observer = Observer(self.source, upstream, started=self.started, road=Road.RELAY, keylog=keylog)
        return Side(self, name, observer, keylog)

    # Deadlines and stages.

    def enter(self, stage: Stage) -> None:
        """Go on to the next stage."""
        self.stage = stage
        stage.begin()

    def arm(self, seconds: float | None) -> None:
        """Set the deadline of what comes next; None: there is none."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if seconds is not None:
            self._deadline = asyncio.get_running_loop().call_later(seconds, self._timed_out)

    def _timed_out(self) -> None:
        self._deadline = None
        self.stage.timed_out()

    def hello_began(self) -> None:
        """Count the time of the handshake from here."""
        self.hello_at = monotonic()
        self.arm(self.relay.config.limits.handshake_seconds)

    def settled(self) -> None:
        """Count no longer as a pending handshake, and let no deadline end the connection."""
        self.arm(None)
        if self.is_pending:
            self.is_pending = False
            self.relay.ceilings.settled(self.source.address)

    def handshake_done(self) -> None:
        """Note that both legs are established."""
        if self.hello_at is not None:
            self.handshake_seconds = monotonic() - self.hello_at
        self._standing = asyncio.get_running_loop().call_later(STANDS_SECONDS, self.relay.stands, self)
        self.settled()

    # The connection to the upstream.

    def start(self) -> None:
        """Dial the upstream, while the client may already speak."""
        self.arm(self.relay.config.limits.silence_seconds)
        self._dial = self.relay.spawn(self._open_upstream(), f"dial {self.id}")

    async def _open_upstream(self) -> None:
        config = self.relay.config
        error = await connect(self.upstream, config.upstream, config.limits.handshake_seconds)
        if error is not None:
            self._dial_failed(error)

    def _dial_failed(self, error: NetworkError) -> None:
        """Give the client what TCP has nearest to a refusal once it is connected: RST."""
        self.blame(self.upstream)
        self.upstream.observer.network_failed(error)
        self.carried = self.carried or CloseKind.RST.value
        self.upstream.is_lost = True
        self.client.reset()

    def connected(self, side: Side) -> None:
        """Go on now that one side has its transport."""
        if side is self.upstream:
            side.keep_alive()
            if self.client.is_lost:
                side.reset()

    # Carrying what happened on one leg to the other.

    def blame(self, side: Side, origin: Origin = Origin.PEER) -> None:
        """Note on which leg the end began; only the first counts, for what follows is carried."""
        if self.leading is None:
            self.leading, self.origin = side.name, origin

    def carry_record(self, source: Side, record: bytes) -> None:
        """Pass a cleartext alert record on as it is."""
        self.blame(source)
        source.other.unsent = b""
        if len(record) == 7:
            self.carried = self.carried or codepoints.alert_name(record[6])
        source.other.send(record)

    def carry_alert(self, source: Side, level: int, code: int) -> None:
        """Send the alert that came protected under our own protection of the other leg."""
        self.blame(source)
        self.carried = self.carried or codepoints.alert_name(code)
        source.other.unsent = b""
        self.send_alert(source.other, level, code)

    def send_alert(self, side: Side, level: int, code: int) -> None:
        """Send an alert to the peer of `side`, in cleartext as long as we protect nothing there."""
        protection = side.observer.protection(side.peer.other)
        if protection is not None:
            side.send(protection.seal(ALERT, bytes((level, code))))
        else:
            side.send(bytes((ALERT, 3, 3, 0, 2, level, code)))

    def go_over(self, source: Side) -> None:
        """Wait for both ends to close, now that one has refused."""
        self.blame(source)
        self.settled()
        self.arm(LINGER_SECONDS)
        self.stage = Over(self)

    def carry_close(self, side: Side, kind: CloseKind) -> None:
        """Close the other leg as the peer of `side` closed this one."""
        self.blame(side)
        self.carried = self.carried or kind.value
        if kind is CloseKind.RST:
            side.other.reset()
            return
        side.other.finish()
        if side.other.received_end is not None or side.other.is_lost:
            side.close()
            side.other.close()
        elif self.handshake_seconds is None and not self.is_untouched:
            self.arm(LINGER_SECONDS)

    def refuse(self) -> None:
        """Close both legs because the rules say so."""
        if self.gate.found is not None:
            self.blame(self.client if self.gate.found.leg is LegName.CLIENT else self.upstream, Origin.RELAY)
        self.shut()

    def shut(self) -> None:
        """Close both legs from here."""
        self.settled()
        self.stage = Over(self)
        self.arm(LINGER_SECONDS)
        for side in (self.client, self.upstream):
            side.finish()
            side.close()
        self._abandon_dial()

    def abort(self) -> None:
        """Cut both legs off."""
        for side in (self.client, self.upstream):
            side.reset()
        self._abandon_dial()

    def _abandon_dial(self) -> None:
        if not self.upstream.is_connected and self._dial is not None:
            self._dial.cancel()
            self.upstream.is_lost = True
            self._finish_if_over()

    # What the sides report.

    def ended(self, side: Side, kind: CloseKind) -> None:
        """Take note that the peer of `side` sends no more."""
        side.received_end = kind
        side.note_close(side.peer, kind)
        self.stage.ended(side, kind)

    def lost(self, side: Side, exc: Exception | None) -> None:
        """Take note that a transport is gone: reset by its peer, or closed by us."""
        if exc is not None and side.received_end is None:
            self.ended(side, CloseKind.RST)
        elif exc is not None:
            side.other.reset()
        if side is self.client:
            self._abandon_dial()
        self._finish_if_over()

    def _finish_if_over(self) -> None:
        if self.client.is_lost and self.upstream.is_lost:
            if self._standing is not None:
                self._standing.cancel()
            self.settled()
            self.relay.finished(self)

    def note_verification(self, side: Side) -> None:
        """Give the observer what OpenSSL found wrong with the peer's chain."""
        if side.engine is None:
            return
        for depth, code in side.engine.verify_errors:
            error = VerifyError(side.peer, depth, code, verify_error_text(code))
            side.observer.verify_error(error)
        side.engine.verify_errors.clear()
