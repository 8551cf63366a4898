"""Connections that exchange the same amounts in the same order, laid beneath each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..capture.protocol import Batch
from ..capture.window import gather
from ..connection import Party

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..capture.grouping import Grouped
    from ..capture.sides import Address
    from ..capture.whole import Whole
    from .reader import RecallingReader

    Read = Callable[[Address, Address, float], RecallingReader]
    """Makes a reader from the addresses of two sides and a first time."""

__all__ = ["Laid", "Read"]


class Laid:
    """The payload of connections of one shape, beneath each other."""

    def __init__(self, grouped: Grouped, whole: Whole, members: list[int], read: Read) -> None:
        """Lay those at the places `members` of `whole` beneath each other; `read` makes a reader."""
        code = np.frombuffer(whole.shapes[members[0]], np.uint32)
        self._lengths = (code >> 2).tolist()
        self._senders = [Party.SERVER if one & 1 else Party.CLIENT for one in code.tolist()]
        speaking = self._speaking = whole.speaking[whole.first[members][:, None] + np.arange(len(code))]
        self._read = read
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

        def payload(offset: int, length: int) -> bytes:
            return buffer[offset : offset + length]

        reader = self._read(*self._sides[index], rows["at"][0].item())
        return reader, Batch(rows.tolist(), payload, buffer, float("inf"))
