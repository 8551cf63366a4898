"""A thread that works off a bounded queue, many items at a time: what all sinks have in common.

The event loop only leaves an item. A slow disk, socket or server never slows a connection; when the worker falls
behind by as much as the queue holds, further items are counted and lost.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, sleep
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QUEUED", "QUEUED_BYTES", "Backoff", "Worker"]

QUEUED = 10_000
"""Items that may wait: minutes of a retry storm."""

QUEUED_BYTES = 64_000_000
"""What they may take together, for a peer can make its events as long as its chain of certificates."""

GATHERING_SECONDS = 0.05
"""How long items are gathered. Waking the thread for each costs a connection more than its judgement does."""

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.25, 30.0
"""Between two attempts to reach a server; doubled each time."""

CLOSING_RETRY_SECONDS = 0.2
"""Between two attempts when the probe stops, and has only seconds left."""

_MARGIN_SECONDS = 0.1
"""How much earlier than `close` the thread gives up, so that it counts by itself what is lost."""

Item = TypeVar("Item")


class Backoff:
    """How long to wait before the next attempt. Mutable."""

    def __init__(self) -> None:
        """Begin with the shortest wait."""
        self._seconds = FIRST_RETRY_SECONDS

    def next(self) -> float:
        """Give the seconds to wait now, and double those of the next time."""
        seconds = self._seconds
        self._seconds = min(seconds * 2, LAST_RETRY_SECONDS)
        return seconds

    def reset(self) -> None:
        """Begin anew: an attempt went well."""
        self._seconds = FIRST_RETRY_SECONDS


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
        self._closing = threading.Event()
        self._end = float("inf")
        self._is_over = False
        self._work = work
        self._finish = finish
        self._gathering = gathering
        self._at_once = at_once
        self._tick = tick
        self._tick_seconds = tick_seconds
        self._items: deque[tuple[Item, int]] = deque()
        # Each is written by one side only.
        self._put_bytes = self._taken_bytes = 0
        self._overflown = self._lost = self._left = 0
        self._in_hand = 0
        self._counting = threading.Lock()
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many items were lost: for want of room, by `work`, or at the end."""
        return self._overflown + self._lost + self._left

    def put(self, item: Item, size: int) -> None:
        """Leave an item, or count it as lost.

        Args:
            item: what `work` is to have.
            size: about how many bytes it keeps in memory.
        """
        if len(self._items) >= QUEUED or self._put_bytes - self._taken_bytes + size > QUEUED_BYTES:
            self._overflown += 1
            return
        self._put_bytes += size
        self._items.append((item, size))
        if not self._wanted.is_set():
            self._wanted.set()

    def pause(self, seconds: float) -> bool:
        """Wait in the thread between two attempts, and tell whether another one may be made.

        Where the probe stops meanwhile the wait is over at once, and attempts go on until the limit of `close`.
        """
        if not self._closing.is_set():
            self._closing.wait(seconds)
            return True
        left = self._end - _MARGIN_SECONDS - monotonic()
        if left <= 0:
            return False
        sleep(min(seconds, CLOSING_RETRY_SECONDS, left))
        return monotonic() < self._end - _MARGIN_SECONDS

    def _run(self) -> None:
        ticked = monotonic()
        while not self._closing.is_set():
            if self._wanted.wait(self._tick_seconds):
                self._closing.wait(self._gathering)
                self._wanted.clear()
                self._work_off()
            if self._tick_seconds is not None and monotonic() - ticked >= self._tick_seconds:
                self._tick()
                ticked = monotonic()
        self._work_off()
        self._finish()

    def _work_off(self) -> None:
        while self._items and not self._is_over:
            self._in_hand = min(len(self._items), self._at_once)
            taken = [self._items.popleft() for _ in range(self._in_hand)]
            self._taken_bytes += sum(size for _, size in taken)
            lost = self._work([item for item, _ in taken])
            with self._counting:
                if not self._is_over:
                    self._lost += lost
                    self._in_hand = 0

    def close(self, seconds: float) -> None:
        """Let the thread work off what waits, and count what it does not get done in time."""
        self._end = monotonic() + seconds
        self._closing.set()
        self._wanted.set()
        self._thread.join(max(seconds, 0.0))
        if self._thread.is_alive():
            with self._counting:
                self._is_over = True
                self._left = len(self._items) + self._in_hand
