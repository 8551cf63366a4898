"""A thread that works off a bounded queue, many items at a time: what all sinks have in common.

The event loop only leaves an item. A slow disk, socket or server never slows a connection; when the worker falls
behind by as many items as the queue holds, further ones are counted and lost.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QUEUED", "Worker"]

QUEUED = 10_000
"""Items that may wait: at 10 KiB each 100 MB, and minutes of a retry storm."""

GATHERING_SECONDS = 0.05
"""How long items are gathered. Waking the thread for each costs a connection more than its judgement does."""

Item = TypeVar("Item")


class Worker(Generic[Item]):
    """Hands items to `work` in a thread of its own."""

    def __init__(
        self,
        name: str,
        work: Callable[[list[Item]], int],
        *,
        finish: Callable[[], None] = lambda: None,
        gathering: float = GATHERING_SECONDS,
        at_once: int = 1000,
        tick: Callable[[], None] = lambda: None,
        tick_seconds: float | None = None,
    ) -> None:
        """Start the thread.

        Args:
            name: of the thread.
            work: takes some items and gives how many of them were lost; it runs in the thread alone.
            finish: is called in the thread when there is nothing more to come.
            gathering: seconds for which items are gathered.
            at_once: the most that `work` is given.
            tick: is called in the thread about every `tick_seconds`, also while nothing comes.
            tick_seconds: None: never.
        """
        self.dropped = 0
        self.is_closing = threading.Event()
        self._work = work
        self._finish = finish
        self._gathering = gathering
        self._at_once = at_once
        self._tick = tick
        self._tick_seconds = tick_seconds
        self._items: deque[Item] = deque()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, item: Item) -> None:
        """Leave an item, or count it as lost."""
        if len(self._items) >= QUEUED:
            self.dropped += 1
            return
        self._items.append(item)
        if not self._wanted.is_set():
            self._wanted.set()

    def _run(self) -> None:
        ticked = monotonic()
        while not self.is_closing.is_set():
            if self._wanted.wait(self._tick_seconds):
                self.is_closing.wait(self._gathering)
                self._wanted.clear()
                self._work_off()
            if self._tick_seconds is not None and monotonic() - ticked >= self._tick_seconds:
                self._tick()
                ticked = monotonic()
        self._work_off()
        self._finish()

    def _work_off(self) -> None:
        while self._items:
            count = min(len(self._items), self._at_once)
            self.dropped += self._work([self._items.popleft() for _ in range(count)])

    def close(self, seconds: float) -> None:
        """Let the thread work off what waits, and count what it does not get done in time."""
        end = monotonic() + seconds
        self.is_closing.set()
        self._wanted.set()
        self._thread.join(max(end - monotonic(), 0.0))
        if self._thread.is_alive():
            self.dropped += len(self._items)
