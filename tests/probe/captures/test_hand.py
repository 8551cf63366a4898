"""What a process of the pool says to its parent, and what it keeps for it."""

from __future__ import annotations

import multiprocessing
import pickle
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from probe.captures.hand import Connections, Done, Give, Hand
from probe.captures.packed import Batch, unpack
from probe.captures.pieces import receive_bytes
from probe.captures.task import Ended, Judged, Task, Wanted, examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from multiprocessing.connection import Connection as Pipe

PCAPS = Path(__file__).parents[3] / "pcaps"
FAILING = str(PCAPS / "client-eku-server-only-tls12.pcap")
WORKING = str(PCAPS / "healthy-tls12.pcap")


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    """The parent's end of a hand that works in a thread until it is closed."""
    here, there = multiprocessing.Pipe()
    working = Thread(target=Hand(there).work)
    working.start()
    yield here
    here.close()
    working.join()
    there.close()


def task_for(file: str) -> Task:
    """Work that gives records."""
    return Task(file, wanted=Wanted(record=True))


def batch_of(pipe: Pipe) -> tuple[Batch, list[Judged]]:
    """Receive what a task finds; what stayed behind is not at hand."""
    while (batch := pipe.recv()).columns is None:
        assert isinstance(batch, Batch)  # it tells how far the task has come
    text = receive_bytes(pipe, batch.size)
    giving = partial(partial, pytest.fail, "it stayed behind")
    return batch, unpack(batch.columns, text, task_for(FAILING), giving)


def without_connection(judged: Iterable[Judged | Ended]) -> list[Judged | Ended]:
    """Leave out what gives a connection."""
    return [one._replace(connection=None) if isinstance(one, Judged) else one for one in judged]


def test_batch_is_what_was_found(pipe: Pipe) -> None:
    """Everything of a connection goes over, but a failing one itself; one that works goes with it, where it is new."""
    for file in (FAILING, WORKING):
        pipe.send(task_for(file))
        batch, found = batch_of(pipe)
        expected = list(examine(task_for(file)))
        assert batch.ended is not None
        assert without_connection([*found, batch.ended]) == without_connection(expected)
        assert batch.position == Path(file).stat().st_size
    assert isinstance(expected[0], Judged)
    assert [expected[0].new] == [one.new for one in found]
    assert expected[0].new is not None
    assert not pipe.poll()


def test_failing_connections_are_given_on_demand(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the batch that is asked for, and when that was often those of every batch, behind it."""
    monkeypatch.setattr("probe.captures.hand.ASKED_OFTEN", 1)
    (expected, _) = examine(task_for(FAILING))
    assert isinstance(expected, Judged)
    assert expected.connection
    pipe.send(task_for(FAILING))
    batch, _ = batch_of(pipe)
    pipe.send(Give(batch.number))
    given = pipe.recv()
    assert isinstance(given, Connections)
    assert (batch.number, (expected.connection(),)) == (given.batch, pickle.loads(given.pickled))
    pipe.send(Give(batch.number))  # it has gone already
    pipe.send(task_for(FAILING))
    batch, _ = batch_of(pipe)
    assert pipe.recv().batch == batch.number


def test_what_is_done_with_is_forgotten(pipe: Pipe) -> None:
    """Nothing is kept of a batch that was gone through; to ask for it is answered by nothing."""
    pipe.send(task_for(FAILING))
    batch, _ = batch_of(pipe)
    pipe.send(Done(batch.number))
    pipe.send(Give(batch.number))
    pipe.send(task_for(WORKING))
    assert batch_of(pipe)[0].number > batch.number


def test_not_too_many_are_kept(pipe: Pipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the parent is slow, the oldest ones go over unasked."""
    monkeypatch.setattr("probe.captures.hand.MOST_KEPT", 1)
    numbers = []
    for _ in range(2):
        pipe.send(task_for(FAILING))
        numbers.append(batch_of(pipe)[0].number)
    assert pipe.recv().batch == numbers[0]
    pipe.send(Give(numbers[1]))
    assert pipe.recv().batch == numbers[1]
