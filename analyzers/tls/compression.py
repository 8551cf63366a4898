"""Compressed records of TLS 1.2 and older (RFC 3749), which stacks of before 2013 still negotiate."""

from __future__ import annotations

import zlib

from ..errors import DecryptionFailed

__all__ = ["DEFLATE", "Inflater"]

DEFLATE = 1
"""The only compression method that was ever used (RFC 3749 section 2)."""

_MAX_PLAINTEXT_BYTES = 1 << 14
"""TLSPlaintext.length: what a record may hold when it is inflated, however well it was compressed."""


class Inflater:
    """The decompression of one direction: one stream of zlib over all its records."""

    __slots__ = ("_stream",)

    def __init__(self) -> None:
        """Begin with the first record after the ChangeCipherSpec."""
        self._stream = zlib.decompressobj()

    def inflate(self, data: bytes) -> bytes:
        """Give what a record's compressed fragment holds.

        Raises:
            DecryptionFailed: it is no part of the stream, or holds more than a record may.
        """
        try:
            plain = self._stream.decompress(data, _MAX_PLAINTEXT_BYTES)
        except zlib.error:
            raise DecryptionFailed("a compressed record is no part of its stream") from None
        if self._stream.unconsumed_tail:
            raise DecryptionFailed(f"a compressed record holds more than {_MAX_PLAINTEXT_BYTES} bytes")
        return plain
