"""One piece of work: a capture file, or a part of its connections, judged. The same wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from analyzers.capture.analysis import Analysis, Selection
from analyzers.connection import Outcome, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.errors import MalformedInput
from analyzers.recalling.memory import Memory
from analyzers.report.line import as_json, connection_line
from analyzers.report.text import verdict_block
from analyzers.tls.secrets import KeyLog

from .keys import UNASKED, Fitting
from .novelty import Novelty
from .places import MirrorPlaces
from .sources import CountedSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from analyzers.causes.entry import Severity
    from analyzers.connection import Connection, Endpoint
    from analyzers.diagnosis.findings import Verdict
    from analyzers.diagnosis.what_if import WhatIf
    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from .keys import Fit

__all__ = ["Ended", "Judged", "Line", "Task", "Wanted", "examine", "examine_all"]

NOT_WORKING = frozenset({Outcome.FAILED, Outcome.REFUSED, Outcome.TIMEOUT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be made of every connection: making what nobody reads costs time."""

    record: bool = False
    """The JSON record, as text."""
    block: bool = False
    """The block for the terminal, of connections that fail, or work as they must not."""
    objects: bool = False
    """Connection and verdict themselves, for the HTML page."""
    only_failed: bool = False
    """Nothing at all of connections that work."""


ALL = Selection()
NOTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work, complete in itself, so that it can be done in another process or on another
    machine.
    """

    file: str
    keylogs: tuple[str, ...] = ()
    mirror: Mirror | None = field(default=None, repr=False)
    ports: frozenset[int] = frozenset()
    selection: Selection = ALL
    road: Road = Road.PCAP
    wanted: Wanted = NOTHING
    replaced: tuple[tuple[str, tuple[Certificate, ...]], ...] = ()
    """Members, and the chains that they might present instead: would a failure go away?"""


class Line(NamedTuple):
    """What the summary says of a connection."""

    client: str
    server: str
    outcome: str
    root_cause: str | None


class Judged(NamedTuple):
    """One connection, judged, with as much of it as is wanted.

    A tuple, for there are very many of them, and tuples go from process to process in a third of the time.
    """

    order: tuple[int, int]
    """Its place among the connections of its file."""
    line: Line
    ends: tuple[str, Endpoint]
    """The client's address, and where the server listens: what a client does again is between the same ends."""
    is_wanted: bool
    """Whether it is to be told; else it is only for comparison."""
    is_failed: bool
    has_worked: bool
    severity: Severity | None
    """The gravest of its findings."""
    started: float
    record: str | None = None
    block: str | None = None
    objects: tuple[Connection, Verdict] | None = None
    connection: Connection | None = None
    """The connection itself, where the comparison with earlier ones needs it."""
    shape: int | None = None
    """The number of what a connection that worked shows, where it shows it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A piece of work is done."""

    packets: int = 0
    problems: tuple[str, ...] = ()
    unreadable: str | None = None
    """Why nothing of the file could be read."""
    fit: Fit = UNASKED
    """Whether the secrets of key logs were those of its connections."""


@lru_cache(maxsize=4)  # the tasks of one run share their key logs
def read_keylogs(paths: tuple[str, ...]) -> KeyLog | None:
    """Read key log files into one; None without any."""
    if not paths:
        return None
    keylog = KeyLog()
    for path in paths:
        keylog.merge(KeyLog.parse(Path(path).read_bytes()))
    return keylog


def _tell_nobody(_position: int) -> None:
    pass


def examine(
    task: Task,
    source: BinaryIO | None = None,
    progress: Callable[[int], None] = _tell_nobody,
    keylog: KeyLog | None = None,
) -> Iterator[Judged | Ended]:
    """Do a task: give every connection as it ends, and at the end how it went.

    Args:
        task: what to do.
        source: where the bytes come from, if not from the task's file.
        progress: is told how many bytes of the file have been read.
        keylog: secrets that are still coming, if not those of the task's files.
    """
    try:
        opened = cast("BinaryIO", CountedSource(source or open_source(task.file), progress))
    except OSError as error:
        yield Ended(unreadable=f"{task.file}: {error.strerror or error}")
        return
    secrets = read_keylogs(task.keylogs) if keylog is None else keylog
    fitting = None if secrets is None else Fitting(secrets)
    with opened:
        try:
            analysis = Analysis(
                opened,
                keylog=secrets,
                places=MirrorPlaces(task.mirror, task.ports),
                selection=task.selection,
                road=task.road,
                memory=Memory(),
            )
        except (MalformedInput, OSError) as error:
            yield Ended(unreadable=f"{task.file}: {error}")
            return
        novelty = Novelty()
        for captured in analysis.connections():
            connection = captured.connection
            if fitting is not None:
                fitting.look(connection)
            judged = judge((captured.window, captured.first_frame), connection, task)
            yield with_shape(judged, connection, novelty)
    yield Ended(analysis.packets, analysis.problems, fit=UNASKED if fitting is None else fitting.fit)


def with_shape(judged: Judged, connection: Connection, novelty: Novelty) -> Judged:
    """Add what the comparison with other connections needs: of one that worked what it shows, of a failure all."""
    if not judged.has_worked:
        return judged._replace(connection=connection) if judged.is_failed else judged
    number, is_new = novelty.look(judged.ends, connection)
    return judged._replace(shape=number, connection=connection if is_new else None)


def examine_all(task: Task) -> list[Judged | Ended]:
    """Do a task and give everything at once, for executors that carry one result."""
    return list(examine(task))


def judge(
    order: tuple[int, int], connection: Connection, task: Task, earlier: tuple[Connection, ...] = ()
) -> Judged:
    """Judge one connection, and make of it what is wanted.

    Args:
        order: its place among the connections of its file.
        connection: what was observed.
        task: what is wanted.
        earlier: the last connection between the same ends that worked, for what has changed since.
    """
    wanted = task.wanted
    verdict = diagnose(connection, task.mirror, earlier=earlier)
    is_failed = connection.outcome in NOT_WORKING or any(one.is_explanation for one in verdict.findings)
    is_telling = is_failed or verdict.root_cause is not None
    if wanted.only_failed and not is_telling:
        wanted = NOTHING
    severities = [finding.severity for finding in verdict.findings]
    answers = _what_if(connection, verdict, task) if is_telling else ()
    return Judged(
        order=order,
        line=Line(
            client=verdict.client_member or connection.client.address,
            server=_server(connection.server, verdict.server_member),
            outcome=connection.outcome.value,
            root_cause=verdict.root_cause,
        ),
        ends=(connection.client.address, connection.server),
        is_wanted=is_telling or not task.wanted.only_failed,
        is_failed=is_telling,
        has_worked=not is_failed and connection.outcome is Outcome.ESTABLISHED,
        severity=min(severities, key=_rank) if severities else None,
        started=connection.started,
        record=_record(connection, verdict, answers, task) if wanted.record else None,
        block=_block(connection, verdict, answers) if wanted.block and is_telling else None,
        objects=(connection, replace(verdict, checks=dict(verdict.checks))) if wanted.objects else None,
    )


def _what_if(connection: Connection, verdict: Verdict, task: Task) -> tuple[WhatIf, ...]:
    if task.mirror is None or not task.replaced:
        return ()
    from analyzers.diagnosis.what_if import what_if  # noqa: PLC0415 (wordings of all stacks, where it is asked)

    asked = (what_if(connection, verdict, task.mirror, member, chain) for member, chain in task.replaced)
    return tuple(answer for answer in asked if answer is not None)


def _record(connection: Connection, verdict: Verdict, answers: tuple[WhatIf, ...], task: Task) -> str:
    line = connection_line(connection, verdict)
    if task.replaced:
        asked = [
            {
                "member": answer.member,
                "party": answer.party.value,
                "before": answer.before,
                "goes_away": answer.goes_away,
                "text": answer.text,
            }
            for answer in answers
        ]
        line = f'{line[:-1]},"what_if":{as_json(asked)}}}'
    return line


def _block(connection: Connection, verdict: Verdict, answers: tuple[WhatIf, ...]) -> str:
    lines = (f"\n  with the other certificate of {answer.member}: {answer.text}" for answer in answers)
    return verdict_block(connection, verdict) + "".join(lines)


def _server(server: Endpoint, member: str | None) -> str:
    return f"{member}:{server.port}" if member is not None else str(server)


def _rank(severity: Severity) -> int:
    return severity.rank
