"""Where TLS begins in a stream that did not have to begin with it (design section 4).

Three things start a direction: a client its ClientHello, a server its ServerHello (or the alert with which it
refuses), and, where the capture lacks what came before, any run of records. Each test here looks at one
offset and answers yes, no, or not yet; the answer depends on the bytes only, never on how they were cut into
segments.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .codepoints import ALERTS
from .hellos import MAX_SESSION_ID_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    _Tests = tuple[tuple[int, Callable[[bytes | bytearray], bool]], ...]
    """How many bytes a test needs, and the test; in ascending order."""

__all__ = [
    "ALERT",
    "APPLICATION_DATA",
    "CANDIDATE",
    "CANDIDATE_BYTES",
    "CHANGE_CIPHER_SPEC",
    "HANDSHAKE",
    "HEADER_BYTES",
    "HEARTBEAT",
    "MAX_MESSAGE_BYTES",
    "MAX_RECORD_BYTES",
    "alert_at",
    "client_hello_at",
    "header_at",
    "plausible_at",
    "run_at",
    "server_hello_at",
    "sslv2_hello_at",
]

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, HEARTBEAT = 20, 21, 22, 23, 24

HEADER_BYTES = 5

MAX_RECORD_BYTES = (1 << 14) + 2048
"""TLSCiphertext.length (RFC 5246 section 6.2.3); TLS 1.3 allows less."""

MAX_MESSAGE_BYTES = 1 << 17
"""A handshake message: OpenSSL takes certificate lists of 100 KiB, and nothing else comes near."""

CANDIDATE = re.compile(rb"[\x14-\x18]\x03[\x00-\x04]|[\x80-\xbf].\x01(?:\x03[\x00-\x03]|\x00\x02)", re.DOTALL)
"""How a record begins, or a ClientHello in the form of SSL 2.0."""

CANDIDATE_BYTES = 5

_HELLO_REQUEST, _CLIENT_HELLO, _SERVER_HELLO, _DRAFT_RETRY = 0, 1, 2, 6
_DRAFT_MAJOR = 0x7F
_FIXED_BYTES = 39
"""Header, version, random and the length of the session id: what every hello begins with."""

_LEAST_CLIENT_HELLO = 41
_SSLV2_HEAD = 11


def _u16(data: bytes | bytearray, at: int) -> int:
    return data[at] << 8 | data[at + 1]


def header_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether the five bytes at `at` are a record's header; None where they are not all there."""
    if len(data) - at < HEADER_BYTES:
        return None
    return (
        20 <= data[at] <= 24
        and data[at + 1] == 3
        and data[at + 2] <= 4
        and _u16(data, at + 3) <= MAX_RECORD_BYTES
    )


def _gather(data: bytes | bytearray, at: int, wanted: int) -> bytes | None:
    """Give the first `wanted` bytes of the handshake message at `at`, over as many records as it takes.

    Fewer are given where the data ends; None where something other than a handshake record comes first.
    """
    found = b""
    end = len(data)
    while len(found) < wanted:
        if end - at < HEADER_BYTES:
            return found
        length = _u16(data, at + 3)
        is_handshake = data[at] == HANDSHAKE and data[at + 1] == 3 and data[at + 2] <= 4
        if not is_handshake or length > MAX_RECORD_BYTES:
            return None
        at += HEADER_BYTES
        found += data[at : min(at + length, at + wanted - len(found))]
        at += length
    return found


def _length(head: bytes | bytearray) -> int:
    return head[1] << 16 | head[2] << 8 | head[3]


_CLIENT_HELLO_TESTS: _Tests = (
    (1, lambda head: head[0] == _CLIENT_HELLO),
    (4, lambda head: _LEAST_CLIENT_HELLO <= _length(head) <= MAX_MESSAGE_BYTES),
    (6, lambda head: head[4] == 3 and head[5] <= 4),
    (_FIXED_BYTES, lambda head: head[38] <= MAX_SESSION_ID_BYTES),
)

_SERVER_HELLO_TESTS: _Tests = (
    (1, lambda head: head[0] in (_HELLO_REQUEST, _SERVER_HELLO, _DRAFT_RETRY)),
    (4, lambda head: head[0] == _HELLO_REQUEST or 4 <= _length(head) <= MAX_MESSAGE_BYTES),
    (4, lambda head: head[0] != _HELLO_REQUEST or _length(head) == 0),
    (6, lambda head: (head[4] == 3 and head[5] <= 4) or head[4] == _DRAFT_MAJOR),
    (6, lambda head: head[0] != _DRAFT_RETRY or head[4] == _DRAFT_MAJOR),
    (_FIXED_BYTES, lambda head: head[4] == _DRAFT_MAJOR or head[38] <= MAX_SESSION_ID_BYTES),
)

_SSLV2_TESTS: _Tests = (
    (1, lambda head: head[0] & 0x80 > 0),
    (3, lambda head: head[2] == _CLIENT_HELLO),
    (5, lambda head: (head[3] == 3 and head[4] <= 3) or head[3:5] == b"\x00\x02"),
    (7, lambda head: _u16(head, 5) > 0 and _u16(head, 5) % 3 == 0),
    (9, lambda head: _u16(head, 7) in (0, 16)),
    (11, lambda head: 16 <= _u16(head, 9) <= 32),
    (11, lambda head: 9 + _u16(head, 5) + _u16(head, 7) + _u16(head, 9) == _u16(head, 0) & 0x7FFF),
)

_ALERT_TESTS: _Tests = (
    (1, lambda head: head[0] == ALERT),
    (2, lambda head: head[1] == 3),
    (3, lambda head: head[2] <= 4),
    (5, lambda head: _u16(head, 3) == 2),
    (6, lambda head: head[5] in (1, 2)),
    (7, lambda head: head[6] in ALERTS),
)


def _holds(tests: _Tests, head: bytes | bytearray) -> bool | None:
    """Apply the tests in turn: no at the first that fails, None where `head` is too short for one."""
    for needed, test in tests:
        if len(head) < needed:
            return None
        if not test(head):
            return False
    return True


def client_hello_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether a ClientHello begins at `at`, as far as the lengths before its extensions tell."""
    head = _gather(data, at, _FIXED_BYTES)
    if head is None:
        return False
    verdict = _holds(_CLIENT_HELLO_TESTS, head)
    if len(head) >= 4 and _u16(data, at + 3) > _length(head) + 4:
        return False  # Nothing stands beside a ClientHello in its record.
    if not verdict:
        return verdict
    suites_at = _FIXED_BYTES + head[38]
    head = _gather(data, at, suites_at + 2)
    if head is None or len(head) < suites_at + 2:
        return False if head is None else None
    suites = _u16(head, suites_at)
    return suites >= 2 and suites % 2 == 0 and suites_at + 2 + suites <= _length(head) + 2


def server_hello_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether a ServerHello, a draft's HelloRetryRequest or a HelloRequest begins at `at`."""
    if _gather(data, at, 4) == bytes(4):
        return True  # HelloRequest: a header and no body.
    head = _gather(data, at, _FIXED_BYTES)
    return False if head is None else _holds(_SERVER_HELLO_TESTS, head)


def alert_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether an alert that is not encrypted stands at `at`."""
    return _holds(_ALERT_TESTS, data[at : at + 7])


def sslv2_hello_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether a whole ClientHello in the form of SSL 2.0 stands at `at` (RFC 5246 appendix E.2)."""
    head = data[at : at + _SSLV2_HEAD]
    verdict = _holds(_SSLV2_TESTS, head)
    is_cut = verdict and len(data) - at < 2 + (_u16(head, 0) & 0x7FFF)
    return None if is_cut else verdict


def plausible_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether the record at `at` has a header whose length suits its type."""
    is_header = header_at(data, at)
    if not is_header:
        return is_header
    kind = data[at]
    length = _u16(data, at + 3)
    if kind == CHANGE_CIPHER_SPEC:
        return length == 1 or length >= 16
    if kind == ALERT:
        return length == 2 or 18 <= length <= 512
    return length >= 4


def run_at(data: bytes | bytearray, at: int) -> bool | None:
    """Say whether two records follow one another at `at`: a header stands where the first one points."""
    is_first = plausible_at(data, at)
    if not is_first:
        return is_first
    following = at + HEADER_BYTES + _u16(data, at + 3)
    if following < len(data) and data[following] not in range(20, 25):
        return False
    return plausible_at(data, following) if len(data) - following >= HEADER_BYTES else None
