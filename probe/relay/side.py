"""One TCP connection of a relayed pair: its transport, its observer, its engine, and what is held back."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, cast

from analyzers.connection import CloseKind

from ..limits import HELD_BYTES, HIGH_WATER_BYTES, LOW_WATER_BYTES, UNSEEN_BYTES
from ..listener import keep_alive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Party
    from analyzers.observer import Observer
    from analyzers.tls.secrets import KeyLog

    from ..engine.end import Engine
    from ..relayed import LegName
    from .exchange import Exchange

__all__ = ["Side", "cut"]

RECORD_HEADER = 5
NO_LINGER = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: close sends RST."""


def cut(transport: asyncio.Transport) -> None:
    """Close with RST, and forget what was not sent."""
    handle = transport.get_extra_info("socket")
    if handle is not None:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()


class Side(asyncio.Protocol):
    """Where one leg meets its real peer."""

    __slots__ = (
        "_exchange",
        "_observer",
        "_transport",
        "_unseen",
        "_unseen_bytes",
        "_waiting",
        "engine",
        "held",
        "is_lost",
        "keylog",
        "looks_later",
        "name",
        "other",
        "peer",
        "received_end",
        "sent_end",
        "unsent",
    )

    other: Side
    """The other leg's side."""

    def __init__(self, exchange: Exchange, name: LegName, observer: Observer, keylog: KeyLog) -> None:
        """Stand on the leg `name`, before it has a transport."""
        self._exchange = exchange
        self._transport: asyncio.Transport | None = None
        self._waiting = bytearray()
        self.name = name
        self.peer = name.peer
        self._observer = observer
        self._unseen: list[tuple[Party, bytes, float]] = []
        self._unseen_bytes = 0
        self.looks_later = False
        """Whether the observer may be shown bytes after they were passed on: when no decision waits for it."""
        self.keylog = keylog
        self.engine: Engine | None = None
        self.held = bytearray()
        """What the peer sent and the engine has not been given."""
        self.unsent = b""
        """What the engine wants to send and must wait for the other leg."""
        self.received_end: CloseKind | None = None
        """How the peer closed its direction; None while it is open."""
        self.sent_end = False
        self.is_lost = False

    @property
    def observer(self) -> Observer:
        """What has seen everything that passed on this leg."""
        if self._unseen:
            self.catch_up()
        return self._observer

    @property
    def is_connected(self) -> bool:
        """Whether the transport is there (it may be closing)."""
        return self._transport is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, and send what could not wait for it."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(HIGH_WATER_BYTES, LOW_WATER_BYTES)
        if self._waiting:
            self.other.release()  # before the write, which may find that it has to wait after all
            self._transport.write(bytes(self._waiting))
            self._waiting.clear()
        self._exchange.connected(self)
        if self.sent_end:
            self._transport.write_eof()

    def data_received(self, data: bytes) -> None:
        """Give the peer's bytes to the stage that the exchange is in."""
        self._exchange.stage.received(self, data)

    def eof_received(self) -> bool:
        """Note that the peer sends no more; the other direction stays open."""
        self._exchange.ended(self, CloseKind.FIN)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that nothing can be sent or received any more."""
        self.is_lost = True
        self._exchange.lost(self, exc)

    def pause_writing(self) -> None:
        """Let the other side's peer wait: what it sent cannot get through here."""
        self.other.hold()

    def resume_writing(self) -> None:
        """Let the other side's peer go on."""
        self.other.release()

    def hold(self) -> None:
        """Read no more from the peer for now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()

    def release(self) -> None:
        """Read from the peer again."""
        if self._transport is not None and not self._transport.is_closing() and self.received_end is None:
            self._transport.resume_reading()

    def keep(self, data: bytes) -> None:
        """Hold bytes back from the engine, and the peer when it is too much."""
        self.held += data
        if len(self.held) > HELD_BYTES:
            self.hold()

    def take_record(self) -> bytes | None:
        """Take the next whole record off what is held; None where it is not whole yet."""
        held = self.held
        if len(held) < RECORD_HEADER:
            return None
        length = RECORD_HEADER + (held[3] << 8 | held[4])
        if len(held) < length:
            return None
        record = bytes(held[:length])
        del held[:length]
        return record

    def records(self) -> Iterator[bytes]:
        """Take every whole record off what is held, and show each to the observer before it is used."""
        while (record := self.take_record()) is not None:
            self.look(record)
            yield record

    def look(self, data: bytes) -> None:
        """Show the observer what the peer sent."""
        self._see(self.peer, data)

    def _see(self, sender: Party, data: bytes) -> None:
        """Show the observer what passed, now or in a moment: a message and its answer need not wait for it."""
        if not self.looks_later:
            self._observer.feed(sender, data, time())
            return
        if not self._unseen:
            self._exchange.relay.afterwards.add(self)
        self._unseen.append((sender, data, time()))
        self._unseen_bytes += len(data)
        if self._unseen_bytes > UNSEEN_BYTES:
            self.catch_up()

    def catch_up(self) -> None:
        """Show the observer what it has not seen."""
        self._exchange.relay.afterwards.discard(self)
        unseen, self._unseen, self._unseen_bytes = self._unseen, [], 0
        for sender, data, at in unseen:
            self._observer.feed(sender, data, at)

    def send(self, data: bytes) -> None:
        """Send bytes to the peer, then show them to the observer; after our own end there is nothing to send."""
        if not data or self.sent_end or self.is_lost:
            return
        if self._transport is not None:
            self._transport.write(data)
        else:
            self._waiting += data
            if len(self._waiting) > HIGH_WATER_BYTES:
                self.other.hold()
        self._see(self.peer.other, data)

    def send_unsent(self, more: bytes = b"") -> None:
        """Send what waited for the other leg, and `more` behind it."""
        data, self.unsent = self.unsent, b""
        self.send(data + more)

    def note_close(self, sender: Party, kind: CloseKind) -> None:
        """Tell the observer that an end closed, unless we had given up before: then it says nothing of the peers."""
        if not self._exchange.has_timed_out:
            self.observer.closed(sender, kind, time())

    def finish(self) -> None:
        """Send FIN behind everything."""
        if self.sent_end or self.is_lost:
            return
        self.sent_end = True
        self.note_close(self.peer.other, CloseKind.FIN)
        if self._transport is not None and not self._transport.is_closing():
            with suppress(OSError):  # the peer has gone already, and its reset is on the way to us
                self._transport.write_eof()

    def reset(self) -> None:
        """Send RST, and forget what was not sent."""
        if self.is_lost:
            return
        if not self.sent_end:
            self.sent_end = True
            self.note_close(self.peer.other, CloseKind.RST)
        if self._transport is None:
            return
        cut(self._transport)

    def keep_alive(self) -> None:
        """Let TCP notice when the peer is gone."""
        if self._transport is not None and (handle := self._transport.get_extra_info("socket")) is not None:
            keep_alive(handle)

    def close(self) -> None:
        """Close the transport when all is sent."""
        if self._transport is not None and not self.is_lost:
            self._transport.close()
