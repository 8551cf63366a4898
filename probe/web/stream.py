"""The stream of connections as they end: server-sent events (WHATWG HTML, section 9.2).

There is one ring of lines for all clients, and each client is but a place in it. So a connection costs the same
whether one watches or thirty, and a client that reads too slowly holds nothing up: when the ring has gone past its
place, it is told how many lines it has lost, and goes on from the oldest that is left. The same holds for a client
that comes back with Last-Event-ID.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from aiohttp import web

from .answers import HEADERS, Refusal, answer
from .bounds import STREAMED, Bounds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..board import Board, Entry

__all__ = ["Stream"]

CONTENT_TYPE = "text/event-stream; charset=utf-8"

_TOGETHER = 64
"""Lines in one write: 45 KiB, which is as much as the transport takes before it asks us to wait."""

_OPENING = b"retry: 2000\n\n"
"""Sent at once, so that a client knows that it is connected; milliseconds until it comes back after an end."""

_HEARTBEAT = b": nothing new\n\n"


class Stream:
    """The stream of one probe."""

    def __init__(self, board: Board, size: int, bounds: Bounds) -> None:
        """Follow a board; a client may be `size` lines behind, or `STREAMED` where that is more."""
        self._bounds = bounds
        self._lines: deque[tuple[int, str]] = deque(maxlen=max(size, STREAMED))
        self._first = board.last + 1
        """The number of the first connection of this life of the probe."""
        self._board = board
        self._news = asyncio.Event()
        self._is_closed = False
        self.clients = 0
        board.listen(self._take)

    def _take(self, entry: Entry) -> None:
        self._lines.append((entry.number, entry.line))  # without the connection: the board alone keeps those
        self._news.set()

    def close(self) -> None:
        """End every client's stream, after what it has not been sent yet."""
        self._is_closed = True
        self._news.set()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Send what happens, from where the client left off, until one of us ends it.

        Raises:
            Refusal: 400 where the Last-Event-ID is no number; 503 where too many are being served, or we stop.
        """
        place = self._place(request.headers.get("Last-Event-ID"))
        if request.method == "HEAD":
            return answer(b"", CONTENT_TYPE)
        if self._is_closed or self.clients >= self._bounds.streams:
            why = (
                "the probe stops"
                if self._is_closed
                else f"{self.clients} streams are open, and no more may be"
            )
            raise Refusal(503, why, {"Retry-After": "10"})
        response = web.StreamResponse(
            headers={
                **HEADERS,
                "Cache-Control": "no-store",
                "Content-Type": CONTENT_TYPE,
                "X-Accel-Buffering": "no",  # nginx would collect a page of events before it sends one
            }
        )
        self.clients += 1
        try:
            await response.prepare(request)
            await response.write(_OPENING)
            await self._send(response, place)
            await response.write_eof()
        finally:
            self.clients -= 1
        return response

    def _place(self, last_seen: str | None) -> int | None:
        """Give the number of the last event that a client has seen; None where it was in another life of the probe."""
        if last_seen is None:
            return self._board.last
        if not (last_seen.isascii() and last_seen.isdigit() and len(last_seen) < 20):
            raise Refusal(400, "Last-Event-ID: is the number of an event")
        number = int(last_seen)
        return number if self._first - 1 <= number <= self._board.last else None

    async def _send(self, response: web.StreamResponse, place: int | None) -> None:
        if place is None:
            place = self._lines[0][0] - 1 if self._lines else self._board.last
            await response.write(_lost(None, place))
        while True:
            if place < self._board.last:
                events, place = self._after(place)
                await response.write(events)
            elif self._is_closed:
                return
            elif not await self._wait():
                await response.write(_HEARTBEAT)

    def _after(self, place: int) -> tuple[bytes, int]:
        """Give the next events for a client, and its new place."""
        skipped = place + 1 - self._lines[0][0]
        lost = b"" if skipped >= 0 else _lost(-skipped, self._lines[0][0] - 1)
        lines = list(islice(self._lines, max(skipped, 0), max(skipped, 0) + _TOGETHER))
        return lost + "".join(_events(lines)).encode("ascii"), lines[-1][0]

    async def _wait(self) -> bool:
        """Wait for the next connection or the end; tell whether there was one before it is time for a heartbeat."""
        self._news.clear()
        try:
            async with asyncio.timeout(self._bounds.heartbeat_seconds):
                return await self._news.wait()
        except TimeoutError:
            return False


def _events(lines: list[tuple[int, str]]) -> Iterator[str]:
    for number, line in lines:
        yield f"id: {number}\nevent: connection\ndata: {line}\n\n"


def _lost(count: int | None, last: int) -> bytes:
    """Tell a client that events are lost to it, the last of them with this number; None: nobody knows how many."""
    return f"id: {last}\nevent: lost\ndata: {json.dumps({'count': count})}\n\n".encode("ascii")
