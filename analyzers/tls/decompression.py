"""Compressed certificates (RFC 8879), opened within bounds."""

from __future__ import annotations

import zlib
from io import BytesIO

__all__ = ["MAX_PLAIN_BYTES", "decompress"]

MAX_PLAIN_BYTES = 1 << 17
"""As for any handshake message; a certificate shrinks to a half, so more is no certificate."""

_ZLIB, _BROTLI, _ZSTD = 1, 2, 3
_NAMES = {_ZLIB: "zlib", _BROTLI: "brotli", _ZSTD: "zstd"}


class _NotReadableError(Exception):
    """The bytes are not what they are said to be."""


def _unzip(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(data, limit)
    except zlib.error as error:
        raise _NotReadableError from error


def _unzstd(data: bytes, limit: int) -> bytes:
    from zstandard import ZstdDecompressor, ZstdError  # noqa: PLC0415 (rarely needed, and slow to load)

    try:
        with ZstdDecompressor(max_window_size=1 << 23).stream_reader(BytesIO(data)) as reader:
            return reader.read(limit)
    except ZstdError as error:
        raise _NotReadableError from error


_DECOMPRESSORS = {_ZLIB: _unzip, _ZSTD: _unzstd}


def decompress(algorithm: int, data: bytes, length: int) -> tuple[bytes | None, str | None]:
    """Open `data`, of which the sender says that it holds `length` bytes.

    Returns:
        The bytes and None, or None and why they could not be had.
    """
    name = _NAMES.get(algorithm, f"algorithm {algorithm}")
    decompressor = _DECOMPRESSORS.get(algorithm)
    if decompressor is None:
        return None, f"compressed with {name}, which is not read here"
    if length > MAX_PLAIN_BYTES:
        return None, f"{length} bytes are declared behind {name}, {MAX_PLAIN_BYTES} are allowed"
    try:
        plain = decompressor(data, length + 1)
    except (_NotReadableError, MemoryError):
        return None, f"no valid {name} data"
    if len(plain) != length:
        return None, f"{name} data of another length than the {length} bytes that are declared"
    return plain, None
