"""Explain text: a line that somebody pasted, or a whole log.

Lines that say the same (but for time, process and address) are one match that keeps every line number.
Where one line only says that verification failed, and a neighbour of the same stack says why, the two are
read together: OpenSSL prints the reason on a line of its own (`verify error:num=20:...`), the code on
another.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO

from .line_heads import Repetitions, time_of
from .plain_text import folded, plain
from .scan import candidate_lines
from .wordings.index import may_be_read
from .wordings.reading import SIGNATURE_LIBRARIES, Reading, read_line
from .wordings.topics import Topic, causes_of
from .wordings.wording import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Party

    from .scan import Line

__all__ = ["Explanation", "Match", "explain", "explain_text"]

_NEIGHBOURHOOD = 5
"""Lines between a failure and its reason: an OpenSSL 3 error stack and its verify lines are no longer."""

_LINES_KEPT = 1_000_000
"""Line numbers that all matches keep together; beyond it they are counted only."""

_KEYS_KEPT = 50_000
"""Distinct lines of which it is remembered that they say nothing; more are looked at again each time."""


@dataclass(frozen=True, slots=True)
class Match:
    """One thing that a text says, and where."""

    text: str
    """The first line that says it."""
    lines: tuple[int, ...]
    """The numbers of all lines that say it, from 1, bounded."""
    count: int
    first_time: str | None
    """The time at the head of the first and of the last line, as the log writes it."""
    last_time: str | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a text says about TLS connections that failed."""

    matches: tuple[Match, ...]
    """In the order of their first lines."""
    is_bounded: bool
    """Whether line numbers were dropped because there were too many."""


@dataclass(slots=True)
class _Group:
    """A match that is growing; mutable, because a log repeats itself a million times."""

    reading: Reading
    first: bytes
    last: bytes
    lines: list[int] = field(default_factory=list)
    count: int = 0
    last_line: int = 0


class _Reader:
    """Reads candidate lines, remembers what it has read, groups repetitions."""

    def __init__(self) -> None:
        self._repetitions = Repetitions()
        self._known: dict[bytes, _Group | None] = {}
        self._kept = 0
        self.is_bounded = False

    def feed(self, line: Line) -> None:
        key = self._repetitions.key(line.data)
        group = self._known.get(key, _UNREAD)
        if group is _UNREAD:
            group = self._read(line)
            if group is not None or len(self._known) < _KEYS_KEPT:
                self._known[key] = group
        if group is not None:
            self._add(group, line)

    @staticmethod
    def _read(line: Line) -> _Group | None:
        if not may_be_read(folded(line.data), line.keys):
            return None
        reading = read_line(plain(line.data))
        return None if reading is None else _Group(reading, line.data, line.data)

    def _add(self, group: _Group, line: Line) -> None:
        if line.number == group.last_line:
            return
        group.count += 1
        group.last_line = line.number
        group.last = line.data
        if self._kept < _LINES_KEPT:
            group.lines.append(line.number)
            self._kept += 1
        else:
            self.is_bounded = True

    def groups(self) -> list[_Group]:
        found = [group for group in self._known.values() if group is not None]
        return sorted(found, key=lambda group: group.lines[0] if group.lines else 0)


_UNREAD = _Group(Reading("", Topic.OTHER, Direction.RAISED, None, None, None, ()), b"", b"")


def _is_near(group: _Group, other: _Group) -> bool:
    return bool(group.lines and other.lines) and abs(group.lines[0] - other.lines[0]) <= _NEIGHBOURHOOD


def _related(groups: list[_Group]) -> Iterator[tuple[_Group, _Group]]:
    """Pairs of a line that gives no reason and its nearest neighbour that gives one."""
    for index, group in enumerate(groups):
        if group.reading.topic is not Topic.VERIFY_FAILED:
            continue
        near = [
            other
            for other in groups[max(0, index - _NEIGHBOURHOOD) : index + _NEIGHBOURHOOD + 1]
            if _is_near(group, other)
        ]
        reasons = [other for other in near if other is not group and _reason_of(other.reading) is not None]
        if reasons:
            yield group, min(reasons, key=lambda other: _nearness(group, other))


def _reason_of(reading: Reading) -> Topic | None:
    """Why a verification failed, where a line beside the failure tells."""
    if reading.code is not None and reading.code.startswith("X509_V_ERR"):
        return reading.topic if reading.direction is Direction.RAISED else None
    if reading.topic is Topic.OTHER and any(code.library in SIGNATURE_LIBRARIES for code in reading.packed):
        # A stack with one code on a line: the signature did not fit the issuer's key (domain facts 3.1 row 7).
        return Topic.REKEYED
    return None


def _nearness(group: _Group, other: _Group) -> tuple[bool, int]:
    """A verify error tells more than a signature's, wherever it stands; among equals the nearest counts."""
    return other.reading.topic is Topic.OTHER, abs(other.lines[0] - group.lines[0])


def _with_reason(reading: Reading, reason: Reading) -> Reading:
    topic = _reason_of(reason) or reason.topic
    writer = reading.written_by or reason.written_by
    at_fault: Party | None = writer.other if writer else None
    return replace(reading, topic=topic, written_by=writer, causes=causes_of(topic, at_fault))


def _match(group: _Group) -> Match:
    first, last = (data.decode("utf-8", "replace").strip() for data in (group.first, group.last))
    return Match(first, tuple(group.lines), group.count, time_of(first), time_of(last), group.reading)


def explain(source: BinaryIO) -> Explanation:
    """Explain a log.

    Args:
        source: bytes in any ASCII-compatible encoding; read in chunks, never whole.

    Returns:
        What its lines say, repetitions grouped. A log that says nothing we know gives no match.
    """
    reader = _Reader()
    for line in candidate_lines(source):
        reader.feed(line)
    groups = reader.groups()
    for group, reason in list(_related(groups)):
        group.reading = _with_reason(group.reading, reason.reading)
    return Explanation(tuple(_match(group) for group in groups), reader.is_bounded)


def explain_text(text: str) -> Explanation:
    """Explain text that is already in memory."""
    return explain(io.BytesIO(text.encode()))
