"""`mirrorprobe pcap` from its request to its exit code."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from analyzers.causes.entry import Severity
from analyzers.x509.printing import visible
from probe.outcome import ExitCode

from .collecting import collect_rarely
from .comparing import Comparing
from .division import divide, merge
from .keys import joined, remark
from .outputs import HtmlOutput, JsonLinesOutput, JsonOutput, TextOutput
from .progress import Progress
from .sources import GrowingSource, find_captures, size_of
from .task import Ended, Judged, examine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from .keys import Fit
    from .outputs import Output
    from .request import Request
    from .task import Task

    Results = Callable[[int], Iterator[Sequence[Judged | Ended]]]
    """Gives what a task, by its number, finds, some of it at a time."""

__all__ = ["Endless", "run", "stopping"]


class Endless(Protocol):
    """A source that ends when it is told to."""

    def stop(self) -> None:
        """Give what is there, and then the end."""


def run(request: Request, sources: Iterable[tuple[str, Iterator[Judged | Ended]]] | None = None) -> ExitCode:
    """Do what is asked; problems of single files go to standard error, a line each.

    Args:
        request: what is asked.
        sources: the name of each source with what is found in it, where those are not the request's files.
    """
    collect_rarely()
    outputs = _outputs(request, is_followed=request.watch or sources is not None)
    tally = _Tally(request)
    comparing = Comparing()
    for name, results in sources or _results(request):
        found = comparing.compared(request.task(name), results)
        for output in outputs:
            output.begin(name)
        for one in found:
            if isinstance(one, Ended):
                tally.end(one)
                _end(name, one, outputs)
                continue
            tally.take(one)
            for output in outputs:
                output.add(one)
    for output in outputs:
        output.close()
    if (said := remark(request.keylogs, joined(tally.fits))) is not None:
        sys.stderr.write(visible(f"warning: {said}") + "\n")
    return tally.exit_code()


class _Tally:
    """What the exit code depends on, and how the key logs fit."""

    def __init__(self, request: Request) -> None:
        self._grave = tuple(one for one in Severity if one.rank <= request.fail_on.rank)
        self._has_findings = False
        self._is_unreadable = False
        self._is_nothing = True
        self.fits: list[Fit] = []

    def take(self, judged: Judged) -> None:
        self._is_nothing = False
        if judged.kind.severity in self._grave:
            self._has_findings = True

    def end(self, ended: Ended) -> None:
        self._is_nothing = False
        self._is_unreadable |= ended.unreadable is not None
        self.fits.append(ended.fit)

    def exit_code(self) -> ExitCode:
        if self._is_unreadable or self._is_nothing:
            return ExitCode.UNREADABLE
        return ExitCode.FINDINGS if self._has_findings else ExitCode.CLEAN


def _outputs(request: Request, *, is_followed: bool) -> list[Output]:
    outputs: list[Output] = []
    if request.html is not None:
        outputs.append(HtmlOutput(request.html))
    if request.parquet is not None:
        from .parquet import ParquetOutput  # noqa: PLC0415 (an extra)

        outputs.append(ParquetOutput(request.parquet))
    # After those that may not be writable: half a JSON document would stand before the error.
    if request.form == "json":
        outputs.append(JsonOutput(sys.stdout.buffer, is_followed=is_followed))
    elif request.form == "jsonl":
        outputs.append(JsonLinesOutput(sys.stdout.buffer, is_followed=is_followed))
    else:
        outputs.append(TextOutput(sys.stdout))
    return outputs


def _end(name: str, ended: Ended, outputs: Iterable[Output]) -> None:
    for problem in ended.problems:
        sys.stderr.write(visible(f"warning: {name}: {problem}") + "\n")
    if ended.unreadable is not None:
        sys.stderr.write(visible(f"error: {ended.unreadable}") + "\n")
    for output in outputs:
        output.end(ended)


def _results(request: Request) -> Iterator[tuple[str, Iterator[Judged | Ended]]]:
    """Give the name of each file with what is found in it."""
    if request.watch:
        yield request.files[0], _watched(request.task(request.files[0]))
        return
    names = list(find_captures(request.files))
    if not names:
        sys.stderr.write(visible(f"error: no capture in {', '.join(request.files)}") + "\n")
    tasks, sizes = [request.task(name) for name in names], [size_of(name) for name in names]
    divided = divide(tasks, sizes, request.jobs)
    with ExitStack() as stack:
        parts = [part for one in divided for part in one.tasks]
        read = [size for one, size in zip(divided, sizes, strict=True) for _ in one.tasks]
        progress = stack.enter_context(Progress.shown(read))
        results = _executor(request, parts, progress, stack)
        number = 0
        for one in divided:
            numbers = range(number, number + len(one.tasks))
            number += len(one.tasks)
            yield one.file, merge([results(each) for each in numbers])


def _executor(request: Request, parts: list[Task], progress: Progress, stack: ExitStack) -> Results:
    """Choose who does the work: a cluster, several processes, or this one."""
    if request.dask is not None:
        from .cluster import Cluster  # noqa: PLC0415 (an extra)

        return stack.enter_context(Cluster.working(request.dask, parts, progress.tell)).results
    if request.jobs > 1 and len(parts) > 1:
        from .pool import Pool  # noqa: PLC0415 (not needed by most calls)

        return stack.enter_context(Pool.working(parts, request.jobs, progress.tell)).results

    def here(number: int) -> Iterator[Sequence[Judged | Ended]]:
        progressed = partial(progress.tell, number)
        return ((found,) for found in examine(parts[number], progress=progressed))

    return here


def _watched(task: Task) -> Iterator[Judged | Ended]:
    """Follow a file until somebody interrupts; what is open then is reported, too."""
    try:
        source = GrowingSource(Path(task.file))
    except OSError as error:
        yield Ended(unreadable=f"{task.file}: {error.strerror}")
        return
    with stopping(source):
        yield from examine(task, cast("BinaryIO", source))


@contextmanager
def stopping(source: Endless) -> Iterator[None]:
    """Let the signals that end programs end the source instead."""
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: source.stop()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
