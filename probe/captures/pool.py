"""Tasks done by several processes of this machine, with what they find streaming back while they work.

Each process does one task after the other and sends connections in small batches. What is not yet asked for
waits, within a bound, so that memory stays flat however large the captures are.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, NamedTuple

from probe.outcome import CommandFailed, ExitCode

from .hand import Connections, Done, Give, work
from .packed import Batch, unpack
from .pieces import receive_bytes
from .task import Ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection as Pipe
    from multiprocessing.process import BaseProcess

    from analyzers.connection import Connection

    from .task import Judged, Task

__all__ = ["Pool", "WorkerLost"]

WAITING_BATCHES = 16
"""Batches of a task that wait to be asked for, before its process has to wait itself."""


class WorkerLost(CommandFailed):
    """A process ended in the middle of its task, as when the system runs out of memory."""

    exit_code = ExitCode.INTERNAL


def _is_alone() -> bool:
    """Say whether this process has no other thread, not even one of a library: only then may it be forked.

    A forked process has all modules loaded; a spawned one takes a quarter of a second for it.
    """
    try:
        return len(os.listdir("/proc/self/task")) == 1  # noqa: PTH208 (this process, on Linux)
    except OSError:
        return False


@dataclass(slots=True)
class _Worker:
    """A process, the number of the task that it is doing, and the failing connections that it has sent."""

    process: BaseProcess
    pipe: Pipe
    task: int | None = None
    given: dict[int, bytes | tuple[Connection, ...]] = field(default_factory=dict)
    """By batch; pickled until one of them is asked for."""

    def release(self, batch: int) -> None:
        """Let the process forget what nobody will ask for any more."""
        self.given.pop(batch, None)
        with suppress(ConnectionError):  # when it is lost, that is told where something of it is missing
            self.pipe.send(Done(batch))


class _Waiting(NamedTuple):
    """A batch that has come."""

    worker: _Worker
    number: int
    found: list[Judged | Ended]


class Pool:
    """Processes that do a list of tasks in its order."""

    def __init__(self, tasks: Sequence[Task], jobs: int, progress: Callable[[int, int], None]) -> None:
        """`progress` is told the number of a task and how many bytes of its file were read."""
        is_forked = _is_alone()
        context_of = multiprocessing.get_context
        process_of = context_of("fork").Process if is_forked else context_of("spawn").Process
        self._tasks = tasks
        self._next = 0
        self._progress = progress
        self._waiting: list[deque[_Waiting]] = [deque() for _ in tasks]
        self._workers: list[_Worker] = []
        for _ in range(min(jobs, len(tasks))):
            here, there = multiprocessing.Pipe()
            inherited = (*(worker.pipe for worker in self._workers), here) if is_forked else ()
            process = process_of(target=work, args=(there, inherited), daemon=True)
            process.start()
            there.close()
            self._workers.append(_Worker(process, here))
        for worker in self._workers:
            self._employ(worker)

    @classmethod
    @contextmanager
    def working(
        cls, tasks: Sequence[Task], jobs: int, progress: Callable[[int, int], None]
    ) -> Iterator[Pool]:
        """Run a pool for as long as the block lasts."""
        pool = cls(tasks, jobs, progress)
        try:
            yield pool
        finally:
            pool.close()

    def results(self, number: int) -> Iterator[Sequence[Judged | Ended]]:
        """Give what task `number` finds, as it is found: as many at a time as have come together.

        A failing connection can be asked for until the next ones are.
        """
        waiting = self._waiting[number]
        is_ended = False
        while not is_ended:
            while not waiting:
                self._receive(number)
            batch = waiting.popleft()
            is_ended = isinstance(batch.found[-1], Ended)
            yield batch.found
            batch.worker.release(batch.number)

    def _connection(self, worker: _Worker, batch: int, place: int) -> Connection:
        """Give a failing connection of a batch that has come from a worker."""
        if batch not in worker.given:
            self._tell(worker, Give(batch))
        while batch not in worker.given:
            self._take(worker)
        given = worker.given[batch]
        if isinstance(given, bytes):
            given = worker.given[batch] = pickle.loads(given)  # noqa: S301 (of a process that we started)
        return given[place]

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()

    def _employ(self, worker: _Worker) -> None:
        worker.task = self._next if self._next < len(self._tasks) else None
        if worker.task is not None:
            self._tell(worker, self._tasks[worker.task])
        self._next += 1

    def _tell(self, worker: _Worker, message: Task | Give) -> None:
        try:
            worker.pipe.send(message)
        except ConnectionError:
            raise self._lost(worker) from None

    def _receive(self, wanted: int) -> None:
        """Wait for messages: of the wanted task, and of others whose results do not pile up yet."""
        listened = {
            worker.pipe: worker
            for worker in self._workers
            if worker.task is not None
            and (worker.task == wanted or len(self._waiting[worker.task]) < WAITING_BATCHES)
        }
        for ready in wait(list(listened)):
            self._take(listened[ready])  # type: ignore[index]  # only what was given comes back

    def _take(self, worker: _Worker) -> None:
        """Take a message of a worker: a batch, or connections that had stayed behind."""
        try:
            message: Batch | Connections = worker.pipe.recv()
            size = message.size if isinstance(message, Batch) else 0
            text = receive_bytes(worker.pipe, size)
        except (EOFError, ConnectionError):
            raise self._lost(worker) from None
        if isinstance(message, Connections):
            worker.given[message.batch] = message.pickled
        elif worker.task is not None:
            self._take_batch(worker, worker.task, message, text)

    def _take_batch(self, worker: _Worker, task: int, batch: Batch, text: memoryview) -> None:
        self._progress(task, batch.position)
        found: list[Judged | Ended] = []
        if batch.columns is not None:
            giving = partial(partial, self._connection, worker, batch.number)
            found += unpack(batch.columns, text, self._tasks[task], giving)
        if batch.ended is not None:
            found.append(batch.ended)
            self._employ(worker)
        if found:
            self._waiting[task].append(_Waiting(worker, batch.number, found))

    def _lost(self, worker: _Worker) -> WorkerLost:
        worker.process.join()
        code = worker.process.exitcode
        name = "a process" if worker.task is None else f"{self._tasks[worker.task].file}: its process"
        return WorkerLost(f"{name} ended unexpectedly ({code})")
