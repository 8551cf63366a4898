"""Runs of application data records, found in segments by their headers alone.

Most of what members send to each other is data that nobody can open. Its records are stepped from header
to header where they lie in the buffer, and told of as runs: so many records of one side, until the other
one sends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..tls.search import APPLICATION_DATA, HEADER_BYTES, MAX_RECORD_BYTES

if TYPE_CHECKING:
    from .halves import Half

__all__ = ["Run", "Runs", "records_in"]


class Run:
    """Records of one side, one behind the other; grows."""

    __slots__ = ("ahead", "at", "frame", "last_length", "length", "records", "side")

    def __init__(self, side: int, ahead: int, at: float, frame: int) -> None:
        self.side = side
        self.ahead = ahead
        """Bytes of the side's stream before the first record that were not told of yet."""
        self.at = at
        self.frame = frame
        self.records = 0
        self.length = 0
        """Bytes of the fragments."""
        self.last_length = 0


class Runs:
    """The runs of both sides that were not told of yet, in the order in which they began."""

    __slots__ = ("runs",)

    def __init__(self) -> None:
        self.runs: list[Run] = []

    def add(self, half: Half, lengths: list[int], place: int, at: float, frame: int) -> None:
        """Add records, the first of which begins `place` bytes behind what was passed so far."""
        run = self.of(half.side) or self.begin(half, place, at, frame)
        run.records += len(lengths)
        run.length += sum(lengths)
        run.last_length = lengths[-1]
        half.records += len(lengths)

    def of(self, side: int) -> Run | None:
        """Give the run that goes on with the next record of a side; None where that begins one."""
        return self.runs[-1] if self.runs and self.runs[-1].side == side else None

    def begin(self, half: Half, place: int, at: float, frame: int) -> Run:
        """Begin a run `place` bytes behind what was passed so far."""
        run = Run(half.side, half.skipped + place, at, frame)
        self.runs.append(run)
        return run

    def take(self) -> list[Run]:
        """Give all runs, to be told of."""
        runs, self.runs = self.runs, []
        return runs


def records_in(
    buffer: bytes | bytearray, start: int, place: int, end: int, telling: tuple[int, ...]
) -> tuple[list[int], int] | None:
    """Give the lengths of the records in `buffer[start + place : start + end]`, and how much the last one
    lacks.

    None where something else than whole headers of application data stands there, or a record whose length,
    being one of `telling`, says something.
    """
    lengths: list[int] = []
    while place < end:
        at = start + place
        if (
            place + HEADER_BYTES > end
            or buffer[at] != APPLICATION_DATA
            or buffer[at + 1] != 3
            or buffer[at + 2] > 4
        ):
            return None
        length = buffer[at + 3] << 8 | buffer[at + 4]
        if not 0 < length <= MAX_RECORD_BYTES or length in telling:
            return None
        lengths.append(length)
        place += HEADER_BYTES + length
    return lengths, place - end
