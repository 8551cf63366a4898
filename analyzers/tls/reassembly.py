"""Handshake messages out of the fragments of records (RFC 8446 section 5.1).

A message may be cut into many records, and a record may hold many messages. A message beyond the bound is
stepped over, so that what follows it is still read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .search import MAX_MESSAGE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HandshakeReader", "RawMessage", "fits_messages"]

_HEADER_BYTES = 4
_HELLO_REQUEST = bytes(_HEADER_BYTES)

_HELLOS, _CERTIFICATE = (1, 2), 11
_LAST_MINOR = 4
_TELLING_BYTES = 10
"""Enough for the header of a message, and for a version or two lengths."""

_LEAST_PROTECTED = 20
"""The header of a HelloRequest, the shortest message, and the shortest MAC: below it a record is in clear."""

_TYPES = frozenset((1, 2, 4, 5, 6, 8, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 25, 67, 203))


class RawMessage(NamedTuple):
    """One handshake message."""

    kind: int
    """Its HandshakeType."""
    body: bytes | None
    """What follows the header; None where the message is beyond the bound."""
    offset: int
    """Where the record stands in which it begins."""
    length: int
    """Bytes, with the header."""


class HandshakeReader:
    """The messages of one direction, as far as its records hold them in order."""

    __slots__ = ("_buffer", "_needed", "_offset", "_oversize", "_remaining")

    def __init__(self) -> None:
        """Begin at the border of a message."""
        self._buffer = bytearray()
        self._needed = _HEADER_BYTES
        self._offset = 0
        self._remaining = 0
        self._oversize: RawMessage | None = None

    @property
    def is_partial(self) -> bool:
        """Whether a message has begun and is not complete."""
        return bool(self._buffer) or self._remaining > 0

    def drop(self) -> None:
        """Forget the message that has begun: the rest of it will not come."""
        self._buffer.clear()
        self._needed = _HEADER_BYTES
        self._remaining = 0
        self._oversize = None

    def feed(self, fragment: bytes, offset: int) -> Iterator[RawMessage]:
        """Take the fragment of the record at `offset`, and yield the messages that it completes."""
        data = fragment
        if self._remaining:
            data = data[self._remaining :]
            self._remaining -= len(fragment) - len(data)
            if self._remaining:
                return
            if self._oversize is not None:
                yield self._oversize
                self._oversize = None
        begun = offset
        if self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data = bytes(self._buffer)
            begun = self._offset
            self._buffer.clear()
        at, end = 0, len(data)
        while end - at >= _HEADER_BYTES:
            length = data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
            following = at + _HEADER_BYTES + length
            if length > MAX_MESSAGE_BYTES:
                self._step_over(RawMessage(data[at], None, begun, _HEADER_BYTES + length), following - end)
                return
            if following > end:
                self._needed = following - at
                break
            yield RawMessage(data[at], data[at + _HEADER_BYTES : following], begun, following - at)
            at = following
            begun = offset
        else:
            self._needed = _HEADER_BYTES
        if at < end:
            self._buffer += data[at:]
            self._offset = begun

    def _step_over(self, message: RawMessage, remaining: int) -> None:
        self._remaining = remaining
        self._oversize = message


def fits_messages(fragment: bytes) -> bool:
    """Say whether a record's fragment is a run of whole handshake messages, or begins a hello or a Certificate.

    That tells a handshake in clear from an encrypted one where the ChangeCipherSpec was not seen: the chance
    that encrypted bytes pass is about one in a million.
    """
    at, end = 0, len(fragment)
    if fragment == _HELLO_REQUEST:
        return True
    while end - at >= _HEADER_BYTES:
        if fragment[at] not in _TYPES:
            return False
        following = at + _HEADER_BYTES + int.from_bytes(fragment[at + 1 : at + _HEADER_BYTES])
        if following > end:
            return end < _LEAST_PROTECTED or _begins_message(fragment[at:])
        at = following
    return end > 0 and (at == end or (end < _LEAST_PROTECTED and fragment[at] in _TYPES))


def _begins_message(head: bytes) -> bool:
    """Whether a message that its record does not hold whole begins as a hello or a Certificate does.

    Certificates are often longer than a record, and their list fills the message; a ClientHello is cut by some
    clients so that nobody on the way may read it.
    """
    length = int.from_bytes(head[1:_HEADER_BYTES])
    if length > MAX_MESSAGE_BYTES or len(head) < _TELLING_BYTES:
        return False
    if head[0] in _HELLOS:
        return head[4] == 3 and head[5] <= _LAST_MINOR
    listed, first = int.from_bytes(head[4:7]), int.from_bytes(head[7:10])
    return head[0] == _CERTIFICATE and listed == length - 3 and first + 3 <= listed
