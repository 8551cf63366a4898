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

    from analyzers.connection import Connection

    from .novelty import Ends
    from .task import Task

__all__ = ["Comparing"]

Key = TypeVar("Key")
Value = TypeVar("Value")


class Comparing:
    """Remembers what worked, over all captures of a run, and judges again what fails after it."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._worked: OrderedDict[Ends, tuple[Connection, float]] = OrderedDict()
        self._shown: OrderedDict[tuple[Ends, int], Connection] = OrderedDict()

    def compared(self, task: Task, found: Iterable[Judged | Ended]) -> Iterator[Judged | Ended]:
        """Give what is wanted of what was found, failures with what has changed since the last time it worked."""
        for one in found:
            if isinstance(one, Ended):
                yield one
                continue
            kind = one.kind
            if kind.has_worked:
                self._remember(one, kind.ends)
                if kind.is_wanted:
                    yield one
            else:
                judged = self._against_earlier(task, one, kind.ends) if kind.is_failed else one
                if judged.kind.is_wanted:
                    yield judged

    def _against_earlier(self, task: Task, judged: Judged, ends: Ends) -> Judged:
        worked, at = self._worked.get(ends, (None, judged.started))
        if worked is None or at >= judged.started or judged.connection is None:
            return judged
        earlier = (replace(worked, started=at),)
        return judge(judged.order, judged.connection(), task, earlier=earlier)

    def _remember(self, judged: Judged, ends: Ends) -> None:
        """Keep when it worked last, and a connection that showed what this one shows."""
        worked = None
        if judged.shape is not None:
            what = ends, judged.shape
            worked = self._shown.get(what) or judged.new
            if worked is not None:
                _keep(self._shown, what, worked)
        if worked is None:
            worked = self._worked.get(ends, (None,))[0]
        if worked is not None:
            _keep(self._worked, ends, (worked, judged.started))


def _keep(kept: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)
