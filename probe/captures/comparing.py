"""A failing connection beside the last one between the same ends that worked.

This is done on the one stream of judged connections, in the order of the captures, after whatever division of the
work: so its answers are the same with one process, with several, and on a cluster.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from .novelty import REMEMBERED
from .task import Ended, Judged, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from analyzers.connection import Connection, Endpoint

    from .task import Task

__all__ = ["Comparing"]

Key = TypeVar("Key")
Value = TypeVar("Value")


class Comparing:
    """Remembers what worked, over all captures of a run, and judges again what fails after it."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._worked: OrderedDict[tuple[str, Endpoint], tuple[Connection, float]] = OrderedDict()
        self._shown: OrderedDict[tuple[tuple[str, Endpoint], int], Connection] = OrderedDict()

    def compared(self, task: Task, found: Iterable[Judged | Ended]) -> Iterator[Judged | Ended]:
        """Give what is wanted of what was found, failures with what has changed since the last time it worked."""
        for one in found:
            if isinstance(one, Ended):
                yield one
                continue
            judged = self._against_earlier(task, one)
            if judged.is_wanted:
                yield judged if judged.connection is None else judged._replace(connection=None)
            if one.has_worked:
                self._remember(one)

    def _against_earlier(self, task: Task, judged: Judged) -> Judged:
        if not judged.is_failed or judged.has_worked or judged.connection is None:
            return judged
        worked, at = self._worked.get(judged.ends, (None, judged.started))
        if worked is None or at >= judged.started:
            return judged
        return judge(judged.order, judged.connection, task, (replace(worked, started=at),))

    def _remember(self, judged: Judged) -> None:
        """Keep when it worked last, and a connection that showed what this one shows."""
        worked = judged.connection
        if judged.shape is not None:
            what = judged.ends, judged.shape
            worked = self._shown.get(what) or worked
            if worked is not None:
                _keep(self._shown, what, worked)
        if worked is None:
            worked = self._worked.get(judged.ends, (None,))[0]
        if worked is not None:
            _keep(self._worked, judged.ends, (worked, judged.started))


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)
