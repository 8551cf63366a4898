"""Events as lines on standard output or in a file: JSON for programs, or for the eye."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from .event import CONNECTION
from .rotation import RotatingFile
from .worker import Worker

if TYPE_CHECKING:
    from ..config.settings import EventsSettings
    from .event import Event

__all__ = ["LogSink"]

_TOLD = ("id", "relay", "client_member", "server_member", "client", "upstream", "outcome", "refused_by",
         "root_cause", "summary")  # fmt: skip
"""What a person reads of a connection; the API has the rest."""


class LogSink:
    """The log of one probe."""

    name = "log"

    def __init__(self, settings: EventsSettings) -> None:
        """Begin to write.

        Raises:
            OSError: the file cannot be opened for writing.
        """
        self._file = (
            None
            if settings.file == "-"
            else RotatingFile(Path(settings.file), settings.rotate_bytes, settings.keep_files)
        )
        colours = self._file is None and sys.stdout.isatty()
        self._console = structlog.dev.ConsoleRenderer(colors=colours) if settings.style == "console" else None
        self._wants_reopening = False
        self._worker: Worker[str] = Worker("events", self._write, finish=self._finish)

    def take(self, event: Event) -> None:
        """Leave the event's line for the writer."""
        self._worker.put(event.line if self._console is None else self._for_the_eye(event))

    def _for_the_eye(self, event: Event) -> str:
        fields: dict[str, Any] = dict(event.fields)
        if event.kind == CONNECTION:
            fields = {name: fields[name] for name in _TOLD if fields.get(name) is not None}
        head = {"timestamp": event.line[15:39], "level": event.level, "event": event.kind}
        return str(self._console(None, event.level, {**head, **fields})) if self._console else event.line

    def _write(self, lines: list[str]) -> int:
        data = "".join(f"{line}\n" for line in lines)
        try:
            if self._file is None:
                sys.stdout.write(data)
                sys.stdout.flush()
                return 0
            if self._wants_reopening:
                self._wants_reopening = False
                self._file.reopen()
            self._file.write(data.encode("utf-8", "surrogatepass"))
        except (OSError, ValueError):
            return len(lines)
        return 0

    def reopen(self) -> None:
        """Open the file anew before the next line: a program such as logrotate has renamed it."""
        self._wants_reopening = True

    def dropped(self) -> int:
        """Give the number of lines that were lost."""
        return self._worker.dropped

    def close(self, seconds: float) -> None:
        """Write what waits."""
        self._worker.close(seconds)

    def _finish(self) -> None:
        if self._file is not None:
            self._file.close()
