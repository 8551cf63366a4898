"""One TCP connection of a check: every byte of it is observed, in the order in which it passes."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, cast

from analyzers.connection import CloseKind, Party

if TYPE_CHECKING:
    from analyzers.observer import Observer

__all__ = ["Line"]

RECEIVED_BYTES = 1024 * 1024
"""A server that sends more than several handshakes of the largest size is read no further."""


class Line(asyncio.Protocol):
    """Our end of the connection."""

    def __init__(self, observer: Observer) -> None:
        """Tell `observer` of all that passes."""
        self._observer = observer
        self._transport: asyncio.Transport | None = None
        self._unread = bytearray()
        self._total = 0
        self._news = asyncio.Event()
        self.has_ended = False
        """Whether the server sends no more."""
        self._has_finished = False
        self._is_lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Show the observer what the server sent, and keep it for who waits."""
        self._observer.feed(Party.SERVER, data, time())
        self._unread += data
        self._total += len(data)
        if self._total > RECEIVED_BYTES and self._transport is not None:
            self._transport.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        """Note the server's FIN; our own direction stays open."""
        self._end(CloseKind.FIN)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the server's reset, unless the connection was over."""
        if exc is not None and not self.has_ended:
            self._end(CloseKind.RST)
        self.has_ended = True
        self._news.set()
        self._is_lost.set()

    def _end(self, kind: CloseKind) -> None:
        self.has_ended = True
        self._observer.closed(Party.SERVER, kind, time())
        self._news.set()

    async def receive(self) -> bytes:
        """Wait for what the server sends next; empty: it sends no more."""
        while not self._unread and not self.has_ended:
            self._news.clear()
            await self._news.wait()
        data = bytes(self._unread)
        self._unread.clear()
        return data

    def send(self, data: bytes) -> None:
        """Send, and show the observer what was sent."""
        if not data or self._has_finished or self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        self._observer.feed(Party.CLIENT, data, time())

    def finish(self) -> None:
        """Send FIN behind everything."""
        if self._has_finished or self._transport is None or self._transport.is_closing():
            return
        self._has_finished = True
        self._observer.closed(Party.CLIENT, CloseKind.FIN, time())
        with suppress(OSError):  # the server has gone already, and its reset is on the way to us
            self._transport.write_eof()

    async def ended(self) -> None:
        """Wait until the server sends no more, whatever it sends until then."""
        while not self.has_ended:
            await self.receive()

    async def close(self) -> None:
        """Close the socket; what the server still sends is not seen."""
        if self._transport is not None:
            self._transport.abort()
            await self._is_lost.wait()
