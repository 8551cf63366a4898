"""The record layer of one direction (RFC 8446 section 5.1, RFC 5246 section 6.2.1).

A `RecordReader` is given the bytes of one direction in order and yields its records. Until TLS begins it
searches (`search.py`); from then on each header says where the next one stands. The bodies of long
application data records are stepped over and not copied, and the caller may leave them out altogether:
`skippable` says how many of the coming bytes nobody will look at.

What a reader yields depends on the bytes alone, and never on how they were cut into pieces.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from ..errors import MalformedRecord
from .search import (
    ALERT,
    APPLICATION_DATA,
    CANDIDATE,
    CANDIDATE_BYTES,
    HANDSHAKE,
    HEADER_BYTES,
    MAX_RECORD_BYTES,
    alert_at,
    client_hello_at,
    header_at,
    plausible_at,
    run_at,
    server_hello_at,
    sslv2_hello_at,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_PREAMBLE_BYTES", "SSLV2_HELLO", "ReaderMode", "Record", "RecordReader"]

SSLV2_HELLO = 0x80
"""The content type that we give to a ClientHello in the form of SSL 2.0, which is no TLS record."""

MAX_PREAMBLE_BYTES = 1 << 16
"""Mail servers may chat for some kilobytes before STARTTLS; no protocol that we know needs more than this."""

MAX_HEAD_BYTES = 256
"""What a report shows of a preamble."""

MAX_EMPTY_RECORDS = 32
"""As OpenSSL: empty records were once sent against an attack on CBC, and more than these only waste work."""

_MAX_UNDECIDED_BYTES = MAX_RECORD_BYTES + 2 * HEADER_BYTES
"""The most that one candidate can wait for: the header behind its record."""

_ALL_TO_COME = 1 << 62


class ReaderMode(Enum):
    """What a reader makes of the bytes."""

    SEARCHING = "searching"
    READING = "reading"
    PLAINTEXT = "plaintext"
    """No TLS began within the bound, or what looked like it was none."""
    LOST = "lost"
    """A record was malformed: nothing after it is read."""


class Record(NamedTuple):
    """One record."""

    content_type: int
    version: int
    fragment: bytes | None
    """What follows the header; None where it was not kept, or where a part of it is missing."""
    offset: int
    """Where its header stands in the stream."""
    length: int
    """Bytes of the fragment."""


class RecordReader:
    """The records of one direction."""

    __slots__ = (
        "_buffer",
        "_empty",
        "_has_start",
        "_is_client",
        "_is_data",
        "_needed",
        "_remaining",
        "_resumed_at",
        "head",
        "keep_limit",
        "may_start",
        "mode",
        "passed",
        "start",
        "total",
    )

    def __init__(self, *, is_client: bool, has_start: bool = True) -> None:
        """Begin a direction; without `has_start` it may be joined midway, and any run of records is TLS."""
        self._is_client = is_client
        self._has_start = has_start
        self._buffer = bytearray()
        self._needed = 0
        self._remaining = 0
        self._resumed_at = 0
        self._empty = 0
        self._is_data = True
        self.mode = ReaderMode.SEARCHING
        self.head = b""
        """The first bytes before TLS."""
        self.start: int | None = None
        """Where the first record stands."""
        self.total = 0
        """Length of the stream so far, with what is missing."""
        self.passed = 0
        """Bytes of application data that were stepped over, without headers."""
        self.keep_limit = 0
        """Application data records up to this length are yielded with their fragment, longer ones without."""
        self.may_start = is_client
        """Whether TLS may begin after other bytes; a server's may only when its client has begun."""

    @property
    def skippable(self) -> int:
        """How many of the coming bytes need not be fed, but may be told of by `skip`."""
        if self.mode in (ReaderMode.PLAINTEXT, ReaderMode.LOST):
            return _ALL_TO_COME
        return self._remaining

    @property
    def head_so_far(self) -> bytes:
        """The first bytes before TLS, with those of which nobody knows yet."""
        if self.start is not None or len(self.head) == MAX_HEAD_BYTES:
            return self.head
        return self.head + bytes(self._buffer[: MAX_HEAD_BYTES - len(self.head)])

    @property
    def undecided(self) -> int:
        """How many of the last bytes may turn out to begin TLS, when more are seen."""
        if self.mode is not ReaderMode.SEARCHING or not self.may_start:
            return 0
        tail = self._buffer
        if len(tail) >= 3:
            return len(tail) if tail[0] == HANDSHAKE and tail[1] == 3 and tail[2] <= 4 else _tail(tail)
        return _tail(tail)

    def feed(self, data: bytes) -> Iterator[Record]:
        """Take the next bytes and yield the records that they complete.

        Raises:
            MalformedRecord: where a record should begin there is none; nothing further will be read.
        """
        self.total += len(data)
        if self.mode is ReaderMode.READING:
            yield from self._read(data)
        elif self.mode is ReaderMode.SEARCHING:
            self._buffer += data
            if self._search():
                data = bytes(self._buffer)
                self._buffer.clear()
                if data[0] & 0x80:
                    hello_end = 2 + _sslv2_length(data)
                    yield Record(SSLV2_HELLO, 2, data[2:hello_end], self.total - len(data), hello_end - 2)
                    data = data[hello_end:]
                yield from self._read(data)

    def _read(self, data: bytes) -> Iterator[Record]:
        at = 0
        if self._remaining:
            at = min(self._remaining, len(data))
            self._remaining -= at
            if self._is_data:
                self.passed += at
        elif self._buffer:
            self._buffer += data
            if len(self._buffer) < self._needed:
                return
            data = bytes(self._buffer)
            self._buffer.clear()
        end = len(data)
        origin = self.total - end
        while end - at >= HEADER_BYTES:
            kind = data[at]
            version = data[at + 1] << 8 | data[at + 2]
            length = data[at + 3] << 8 | data[at + 4]
            if not (20 <= kind <= 24 and 0x0300 <= version <= 0x0304 and 0 < length <= MAX_RECORD_BYTES):
                self._check(data, at, origin + at)
            body = at + HEADER_BYTES
            if kind == APPLICATION_DATA and length > self.keep_limit:
                self._is_data = True
                yield Record(kind, version, None, origin + at, length)
                at = min(body + length, end)
                self.passed += at - body
                self._remaining = body + length - at
            elif body + length <= end:
                yield Record(kind, version, data[body : body + length], origin + at, length)
                at = body + length
            else:
                self._needed = HEADER_BYTES + length
                self._buffer += data[at:]
                return
        self._needed = HEADER_BYTES
        self._buffer += data[at:]

    def _check(self, data: bytes, at: int, offset: int) -> None:
        """Look at a header that is unusual: a few empty records are allowed, everything else is an error."""
        if not header_at(data, at):
            length = data[at + 3] << 8 | data[at + 4]
            is_type = 20 <= data[at] <= 24 and data[at + 1] == 3
            what = f"a record of {length} bytes" if is_type else "no record header"
            self._lose(offset, f"{what}: {data[at : at + HEADER_BYTES].hex()}")
        self._empty += 1
        if self._empty > MAX_EMPTY_RECORDS:
            self._lose(offset, f"more than {MAX_EMPTY_RECORDS} empty records")

    def _lose(self, offset: int, what: str) -> NoReturn:
        self.mode = ReaderMode.LOST
        self._buffer.clear()
        self._remaining = 0
        raise MalformedRecord(offset, what)

    def _search(self) -> bool:
        """Look for the beginning of TLS; where it is found, the buffer begins with it."""
        buffer = self._buffer
        base = self.total - len(buffer)
        at = 0
        verdict: bool | None = False
        while verdict is False:
            found = CANDIDATE.search(buffer, at)
            if found is None:
                at = max(len(buffer) - CANDIDATE_BYTES + 1, at)
                break
            at = found.start()
            verdict = self._verdict(at, base + at)
            if verdict is False:
                at += 1
        self._drop(at)
        is_late = base + at - self._resumed_at > MAX_PREAMBLE_BYTES
        if verdict and not is_late:
            self._begin()
        elif is_late or len(buffer) > _MAX_UNDECIDED_BYTES:
            self.mode = ReaderMode.PLAINTEXT if self.start is None else ReaderMode.LOST
            buffer.clear()
        return self.mode is ReaderMode.READING

    def _drop(self, count: int) -> None:
        """Leave the first bytes of the buffer behind: TLS does not begin there."""
        if self.start is None and len(self.head) < MAX_HEAD_BYTES:
            self.head += self._buffer[: min(count, MAX_HEAD_BYTES - len(self.head))]
        del self._buffer[:count]

    def _begin(self) -> None:
        self.mode = ReaderMode.READING
        if self.start is None:
            self.start = self.total - len(self._buffer)

    def _verdict(self, at: int, offset: int) -> bool | None:
        """Say whether TLS begins at `at` in the buffer; None where that cannot be told yet."""
        data = self._buffer
        kind = data[at]
        verdict: bool | None = False
        if self._is_client:
            if kind == HANDSHAKE:
                # Some clients that only look like TLS open with an empty record.
                is_empty = offset == 0 and data[3:HEADER_BYTES] == b"\0\0"
                verdict = is_empty or client_hello_at(data, at)
            elif kind & 0x80:
                verdict = sslv2_hello_at(data, at)
        elif kind in (HANDSHAKE, ALERT):
            verdict = server_hello_at(data, at) if kind == HANDSHAKE else alert_at(data, at)
            if verdict and offset and not self.may_start:
                return None
        if verdict is False and not self._has_start:
            return plausible_at(data, at) if offset == self._resumed_at else run_at(data, at)
        return verdict

    def settle(self) -> Iterator[Record]:
        """Be told that no more may come: one record at the end of a stream joined midway will do."""
        if self.mode is not ReaderMode.SEARCHING or self._has_start:
            return
        data = bytes(self._buffer)
        if plausible_at(data, 0) and HEADER_BYTES + (data[3] << 8 | data[4]) == len(data):
            self._begin()
            self._buffer.clear()
            yield from self._read(data)

    def skip(self, length: int) -> None:
        """Step over bytes that are there; more than `skippable` of them are a gap."""
        if length > self.skippable:
            self.gap(length)
            return
        self.total += length
        if self.mode is ReaderMode.READING:
            self._remaining -= length
            if self._is_data:
                self.passed += length

    @property
    def may_have_started(self) -> bool:
        """Whether TLS may have begun among bytes that are missing."""
        return self.mode is ReaderMode.SEARCHING and self._resumed_at > 0

    @property
    def is_partial(self) -> bool:
        """Whether a part of a record, or of its header, waits for the rest."""
        return bool(self._buffer)

    def pass_over(self, length: int, records: int, left: int) -> None:
        """Step over `length` bytes that hold the headers of `records` application data records.

        The last of these lacks `left` bytes, which follow.
        """
        self.total += length
        self.passed += length - HEADER_BYTES * records
        self._remaining = left
        self._is_data = True

    def gap(self, length: int) -> Record | None:
        """Be told that `length` bytes are missing here, 0 where nobody knows how many.

        Returns:
            The record that lost a part of its fragment, where the gap lies within one; reading goes on behind
            it.
        """
        damaged = None
        if self.mode is ReaderMode.READING:
            if 0 < length <= self._remaining:
                self.skip(length)
                return None
            left = self._needed - len(self._buffer) - length
            if length and len(self._buffer) >= HEADER_BYTES and left >= 0:
                damaged = self._damaged()
                self._remaining = left
                self._is_data = damaged.content_type == APPLICATION_DATA
            else:
                self.mode = ReaderMode.SEARCHING
                self._remaining = 0
        if self.mode is ReaderMode.SEARCHING:
            self._drop(len(self._buffer))
            self._has_start = False
            self._resumed_at = self.total + length
        self._buffer.clear()
        self.total += length
        return damaged

    def _damaged(self) -> Record:
        head = self._buffer
        length = head[3] << 8 | head[4]
        return Record(head[0], head[1] << 8 | head[2], None, self.total - len(head), length)

    def retract(self) -> None:
        """Be told that what began here was no TLS after all."""
        self.mode = ReaderMode.PLAINTEXT
        self.start = None
        self._buffer.clear()
        self._remaining = 0


def _tail(data: bytearray) -> int:
    """Say how many bytes at the end may be the first ones of a ClientHello's record."""
    if data.endswith(b"\x16\x03"):
        return 2
    return 1 if data.endswith(b"\x16") else 0


def _sslv2_length(data: bytes | bytearray) -> int:
    return (data[0] & 0x7F) << 8 | data[1]
