"""What a connection is given, and what it tells whoever reads its streams."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .runs import Run

__all__ = ["Batch", "Budget", "End", "Reader", "Row"]


class End(Enum):
    """How a direction ended."""

    FIN = "fin"
    RST = "rst"


Row = tuple[int, float, bool, int, int, int, int, int, int]
"""One segment, its fields as in `frames.SEGMENT`: frame, at, forward, flags, seq, ack, offset, length,
wire."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some segments of one connection, in the order of the file."""

    rows: Sequence[Row]
    payload: Callable[[int, int], bytes]
    """Gives the bytes at an offset of the window."""
    buffer: bytes | bytearray
    """The window itself, for offsets that lie in it."""
    horizon: float
    """The last frame for which all packets that may belong before it are in this batch."""


class Reader(Protocol):
    """Who reads the streams of a connection. Sides are 0 and 1; the sender of forward segments is 1."""

    def opened(self, side: int) -> None:
        """Take note that a side opened the connection, whose streams are seen from their first bytes."""
        ...

    def data(self, side: int, payload: bytes, at: float, frame: int) -> int:
        """Take the next bytes; give how many of those that follow need not be shown, or -1 if none at all."""
        ...

    def skip(self, side: int, length: int, at: float, frame: int) -> None:
        """Take note of bytes that came and were not shown."""
        ...

    def telling_lengths(self, side: int) -> tuple[int, ...] | None:
        """Give the lengths of application data records that have to be shown; None: all have to."""
        ...

    def runs(self, runs: list[Run]) -> None:
        """Take note of application data records that were not shown; `passed` follows for their bytes."""
        ...

    def passed(self, side: int, length: int, records: int, left: int, at: float) -> None:
        """Take note of bytes with so many records, the last of which lacks `left` bytes."""
        ...

    def gap(self, side: int, length: int, at: float, frame: int) -> int:
        """Take note of bytes that the capture lacks, 0 where it is not known how many; answer as `data`
        does.
        """
        ...

    def closed(self, side: int, end: End, at: float, frame: int) -> None:
        """Take note that a side closed or reset the connection."""
        ...


class Budget:
    """How many bytes wait in all connections of a capture."""

    __slots__ = ("evictions", "held")

    def __init__(self) -> None:
        self.held = 0
        self.evictions = 0
        """How often bytes were no longer waited for because too many waited."""
