"""Bounded reads over bytes that a stranger wrote.

A `Cursor` never reads past its end and never goes backwards. A structure that carries its own length is
read through `vector8`, `vector16` or `vector24`, which give a cursor of exactly that many bytes; the reader
of the structure then calls `end()`, so that a block must stop exactly where its length said.
"""

from __future__ import annotations

from .errors import MalformedMessage, Truncated

__all__ = ["Cursor"]


class Cursor:
    """A position in a byte string."""

    __slots__ = ("_data", "_end", "_start", "base")

    def __init__(self, data: bytes | bytearray | memoryview, base: int = 0) -> None:
        """Read `data` from its start; errors report offsets counted from `base`."""
        self._data = data
        self._start = 0
        self._end = len(data)
        self.base = base

    @property
    def offset(self) -> int:
        """Where the next read begins, in bytes, counted as in the outermost input."""
        return self.base + self._start

    @property
    def remaining(self) -> int:
        """How many bytes are left."""
        return self._end - self._start

    def _advance(self, count: int, what: str) -> int:
        start = self._start
        if count > self._end - start:
            raise Truncated(self.base + start, f"{what} needs {count} bytes, {self._end - start} are left")
        self._start = start + count
        return start

    def u8(self, what: str = "uint8") -> int:
        """Read one byte as an integer."""
        return self._data[self._advance(1, what)]

    def u16(self, what: str = "uint16") -> int:
        """Read two bytes as a big-endian integer."""
        start = self._advance(2, what)
        return self._data[start] << 8 | self._data[start + 1]

    def u24(self, what: str = "uint24") -> int:
        """Read three bytes as a big-endian integer."""
        start = self._advance(3, what)
        return self._data[start] << 16 | self._data[start + 1] << 8 | self._data[start + 2]

    def u32(self, what: str = "uint32") -> int:
        """Read four bytes as a big-endian integer."""
        start = self._advance(4, what)
        return int.from_bytes(self._data[start : start + 4], "big")

    def take(self, count: int, what: str = "opaque") -> bytes:
        """Read `count` bytes as they are."""
        start = self._advance(count, what)
        return bytes(self._data[start : start + count])

    def rest(self) -> bytes:
        """Read everything that is left."""
        return self.take(self.remaining)

    def sub(self, count: int, what: str = "block") -> Cursor:
        """Give a cursor over the next `count` bytes, and step over them."""
        start = self._advance(count, what)
        return Cursor(self._data[start : start + count], self.base + start)

    def vector8(self, what: str = "vector") -> Cursor:
        """Give a cursor over a vector whose length is one byte (RFC 8446 section 3.4)."""
        return self.sub(self.u8(what), what)

    def vector16(self, what: str = "vector") -> Cursor:
        """Give a cursor over a vector whose length is two bytes (RFC 8446 section 3.4)."""
        return self.sub(self.u16(what), what)

    def vector24(self, what: str = "vector") -> Cursor:
        """Give a cursor over a vector whose length is three bytes (RFC 8446 section 3.4)."""
        return self.sub(self.u24(what), what)

    def u16_list(self, what: str = "list") -> tuple[int, ...]:
        """Read all that is left as big-endian 16-bit integers.

        Raises:
            MalformedMessage: an odd number of bytes is left.
        """
        count = self.remaining
        if count % 2:
            raise MalformedMessage(self.offset, f"{what} has an odd length of {count} bytes")
        data = self.take(count, what)
        return tuple(data[at] << 8 | data[at + 1] for at in range(0, count, 2))

    def end(self, what: str = "block") -> None:
        """Insist that nothing is left.

        Raises:
            MalformedMessage: bytes follow where the structure should have ended.
        """
        if self._start != self._end:
            raise MalformedMessage(self.offset, f"{what} is followed by {self.remaining} unexpected bytes")
