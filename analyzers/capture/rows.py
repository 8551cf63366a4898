"""The segments of one connection in a window, made into tuples where they are gone through one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from .protocol import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .grouping import Grouped
    from .halves import Half
    from .stretches import Stretch

__all__ = ["Rows"]


class Rows(Sequence[Row]):
    """Some segments, which stand one behind the other in a window's."""

    __slots__ = ("_begin", "_end", "_number", "grouped")

    def __init__(self, grouped: Grouped, number: int, begin: int, end: int) -> None:
        """Take those from `begin` to `end`, of the connection that is `number` of its window."""
        self.grouped = grouped
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
            return Rows(self.grouped, self._number, self._begin + begin, self._begin + max(begin, end))
        row: Row = self.grouped.rows[range(self._begin, self._end)[index]].item()
        return row

    def __iter__(self) -> Iterator[Row]:
        rows: list[Row] = self.grouped.rows[self._begin : self._end].tolist()
        return iter(rows)

    def stretch(self, count: int, halves: tuple[Half, Half]) -> Stretch | None:
        """Find the stretch of data that begins behind the first `count`; None where none does."""
        return self.grouped.stretches.find(self._number, self._begin + count, self._end, halves)

    def place(self, index: int) -> int:
        """Give the place among these of one of the window's segments."""
        return index - self._begin
