"""Work divided among processes and machines: the same results, in the same order, whoever does it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probe.captures import division
from probe.captures.cluster import Cluster
from probe.captures.division import divide, merge
from probe.captures.pool import Pool, WorkerLost
from probe.captures.task import Ended, Judged, Known, Task, Wanted, examine, examine_all
from probe.outcome import ConnectFailed

if TYPE_CHECKING:
    from collections.abc import Iterator

PCAPS = Path(__file__).parents[3] / "pcaps"
FILES = [str(path) for path in sorted(PCAPS.glob("*-tls12.pcap"))[:30]]
FAILING = str(PCAPS / "client-eku-server-only-tls12.pcap")


def no_progress(_task: int, _position: int) -> None:
    """Tell nobody."""


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One capture of many connections: those of all files, one behind the other."""
    parts = [Path(name).read_bytes() for name in FILES]
    path = tmp_path_factory.mktemp("joined") / "joined.pcap"
    path.write_bytes(parts[0][:24] + b"".join(part[24:] for part in parts))
    return path


def task_for(path: Path | str) -> Task:
    """Work that gives records."""
    return Task(str(path), wanted=Wanted(record=True))


def test_large_files_are_divided_where_hands_are_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not small ones, and not where every hand has a file of its own."""
    monkeypatch.setattr(division, "WORTH_DIVIDING", 1000)
    tasks = [task_for("a"), task_for("b")]
    assert [len(one.tasks) for one in divide(tasks, [5000, 10], 3)] == [3, 1]
    assert [len(one.tasks) for one in divide(tasks, [5000, 5000], 2)] == [1, 1]
    shards = [one.selection.shard for one in divide(tasks, [5000, 10], 3)[0].tasks]
    assert shards == [0, 1, 2]


def merged(joined: Path, jobs: int, monkeypatch: pytest.MonkeyPatch) -> list[Judged | Ended]:
    """What several processes find in one capture."""
    monkeypatch.setattr(division, "WORTH_DIVIDING", 1)
    (one,) = divide([task_for(joined)], [joined.stat().st_size], jobs)
    assert len(one.tasks) == jobs
    with Pool.working(one.tasks, jobs, no_progress) as pool:
        return list(map(at_hand, merge([pool.results(number) for number in range(jobs)])))


def at_hand(found: Judged | Ended) -> Judged | Ended:
    """Ask for what stayed in another process."""
    if isinstance(found, Ended) or found.connection is None:
        return found
    return found._replace(connection=Known(found.connection()))


def all_of(pool: Pool, number: int) -> list[Judged | Ended]:
    """Give everything that a task finds, with the connections themselves."""
    return [at_hand(found) for some in pool.results(number) for found in some]


@pytest.mark.parametrize("jobs", [2, 3])
def test_parts_of_one_capture_merge_to_the_whole(
    joined: Path, jobs: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every connection once, in the order of one process, with the packets counted once."""
    whole = list(examine(task_for(joined)))
    assert merged(joined, jobs, monkeypatch) == whole
    assert len(whole) == len(FILES) + 1


def test_more_tasks_than_processes() -> None:
    """Tasks wait for a free process; their results can be asked for in any order."""
    tasks = [task_for(name) for name in FILES]
    told: list[tuple[int, int]] = []
    with Pool.working(tasks, 2, lambda task, position: told.append((task, position))) as pool:
        last = all_of(pool, len(tasks) - 1)
        results = [all_of(pool, number) for number in range(len(tasks) - 1)]
    assert [*results, last] == [examine_all(task) for task in tasks]
    assert {task for task, _ in told} == set(range(len(tasks)))


def test_lost_process_is_told() -> None:
    """When a process is killed, the command ends with the name of the file that it read."""
    tasks = [task_for(name) for name in FILES[:2]]
    with Pool.working(tasks, 2, no_progress) as pool:
        for worker in pool._workers:
            os.kill(worker.process.pid or 0, signal.SIGKILL)
        with pytest.raises(WorkerLost, match=r"its process ended unexpectedly"):
            list(pool.results(0))


def test_lost_process_is_told_when_something_is_asked_of_it() -> None:
    """So it is when a connection that had stayed with it is asked for."""
    with Pool.working([task_for(FAILING)], 1, no_progress) as pool:
        ((failed, _),) = pool.results(0)
        assert isinstance(failed, Judged)
        assert failed.connection is not None
        (process,) = (worker.process for worker in pool._workers)
        process.kill()
        process.join()
        with pytest.raises(WorkerLost, match=r"ended unexpectedly"):
            failed.connection()


def test_parts_are_asked_for_more_when_all_was_taken() -> None:
    """Who gives connections can forget them when it is asked for the next ones: then they have been gone through."""
    (one, _) = examine(task_for(FILES[0]))
    assert isinstance(one, Judged)
    taken: list[int] = []

    def part(*runs: tuple[int, ...]) -> Iterator[list[Judged | Ended]]:
        for frames in runs:
            yield [one._replace(order=(0, frame)) for frame in frames]
            assert set(frames) <= set(taken)
        yield [Ended(9)]

    for judged in merge([part((1, 2, 8), (9,)), part((3,), (4, 5, 12)), part(), part((6,), (7, 10, 11))]):
        taken += [judged.order[1]] if isinstance(judged, Judged) else []
    assert taken == list(range(1, 13))


def test_parts_tell_how_their_file_ended() -> None:
    """A problem that all parts see is told once; what cannot be read is told."""
    problem = Ended(5, ("truncated",))
    assert [problem] == list(merge([[[problem]], [[problem]]]))
    assert [Ended(0, (), "gone")] == list(merge([[[Ended(unreadable="gone")]]]))


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and two workers, processes on the loopback address."""
    contact = tmp_path / "scheduler.json"
    options = ["--host", "127.0.0.1", "--scheduler-file", str(contact), "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduling = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options, "--port", "0"]
    running = [subprocess.Popen(scheduling, **quiet)]
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        "--scheduler-file",
        str(contact),
        "--no-nanny",
    ]
    worker += ["--no-dashboard", "--nthreads", "1", "--local-directory", str(tmp_path)]
    running += [subprocess.Popen(worker, **quiet) for _ in range(2)]
    try:
        yield _address(contact), running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()


def _address(contact: Path) -> str:
    """Wait until the scheduler has written where it listens."""
    from distributed import Client  # noqa: PLC0415 (slow to load, for this test only)

    with Client(scheduler_file=str(contact), timeout=60, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        return str(client.scheduler.address)


@pytest.mark.filterwarnings("ignore")
def test_cluster_gives_what_one_process_gives(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], joined: Path
) -> None:
    """Also when one of its two workers is killed in the middle: nothing is lost, nothing comes twice."""
    address, workers = scheduler
    tasks = [task_for(name) for name in (*FILES, joined) for _ in range(3)]
    expected = [examine_all(task) for task in tasks]
    with Cluster.working(address, tasks, no_progress) as cluster:
        results = [list(chain.from_iterable(cluster.results(0)))]
        workers[0].kill()
        results += [list(chain.from_iterable(cluster.results(number))) for number in range(1, len(tasks))]
    assert expected == results


@pytest.mark.filterwarnings("ignore")
def test_command_on_a_cluster(scheduler: tuple[str, list[subprocess.Popen[bytes]]]) -> None:
    """`--dask` prints what the command prints without it."""
    command = [sys.executable, "-m", "probe", "pcap", "--json", *FILES[:5]]
    alone = subprocess.run(command, capture_output=True, check=False)
    together = subprocess.run([*command, "--dask", scheduler[0]], capture_output=True, check=False)
    assert json.loads(alone.stdout) == json.loads(together.stdout)
    assert alone.returncode == together.returncode


def test_no_cluster_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address at which no scheduler listens is told as such."""
    monkeypatch.setattr("probe.captures.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(ConnectFailed, match="no Dask scheduler answers"):
        Cluster("tcp://127.0.0.1:1", [], no_progress)
