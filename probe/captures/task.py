"""One piece of work: a capture file, or a part of its connections, judged. The same wherever it is done."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from analyzers.capture.analysis import Analysis, Selection
from analyzers.causes.entry import Severity
from analyzers.connection import Endpoint, Outcome, Road
from analyzers.diagnosis.engine import diagnose
from analyzers.errors import MalformedInput
from analyzers.recalling.memory import Memory
from analyzers.report.line import as_json, connection_line, in_utf8
from analyzers.report.text import verdict_block
from analyzers.tls.secrets import KeyLog

from .keys import UNASKED, Fitting
from .novelty import Novelty
from .places import MirrorPlaces
from .sources import CountedSource, open_source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from analyzers.connection import Connection
    from analyzers.diagnosis.findings import Finding, Verdict
    from analyzers.diagnosis.what_if import WhatIf
    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from .keys import Fit
    from .novelty import Ends

__all__ = [
    "Ended",
    "Judged",
    "Kind",
    "Known",
    "Line",
    "Task",
    "Wanted",
    "Written",
    "block_of",
    "examine",
    "examine_all",
]

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


KINDS = 4096
"""Kinds of connections that are kept: some for each pair of ends."""

_GRAVEST_FIRST = tuple(Severity)

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


@dataclass(slots=True)
class Known:
    """Gives a connection that is at hand; mutable by its class only, for a frozen one takes longer to make."""

    connection: Connection

    def __call__(self) -> Connection:
        """Give it."""
        return self.connection


@dataclass(frozen=True, slots=True)
class Written:
    """Gives a text that is written already."""

    text: str

    def __call__(self) -> str:
        """Give it."""
        return self.text


class Kind(NamedTuple):
    """What many judged connections have in common."""

    line: Line
    ends: Ends
    is_wanted: bool
    """Whether they are to be told; else they are only for comparison."""
    is_failed: bool
    has_worked: bool
    severity: Severity | None
    """The gravest of their findings."""


class Judged(NamedTuple):
    """One connection, judged, with as much of it as is wanted.

    A tuple, for there are very many of them, and tuples go from process to process in a third of the time.
    """

    order: tuple[int, int]
    """Its place among the connections of its file."""
    kind: Kind
    started: float
    record: bytes | memoryview | None = None
    """JSON in UTF-8 without its opening brace, behind which outputs may have members of their own."""
    block: Callable[[], str] | None = None
    """Writes the block for the terminal: of failures that are alike few are shown."""
    objects: tuple[Connection, Verdict] | None = None
    connection: Callable[[], Connection] | None = None
    """Gives the connection itself, where it failed: the comparison with an earlier one may need it."""
    shape: int | None = None
    """The number of what a connection that worked shows, where it shows it."""
    new: Connection | None = None
    """The connection itself, where it worked and shows something new."""


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
            yield judge((captured.window, captured.first_frame), connection, task, novelty=novelty)
    yield Ended(analysis.packets, analysis.problems, fit=UNASKED if fitting is None else fitting.fit)


def examine_all(task: Task) -> list[Judged | Ended]:
    """Do a task and give everything at once, for executors that carry one result to another machine."""
    return [
        found
        if isinstance(found, Ended) or found.block is None
        else found._replace(block=Written(found.block()))
        for found in examine(task)
    ]


def block_of(task: Task, connection: Callable[[], Connection]) -> str:
    """Write the block of a connection that was judged elsewhere."""
    told = judge((0, 0), connection(), task).block
    return "" if told is None else told()


def judge(
    order: tuple[int, int],
    connection: Connection,
    task: Task,
    *,
    earlier: tuple[Connection, ...] = (),
    novelty: Novelty | None = None,
) -> Judged:
    """Judge one connection, and make of it what is wanted.

    Args:
        order: its place among the connections of its file.
        connection: what was observed.
        task: what is wanted.
        earlier: the last connection between the same ends that worked, for what has changed since.
        novelty: takes note of those that work, of which one that fails later can be the `earlier`.
    """
    wanted = task.wanted
    verdict = diagnose(connection, task.mirror, earlier=earlier)
    findings, outcome = verdict.findings, connection.outcome
    is_failed = outcome in NOT_WORKING or any(one.is_explanation for one in findings)
    kind = _kind(
        (verdict.client_member, connection.client.address),
        (verdict.server_member, connection.server.address, connection.server.port),
        (outcome.value, verdict.root_cause),
        is_failed=is_failed,
        has_worked=not is_failed and outcome is Outcome.ESTABLISHED,
        severity=_gravest(findings) if findings else None,
        only_failed=wanted.only_failed,
    )
    shape, is_new = None, False
    if kind.has_worked and novelty is not None:
        shape, is_new = novelty.look(kind.ends, connection)
    if not kind.is_wanted:
        wanted = NOTHING
    answers = _what_if(connection, verdict, task) if kind.is_failed else ()
    return Judged(
        order,
        kind,
        connection.started,
        record=_record(connection, verdict, answers, task) if wanted.record else None,
        block=partial(_block, connection, verdict, answers) if wanted.block and kind.is_failed else None,
        objects=(connection, replace(verdict, checks=dict(verdict.checks))) if wanted.objects else None,
        connection=Known(connection) if kind.is_failed else None,
        shape=shape,
        new=connection if is_new else None,
    )


@lru_cache(maxsize=KINDS)
def _kind(
    client: tuple[str | None, str],
    server: tuple[str | None, str, int],
    result: tuple[str, str | None],
    *,
    is_failed: bool,
    has_worked: bool,
    severity: Severity | None,
    only_failed: bool,
) -> Kind:
    """Name a kind of connections, by the members and addresses of both ends, the outcome and the root cause."""
    (client_member, client_address), (server_member, server_address, port) = client, server
    outcome, root_cause = result
    is_telling = is_failed or root_cause is not None
    return Kind(
        line=Line(
            client=client_member or client_address,
            server=f"{server_member}:{port}"
            if server_member is not None
            else str(Endpoint(server_address, port)),
            outcome=outcome,
            root_cause=root_cause,
        ),
        ends=(client_address, server_address, port),
        is_wanted=is_telling or not only_failed,
        is_failed=is_telling,
        has_worked=has_worked,
        severity=severity,
    )


def _gravest(findings: tuple[Finding, ...]) -> Severity:
    severities = [finding.severity for finding in findings]
    return next(severity for severity in _GRAVEST_FIRST if severity in severities)


def _what_if(connection: Connection, verdict: Verdict, task: Task) -> tuple[WhatIf, ...]:
    if task.mirror is None or not task.replaced:
        return ()
    from analyzers.diagnosis.what_if import what_if  # noqa: PLC0415 (wordings of all stacks, where it is asked)

    asked = (what_if(connection, verdict, task.mirror, member, chain) for member, chain in task.replaced)
    return tuple(answer for answer in asked if answer is not None)


def _record(connection: Connection, verdict: Verdict, answers: tuple[WhatIf, ...], task: Task) -> bytes:
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
        line = line[:-1] + in_utf8(f',"what_if":{as_json(asked)}}}')
    return line


def _block(connection: Connection, verdict: Verdict, answers: tuple[WhatIf, ...]) -> str:
    lines = (f"\n  with the other certificate of {answer.member}: {answer.text}" for answer in answers)
    return verdict_block(connection, verdict) + "".join(lines)
