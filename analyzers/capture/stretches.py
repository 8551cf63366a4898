"""Stretches of a connection in which nothing but application data passes, and every segment continues its stream.

Most packets of a capture are of this kind, and none of them needs to be looked at: for all connections of a window
together it is found out where a stretch ends, and the records are stepped from header to header, over all segments
between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..tls.search import APPLICATION_DATA, HEADER_BYTES, MAX_RECORD_BYTES
from .flags import ACK, CONTROL
from .ordering import come_early

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .halves import Half

__all__ = ["Lane", "Record", "Stretch", "Stretches"]

FEWEST: Final = 6
"""Segments that make a stretch: fewer are gone through one by one in less time."""


Record = tuple[int, int, int, int]
"""The segment in which a record of application data begins, its side, where it begins, counted from the end of what this
side had sent before the stretch, and its length. No class, for there are very many of them."""


class Lane(NamedTuple):
    """What one side sends in a stretch."""

    length: int
    """Its bytes."""
    left: int
    """How many more its last record has."""
    last: int
    """Its last segment with payload."""


class Stretch(NamedTuple):
    """Some segments of a connection, as places among those of the window."""

    end: int
    """The segment behind the last one."""
    records: list[Record]
    lanes: tuple[Lane | None, Lane | None]
    """Of both sides; None for one that sends nothing."""
    last: tuple[int | None, int | None]
    """The last segment of each side, None for one that has none."""


class Stretches:
    """The segments of a window, where connections may have stretches."""

    __slots__ = ("_begins", "_buffer", "_ends", "_lanes", "_last", "_offsets", "_places", "_rows", "_unusual")

    def __init__(self, rows: NDArray[np.void], starts: NDArray[np.int64], buffer: bytes | bytearray) -> None:
        """Take segments in the order of their connections, which begin at `starts`."""
        self._rows = rows
        self._buffer = buffer
        wire, seq, forward = rows["wire"], rows["seq"], rows["forward"]
        lane = np.repeat(np.arange(len(starts)) << 1, np.diff(np.append(starts, len(rows)))) | forward
        speaking = np.flatnonzero(wire > 0)
        places = speaking[np.argsort(lane[speaking], kind="stable")]
        lane, sent, sent_from = lane[places], wire[places], seq[places]
        goes_on = (rows["length"][places] == sent) & (rows["offset"][places] < len(buffer))
        goes_on[1:] &= (lane[1:] != lane[:-1]) | (sent_from[1:] == (sent_from + sent.astype(np.uint32))[:-1])
        is_usual = (rows["flags"] & (CONTROL | ACK) == ACK) & ~come_early(rows, starts)
        is_usual[places] &= goes_on
        ends, numbers = np.cumsum(sent), np.arange(len(rows))
        self._unusual: list[int] = np.flatnonzero(~is_usual).tolist()
        self._places: list[int] = places.tolist()
        """Of segments with payload, side by side, where they stand in `rows`; their bytes are counted through."""
        self._begins: list[int] = (ends - sent).tolist()
        self._ends: list[int] = ends.tolist()
        self._offsets: list[int] = rows["offset"][places].tolist()
        self._lanes: list[int] = np.searchsorted(lane, np.arange(2 * len(starts) + 1)).tolist()
        self._last = tuple(
            np.maximum.accumulate(np.where(forward == side, numbers, -1)) for side in (False, True)
        )

    def find(self, number: int, begin: int, end: int, halves: tuple[Half, Half]) -> Stretch | None:
        """Find the stretch that begins at the segment `begin` of a connection, and ends at `end` at the latest.

        Args:
            number: the place of the connection among those of the window.
            begin: the first segment.
            end: the one behind the last.
            halves: what is known of both sides; nothing of them waits for missing bytes.

        Returns:
            None where the next segments are to be gone through one by one.
        """
        index = bisect_left(self._unusual, begin)
        if index < len(self._unusual):
            end = min(end, self._unusual[index])
        walks: list[_Walk] = []
        for half in halves:
            if end - begin < FEWEST:
                return None
            low, high = self._lanes[2 * number + half.side], self._lanes[2 * number + half.side + 1]
            first = bisect_left(self._places, begin, low, high)
            walks.append(self._walk(half, first, bisect_left(self._places, end, first, high)))
            end = min(end, walks[-1].stop)
        if end - begin < FEWEST:
            return None
        lanes = self._lane(walks[0], end), self._lane(walks[1], end)
        last = self._last_of(0, begin, end), self._last_of(1, begin, end)
        return Stretch(end, sorted(walks[0].records + walks[1].records), lanes, last)

    def _walk(self, half: Half, first: int, last: int) -> _Walk:
        """Step from header to header, through the segments with payload from `first` to `last`."""
        walk = _Walk(first, last, half.quiet, len(self._rows))
        if first == last:
            return walk
        places, begins, ends, offsets = self._places, self._begins, self._ends, self._offsets
        telling, buffer, side, records = half.telling, self._buffer, half.side, walk.records
        if telling is None or self._rows["seq"][places[first]] != half.next:
            walk.stop = places[first]
            return walk
        base, index = begins[first], first
        place, end = base + half.quiet, ends[last - 1]
        while place < end:
            index = bisect_right(begins, place, index, last) - 1
            at = offsets[index] + place - begins[index]
            length = buffer[at + 3] << 8 | buffer[at + 4]
            if (
                place + HEADER_BYTES > ends[index]
                or buffer[at] != APPLICATION_DATA
                or buffer[at + 1] != 3
                or buffer[at + 2] > 4
                or not 0 < length <= MAX_RECORD_BYTES
                or length in telling
            ):
                walk.stop = places[index]
                break
            records.append((places[index], side, place - base, length))
            place += HEADER_BYTES + length
        walk.place = place - base
        return walk

    def _lane(self, walk: _Walk, end: int) -> Lane | None:
        """Say what a side sends before the segment `end`; records that begin later are taken off its walk."""
        last = bisect_left(self._places, end, walk.first, walk.last)
        records = walk.records
        while records and records[-1][0] >= end:
            walk.place = records.pop()[2]
        if last == walk.first:
            return None
        length = self._ends[last - 1] - self._begins[walk.first]
        return Lane(length, walk.place - length, self._places[last - 1])

    def _last_of(self, side: int, begin: int, end: int) -> int | None:
        """Give the last segment of a side before `end`; None where none is between that and `begin`."""
        last: int = self._last[side].item(end - 1)
        return last if last >= begin else None


class _Walk:
    """How far the records of one side were stepped through."""

    __slots__ = ("first", "last", "place", "records", "stop")

    def __init__(self, first: int, last: int, place: int, stop: int) -> None:
        self.first = first
        self.last = last
        self.place = place
        """Where the next header stands, counted as those of the records."""
        self.stop = stop
        """The segment in which something else stands."""
        self.records: list[Record] = []
