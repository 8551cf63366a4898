"""The bytes of a capture file, decompressed where need be.

Whatever compressed the file, its content is asked for in pieces of a size that the caller names, so that a
small file which unpacks to terabytes costs no memory; and a limit on the ratio ends it before it costs
hours. A file that still grows is followed: where nothing more has come, there is nothing more to give yet.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from ..errors import MalformedCapture, Truncated
from .packed import Packed, Readable, Unpacking
from .unzstd import ZSTANDARD, Unzstd

if TYPE_CHECKING:
    from typing import BinaryIO

__all__ = ["Readable", "open_source"]

GZIP: Final = b"\x1f\x8b"


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


class _Gunzip(Unpacking):
    """The content of a gzip file, of all its members (RFC 1952 section 2.2)."""

    def __init__(self, packed: Packed) -> None:
        super().__init__(packed)
        self._member = zlib.decompressobj(wbits=31)
        self._input = b""

    def read(self, size: int, /) -> bytes | None:
        while True:
            if not self._input:
                packed = self._packed.read()
                if not packed:
                    if packed is None or self._member.eof:
                        return packed
                    raise Truncated(self._packed.given, "the gzip file ends before its content does")
                self._input = packed
            if self._member.eof:
                if not self._input.startswith(GZIP[: len(self._input)]):
                    return b""
                self._member = zlib.decompressobj(wbits=31)
            try:
                piece = self._member.decompress(self._input, size)
            except zlib.error as error:
                raise MalformedCapture(self._packed.given, f"the gzip data is damaged: {error}") from None
            self._input = self._member.unconsumed_tail or self._member.unused_data
            if piece:
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
        return _Gunzip(Packed(whole.read))
    return Unzstd(Packed(whole.read)) if head == ZSTANDARD else whole
