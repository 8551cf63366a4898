"""The segments of one window, connection by connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .protocol import Batch
from .rows import Rows
from .sides import sides_of
from .stretches import Stretches

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from .frames import Segments
    from .sides import Address

__all__ = ["Grouped"]

TOLERANCE: Final = 1000
"""How many frames before the end of a window a segment may be whose neighbours come with the next one."""


class Grouped:
    """Segments in the order of their connections, each connection's in the order of the file."""

    __slots__ = ("_horizon", "_order", "_sides", "_stretches", "bounds", "keys", "rows", "segments", "starts")

    def __init__(self, segments: Segments, *, is_last: bool, order: NDArray[np.int64] | None = None) -> None:
        """Sort the segments of a window, at least one; with `is_last` no other window follows.

        Where the order is known it is `order`, which may leave some of them out.
        """
        if order is None:
            order = np.argsort(segments.connection, kind="stable")
        keys = segments.connection[order]
        self.segments = segments
        self.rows = segments.rows[order]
        """Each a `SEGMENT`."""
        self.starts: NDArray[np.int64] = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
        """Where in `rows` each connection begins."""
        self.bounds: list[int] = [*self.starts.tolist(), len(order)]
        """The same, and the end of the last one."""
        self.keys: list[int] = keys[self.starts].tolist()
        """Of each connection the number that tells it from others."""
        self._order = order
        self._sides: list[tuple[Address, Address]] | None = None
        self._stretches: Stretches | None = None
        self._horizon = float("inf") if is_last else float(segments.rows["frame"][-1] - TOLERANCE)

    def without(self, numbers: Collection[int]) -> Grouped:
        """Give all connections but some, named by their places among the keys."""
        is_left = np.ones(len(self.keys), np.bool_)
        is_left[list(numbers)] = False
        order = self._order[np.repeat(is_left, np.diff(self.bounds))]
        return Grouped(self.segments, is_last=self._horizon == float("inf"), order=order)

    def any_of(self, flags: int) -> list[bool]:
        """Say of each connection whether one of `flags` is set in any of its segments."""
        found: list[bool] = np.logical_or.reduceat(self.rows["flags"] & flags != 0, self.starts).tolist()
        return found

    @property
    def stretches(self) -> Stretches:
        """What passes without being looked at; found out when the first connection asks for it."""
        if self._stretches is None:
            self._stretches = Stretches(self.rows, self.starts, self.segments.buffers[0])
        return self._stretches

    def batch(self, number: int) -> Batch:
        """Give the segments of a connection, by its place among the keys."""
        rows = Rows(self, number, self.bounds[number], self.bounds[number + 1])
        return Batch(rows, self.segments.payload, self.segments.buffers[0], self._horizon)

    @property
    def sides(self) -> list[tuple[Address, Address]]:
        """Of each connection the addresses of side 0 and side 1; found out when the first one is asked for."""
        if self._sides is None:
            self._sides = sides_of(self.segments, self._order[self.starts])
        return self._sides
