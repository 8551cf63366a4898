"""What happened, as log lines: one event for each connection, and what befalls the probe itself.

Lines are structlog's, JSON or for the eye; the field names at the top are those of the Elastic Common Schema,
the whole record follows under its own names (design section 6). The relay only renders a line and leaves it:
a thread writes, so a slow terminal or disk never slows a connection. When it falls behind by `QUEUED` lines,
further ones are counted and lost.
"""

from __future__ import annotations

import json
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import TextIO

    from .account import Account

__all__ = ["EventLog"]

QUEUED = 10_000
"""Lines that may wait for the writer: at 10 KiB each 100 MB, and minutes of a retry storm."""

GATHERING_SECONDS = 0.05
"""How long the writer gathers lines. Waking it for each costs a connection more than its judgement does."""

CLOSING_SECONDS = 5.0
"""How long the last lines may take at the end; a pipe that nobody reads must not hold the probe."""


class _Writer:
    """A thread that writes lines to one stream, many at a time."""

    def __init__(self, stream: TextIO) -> None:
        self.dropped = 0
        self._stream = stream
        self._lines: deque[str] = deque()
        self._wanted = threading.Event()
        self._is_closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def line(self, text: str) -> None:
        """Leave a line for the writer, or count it as lost."""
        if len(self._lines) >= QUEUED:
            self.dropped += 1
            return
        self._lines.append(text)
        if not self._wanted.is_set():
            self._wanted.set()

    def _run(self) -> None:
        while not self._is_closing.is_set():
            self._wanted.wait()
            self._is_closing.wait(GATHERING_SECONDS)
            self._wanted.clear()
            self._write()
        self._write()

    def _write(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        try:
            self._stream.writelines(f"{line}\n" for line in lines)
            self._stream.flush()
        except (OSError, ValueError):
            self.dropped += len(lines)

    def close(self) -> None:
        """Write what waits, as far as that is possible in time."""
        self._is_closing.set()
        self._wanted.set()
        self._thread.join(CLOSING_SECONDS)


class _Line:
    """What structlog takes for a logger: its one method hands the rendered line on."""

    def __init__(self, writer: _Writer) -> None:
        self._line = writer.line

    def msg(self, text: str) -> None:
        """Take a rendered line."""
        self._line(text)

    info = warning = error = msg


def _stamp(_logger: object, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put time and level before everything else."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"@timestamp": now, "log.level": level, **event}


def _brief(_logger: object, _level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave both legs out of what a person reads; the API has them."""
    return {
        key: value for key, value in event.items() if key not in ("legs", "schema", "findings", "enforcement")
    }


def _to_json(_logger: object, _level: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


class EventLog:
    """The log of one probe."""

    def __init__(self, style: str, path: str) -> None:
        """Write `json` or `console` lines to a file (appending), or to standard output where the path is `-`.

        Raises:
            OSError: the file cannot be opened for writing.
        """
        self._file = None if path == "-" else Path(path).open("a", encoding="utf-8")  # noqa: SIM115 (held until close)
        stream = self._file or sys.stdout
        self._writer = _Writer(stream)
        renderers: list[Any] = [_stamp, _to_json]
        if style == "console":
            renderers = [_stamp, _brief, structlog.dev.ConsoleRenderer(colors=stream.isatty())]
        self._log = structlog.wrap_logger(
            _Line(self._writer),
            processors=renderers,
            wrapper_class=structlog.BoundLogger,
            cache_logger_on_first_use=True,
        )

    def dropped(self) -> int:
        """Give the number of lines that were lost."""
        return self._writer.dropped

    def connection(self, account: Account) -> None:
        """Write the event of one finished connection."""
        level = self._log.warning if account.has_failed else self._log.info
        level("connection", **_common_fields(account), **account.record())

    def notice(self, event: str, **fields: Any) -> None:  # noqa: ANN401 (a field is whatever JSON can hold)
        """Write that something happened to the probe itself."""
        self._log.info(event, **fields)

    def problem(self, event: str, **fields: Any) -> None:  # noqa: ANN401
        """Write that something went wrong in the probe itself."""
        self._log.error(event, **fields)

    def close(self) -> None:
        """Write what waits and close the file."""
        self._writer.close()
        if self._file is not None:
            self._file.close()


def _common_fields(account: Account) -> dict[str, Any]:
    """Give the fields of the Elastic Common Schema, by which a log store knows a connection."""
    source, destination = account.source, account.destination
    return {
        "source.address": source.address,
        "source.port": source.port,
        "destination.address": destination.address,
        "destination.port": destination.port,
        "event.outcome": "failure" if account.has_failed else "success",
        "tls.established": account.outcome.value == "established",
    }
