"""How the work on capture files is divided, and how what comes of it is put together again.

A capture is one task; a large one, where there are fewer files than hands, is several, each of which
follows a part of its connections. Every part gives its connections in the same order, so merging them
gives the order in which one process would have found them.
"""

from __future__ import annotations

from bisect import bisect_right
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


def merge(parts: Sequence[Iterable[Sequence[Judged | Ended]]]) -> Iterator[Judged | Ended]:
    """Give the connections of all parts of one file in the order of the file, and then how it ended.

    Parts give some connections at a time; they are asked for more only when all that they gave was given on.
    """
    ends: list[Ended] = []
    if len(parts) == 1:
        for found in chain.from_iterable(parts[0]):
            if isinstance(found, Ended):
                ends.append(found)
            else:
                yield found
    else:
        yield from chain.from_iterable(_merged([_connections(part, ends) for part in parts]))
    problems = dict.fromkeys(chain.from_iterable(end.problems for end in ends))
    unreadable = next((end.unreadable for end in ends if end.unreadable is not None), None)
    packets = max((end.packets for end in ends), default=0)
    yield Ended(packets, tuple(problems), unreadable, joined(end.fit for end in ends))


def _connections(part: Iterable[Sequence[Judged | Ended]], ends: list[Ended]) -> Iterator[Sequence[Judged]]:
    """Give the connections of a part; how it ended comes last."""
    for found in part:
        judged = [one for one in found if isinstance(one, Judged)]
        ends += [one for one in found[-1:] if isinstance(one, Ended)]
        if judged:
            yield judged


def _merged(parts: Sequence[Iterator[Sequence[Judged]]]) -> Iterator[Sequence[Judged]]:
    """Put runs of connections that are in order together to such runs, as far as is known what comes next."""
    heads: list[Sequence[Judged]] = [next(part, ()) for part in parts]
    while any(heads):
        until = min(head[-1].order for head in heads if head)
        ready: list[Judged] = []
        for number, head in enumerate(heads):
            count = bisect_right(head, until, key=_order)
            ready += head[:count]
            heads[number] = head[count:]
        ready.sort(key=_order)
        yield ready
        for number, part in enumerate(parts):
            if not heads[number]:
                heads[number] = next(part, ())


def _order(judged: Judged) -> tuple[int, int]:
    return judged.order
