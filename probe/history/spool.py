"""Rows that wait on disk while the database is away.

Files of lines, each a checksum and a row in JSON; whole files are handed over, oldest first, and deleted when the
database has them. Writing is not followed by fsync: a row survives the end of this process, not a loss of power in
the seconds before the system writes it out.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import FileIO
    from pathlib import Path

__all__ = ["Spool"]

SEGMENT_BYTES = 4_000_000
"""A file is handed over as a whole: some hundred rows at a time, and little to do again when that fails midway."""

SUFFIX = ".spool"


class Spool:
    """A bounded queue in a directory."""

    def __init__(self, directory: Path, limit_bytes: int) -> None:
        """Take up what an earlier process left."""
        self._directory = directory
        self._limit = limit_bytes
        self._file: FileIO | None = None
        self._number = 0
        self._sizes: dict[Path, int] = {}
        if directory.is_dir():
            for path in sorted(directory.glob(f"*{SUFFIX}")):
                self._sizes[path] = path.stat().st_size
                if path.stem.isdigit():
                    self._number = max(self._number, int(path.stem))

    def __bool__(self) -> bool:
        """Whether something waits."""
        return bool(self._sizes)

    def append(self, rows: list[dict[str, Any]]) -> int:
        """Keep rows; give how many found no room.

        Raises:
            OSError: the directory cannot be written to; none of the rows was kept.
        """
        lines = [_line(row) for row in rows]
        room = self._limit - sum(self._sizes.values())
        taken: list[bytes] = []
        for line in lines:
            room -= len(line)
            if room < 0:
                break
            taken.append(line)
        if taken:
            self._write(b"".join(taken))
        return len(lines) - len(taken)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._number += 1
            path = self._directory / f"{self._number:08}{SUFFIX}"
            self._file = path.open("xb", buffering=0)
            path.chmod(0o600)
            self._sizes[path] = 0
        self._file.write(data)
        path = self._directory / f"{self._number:08}{SUFFIX}"
        self._sizes[path] += len(data)
        if self._sizes[path] >= SEGMENT_BYTES:
            self._end_segment()

    def _end_segment(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def hand_over(self, add: Callable[[list[dict[str, Any]]], None]) -> int:
        """Give the oldest file's rows to `add`, and delete the file; give how many lines could not be read.

        Whatever `add` raises leaves the file where it is.
        """
        self._end_segment()
        path = next(iter(self._sizes))
        rows, damaged = _rows(path)
        if rows:
            add(rows)
        path.unlink(missing_ok=True)
        del self._sizes[path]
        return damaged

    def close(self) -> None:
        """Write no more; what waits is handed over by the next process."""
        self._end_segment()


def _line(row: dict[str, Any]) -> bytes:
    text = json.dumps(
        {**row, "event": base64.b64encode(row["event"]).decode()}, separators=(",", ":")
    ).encode()
    return b"%08x %b\n" % (crc32(text), text)


def _rows(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Read a file's rows, and count the lines that are not whole: a process was ended while it wrote."""
    rows, damaged = [], 0
    for text in _texts(path):
        if text is None:
            damaged += 1
            continue
        row = json.loads(text)
        rows.append({**row, "event": base64.b64decode(row["event"])})
    return rows, damaged


def _texts(path: Path) -> Iterator[bytes | None]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    for line in data.split(b"\n")[:-1]:
        checksum, _, text = line.partition(b" ")
        yield text if b"%08x" % crc32(text) == checksum else None
    if not data.endswith(b"\n") and data:
        yield None
