"""Connections that exchange the same amounts in the same order, laid beneath each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..capture.protocol import Batch
from ..capture.window import gather
from ..connection import PARTIES, Party

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from ..capture.grouping import Grouped
    from ..capture.sides import Address
    from ..capture.whole import Whole
    from .between import Between, Passed, Runs
    from .memory import Step
    from .reader import RecallingReader

    Read = Callable[[Address, Address, float], RecallingReader]
    """Makes a reader from the addresses of two sides and a first time."""

__all__ = ["Laid", "Read"]


class Laid:
    """The payload of connections of one shape, beneath each other, but for the data that is told of instead."""

    def __init__(
        self, grouped: Grouped, whole: Whole, members: list[int], between: Between | None, read: Read
    ) -> None:
        """Lay some connections beneath each other.

        Args:
            grouped: the segments of a window.
            whole: connections of it, without the segments that `between` tells of.
            members: their places in `whole`.
            between: the data of all of them; None where it is among the payload.
            read: makes a reader.
        """
        first, last = whole.bounds[members[0] : members[0] + 2]
        code = whole.codes[first:last]
        self._lengths: list[int] = (code >> 2).tolist()
        self._senders = [Party.SERVER if one & 1 else Party.CLIENT for one in code.tolist()]
        speaking = self._speaking = whole.speaking[whole.bounds[members][:, None] + np.arange(len(code))]
        self._read = read
        self._members = members
        self._between = between
        self._rows = grouped.rows
        self.numbers = [whole.numbers[member] for member in members]
        self._bounds = [(grouped.bounds[number], grouped.bounds[number + 1]) for number in self.numbers]
        self._arrivals = self._rows[speaking]
        first, last = self._rows[np.array(self._bounds).T - [[0], [1]]]
        times = first["at"].tolist(), last["at"].tolist()
        self._spans = list(zip(first["frame"].tolist(), *times, strict=True))
        self._sides = [grouped.sides[number] for number in self.numbers]
        self._ends = [
            sides[::-1] if is_forward else sides
            for sides, is_forward in zip(self._sides, first["forward"].tolist(), strict=True)
        ]
        self._columns = (np.cumsum(self._lengths) - self._lengths).tolist()
        self.payload = np.empty((len(members), sum(self._lengths)), np.uint8)
        """A row for each connection."""
        offsets, buffer = self._rows["offset"][self._speaking], grouped.segments.buffers[0]
        for segment, (column, length) in enumerate(zip(self._columns, self._lengths, strict=True)):
            if length:
                part = gather(buffer, offsets[:, segment], np.dtype((np.void, length)))
                self.payload[:, column : column + length] = part.view(np.uint8).reshape(-1, length)

    def span(self, index: int) -> tuple[int, float, float]:
        """Give the first frame of a connection, and when its first and last segments were captured."""
        return self._spans[index]

    def arrivals(self, index: int) -> NDArray[np.void]:
        """Give the segments of a connection that count."""
        found: NDArray[np.void] = self._arrivals[index].copy()  # a view would keep those of all others
        return found

    def passed(self, index: int) -> Passed | None:
        """Say how much data of a connection is not among the payload."""
        return None if self._between is None else self._between.passed(self._members[index])

    def runs(self, index: int) -> Runs | None:
        """Give the runs of that data."""
        return None if self._between is None else self._between.runs(self._members[index])

    def agrees(self, index: int, way: Iterable[Step]) -> bool:
        """Say whether that data, and no other, was taken for data on the way of a connection, by the same lengths."""
        if self._between is None:
            return True
        member = self._members[index]
        runs = [step for step in way if step.is_run]
        taken = [
            [PARTIES.index(run.sender), run.length, run.count, run.offset, run.arrivals[0][1]] for run in runs
        ]
        is_same = taken == self._between.runs(member).told.tolist()
        return is_same and runs[0].plain_lengths == self._between.head(member).plain_lengths

    def ends(self, index: int) -> tuple[Address, Address]:
        """Give the addresses of client and server."""
        return self._ends[index]

    def said(self, index: int) -> list[tuple[Party, bytes]]:
        """Give the payload of a connection, segment by segment."""
        payload = self.payload[index].tobytes()
        return [
            (sender, payload[column : column + length])
            for sender, column, length in zip(self._senders, self._columns, self._lengths, strict=True)
        ]

    def retold(self, index: int) -> tuple[RecallingReader, Batch]:
        """Give a reader that was told nothing yet, and all segments, their payload in a buffer of its own."""
        begin, end = self._bounds[index]
        rows = self._rows[begin:end].copy()
        buffer: bytes = self.payload[index].tobytes()
        rows["offset"] = 0
        rows["offset"][self._speaking[index] - begin] = self._columns
        if self._between is not None:
            places, offsets, data = self._between.retold(self._members[index])
            rows["offset"][places - begin] = offsets + len(buffer)
            buffer += data

        def payload(offset: int, length: int) -> bytes:
            return buffer[offset : offset + length]

        reader = self._read(*self._sides[index], rows["at"][0].item())
        return reader, Batch(rows.tolist(), payload, buffer, float("inf"))
