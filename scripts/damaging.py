"""A path that changes what passes: a TCP proxy in which one record of the server is not what it was."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["DAMAGES", "damaging"]

HEADER_BYTES = 5
MESSAGE_BYTES = 4
SERVER_HELLO, SERVER_KEY_EXCHANGE = 2, 12
KEY_BYTES = 4
"""Of ECDHE's parameters before the key itself: the kind of curve, its name, the key's length."""

WAIT_SECONDS = 5.0


def _begins(record: bytes, kind: int) -> bool:
    return record[:1] == b"\x16" and record[HEADER_BYTES : HEADER_BYTES + 1] == bytes((kind,))


def _key_changed(record: bytes) -> bytes:
    at = HEADER_BYTES + MESSAGE_BYTES + KEY_BYTES + 8
    return record[:at] + bytes((record[at] ^ 1,)) + record[at + 1 :]


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "key-changed": lambda record: _key_changed(record) if _begins(record, SERVER_KEY_EXCHANGE) else record,
    "record-repeated": lambda record: record * (2 if _begins(record, SERVER_KEY_EXCHANGE) else 1),
    "bytes-inserted": lambda record: (b"\0\1\2\3\4" if _begins(record, SERVER_HELLO) else b"") + record,
}
"""By name, what becomes of each of the server's records."""


@contextmanager
def damaging(
    listen: tuple[str, int], upstream: tuple[str, int], damage: Callable[[bytes], bytes]
) -> Iterator[None]:
    """Forward one connection to `listen` meanwhile, and damage the server's records."""
    with socket.create_server(listen) as listener:
        forwarding = threading.Thread(target=_forward, args=(listener, upstream, damage), daemon=True)
        forwarding.start()
        yield
        forwarding.join(WAIT_SECONDS)


def _forward(listener: socket.socket, upstream: tuple[str, int], damage: Callable[[bytes], bytes]) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection(upstream, WAIT_SECONDS) as server:
        client.settimeout(WAIT_SECONDS)
        back = threading.Thread(target=_copy_records, args=(server, client, damage), daemon=True)
        back.start()
        _copy(client, server)
        back.join(WAIT_SECONDS)


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return  # An end that resets the connection ends the story.


def _copy_records(source: socket.socket, target: socket.socket, damage: Callable[[bytes], bytes]) -> None:
    waiting = b""
    try:
        while data := source.recv(1 << 16):
            waiting += data
            while len(waiting) >= HEADER_BYTES:
                end = HEADER_BYTES + int.from_bytes(waiting[3:HEADER_BYTES])
                if len(waiting) < end:
                    break
                target.sendall(damage(waiting[:end]))
                waiting = waiting[end:]
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
