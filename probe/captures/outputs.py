"""What is written of captures: for people, for programs, for a browser, for tables."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TextIO

from analyzers.counted import counted
from analyzers.report.json import SCHEMA_NAME
from analyzers.report.line import in_utf8
from analyzers.x509.printing import visible
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from pathlib import Path

    from .task import Ended, Judged, Line

__all__ = ["HtmlOutput", "JsonLinesOutput", "JsonOutput", "Output", "TextOutput"]


class Output(Protocol):
    """Takes what was found, file by file, as it is found."""

    def begin(self, file: str) -> None:
        """Take note that a file's connections follow."""
        ...

    def add(self, judged: Judged) -> None:
        """Take a connection of the file."""
        ...

    def end(self, ended: Ended) -> None:
        """Take note that the file has no more."""
        ...

    def close(self) -> None:
        """Write what is left to write."""
        ...


WRITTEN_BYTES = 1 << 18
"""What is written together, unless somebody waits for each line."""


class _Blocks:
    """Writes pieces together, for there are very many of them."""

    def __init__(self, stream: BinaryIO, room: int) -> None:
        self._stream = stream
        self._room = room
        self._pieces: list[bytes | memoryview] = []
        self._size = 0

    def add(self, before: bytes, record: bytes | memoryview = b"", after: bytes = b"") -> None:
        """Take a record, and what stands around it."""
        self._pieces += (before, record, after)
        self._size += len(record)
        if self._size > self._room:
            self.write()

    def write(self) -> None:
        """Write what is there."""
        self._stream.write(b"".join(self._pieces))
        self._stream.flush()
        self._pieces.clear()
        self._size = 0


class JsonOutput:
    """One JSON document (schema `mirrorprobe/1`), written while the files are read."""

    def __init__(self, stream: BinaryIO, *, is_followed: bool) -> None:
        """Write to `stream`; with `is_followed` each connection at once, for somebody may be watching."""
        self._blocks = _Blocks(stream, 0 if is_followed else WRITTEN_BYTES)
        self._files = 0
        self._before = b""
        self._blocks.add(b'{"schema": ' + _json(SCHEMA_NAME) + b', "captures": [')

    def begin(self, file: str) -> None:
        """Open the capture's object."""
        comma = b"," if self._files else b""
        self._files += 1
        self._before = b"\n{"
        self._blocks.add(comma + b'\n{"file": ' + _json(file) + b', "connections": [')

    def add(self, judged: Judged) -> None:
        """Write one connection."""
        if judged.record is not None:
            self._blocks.add(self._before, judged.record)
            self._before = b",\n{"

    def end(self, ended: Ended) -> None:
        """Write what is known when the file has been read."""
        problems = [*ended.problems, *([] if ended.unreadable is None else [ended.unreadable])]
        self._blocks.add(b'], "packets": %d, "problems": %b}' % (ended.packets, _json(problems)))

    def close(self) -> None:
        """Close the document."""
        self._blocks.add(b"\n]}\n")
        self._blocks.write()


class JsonLinesOutput:
    """A JSON object a line, for each connection, with the name of its file."""

    def __init__(self, stream: BinaryIO, *, is_followed: bool) -> None:
        """Write to `stream`; with `is_followed` each line at once, for somebody may be watching."""
        self._blocks = _Blocks(stream, 0 if is_followed else WRITTEN_BYTES)
        self._head = b""

    def begin(self, file: str) -> None:
        """Take note of the name."""
        self._head = b'{"file": ' + _json(file) + b", "

    def add(self, judged: Judged) -> None:
        """Write one connection, or keep it until there are more."""
        if judged.record is not None:
            self._blocks.add(self._head, judged.record, b"\n")

    def end(self, ended: Ended) -> None:
        """Write what was kept; problems stand on standard error."""
        del ended
        self._blocks.write()

    def close(self) -> None:
        """Write nothing."""


def _json(value: object) -> bytes:
    return in_utf8(json.dumps(value, ensure_ascii=False))


SHOWN_ALIKE = 3
"""Blocks of connections that failed alike: a member tries again every few seconds, for hours."""

TABLE_ROWS = 100
"""Rows of the summary; the JSON output has no such bound."""


@dataclass(slots=True)
class _Kind:
    """Connections between the same ends; counts, so it changes."""

    outcomes: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)


class TextOutput:
    """Blocks of failing connections as they come, and a summary at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._alike: Counter[Line] = Counter()
        self._packets = 0

    def begin(self, file: str) -> None:
        """Name the file."""
        self._stream.write(f"{visible(file)}\n\n")

    def add(self, judged: Judged) -> None:
        """Write a failing connection, unless several like it were written."""
        line = judged.kind.line
        kind = self._kinds.setdefault((line.client, line.server), _Kind())
        kind.outcomes[line.outcome] += 1
        if line.root_cause is not None:
            kind.causes[line.root_cause] += 1
        if judged.block is None:
            return
        self._alike[line] += 1
        if self._alike[line] <= SHOWN_ALIKE:
            self._stream.write(judged.block() + "\n")
            self._stream.flush()

    def end(self, ended: Ended) -> None:
        """Add up."""
        self._packets += ended.packets

    def close(self) -> None:
        """Say what was left out, and write the summary."""
        for line, count in self._alike.items():
            if count > SHOWN_ALIKE:
                cause = line.root_cause or line.outcome
                more = count - SHOWN_ALIKE
                self._stream.write(f"{line.client} -> {line.server}: {more} more like these ({cause})\n")
        if any(count > SHOWN_ALIKE for count in self._alike.values()):
            self._stream.write("\n")
        connections = sum(kind.outcomes.total() for kind in self._kinds.values())
        if self._kinds:
            self._write_table()
        self._stream.write(f"{counted(connections, 'connection')} in {counted(self._packets, 'packet')}\n")

    def _write_table(self) -> None:
        from rich import box  # noqa: PLC0415 (a tenth of a second that the JSON outputs need not pay)
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Column, Table  # noqa: PLC0415

        names = ("client", "server", "connections", "outcome", "root cause")
        # Half an address or a root cause is none: what does not fit goes on in the next line.
        table = Table(*(Column(name, overflow="fold") for name in names), box=box.SIMPLE)
        ranked = sorted(self._kinds.items(), key=_by_failures)
        for (client, server), kind in ranked[:TABLE_ROWS]:
            style = "red" if kind.causes or set(kind.outcomes) & {"failed", "refused", "timeout"} else ""
            total = str(kind.outcomes.total())
            table.add_row(client, server, total, _counts(kind.outcomes), _counts(kind.causes), style=style)
        Console(file=self._stream, width=None if self._stream.isatty() else 140).print(table)
        if len(ranked) > TABLE_ROWS:
            self._stream.write(f"and {counted(len(ranked) - TABLE_ROWS, 'more pair')} of ends\n")


def _by_failures(item: tuple[tuple[str, str], _Kind]) -> tuple[int, tuple[str, str]]:
    ends, kind = item
    return -(kind.outcomes.total() - kind.outcomes["established"] + kind.causes.total()), ends


def _counts(counter: Counter[str]) -> str:
    if len(counter) == 1:
        return next(iter(counter))
    return ", ".join(f"{name} {count}" for name, count in counter.most_common())


class HtmlOutput:
    """One self-contained page, written at the end."""

    def __init__(self, path: Path) -> None:
        """Open the file at once: after hours of capturing it is too late to learn that it cannot be written.

        Raises:
            UsageFailure: it cannot be written.
        """
        self._path = path
        try:
            self._file_of_page = path.open("w", encoding="utf-8")
        except OSError as error:
            raise _not_written(path, error) from None
        self._captures: list[Any] = []
        self._file = ""
        self._judged: list[Any] = []

    def begin(self, file: str) -> None:
        """Take note of the name."""
        self._file = file
        self._judged = []

    def add(self, judged: Judged) -> None:
        """Keep a connection for the page."""
        if judged.objects is not None:
            self._judged.append(judged.objects)

    def end(self, ended: Ended) -> None:
        """Keep the file for the page."""
        from analyzers.report.html import ReportedCapture  # noqa: PLC0415 (templates, for this output only)

        capture = ReportedCapture(self._file, ended.packets, ended.problems, tuple(self._judged))
        self._captures.append(capture)

    def close(self) -> None:
        """Write the page."""
        from analyzers.report.html import html_report  # noqa: PLC0415

        try:
            with self._file_of_page as page:
                page.write(html_report(self._captures))
        except OSError as error:
            raise _not_written(self._path, error) from None


def _not_written(path: Path, error: OSError) -> UsageFailure:
    return UsageFailure(f"--html {path}: cannot be written: {(error.strerror or str(error)).lower()}")
