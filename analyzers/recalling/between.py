"""Data that passed between the beginnings and the ends of whole connections.

What was passed is told of as an observer draws it together: in runs, each of which lasts until the other end begins
a record. A connection has to pass it at one stretch: what says more stands before it, or behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from ..capture.lanes import Lanes, walk
from ..capture.whole import Whole
from ..tls.search import APPLICATION_DATA, HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from ..capture.grouping import Grouped
    from ..capture.lanes import Records
    from .heads import Head

__all__ = ["Between", "Passed", "Runs"]

MAX_RUNS: Final = 200
"""Of one connection: beyond, an ordinary reader drops what an observer has no room for either."""

_NO_LENGTH: Final = -1

_CLIENT, _SERVER = 0, 1


class Passed(NamedTuple):
    """How much a connection passed; pairs are of client and server."""

    first: int
    """Who began, 0 for the client; then they took turns."""
    turns: int
    bodies: tuple[int, int]
    """Bytes without headers."""
    streams: tuple[int, int]
    """Bytes with them."""


class Runs(NamedTuple):
    """The runs of a connection."""

    told: NDArray[np.int64]
    """A row each: who, bytes without headers, records, where it begins in its sender's stream, and the frame."""
    times: NDArray[np.float64]


class Between:
    """The data of some whole connections."""

    def __init__(self, grouped: Grouped, whole: Whole, heads: Mapping[int, Head]) -> None:
        """Step through the connections, at least one, of which `heads` says how they begin, by their places in `whole`."""
        picks = np.fromiter(heads, np.int64, len(heads))
        self._heads = list(heads.values())
        begins = whole.bounds[picks] + np.array([head.segments for head in self._heads], np.int64)
        counts = whole.bounds[picks + 1] - begins
        self._starts = starts = np.cumsum(counts) - counts
        self._segments = np.repeat(begins - starts, counts) + np.arange(counts.sum())
        codes = whole.codes[self._segments]
        self._rows = whole.speaking[self._segments]
        self._sent = (codes >> 2).astype(np.int64)
        self._is_server = (codes & 1).astype(np.int64)
        owner = np.repeat(np.arange(len(picks)), counts)
        order, lanes = self._lanes(grouped, owner, heads)
        records = walk(lanes, grouped.segments.buffers[0])
        is_passed = np.zeros(len(codes), np.bool_)
        is_passed[order] = np.arange(len(order)) < np.repeat(records.stops, np.diff(lanes.bounds))
        self._counts = np.add.reduceat(is_passed, starts, dtype=np.int64)
        is_first = is_passed & (np.arange(len(codes)) - starts[owner] < self._counts[owner])
        is_good = (self._counts > 0) & (np.add.reduceat(is_first, starts, dtype=np.int64) == self._counts)
        is_good &= records.is_whole[_CLIENT::2] & records.is_whole[_SERVER::2]
        # Data of who spoke last belongs to the flight that was not over.
        is_good &= self._is_server[starts] != whole.codes[begins - 1] & 1
        self._tell(grouped, self._rows[order], records, _sent_before(whole, picks, begins))
        is_good &= np.diff(self._bounds) <= MAX_RUNS
        self._is_passed = is_passed & is_good[owner]
        self._index = {place: index for index, place in enumerate(heads) if is_good[index]}

    def _lanes(
        self, grouped: Grouped, owner: NDArray[np.int64], heads: Mapping[int, Head]
    ) -> tuple[NDArray[np.int64], Lanes]:
        """Put the segments with payload direction by direction; give their places with the directions."""
        speaking = np.flatnonzero(self._sent)
        lane = owner[speaking] << 1 | self._is_server[speaking]
        sides = np.argsort(lane, kind="stable")
        order = speaking[sides]
        lengths = [plain for head in heads.values() for plain in head.plain_lengths]
        telling = np.full((len(lengths), max(map(len, lengths))), _NO_LENGTH, np.int64)
        for row, plain in zip(telling, lengths, strict=True):
            row[: len(plain)] = plain
        bounds = np.searchsorted(lane[sides], np.arange(len(lengths) + 1))
        return order, Lanes(bounds, self._sent[order], grouped.rows["offset"][self._rows[order]], telling)

    def _tell(
        self,
        grouped: Grouped,
        rows: NDArray[np.int64],
        records: Records,
        before: NDArray[np.int64],
    ) -> None:
        """Draw records together, whose segments stand in `rows` of the window, `before` so many bytes of each direction."""
        self._records = records
        rows = rows[records.segment]
        order = np.argsort(rows, kind="stable")
        lane, length = records.lane[order], records.length[order]
        begins = np.flatnonzero(np.diff(lane, prepend=-1))
        bodies = np.add.reduceat(np.append(length, 0), begins) if len(begins) else length
        first = order[begins]
        self._bounds = np.searchsorted(lane[begins] >> 1, np.arange(len(self._starts) + 1))
        self._told = np.stack(
            [
                lane[begins] & 1,
                bodies,
                np.diff(begins, append=len(lane)),
                records.place[first] + before[lane[begins]],
                grouped.rows["frame"][rows[first]],
            ],
            axis=1,
        )
        self._times = grouped.rows["at"][rows[first]]
        streams = records.passed.reshape(-1, 2)
        count = np.bincount(records.lane, minlength=streams.size).reshape(-1, 2)
        self._streams: list[list[int]] = streams.tolist()
        self._bodies: list[list[int]] = (streams - HEADER_BYTES * count).tolist()
        self._limits: list[int] = self._bounds.tolist()
        self._senders: list[int] = self._told[:, 0].tolist()

    def __contains__(self, place: int) -> bool:
        """Say whether the connection at a place of `whole` passed data, and at one stretch."""
        return place in self._index

    def head(self, place: int) -> Head:
        """Say what was taken for the beginning of one of them."""
        return self._heads[self._index[place]]

    def kind(self, place: int) -> Hashable:
        """Name where one of them passed data, and who; what else it showed may depend on that."""
        index = self._index[place]
        begin, end = self._limits[index : index + 2]
        return self._heads[index], self._senders[begin], self._senders[end - 1], end - begin > 1

    def passed(self, place: int) -> Passed:
        """Say how much one of them passed."""
        index = self._index[place]
        begin, end = self._limits[index : index + 2]
        (client, server), streams = self._bodies[index], self._streams[index]
        return Passed(
            self._senders[begin],
            end - begin,
            (client, server),
            (streams[0], streams[1]),
        )

    def runs(self, place: int) -> Runs:
        """Give the runs of one of them."""
        begin, end = self._limits[self._index[place] : self._index[place] + 2]
        # Views would keep those of all others.
        return Runs(self._told[begin:end].copy(), self._times[begin:end].copy())

    def without(self, whole: Whole) -> Whole:
        """Give the connections without the segments that passed data."""
        is_kept = np.ones(len(whole.codes), np.bool_)
        is_kept[self._segments[self._is_passed]] = False
        places = np.concatenate([[0], np.cumsum(is_kept)])
        return Whole(whole.numbers, places[whole.bounds], whole.codes[is_kept], whole.speaking[is_kept])

    def retold(self, place: int) -> tuple[NDArray[np.int64], NDArray[np.int64], bytes]:
        """Give the segments of one of them that passed data: their places in the window, and what they carry.

        Of data there are the headers only, for nobody looks at more.

        Returns:
            The places, where the payload of each begins in the third, and the payload.
        """
        index = self._index[place]
        chosen = slice(self._starts[index], self._starts[index] + self._counts[index])
        sent, is_server = self._sent[chosen], self._is_server[chosen]
        streams = self._streams[index]
        begins = np.where(is_server, np.cumsum(sent * is_server), np.cumsum(sent * (1 - is_server))) - sent
        payload = np.zeros(sum(streams), np.uint8)
        records, bases = self._records, (0, streams[_CLIENT])
        for side in (_CLIENT, _SERVER):
            mine = np.flatnonzero(records.lane == 2 * index + side)
            at, length = bases[side] + records.place[mine], records.length[mine]
            payload[at], payload[at + 1], payload[at + 2] = APPLICATION_DATA, 3, records.minor[mine]
            payload[at + 3], payload[at + 4] = length >> 8, length & 0xFF
        return self._rows[chosen], begins + is_server * streams[_CLIENT], payload.tobytes()


def _sent_before(whole: Whole, picks: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give how many bytes both directions of connections carried in their segments before `ends`."""
    sent, is_server = (whole.codes >> 2).astype(np.int64), whole.codes & 1
    before = np.empty((len(picks), 2), np.int64)
    for side in (_CLIENT, _SERVER):
        so_far = np.concatenate([[0], np.cumsum(np.where(is_server == side, sent, 0))])
        before[:, side] = so_far[ends] - so_far[whole.bounds[picks]]
    return before.reshape(-1)
