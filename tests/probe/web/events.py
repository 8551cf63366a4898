"""A client of the stream on a plain socket, which reads only when it is told to."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.probe.web.serving import SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.probe.web.serving import Serving


@dataclass(frozen=True)
class Event:
    """One event as a browser would give it."""

    id: int | None
    kind: str
    data: Any


class Client:
    """Speaks HTTP/1.0, so that the stream comes without chunks and ends with the connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Have read nothing."""
        self.reader, self.writer = reader, writer
        self.comments = 0

    async def head(self) -> str:
        """Read status line and headers."""
        async with asyncio.timeout(SECONDS):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def block(self) -> list[str]:
        """Read lines up to the next empty one; none at the end."""
        async with asyncio.timeout(SECONDS):
            try:
                block = await self.reader.readuntil(b"\n\n")
            except asyncio.IncompleteReadError as rest:
                block = rest.partial
        assert block.isascii()
        assert block.endswith(b"\n\n") or not block
        return block.decode().splitlines()[:-1]

    async def event(self) -> Event | None:
        """Read the next event; None at the end."""
        while lines := await self.block():
            if all(line.startswith(":") for line in lines):
                self.comments += 1
                continue
            fields = dict(line.split(": ", 1) for line in lines)
            if set(fields) == {"retry"}:
                continue
            number = int(fields["id"]) if "id" in fields else None
            return Event(number, fields["event"], json.loads(fields["data"]))
        return None

    async def events(self, last: int) -> list[Event]:
        """Read until the event with this number."""
        read: list[Event] = []
        while not read or read[-1].id != last:
            event = await self.event()
            assert event is not None, f"ended after {read[-1:]}"
            read.append(event)
        return read


@asynccontextmanager
async def watching(port: Serving, *, buffer: int | None = None, **headers: str) -> AsyncIterator[Client]:
    """Open the stream; the client's own buffer can be made small."""
    handle = socket.socket()
    handle.setblocking(False)
    if buffer is not None:
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    await asyncio.get_running_loop().sock_connect(handle, (port.address.address, port.address.port))
    reader, writer = await asyncio.open_connection(sock=handle, limit=buffer or 2**20)
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join(("GET /api/stream HTTP/1.0", "Host: localhost", *lines, "", "")).encode())
    try:
        yield Client(reader, writer)
    finally:
        writer.close()
