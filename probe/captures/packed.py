"""Judged connections on their way from one process to another: columns, and one run of text.

Values that many of them share, as their kinds, go over once in a batch, and the records, which are nearly all of its
bytes, as they are. What is heavy and seldom asked for, the connections that failed, stays where it is.
"""

from __future__ import annotations

from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from .task import Judged, block_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Verdict

    from .task import Ended, Kind, Task

__all__ = ["Batch", "Packed", "pack", "unpack"]


class Columns(NamedTuple):
    """Some connections that follow each other in one task."""

    order: tuple[tuple[int, int], ...]
    kind: tuple[Kind, ...]
    started: tuple[float, ...]
    sizes: list[int]
    """Bytes of the records; 0 where there is none."""
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
    """The connections, if any; their records follow, one behind the other."""
    ended: Ended | None
    """How the task ended, where it has."""

    @property
    def size(self) -> int:
        """Bytes of records that follow."""
        return 0 if self.columns is None else sum(self.columns.sizes)


class Packed(NamedTuple):
    """Connections, ready to be sent."""

    columns: Columns
    records: list[bytes | memoryview]
    kept: tuple[Connection, ...]
    """Those that failed, which stay behind."""


def pack(found: Sequence[Judged]) -> Packed:
    """Make columns of connections, at least one."""
    order, kind, started, record, _, objects, connection, shape, new = zip(*found, strict=True)
    failed = [place for place, giving in enumerate(connection) if giving is not None]
    columns = Columns(
        order,
        kind,
        started,
        sizes=[0 if text is None else len(text) for text in record],
        objects=objects,
        shape=shape,
        new={place: each for place, each in enumerate(new) if each is not None},
        failed=failed,
    )
    records = [text for text in record if text is not None]
    return Packed(columns, records, tuple([connection[place]() for place in failed]))


def unpack(
    columns: Columns, text: memoryview, task: Task, giving: Callable[[int], Callable[[], Connection]]
) -> list[Judged]:
    """Give the connections of a task again; `giving` makes what gives one of those that stayed behind."""
    order, kind, started, sizes, objects, shape, new, failed = columns
    places = pairwise(accumulate(sizes, initial=0))
    record = [text[begin:end] if end > begin else None for begin, end in places]
    connection: list[Callable[[], Connection] | None] = [None] * len(order)
    block: list[Callable[[], str] | None] = [None] * len(order)
    for number, place in enumerate(failed):
        known = connection[place] = giving(number)
        if task.wanted.block:
            block[place] = partial(block_of, task, known)
    shown = map(new.get, range(len(order)))
    rows = zip(order, kind, started, record, block, objects, connection, shape, shown, strict=True)
    return list(map(Judged._make, rows))
