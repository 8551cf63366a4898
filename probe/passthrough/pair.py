"""One forwarded connection: two ends, and one observer that sees what a capture between them would show.

Forward first, look second. Bytes go on before the observer has them; an observer that fails is dropped and told of,
and the bytes still flow. Half-closes, resets and back pressure are carried as they come, and no deadline of ours
ends a handshake, since both real ends have their own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic, time
from typing import TYPE_CHECKING, cast

from analyzers.connection import CloseKind, Party, Road
from analyzers.observer import Observer

from ..dialling import connect
from ..limits import HELD_BYTES, HIGH_WATER_BYTES, LOW_WATER_BYTES, STANDS_SECONDS
from ..listener import keep_alive
from ..relay.side import cut

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Connection, Endpoint

    from .passthrough import Passthrough

__all__ = ["Pair"]


class End(asyncio.Protocol):
    """Where one of the two real ends is met."""

    __slots__ = ("_transport", "_waiting", "has_ended", "is_lost", "other", "pair", "party", "sent_end")

    other: End

    def __init__(self, pair: Pair, party: Party) -> None:
        """Stand before `party`, without a transport yet."""
        self._transport: asyncio.Transport | None = None
        self._waiting = bytearray()
        self.pair = pair
        self.party = party
        self.has_ended = False
        """Whether this end has sent its last byte."""
        self.sent_end = False
        self.is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, and send what could not wait for it."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER_BYTES, LOW_WATER_BYTES)
        if (handle := transport.get_extra_info("socket")) is not None:
            keep_alive(handle)
        if self._waiting:
            self.other.release()  # before the write, which may find that it has to wait after all
            self._transport.write(bytes(self._waiting))
            self._waiting.clear()
        if self.sent_end:
            self._transport.write_eof()
        if self.other.is_lost:
            self.reset()

    def data_received(self, data: bytes) -> None:
        """Pass the bytes on, then look at them."""
        self.other.send(data)
        self.pair.passed(self.party, data)

    def eof_received(self) -> bool:
        """Pass the half-close on; the other direction stays open."""
        self.has_ended = True
        self.other.finish()
        self.pair.closed(self.party, CloseKind.FIN)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass a reset on."""
        self.is_lost = True
        if exc is not None:
            self.other.reset()
            if not self.has_ended:
                self.pair.closed(self.party, CloseKind.RST)
        self.pair.lost(self)

    def pause_writing(self) -> None:
        """Let the other end wait: what it sends cannot get through here."""
        self.other.hold()

    def resume_writing(self) -> None:
        """Let the other end go on."""
        self.other.release()

    def hold(self) -> None:
        """Read no more from this end for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self) -> None:
        """Read from this end again."""
        if self._transport is not None and not self._transport.is_closing() and not self.has_ended:
            self._transport.resume_reading()

    def send(self, data: bytes) -> None:
        """Send what the other end sent."""
        if self.sent_end or self.is_lost:
            return
        if self._transport is not None:
            self._transport.write(data)
            return
        self._waiting += data
        if len(self._waiting) > HIGH_WATER_BYTES:
            self.other.hold()

    def finish(self) -> None:
        """Send FIN behind everything; where both have, close."""
        if not self.sent_end and not self.is_lost:
            self.sent_end = True
            if self._transport is not None and not self._transport.is_closing():
                with suppress(OSError):  # the peer has gone already, and its reset is on the way to us
                    self._transport.write_eof()
        if self.has_ended and self._transport is not None:
            self._transport.close()
            self.other.close()

    def close(self) -> None:
        """Close the transport when all is sent."""
        if self._transport is not None and not self.is_lost:
            self._transport.close()

    def reset(self) -> None:
        """Send RST, and forget what was not sent."""
        self.sent_end = True
        if self._transport is not None and not self.is_lost:
            cut(self._transport)


class Pair:
    """What both ends share."""

    def __init__(self, owner: Passthrough, identifier: str, source: Endpoint) -> None:
        """Begin for a client that was just accepted."""
        self.id = identifier
        self.source = source
        self.client, self.server = End(self, Party.CLIENT), End(self, Party.SERVER)
        self.client.other, self.server.other = self.server, self.client
        self.handshake_seconds: float | None = None
        self._owner = owner
        self._hello_at: float | None = None
        self._counted = dict.fromkeys(Party, 0)
        self._passed = 0
        self._is_settled = False
        self._standing: asyncio.TimerHandle | None = None
        self._observer: Observer | None = Observer(
            source, owner.config.upstream, started=time(), road=Road.PASSTHROUGH
        )
        self._silence = asyncio.get_running_loop().call_later(owner.config.limits.silence_seconds, self.abort)
        self._dial = owner.spawn(self._open(), f"dial {identifier}")

    async def _open(self) -> None:
        config = self._owner.config
        error = await connect(self.server, config.upstream, config.limits.handshake_seconds)
        if error is not None:
            if self._observer is not None:
                self._observer.network_failed(error)
            self.server.is_lost = True
            self.client.reset()
            self._end_if_over()

    def passed(self, sender: Party, data: bytes) -> None:
        """Look at bytes that have been passed on."""
        self._silence.cancel()
        self._passed += len(data)
        self._look(lambda observer: observer.feed(sender, data, time()))
        observer = self._observer
        if observer is None:
            return
        self._count(sender, observer.application_bytes(sender))
        self._follow(observer)
        is_plain = sender is Party.SERVER and not observer.tls_started(sender)
        if not self._is_settled and (is_plain or self._passed > HELD_BYTES):
            self._settle()

    def _look(self, see: Callable[[Observer], None]) -> None:
        """Let the observer see something; whatever is wrong with our reading, the bytes flow on."""
        if self._observer is None:
            return
        try:
            see(self._observer)
        except Exception as error:  # noqa: BLE001 - told once, and the connection goes on unread
            self._observer = None
            self._settle()
            self._owner.troubled(self.id, error)

    def _count(self, sender: Party, sent: int) -> None:
        """Tell how many bytes of application data have passed since the last time.

        Before TLS begins, bytes count that may turn out to belong to it; so the sum never goes down.
        """
        if sent > self._counted[sender]:
            self._owner.relayed_bytes(sender, sent - self._counted[sender])
            self._counted[sender] = sent

    def _follow(self, observer: Observer) -> None:
        """Note when the handshake began and came to its end."""
        if self.handshake_seconds is not None:
            return
        if self._hello_at is None and observer.tls_started(Party.CLIENT):
            self._hello_at = monotonic()
        if self._hello_at is not None and observer.is_established:
            self.handshake_seconds = monotonic() - self._hello_at
            loop = asyncio.get_running_loop()
            self._standing = loop.call_later(STANDS_SECONDS, self._owner.stands, self)
            self._settle()

    def _settle(self) -> None:
        """Count no longer as an unfinished handshake of the source: it is finished, or there is none.

        There is none where the server answers in clear, or where more has passed than a handshake takes.
        """
        if not self._is_settled:
            self._is_settled = True
            self._owner.ceilings.settled(self.source.address)

    def closed(self, sender: Party, kind: CloseKind) -> None:
        """Tell the observer that an end closed."""
        self._look(lambda observer: observer.closed(sender, kind, time()))

    def abort(self) -> None:
        """Cut both ends off."""
        self.client.reset()
        self.server.reset()
        self._dial.cancel()
        if not self._dial.done():
            self.server.is_lost = True
            self._end_if_over()

    def lost(self, end: End) -> None:
        """Take note that a transport is gone."""
        if end is self.client and not self._dial.done():
            self._dial.cancel()
            self.server.is_lost = True
        self._end_if_over()

    def _end_if_over(self) -> None:
        if self.client.is_lost and self.server.is_lost:
            self._silence.cancel()
            if self._standing is not None:
                self._standing.cancel()
            self._settle()
            self._owner.finished(self)

    def connection(self) -> Connection | None:
        """Give what was seen; None where the observer had to be dropped."""
        return None if self._observer is None else self._observer.connection()
