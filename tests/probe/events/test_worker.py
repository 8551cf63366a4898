"""A worker's queue is bounded, its thread does the waiting, and what is lost is counted exactly once."""

from __future__ import annotations

import itertools
import threading
from time import monotonic

from probe.events.worker import LAST_RETRY_SECONDS, QUEUED, QUEUED_BYTES, Backoff, Worker
from tests.probe.events.telling import WAIT_SECONDS


class Gate:
    """Work that waits until it may go on."""

    def __init__(self) -> None:
        """Hold whatever comes."""
        self.done: list[int] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, items: list[int]) -> int:
        """Take some items, in the worker's thread."""
        self.begun.set()
        self.may_go_on.wait(WAIT_SECONDS)
        self.done.extend(items)
        return 0


def test_items_come_in_order_and_all_of_them() -> None:
    """What was left is worked off in its order, in bounded portions, and nothing is lost."""
    portions: list[list[int]] = []
    finished: list[str] = []

    def work(items: list[int]) -> int:
        portions.append(items)
        return 0

    worker: Worker[int] = Worker(
        "t", work, at_once=7, finish=lambda: finished.append(threading.current_thread().name)
    )
    for number in range(100):
        worker.put(number, 1)
    worker.close(WAIT_SECONDS)
    assert [item for portion in portions for item in portion] == list(range(100))
    assert max(map(len, portions)) == 7
    assert worker.dropped == 0
    assert finished == ["t"]


def test_a_full_queue_loses_the_newest_and_counts() -> None:
    """Beyond the number of items that may wait, further ones are lost."""
    gate = Gate()
    worker: Worker[int] = Worker("t", gate)
    worker.put(0, 1)
    assert gate.begun.wait(WAIT_SECONDS)
    for number in range(1, QUEUED + 6):
        worker.put(number, 1)
    assert worker.dropped == 5
    gate.may_go_on.set()
    worker.close(WAIT_SECONDS)
    assert gate.done == list(range(QUEUED + 1))
    assert worker.dropped == 5


def test_large_items_fill_it_sooner() -> None:
    """The bytes that wait are bounded too; what was worked off makes room again."""
    gate = Gate()
    worker: Worker[int] = Worker("t", gate)
    worker.put(0, QUEUED_BYTES)
    assert gate.begun.wait(WAIT_SECONDS)
    for number in range(1, 5):
        worker.put(number, QUEUED_BYTES // 3)
    assert worker.dropped == 1
    gate.may_go_on.set()
    worker.close(WAIT_SECONDS)
    assert gate.done == [0, 1, 2, 3]


def test_the_end_has_a_limit_and_counts_what_is_left() -> None:
    """Work that hangs does not hold the end: what is in hand and what waits counts as lost, once."""
    gate = Gate()
    worker: Worker[int] = Worker("t", gate, at_once=3)
    for number in range(10):
        worker.put(number, 1)
    assert gate.begun.wait(WAIT_SECONDS)
    begun = monotonic()
    worker.close(0.05)
    assert monotonic() - begun < WAIT_SECONDS
    assert worker.dropped == 10
    gate.may_go_on.set()
    worker._thread.join(WAIT_SECONDS)
    assert not worker._thread.is_alive()
    assert worker.dropped == 10


def test_attempts_go_on_until_the_limit_of_the_end() -> None:
    """A pause is cut short by the end, and further attempts are made as long as its limit allows."""
    attempts: list[bool] = []
    paused = threading.Event()
    holder: list[Worker[int]] = []

    def work(items: list[int]) -> int:
        paused.set()
        while holder[0].pause(WAIT_SECONDS * 10):
            attempts.append(True)
        return len(items)

    holder.append(Worker("t", work))
    holder[0].put(1, 1)
    assert paused.wait(WAIT_SECONDS)
    holder[0].close(0.8)
    assert attempts
    assert holder[0].dropped == 1


def test_it_ticks_while_nothing_comes() -> None:
    """A sink that has to keep a connection alive is called about every so often."""
    ticked = threading.Event()
    worker: Worker[int] = Worker("t", lambda _: 0, tick=ticked.set, tick_seconds=0.01)
    assert ticked.wait(WAIT_SECONDS)
    worker.close(WAIT_SECONDS)


def test_waits_double_up_to_a_bound() -> None:
    """Each wait is twice the one before, until the longest; success begins anew."""
    backoff = Backoff()
    waits = [backoff.next() for _ in range(12)]
    assert all(later in (2 * earlier, LAST_RETRY_SECONDS) for earlier, later in itertools.pairwise(waits))
    assert waits[-1] == LAST_RETRY_SECONDS
    backoff.reset()
    assert backoff.next() == waits[0]
