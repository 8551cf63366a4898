"""The bytes of a capture file, decompressed where need be.

Whatever compressed the file, its content is asked for in pieces of a size that the caller names, so that a
small file which unpacks to terabytes costs no memory; and a limit on the ratio ends it before it costs
hours.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol, cast

from ..errors import MalformedCapture, Truncated

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["Readable", "open_source"]

GZIP: Final = b"\x1f\x8b"
ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"

PIECE: Final = 1 << 18
"""How much compressed input is read at a time: large enough that the calls cost nothing."""

ALLOWANCE: Final = 1 << 30
"""How much any compressed file may unpack to, whatever its own size."""

RATIO: Final = 500
"""Beyond the allowance, how many bytes a compressed byte may become: real captures stay below 100, bombs
exceed 1000."""

ZSTANDARD_WINDOW: Final = 1 << 27
"""The most memory that a zstd frame may ask for: what `zstd --long` uses unless told otherwise."""


class Readable(Protocol):
    """What can be read in pieces, until nothing comes."""

    def read(self, size: int, /) -> bytes | None:
        """Give at most `size` bytes; `b""` at the end, None where nothing more has come yet."""
        ...


class _Rejoined:
    """A source of which the first bytes were read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes | None:
        if not self._head:
            return self._rest.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


class _Packed:
    """A compressed source, which counts what it gives; where nothing has come yet, it ends."""

    def __init__(self, source: _Rejoined) -> None:
        self._source = source
        self.given = 0

    def read(self, size: int = PIECE, /) -> bytes:
        piece = self._source.read(size) or b""
        self.given += len(piece)
        return piece


class _Bounded:
    """What decompressors share: the count of what they gave, and the limit on it."""

    def __init__(self, packed: _Packed) -> None:
        self._packed = packed
        self._given = 0

    def _count(self, piece: bytes) -> bytes:
        self._given += len(piece)
        if self._given > max(ALLOWANCE, RATIO * self._packed.given):
            raise MalformedCapture(
                self._packed.given,
                f"it unpacks to over {RATIO} times its size: reading ends after {self._given} bytes",
            )
        return piece


class _Gunzip(_Bounded):
    """The content of a gzip file, of all its members (RFC 1952 section 2.2)."""

    def __init__(self, packed: _Packed) -> None:
        super().__init__(packed)
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._member.eof:
                self._input = self._member.unused_data or self._packed.read()
                if not self._input.startswith(GZIP[: len(self._input)]) or not self._input:
                    return b""
                self._member = zlib.decompressobj(wbits=31)
            elif not self._input:
                self._input = self._packed.read()
                if not self._input:
                    raise Truncated(self._packed.given, "the gzip file ends before its content does")
            try:
                piece = self._member.decompress(self._input, size)
            except zlib.error as error:
                raise MalformedCapture(self._packed.given, f"the gzip data is damaged: {error}") from None
            self._input = self._member.unconsumed_tail
            if piece:
                return self._count(piece)


class _Unzstd(_Bounded):
    """The content of a zstd file, of all its frames (RFC 8878 section 3.1)."""

    def __init__(self, packed: _Packed) -> None:
        import zstandard  # noqa: PLC0415 (a sixth of the start-up time of a small capture, and rarely needed)

        super().__init__(packed)
        self._error = zstandard.ZstdError
        decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTANDARD_WINDOW)
        self._reader = decompressor.stream_reader(
            cast("BinaryIO", packed), read_size=PIECE, read_across_frames=True
        )

    def read(self, size: int, /) -> bytes:
        try:
            piece: bytes = self._reader.read(size)
        except self._error as error:
            raise MalformedCapture(self._packed.given, f"the zstd data is damaged: {error}") from None
        if not piece and not self._given:  # the library says nothing when a frame is cut short
            raise Truncated(self._packed.given, "the zstd file ends before its content does")
        return self._count(piece)


def open_source(source: BinaryIO) -> Readable:
    """Give the content of `source`, which may be compressed with gzip or zstd.

    What it returns raises `MalformedCapture` (or `Truncated`) from `read` where the compressed data is
    damaged or unpacks to more than it should; offsets count compressed bytes.
    """
    head = b""
    while len(head) < len(ZSTANDARD):
        piece: bytes | None = source.read(len(ZSTANDARD) - len(head))
        if piece == b"":
            break
        head += piece or b""
    whole = _Rejoined(head, source)
    if head.startswith(GZIP):
        return _Gunzip(_Packed(whole))
    return _Unzstd(_Packed(whole)) if head == ZSTANDARD else whole
