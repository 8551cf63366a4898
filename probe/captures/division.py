"""How the work on capture files is divided, and how what comes of it is put together again.

A capture is one task; a large one, where there are fewer files than hands, is several, each of which
follows a part of its connections. Every part gives its connections in the same order, so merging them
gives the order in which one process would have found them.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from .keys import joined
from .task import Ended, Judged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .task import Task

__all__ = ["Divided", "divide", "merge"]

WORTH_DIVIDING = 32 << 20
"""Bytes from which a capture is divided: below, reading it several times costs more than it gains."""


class Divided(NamedTuple):
    """A file, and the tasks that its connections are divided into."""

    file: str
    tasks: tuple[Task, ...]


def divide(tasks: Sequence[Task], sizes: Sequence[int], jobs: int) -> list[Divided]:
    """Divide the tasks, one a file, for `jobs` processes; `sizes` are those of the files in bytes."""
    divided = []
    for task, size in zip(tasks, sizes, strict=True):
        shards = jobs if len(tasks) < jobs and size >= WORTH_DIVIDING else 1
        parts = [
            replace(task, selection=replace(task.selection, shard=n, shards=shards)) for n in range(shards)
        ]
        divided.append(Divided(task.file, tuple(parts)))
    return divided


def merge(parts: Sequence[Iterable[Judged | Ended]]) -> Iterator[Judged | Ended]:
    """Give the connections of all parts of one file in the order of the file, and then how it ended."""
    ends: list[Ended] = []
    yield from heapq.merge(*(_connections(part, ends) for part in parts), key=_order)
    problems = dict.fromkeys(chain.from_iterable(end.problems for end in ends))
    unreadable = next((end.unreadable for end in ends if end.unreadable is not None), None)
    packets = max((end.packets for end in ends), default=0)
    yield Ended(packets, tuple(problems), unreadable, joined(end.fit for end in ends))


def _connections(part: Iterable[Judged | Ended], ends: list[Ended]) -> Iterator[Judged]:
    for found in part:
        if isinstance(found, Ended):
            ends.append(found)
        else:
            yield found


def _order(judged: Judged) -> tuple[int, int]:
    return judged.order
