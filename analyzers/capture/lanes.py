"""Records of application data in many directions of connections, stepped through together.

Where the next record begins is known only from the header of the one before it; but the next one of every direction is
found at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..tls.search import APPLICATION_DATA, HEADER_BYTES, MAX_RECORD_BYTES
from .window import gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Lanes", "Records", "walk"]

MAX_RECORDS: Final = 1024
"""Of one direction: with more of them the steps would be many, and few directions would take part in each."""

_HEADER: Final = np.dtype([("kind", "u1"), ("major", "u1"), ("minor", "u1"), ("length", ">u2")])


class Lanes(NamedTuple):
    """Directions of connections, of each the segments that carry its bytes, one behind the other."""

    bounds: NDArray[np.int64]
    """Of each direction its first segment; and the end of the last one."""
    sent: NDArray[np.int64]
    """The bytes of each segment, one at least, all of which were captured."""
    offsets: NDArray[np.int64]
    """Where in the window's buffer they stand."""
    telling: NDArray[np.int64]
    """Lengths of records that are to be shown, a row for each direction, filled up with -1."""


class Records(NamedTuple):
    """What was stepped over."""

    stops: NDArray[np.int64]
    """Of each direction the segment before which something else begins than data, or the end of the last one."""
    is_whole: NDArray[np.bool_]
    """Of each direction, whether its last record ends with the segment before that."""
    passed: NDArray[np.int64]
    """Of each direction the bytes of these segments."""
    lane: NDArray[np.int64]
    """Of each record its direction."""
    segment: NDArray[np.int64]
    """Of each record the segment in which it begins."""
    place: NDArray[np.int64]
    """Of each record where it begins among the direction's bytes."""
    length: NDArray[np.int64]
    """Of each record the bytes behind its header."""
    minor: NDArray[np.int64]
    """Of each record the lower byte of its version."""


def walk(lanes: Lanes, buffer: bytes | bytearray) -> Records:
    """Step through the records of all directions, each from its first byte.

    Returns:
        The records, those of a direction in their order.
    """
    edges = np.concatenate([[0], np.cumsum(lanes.sent)])
    begins, ends = edges[:-1], edges[1:]
    first, last = lanes.bounds[:-1], lanes.bounds[1:]
    base, final = edges[first], edges[last]
    place, entered, stops = base.copy(), base.copy(), last.copy()
    is_whole = np.ones(len(first), np.bool_)
    none = np.empty(0, np.int64)
    found = [(none, none, none, none, none)]
    going = np.flatnonzero(base < final)
    for _ in range(MAX_RECORDS):
        if not going.size:
            break
        here = place[going]
        segment = np.searchsorted(ends, here, side="right")
        is_entering = here == begins[segment]
        entered[going[is_entering]] = here[is_entering]
        header = gather(buffer, lanes.offsets[segment] + here - begins[segment], _HEADER)
        length = header["length"].astype(np.int64)
        is_data = (header["kind"] == APPLICATION_DATA) & (header["major"] == 3) & (header["minor"] <= 4)
        is_data &= (here + HEADER_BYTES <= ends[segment]) & (length > 0) & (length <= MAX_RECORD_BYTES)
        is_data &= (lanes.telling[going] != length[:, None]).all(axis=1)
        halted, where = going[~is_data], segment[~is_data]
        stops[halted], is_whole[halted] = where, entered[halted] == begins[where]
        going, length = going[is_data], length[is_data]
        minor = header["minor"][is_data].astype(np.int64)
        found.append((going, segment[is_data], here[is_data] - base[going], length, minor))
        place[going] += HEADER_BYTES + length
        going = going[place[going] < final[going]]
    is_whole[going] = False
    is_whole &= (place == final) | (stops < last)
    passed = edges[stops] - base
    columns = [np.concatenate(each) for each in zip(*found, strict=True)]
    is_passed = columns[2] < passed[columns[0]]
    return Records(stops, is_whole, passed, *(column[is_passed] for column in columns))
