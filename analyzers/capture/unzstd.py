"""The content of a zstd file, of all its frames (RFC 8878 section 3.1).

The library tells neither that a frame was cut short nor, before it is too late, how much its input unpacks to. So the
frames are taken apart here, and the library gets block after block: none holds more than 128 KiB (section 3.1.1.2.4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..errors import MalformedCapture, Truncated
from .packed import PIECE, Packed, Unpacking

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["ZSTANDARD", "Unzstd"]

ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"

WINDOW: Final = 1 << 27
"""The most memory that a frame may ask for: what `zstd --long` uses unless told otherwise."""

_SKIPPABLE: Final = frozenset(bytes((nibble, 0x2A, 0x4D, 0x18)) for nibble in range(0x50, 0x60))
_IDENTIFIER_BYTES: Final = (0, 1, 2, 4)
_SIZE_BYTES: Final = (0, 2, 4, 8)
_RUN: Final = 1
"""The type of a block that is one byte, again and again: what its header has for a size is how often."""


class Unzstd(Unpacking):
    """Reads such a file."""

    def __init__(self, packed: Packed) -> None:
        """Begin with what `packed` gives."""
        import zstandard  # noqa: PLC0415 (a sixth of the start-up time of a small capture, and rarely needed)

        super().__init__(packed)
        self._error = zstandard.ZstdError
        self._decompressor = zstandard.ZstdDecompressor(max_window_size=WINDOW)
        self._input = b""
        self._at = 0
        self._left = b""
        self._pieces = self._frames()

    def read(self, size: int, /) -> bytes | None:
        """Give at most `size` bytes; `b""` at the end, None where nothing more has come yet.

        Raises:
            MalformedCapture: the data is damaged.
            Truncated: it ends within a frame.
        """
        if not self._left:
            try:
                piece = next(self._pieces, b"")
            except self._error as error:
                raise MalformedCapture(self._packed.given, f"the zstd data is damaged: {error}") from None
            if not piece:
                return piece
            self._left = piece
        piece, self._left = self._left[:size], self._left[size:]
        return self._count(piece)

    def _frames(self) -> Iterator[bytes | None]:
        """Yield the content in pieces that are not empty; None where nothing more has come yet."""
        while magic := (yield from self._take(len(ZSTANDARD), may_end=True)):
            if magic == ZSTANDARD:
                yield from self._frame()
            elif magic in _SKIPPABLE:
                left = int.from_bytes((yield from self._take(4)), "little")
                while left:
                    left -= len((yield from self._take(min(left, PIECE))))
            else:
                raise MalformedCapture(
                    self._packed.given, "the zstd data is damaged: what follows a frame is none"
                )

    def _frame(self) -> Iterator[bytes | None]:
        unpack = self._decompressor.decompressobj().decompress
        descriptor = yield from self._take(1)
        unpack(ZSTANDARD + descriptor + (yield from self._take(_header_bytes(descriptor[0]))))
        is_last = False
        while not is_last:
            header = yield from self._take(3)
            fields = int.from_bytes(header, "little")
            is_last, kind, size = bool(fields & 1), fields >> 1 & 3, fields >> 3
            piece = unpack(header + (yield from self._take(1 if kind == _RUN else size)))
            if piece:
                yield piece
        if descriptor[0] & 4:  # Content_Checksum_flag
            unpack((yield from self._take(4)))

    def _take(self, size: int, *, may_end: bool = False) -> Generator[None, None, bytes]:
        """Give the next `size` bytes, yielding as often as they have not come yet; none at the end, where it may be."""
        while len(self._input) - self._at < size:
            piece = self._packed.read()
            if piece is None:
                yield
                continue
            left = self._input[self._at :]
            if not piece and may_end and not left:
                return b""
            if not piece:
                raise Truncated(self._packed.given, "the zstd file ends before its content does")
            self._input, self._at = left + piece, 0
        taken = self._input[self._at : self._at + size]
        self._at += size
        return taken


def _header_bytes(descriptor: int) -> int:
    """Give the length of what follows the Frame_Header_Descriptor in the header (RFC 8878 section 3.1.1.1)."""
    is_single_segment = descriptor >> 5 & 1
    size_bytes = _SIZE_BYTES[descriptor >> 6] or is_single_segment
    return (1 - is_single_segment) + _IDENTIFIER_BYTES[descriptor & 3] + size_bytes
