"""Find the lines of a large log that could say anything about TLS, fast.

A log of a million lines holds a few that matter. Every wording is filed under a key of four characters
(`wordings.index`), so a line without a key cannot be read. The keys are looked for at every position of a
chunk at once: four bytes as an integer, folded to lower case, hashed into a table of flags, and compared
exactly where a flag is set. Only then is a line looked at by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from .plain_text import opened
from .wordings.index import KEY_LENGTH, KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["MAXIMUM_LINE", "Line", "candidate_lines"]

MAXIMUM_LINE = 16 * 1024
"""Bytes of one line that are read: an OpenSSL error stack on one line is under 2 KiB."""

_BEFORE = 1024
"""Bytes before its first key that are read of a longer line: a message's head and the words before its code."""

_OVERLAP = 256
"""Bytes of a line without an end that are looked at again with what follows, so that no wording is cut."""

_CHUNK = 1 << 20
"""Bytes read at once: numpy's temporaries for it stay within the processor's caches and under 16 MiB."""
_HASH_BITS = 20
"""A million flags: with some hundred keys, one position in a thousand passes by accident."""
_MULTIPLIER = np.uint32(0x9E3779B1)


class Line(NamedTuple):
    """One line that may matter; a tuple, because a log may be made of nothing else."""

    number: int
    """From 1."""
    data: bytes
    keys: list[int]
    """The keys that stand in it, as little-endian words."""


def _table() -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
    keys = np.array(sorted(KEYS), dtype=np.uint32)
    flags = np.zeros(1 << _HASH_BITS, dtype=np.bool_)
    flags[_hashes(keys)] = True
    return flags, keys


def _hashes(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Fibonacci hashing (Knuth, volume 3, section 6.4): the high bits of a product."""
    return (words * _MULTIPLIER) >> np.uint32(32 - _HASH_BITS)


_FLAGS, _KEYS = _table()
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
    stops = ends[lines].tolist()
    bounds = [*firsts.tolist(), len(places)]
    words, found = keys.tolist(), places.tolist()
    for at, (line, start, stop) in enumerate(zip(lines.tolist(), starts, stops, strict=True)):
        begin, end = bounds[at], bounds[at + 1]
        if stop - start <= MAXIMUM_LINE:
            yield Line(first + line, chunk[start:stop], words[begin:end])
        else:
            yield from _pieces(chunk, first + line, start, stop, found[begin:end], words[begin:end])


def _pieces(
    chunk: bytes, number: int, start: int, stop: int, places: list[int], words: list[int]
) -> Iterator[Line]:
    """Give the parts of a line longer than is read at once: each begins shortly before a key."""
    at = 0
    while at < len(places):
        begin = max(start, places[at] - _BEFORE)
        end = min(stop, begin + MAXIMUM_LINE)
        last = bisect_left(places, end, at + 1)
        yield Line(number, chunk[begin:end], words[at:last])
        at = last


def candidate_lines(source: BinaryIO) -> Iterator[Line]:
    """Give the lines of `source` that hold a key, in order; of a line longer than `MAXIMUM_LINE`, the parts that hold one.

    Lines may end in LF or CRLF, in UTF-8 or UTF-16. Memory is bounded by the chunk, whatever the file's size.
    """
    first = 1
    rest = b""
    read = opened(source)
    while data := read(_CHUNK):
        chunk = rest + data
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            if len(chunk) >= _CHUNK:
                # A line without an end is looked at in pieces.
                yield from _lines_of(chunk, first)
                chunk = chunk[-_OVERLAP:]
            rest = chunk
            continue
        rest = chunk[cut:]
        yield from _lines_of(chunk[:cut], first)
        first += chunk.count(b"\n", 0, cut)
    if rest:
        yield from _lines_of(rest, first)
