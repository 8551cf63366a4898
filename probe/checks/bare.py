"""A ClientHello of our own making, for what our TLS engine no longer has: SSL 3.0, RC4, triple DES, export suites.

Only the server's choice is of interest, so the handshake ends there, with close_notify.
"""

from __future__ import annotations

import asyncio
import secrets
import struct
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from .call import Call, Conversation, give_up, leave, place, speak_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzers.connection import Connection
    from analyzers.observer import Observer
    from analyzers.tls.secrets import KeyLog

    from .line import Line

__all__ = ["SSL30", "greet"]

SSL30, TLS10 = 0x0300, 0x0301

GROUPS = (0x001D, 0x0017, 0x0018, 0x0019)
"""x25519 and the three curves of NIST: what every stack with elliptic curves has at least one of."""

SCHEMES = (0x0401, 0x0501, 0x0601, 0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0201, 0x0203, 0x0202)
"""RSA, ECDSA and DSA with every usual hash, so that no scheme is the reason of a refusal."""


async def greet(call: Call, version: int, suites: Sequence[int]) -> Connection:
    """Offer these suites in this version, 3.0 to TLS 1.2, and give what the server answers."""
    return await place(call, _saying(_client_hello(version, suites)))


def _saying(hello: bytes) -> Conversation:
    return partial(_greet, hello)


async def _greet(
    hello: bytes, call: Call, line: Line, observer: Observer, _keylog: KeyLog, until: float
) -> None:
    began = monotonic()
    try:
        async with asyncio.timeout(max(0.0, until - began)):
            await speak_first(line, call.preamble)
            line.send(hello)
            while observer.server_hello is None and not observer.alerts and await line.receive():
                pass
    except TimeoutError:
        give_up(observer, monotonic() - began)
        return
    if observer.server_hello is not None:
        line.send(bytes((21, *observer.server_hello.version.to_bytes(2), 0, 2, 1, 0)))
    await leave(line)


def _vector(data: bytes, length_bytes: int) -> bytes:
    return len(data).to_bytes(length_bytes) + data


def _client_hello(version: int, suites: Sequence[int]) -> bytes:
    """Write a ClientHello in a record of its own (RFC 5246 sections 6.2.1, 7.4 and 7.4.1.2)."""
    body = version.to_bytes(2) + secrets.token_bytes(32) + _vector(b"", 1)
    body += _vector(_codes(suites), 2) + _vector(b"\x00", 1)
    if version > SSL30:
        extensions = (
            (10, _vector(_codes(GROUPS), 2)),  # supported_groups
            (11, _vector(b"\x00", 1)),  # ec_point_formats: uncompressed
            (13, _vector(_codes(SCHEMES), 2)),  # signature_algorithms
            (0xFF01, _vector(b"", 1)),  # renegotiation_info
        )
        body += _vector(b"".join(code.to_bytes(2) + _vector(data, 2) for code, data in extensions), 2)
    message = b"\x01" + _vector(body, 3)
    return struct.pack(">BH", 22, min(version, TLS10)) + _vector(message, 2)


def _codes(codes: Sequence[int]) -> bytes:
    return b"".join(code.to_bytes(2) for code in codes)
