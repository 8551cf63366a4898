"""Find the lines of a large log that could say anything about TLS, fast.

A log of a million lines holds a few that matter. Every wording is filed under a key of four characters
(`wordings.index`), so a line without a key cannot be read. The keys are looked for at every position of a
chunk at once: four bytes as an integer, folded to lower case, hashed into a table of flags, and compared
exactly where a flag is set. Only then is a line looked at by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from .wordings.index import KEY_LENGTH, KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MAXIMUM_LINE", "Line", "candidate_lines"]

MAXIMUM_LINE = 16 * 1024
"""Bytes of one line that are read: an OpenSSL error stack on one line is under 2 KiB."""

_CHUNK = 1 << 20
"""Bytes read at once: numpy's temporaries for it stay within the processor's caches and under 16 MiB."""
_HASH_BITS = 20
"""A million flags: with some hundred keys, one position in a thousand passes by accident."""
_MULTIPLIER = np.uint32(0x9E3779B1)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that may matter."""

    number: int
    """From 1."""
    data: bytes
    start: int
    """Where its first key stands, in bytes from the line's start."""
    keys: tuple[str, ...]
    """The keys that stand in it."""


def _table() -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
    keys = np.array(sorted(int.from_bytes(key.encode(), "little") for key in KEYS), dtype=np.uint32)
    flags = np.zeros(1 << _HASH_BITS, dtype=np.bool_)
    flags[_hashes(keys)] = True
    return flags, keys


def _hashes(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fibonacci hashing (Knuth, volume 3, section 6.4): the high bits of a product."""
    return (words * _MULTIPLIER) >> np.uint32(32 - _HASH_BITS)


_FLAGS, _KEYS = _table()
_NAMES = {int.from_bytes(key.encode(), "little"): key for key in KEYS}
_LINE_FEED = 10


def _hits(folded: bytes) -> tuple[NDArray[np.intp], NDArray[np.uint32]]:
    """Where keys stand in `folded`, in order, and which."""
    padded = folded + b"\n\n\n\n"
    size = len(folded)
    places, keys = [], []
    for shift in range(KEY_LENGTH):
        words = np.frombuffer(padded, dtype="<u4", count=max(0, (size - shift + 3) // 4), offset=shift)
        flagged = np.flatnonzero(_FLAGS[_hashes(words)])
        found = words[flagged]
        exact = _KEYS[np.minimum(np.searchsorted(_KEYS, found), len(_KEYS) - 1)] == found
        places.append(flagged[exact] * 4 + shift)
        keys.append(found[exact])
    place, key = np.concatenate(places), np.concatenate(keys)
    order = np.argsort(place, kind="stable")
    return place[order], key[order]


def _lines_of(chunk: bytes, first: int) -> Iterator[Line]:
    folded = chunk.lower()
    places, keys = _hits(folded)
    if not len(places):
        return
    ends = np.append(np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == _LINE_FEED), len(chunk))
    lines, firsts = np.unique(np.searchsorted(ends, places), return_index=True)
    starts = np.where(lines > 0, ends[lines - 1] + 1, 0).tolist()
    stops = np.minimum(ends[lines], np.asarray(starts) + MAXIMUM_LINE).tolist()
    bounds = [*firsts.tolist(), len(places)]
    named = [_NAMES[word] for word in keys.tolist()]
    for at, (line, start, stop, place) in enumerate(
        zip(lines.tolist(), starts, stops, places[firsts].tolist(), strict=True)
    ):
        yield Line(first + line, chunk[start:stop], place - start, tuple(named[bounds[at] : bounds[at + 1]]))


def candidate_lines(source: BinaryIO) -> Iterator[Line]:
    """Give the lines of `source` that hold a key, in order; an endless line is cut at `MAXIMUM_LINE`.

    Lines may end in LF or CRLF. Memory is bounded by the chunk, whatever the file's size.
    """
    first = 1
    rest = b""
    while data := source.read(_CHUNK):
        chunk = rest + data
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            # No line end yet: keep only what of the line is ever read.
            rest = chunk[:MAXIMUM_LINE]
            continue
        rest = chunk[cut:]
        yield from _lines_of(chunk[:cut], first)
        first += chunk.count(b"\n", 0, cut)
    if rest:
        yield from _lines_of(rest, first)
