"""What a process of the pool does: tasks, one after the other, until its parent ends it.

Connections that failed are wanted again where something worked between the same ends before, which only the parent
knows, and the first ones for the terminal. They stay here until it has gone through their batch, and go over when it
asks for them; when it has asked often, those of later batches go over unasked: what failed after it had worked goes on
failing.
"""

from __future__ import annotations

import pickle
import signal
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from .collecting import collect_rarely
from .packed import Batch, pack
from .pieces import send_pieces
from .task import Ended, examine

if TYPE_CHECKING:
    from multiprocessing.connection import Connection as Pipe

    from analyzers.connection import Connection

    from .task import Judged, Task

__all__ = ["BATCH", "Connections", "Done", "Give", "Hand", "work"]

BATCH = 256
"""Connections in a message: some 1 MB."""

TELL_SECONDS = 0.2
"""How long a batch that is not full may wait, and progress not be told."""

MOST_KEPT = 4096
"""Failing connections that stay here; of more than that the oldest go over."""


ASKED_OFTEN = 8
"""Batches that are asked for before the others go over without it."""


class Give(NamedTuple):
    """Asks for the connections of a batch that stayed behind."""

    batch: int


class Done(NamedTuple):
    """Says that nothing of a batch will be asked for any more."""

    batch: int


class Connections(NamedTuple):
    """The connections of a batch that stayed behind."""

    batch: int
    pickled: bytes
    """Few of them may be asked for, so that they are unpickled by whoever does."""


class Hand:
    """Does tasks, and talks to the parent; collects what is found until it is worth a message."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe
        self._found: list[Judged] = []
        self._position = 0
        self._told = 0.0
        self._number = 0
        self._kept: OrderedDict[int, tuple[Connection, ...]] = OrderedDict()
        self._count = 0
        self._asked = 0

    def work(self) -> None:
        """Do what the parent sends, until it is gone."""
        while True:
            try:
                heard = self._pipe.recv()
            except (EOFError, ConnectionError):
                return
            if isinstance(heard, Give | Done):
                self._heed(heard)
            else:
                self._do(heard)

    def _do(self, task: Task) -> None:
        for found in examine(task, progress=self._progress):
            if isinstance(found, Ended):
                self._send(found)
                return
            self._found.append(found)
            if len(self._found) >= BATCH:
                self._send()

    def _progress(self, position: int) -> None:
        self._position = position
        if time.monotonic() - self._told > TELL_SECONDS:
            self._send()

    def _send(self, ended: Ended | None = None) -> None:
        while self._pipe.poll():
            self._heed(self._pipe.recv())
        self._number += 1
        packed = pack(self._found) if self._found else None
        self._found.clear()
        self._pipe.send(Batch(self._number, self._position, packed and packed.columns, ended))
        if packed is not None:
            send_pieces(self._pipe, packed.records)
            if packed.kept:
                self._keep(packed.kept)
        self._told = time.monotonic()

    def _keep(self, kept: tuple[Connection, ...]) -> None:
        self._kept[self._number] = kept
        self._count += len(kept)
        if self._asked > ASKED_OFTEN:
            self._give(self._number)
        while self._count > MOST_KEPT:
            self._give(next(iter(self._kept)))

    def _heed(self, heard: Give | Done) -> None:
        if isinstance(heard, Give):
            self._asked += 1
            self._give(heard.batch)
        else:
            self._count -= len(self._kept.pop(heard.batch, ()))

    def _give(self, batch: int) -> None:
        """Send the connections of a batch, unless they have gone already."""
        kept = self._kept.pop(batch, None)
        if kept is not None:
            self._count -= len(kept)
            self._pipe.send(Connections(batch, pickle.dumps(kept)))


def work(pipe: Pipe, inherited: tuple[Pipe, ...]) -> None:
    """Do tasks for as long as there is a parent: the main function of a process.

    What a forked process inherits of the parent's ends is closed: while one is open, nobody learns of the parent's
    death.
    """
    for end in inherited:
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; the parent ends its children
    collect_rarely()
    Hand(pipe).work()
