"""Many pieces of bytes from one process to another, without putting them together first.

A `multiprocessing` connection would copy them twice more: they are most of what its processes say to each other.
"""

from __future__ import annotations

import os
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.connection import Connection

__all__ = ["receive_bytes", "send_pieces"]

AT_ONCE = 512
"""Pieces of one call: IOV_MAX is 1024 on Linux and macOS, and 16 at least (POSIX `limits.h`)."""


def send_pieces(pipe: Connection, pieces: Sequence[bytes | memoryview]) -> None:
    """Send pieces, none of them empty, one behind the other.

    Raises:
        ConnectionError: nobody is there to receive them.
    """
    begun, sent = 0, 0
    while begun < len(pieces):
        rest = list(islice(pieces, begun, begun + AT_ONCE))
        rest[0] = memoryview(rest[0])[sent:]
        sent += os.writev(pipe.fileno(), rest)
        while begun < len(pieces) and sent >= len(pieces[begun]):
            sent -= len(pieces[begun])
            begun += 1


def receive_bytes(pipe: Connection, size: int) -> memoryview:
    """Receive so many bytes.

    Raises:
        EOFError: the other end was closed before it had sent them.
    """
    received = memoryview(bytearray(size))
    count = 0
    while count < size:
        more = os.readv(pipe.fileno(), [received[count:]])
        if not more:
            raise EOFError
        count += more
    return received
