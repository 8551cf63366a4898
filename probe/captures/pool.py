"""Tasks done by several processes of this machine, with what they find streaming back while they work.

Each process does one task after the other and sends connections in small batches. What is not yet asked for
waits, within a bound, so that memory stays flat however large the captures are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from probe.outcome import CommandFailed, ExitCode

from .collecting import collect_rarely
from .task import Ended, Judged, examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from .task import Task

__all__ = ["Pool", "WorkerLost"]

BATCH = 256
"""Connections in a message: some 1 MB; what they share, as certificates, is sent once in it."""

TELL_SECONDS = 0.2
"""How long a batch that is not full may wait, and progress not be told."""

WAITING_BATCHES = 16
"""Batches of a task that wait to be asked for, before its process has to wait itself."""


class WorkerLost(CommandFailed):
    """A process ended in the middle of its task, as when the system runs out of memory."""

    exit_code = ExitCode.INTERNAL


@dataclass(frozen=True, slots=True)
class _Message:
    """What a process sends."""

    found: tuple[Judged | Ended, ...]
    position: int
    """Bytes of the file read so far."""


@dataclass(slots=True)
class _Sender:
    """Collects what is found until it is worth a message; mutable, as its batch fills."""

    connection: Connection
    batch: list[Judged | Ended] = field(default_factory=list)
    position: int = 0
    told: float = 0.0

    def take(self, found: Judged | Ended) -> None:
        self.batch.append(found)
        if isinstance(found, Ended) or len(self.batch) >= BATCH:
            self.send()

    def progress(self, position: int) -> None:
        self.position = position
        if time.monotonic() - self.told > TELL_SECONDS:
            self.send()

    def send(self) -> None:
        self.connection.send(_Message(tuple(self.batch), self.position))
        self.batch.clear()
        self.told = time.monotonic()


def _work(connection: Connection, inherited: tuple[Connection, ...]) -> None:
    """Do tasks until there is none: the main function of a process.

    What a forked process inherits of the parent's ends is closed: while one is open, nobody learns of the parent's
    death.
    """
    for end in inherited:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent ends its children
    collect_rarely()
    while (task := connection.recv()) is not None:
        sender = _Sender(connection)
        for found in examine(task, progress=sender.progress):
            sender.take(found)


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
    """A process, and the number of the task that it is doing."""

    process: BaseProcess
    connection: Connection
    task: int | None = None


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
        self._waiting: list[deque[Judged | Ended]] = [deque() for _ in tasks]
        self._workers: list[_Worker] = []
        for _ in range(min(jobs, len(tasks))):
            here, there = multiprocessing.Pipe()
            inherited = (*(worker.connection for worker in self._workers), here) if is_forked else ()
            process = process_of(target=_work, args=(there, inherited), daemon=True)
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

    def results(self, number: int) -> Iterator[Judged | Ended]:
        """Give what task `number` finds, as it is found."""
        waiting = self._waiting[number]
        while True:
            while not waiting:
                self._receive(number)
            found = waiting.popleft()
            yield found
            if isinstance(found, Ended):
                return

    def close(self) -> None:
        """End the processes."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            worker.connection.close()

    def _employ(self, worker: _Worker) -> None:
        worker.task = self._next if self._next < len(self._tasks) else None
        worker.connection.send(None if worker.task is None else self._tasks[worker.task])
        self._next += 1

    def _receive(self, wanted: int) -> None:
        """Wait for messages: of the wanted task, and of others whose results do not pile up yet."""
        listened = {
            worker.connection: worker
            for worker in self._workers
            if worker.task is not None
            and (worker.task == wanted or len(self._waiting[worker.task]) < BATCH * WAITING_BATCHES)
        }
        for ready in wait(list(listened)):
            self._take(listened[ready])  # type: ignore[index]  # only what was given comes back

    def _take(self, worker: _Worker) -> None:
        task = worker.task
        if task is None:
            return
        try:
            message: _Message = worker.connection.recv()
        except (EOFError, ConnectionError):
            worker.process.join()
            code = worker.process.exitcode
            raise WorkerLost(f"{self._tasks[task].file}: its process ended unexpectedly ({code})") from None
        self._waiting[task].extend(message.found)
        self._progress(task, message.position)
        if message.found and isinstance(message.found[-1], Ended):
            self._employ(worker)
