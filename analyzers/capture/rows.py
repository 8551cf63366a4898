"""The segments of one connection in a window, made into tuples where they are gone through one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from .protocol import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .grouping import Grouped
    from .halves import Half
    from .runs import Run, Runs

__all__ = ["Rows"]


class Rows(Sequence[Row]):
    """Some segments, which stand one behind the other in a window's."""

    __slots__ = ("_begin", "_end", "_grouped", "_number")

    def __init__(self, grouped: Grouped, number: int, begin: int, end: int) -> None:
        """Take those from `begin` to `end`, of the connection that is `number` of its window."""
        self._grouped = grouped
        self._number = number
        self._begin = begin
        self._end = end

    def __len__(self) -> int:
        return self._end - self._begin

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> Row | Rows:
        if isinstance(index, slice):
            begin, end, _ = index.indices(len(self))
            return Rows(self._grouped, self._number, self._begin + begin, self._begin + max(begin, end))
        row: Row = self._grouped.rows[range(self._begin, self._end)[index]].item()
        return row

    def __iter__(self) -> Iterator[Row]:
        rows: list[Row] = self._grouped.rows[self._begin : self._end].tolist()
        return iter(rows)

    def pass_stretch(self, count: int, halves: tuple[Half, Half], runs: Runs) -> tuple[int, float] | None:
        """Pass over the stretch of data that begins behind the first `count`, if one does.

        Args:
            count: how many segments are passed already.
            halves: what is known of both sides; it is taken on.
            runs: what was not told of yet; the records are added.

        Returns:
            How many segments were passed over, and when the last one was captured; None where none were.
        """
        if all(half.telling is None for half in halves) or any(half.waits for half in halves):
            return None
        window = self._grouped
        stretch = window.stretches.find(self._number, self._begin + count, self._end, halves)
        if stretch is None:
            return None
        at, frame, ack = (window.rows[name] for name in ("at", "frame", "ack"))
        run: Run | None = None
        for row, side, place, length in stretch.records:
            if run is None or run.side != side:
                run = runs.of(side) or runs.begin(halves[side], place, at.item(row), frame.item(row))
            run.records += 1
            run.length += length
            run.last_length = length
            halves[side].records += 1
        for half, lane in zip(halves, stretch.lanes, strict=True):
            if lane is not None:
                half.quiet = lane.left
                half.skipped += lane.length
                half.skipped_at, half.skipped_frame = at.item(lane.last), frame.item(lane.last)
                half.advance(lane.length)
        for half, last in zip(halves, stretch.last, strict=True):
            if last is not None:
                half.was_seen = True
                halves[1 - half.side].acked = ack.item(last)
        return stretch.end - self._begin - count, at.item(stretch.end - 1)
