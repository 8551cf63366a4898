"""Events as lines on standard output or in a file: JSON for programs, or for the eye."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..aside import say
from .console import Console
from .rotation import RotatingFile, Unwritable
from .trouble import SINK_FAILING, Health
from .worker import Worker

if TYPE_CHECKING:
    from ..config.settings import EventsSettings
    from .event import Event

__all__ = ["LogSink"]


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
        # Past sys.stdout: its text may have another encoding, and its lock, held by a thread that waits for a full
        # pipe, would end the interpreter with a fatal error.
        self._stdout = sys.stdout.fileno() if self._file is None else -1
        colours = self._file is None and os.isatty(self._stdout)
        self._console = Console(colours=colours) if settings.style == "console" else None
        self._wants_reopening = False
        self._health = Health(self.name, _told_on_stderr)
        self._reopening = Health(self.name, _told_on_stderr)
        self._worker: Worker[bytes] = Worker("events", self._write, finish=self._finish)

    def take(self, event: Event) -> None:
        """Leave the event's line for the writer."""
        line = event.line if self._console is None else self._console.line(event)
        data = f"{line}\n".encode()
        self._worker.put(data, len(data))

    def _write(self, lines: list[bytes]) -> int:
        try:
            if self._file is None:
                _write_all(self._stdout, b"".join(lines))
            else:
                self._append(self._file, lines)
        except Unwritable as error:
            self._health.failing("unwritable", f"events are lost: {error}")
            return len(lines) - error.written
        except (OSError, ValueError) as error:
            self._health.failing("unwritable", f"events are lost: {error}")
            return len(lines)
        self._health.works()
        return 0

    def _append(self, file: RotatingFile, lines: list[bytes]) -> None:
        if self._wants_reopening:
            try:
                file.reopen()
                self._wants_reopening = False
                self._reopening.works()
            except OSError as error:
                self._reopening.failing("kept", f"cannot be reopened, and goes on where it was: {error}")
        file.write(lines)

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


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _told_on_stderr(kind: str, sink: str, reason: str) -> None:
    """Say what befell the log where it can still be said."""
    said = reason if kind == SINK_FAILING else "works again"
    say(f"mirrorprobe: {sink}: {said}")
