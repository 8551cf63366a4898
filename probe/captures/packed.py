"""Judged connections on their way from one process to another: columns, and one run of text.

Values that many of them share, as their kinds, go over once in a batch, and the records, which are nearly all of its
bytes, as they are. What is heavy and seldom asked for, the connections that failed, stays where it is.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from .task import Judged, Known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Verdict

    from .task import Ended, Kind

__all__ = ["Batch", "Packed", "pack", "unpack"]


class Columns(NamedTuple):
    """Some connections that follow each other in one task."""

    order: tuple[tuple[int, int], ...]
    kind: tuple[Kind, ...]
    started: tuple[float, ...]
    sizes: list[int]
    """Bytes of the records; 0 where there is none."""
    block: tuple[str | None, ...]
    objects: tuple[tuple[Connection, Verdict] | None, ...]
    shape: tuple[int | None, ...]
    new: dict[int, Connection]
    """By their places those that worked, and showed something new."""
    failed: list[int]
    """The places of those that failed, and may be asked for."""


class Batch(NamedTuple):
    """What a process tells of its task."""

    number: int
    """Which batch of the process it is."""
    position: int
    """Bytes of the file read so far."""
    columns: Columns | None
    """The connections, if any; their records follow as one message where there are some."""
    ended: Ended | None
    """How the task ended, where it has."""

    @property
    def has_text(self) -> bool:
        """Whether records follow."""
        return self.columns is not None and any(self.columns.sizes)


class Packed(NamedTuple):
    """Connections, ready to be sent."""

    columns: Columns
    text: bytes
    """The records, one behind the other."""
    kept: tuple[Connection, ...]
    """Those that failed, which stay behind."""


def pack(found: Sequence[Judged]) -> Packed:
    """Make columns of connections, at least one."""
    order, kind, started, record, block, objects, connection, shape = zip(*found, strict=True)
    new: dict[int, Connection] = {}
    failed: list[int] = []
    kept: list[Connection] = []
    for place, known in enumerate(connection):
        if known is None:
            continue
        if kind[place].has_worked:
            new[place] = known()
        else:
            failed.append(place)
            kept.append(known())
    texts = [text or b"" for text in record]
    sizes = list(map(len, texts))
    columns = Columns(order, kind, started, sizes, block, objects, shape, new, failed)
    return Packed(columns, b"".join(texts), tuple(kept))


def unpack(columns: Columns, text: bytes, giving: Callable[[int], Callable[[], Connection]]) -> list[Judged]:
    """Give the connections again; `giving` makes what gives one of those that stayed behind."""
    order, kind, started, sizes, block, objects, shape, new, failed = columns
    record = [text[begin:end] or None for begin, end in pairwise(accumulate(sizes, initial=0))]
    connection: list[Callable[[], Connection] | None] = [None] * len(order)
    for place, known in new.items():
        connection[place] = Known(known)
    for number, place in enumerate(failed):
        connection[place] = giving(number)
    rows = zip(order, kind, started, record, block, objects, connection, shape, strict=True)
    return list(map(Judged._make, rows))
