"""A server that does one plain thing, and a client's view of how its connection ended."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 20.0


class Listening:
    """A TCP server on loopback that hands its first connection to a function in a thread."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        """Listen, and serve one connection."""
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(SECONDS)
        self.port: int = self._listener.getsockname()[1]
        self.failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="server")
        self._thread.start()

    def _run(self) -> None:
        try:
            connection, _ = self._listener.accept()
            with connection:
                connection.settimeout(SECONDS)
                self._serve(connection)
        except (OSError, AssertionError) as failure:
            self.failure = failure

    def join(self) -> None:
        """Wait until it has served; raise what went wrong in it."""
        self._thread.join(SECONDS)
        self._listener.close()
        if self.failure is not None:
            raise self.failure


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[Listening]:
    """Serve one connection while the context lasts."""
    server = Listening(serve)
    try:
        yield server
    finally:
        server.join()


def dial(port: int) -> socket.socket:
    """Connect to a port of loopback; one that accepts and resets at once has been connected to."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def reset(connection: socket.socket) -> None:
    """Close with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_all(connection: socket.socket) -> tuple[bytes, str]:
    """Read until the other end closes; give the bytes, and `fin` or `rst`."""
    data = b""
    while True:
        try:
            part = connection.recv(65536)
        except ConnectionResetError:
            return data, "rst"
        if not part:
            return data, "fin"
        data += part


def read_record(connection: socket.socket) -> bytes:
    """Read one TLS record."""
    data = read_exactly(connection, 5)
    return data + read_exactly(connection, data[3] << 8 | data[4])


def read_exactly(connection: socket.socket, count: int) -> bytes:
    """Read so many bytes."""
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        assert part, "the other end closed early"
        data += part
    return data
