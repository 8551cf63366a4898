"""Connections that were opened, used and closed within one window, with nothing unusual about their segments.

A mirror that is watched for a while shows thousands of them. Whether one is of this kind is found out for all
connections of a window together: each end opens once, sends every byte once and in order, closes once, and nobody
resets. Of such a connection only the segments count that carry something, in the order in which they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from .flags import ACK, CONTROL, FIN, RST, SYN
from .ordering import come_early

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .grouping import Grouped

__all__ = ["Whole", "find_whole"]

_OPENING: Final = CONTROL | ACK

FEWEST, MOST = 5, 1 << 16
"""Segments: two that open, two that close, and one that says something; more than a window has of most."""


class Whole(NamedTuple):
    """Some connections of a window, their places in `Grouped` in `numbers`; a row of the others for each.

    The segments that count are those with payload, and those that close.
    """

    numbers: list[int]
    bounds: NDArray[np.int64]
    """Of each connection the place of its first segment that counts, in `codes`; and the end of the last one."""
    codes: NDArray[np.uint32]
    """Of all segments that count, connection by connection, who sends how much."""
    speaking: NDArray[np.int64]
    """The places in `Grouped.rows` of these segments."""


def find_whole(grouped: Grouped, numbers: list[int]) -> Whole | None:
    """Choose from some connections those that are whole; None where there is none."""
    rows, starts = grouped.rows, grouped.starts
    counts = np.diff(np.append(starts, len(rows)))
    new = np.zeros(len(starts), np.bool_)
    new[numbers] = True
    new &= (rows["flags"][starts] & _OPENING == SYN) & (counts >= FEWEST) & (counts <= MOST)
    chosen = np.flatnonzero(new)
    if not chosen.size:
        return None
    places = np.flatnonzero(np.repeat(new, counts))
    counts = counts[chosen]
    columns = _Columns(rows[places], counts)
    chosen = np.flatnonzero(columns.are_whole())
    if not chosen.size:
        return None
    return columns.taken(chosen, np.flatnonzero(new)[chosen], places)


class _Columns:
    """The segments of connections that open as they should."""

    def __init__(self, rows: NDArray[np.void], counts: NDArray[np.int64]) -> None:
        self._rows = rows
        self._counts = counts
        self._starts = np.cumsum(counts) - counts
        self._flags = np.ascontiguousarray(rows["flags"])
        self._wire = np.ascontiguousarray(rows["wire"])
        self._is_server = rows["forward"] != np.repeat(rows["forward"][self._starts], counts)
        self._closes = self._flags & FIN != 0
        self._speaks = (self._wire > 0) | self._closes

    def are_whole(self) -> NDArray[np.bool_]:
        """Say of each connection whether nothing about it is unusual."""
        rows, flags, starts = self._rows, self._flags, self._starts
        answers = starts + 1
        is_answered = self._is_server[answers] & (flags[answers] & _OPENING == SYN | ACK)
        opens = flags & SYN != 0
        is_usual = ~opens | (self._wire == 0)
        is_usual &= (flags & RST == 0) & (~self._closes | (self._wire == 0) & ~opens)
        is_usual &= (rows["length"] == self._wire) & (rows["offset"] >> 40 == 0)
        is_usual &= (~self._speaks | opens | self._are_in_order()) & ~come_early(rows, starts)
        later = np.diff(rows["at"], prepend=rows["at"][:1]) >= 0
        later[starts] = True
        are_whole: NDArray[np.bool_] = (
            is_answered
            & (np.add.reduceat(opens, starts, dtype=np.int64) == 2)
            & (np.add.reduceat(self._closes & self._is_server, starts, dtype=np.int64) == 1)
            & (np.add.reduceat(self._closes & ~self._is_server, starts, dtype=np.int64) == 1)
            & np.logical_and.reduceat(is_usual & later, starts)
        )
        return are_whole

    def _are_in_order(self) -> NDArray[np.bool_]:
        """Say of each segment whether it continues its sender's stream, and of one that closes whether it ends it."""
        seq, starts, counts = self._rows["seq"], self._starts, self._counts
        in_order = np.zeros(len(seq), np.bool_)
        for is_sender, opening in ((~self._is_server, starts), (self._is_server, starts + 1)):
            sent = np.where(is_sender, self._wire, 0)
            so_far = np.cumsum(sent) - sent
            position = so_far - np.repeat(so_far[starts], counts)
            total = np.repeat(np.add.reduceat(sent, starts), counts)
            expected = np.repeat(seq[opening], counts) + (position + 1).astype(np.uint32)
            in_order |= is_sender & (seq == expected) & (~self._closes | (position == total))
        return in_order

    def taken(
        self, chosen: NDArray[np.int64], numbers: NDArray[np.int64], places: NDArray[np.int64]
    ) -> Whole:
        """Give some of the connections, whose numbers are `numbers`; `places` are those of all segments."""
        is_chosen = np.zeros(len(self._counts), np.bool_)
        is_chosen[chosen] = True
        counted = self._speaks & np.repeat(is_chosen, self._counts)
        speaking = np.flatnonzero(counted)
        codes = (self._wire[speaking] << 2 | self._closes[speaking] << 1 | self._is_server[speaking]).astype(
            np.uint32
        )
        counts = np.add.reduceat(counted, self._starts, dtype=np.int64)[chosen]
        return Whole(numbers.tolist(), np.concatenate([[0], np.cumsum(counts)]), codes, places[speaking])
