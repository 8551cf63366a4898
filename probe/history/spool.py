"""What waits on disk while the database is away: segments that are only appended to, bounded, one checksum a line.

Each append is synced before it counts as kept, so it survives the death of the process and of the machine. A line that
a crash cut off is told by its checksum and counted. Segments are read from the oldest on and removed when everything
in them is in the database; a crash in between reads some lines again, which the database knows already.
"""

from __future__ import annotations

import fcntl
import os
import threading
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Spool", "SpoolInUse"]

SEGMENT_BYTES = 4_000_000
"""After which a new segment begins: what is read at once, and the step by which room becomes free again."""

_SUFFIX = ".spool"


class SpoolInUse(Exception):
    """Another probe keeps its spool in this directory."""


class Spool:
    """The spool of one probe. The writer's thread uses it, and the one that closes when the writer hangs."""

    def __init__(self, directory: Path, bound_bytes: int) -> None:
        """Take possession of a directory, which is made where there is none.

        Raises:
            SpoolInUse: another process has it.
            OSError: it cannot be used.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._bound = bound_bytes
        self._guard = threading.Lock()
        self._held = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._held)
            raise SpoolInUse(str(directory)) from None
        found = sorted(path for path in directory.glob(f"*{_SUFFIX}") if path.stem.isdecimal())
        self._segments = [path for path in found if path.stat().st_size]
        self._next = 1 + max((int(path.stem) for path in found), default=0)
        self._size = sum(path.stat().st_size for path in self._segments)
        self._file: int | None = None
        self._written = 0
        self._lines: list[bytes] | None = None
        """What is left of the oldest segment; None: it was not read yet."""
        self.damaged = 0
        """Lines that were lost to a crash or to the disk."""

    @property
    def is_waiting(self) -> bool:
        """Whether something waits."""
        return bool(self._segments)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._size

    def append(self, entries: Sequence[bytes]) -> int:
        """Keep entries behind those that wait, and give how many found no room; these are the last ones."""
        with self._guard:
            kept = 0
            data = bytearray()
            for entry in entries:
                line = b"%08x %b\n" % (zlib.crc32(entry), entry)
                if self._size + len(data) + len(line) > self._bound:
                    break
                data += line
                kept += 1
            try:
                if kept:
                    self._write(bytes(data))
            except OSError:
                kept = 0
            return len(entries) - kept

    def _write(self, data: bytes) -> None:
        """Append to the newest segment, or leave it as it was."""
        if self._file is not None and self._written >= SEGMENT_BYTES:
            self._roll()
        file = self._begin() if self._file is None else self._file
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(file, view) :]
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._written)
            os.lseek(file, self._written, os.SEEK_SET)
            if not self._written:
                self._forget(self._segments[-1])
            raise
        self._written += len(data)
        self._size += len(data)

    def _begin(self) -> int:
        path = self._directory / f"{self._next:012d}{_SUFFIX}"
        self._file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        self._next += 1
        self._written = 0
        self._segments.append(path)
        self._sync_directory()
        return self._file

    def _roll(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _forget(self, path: Path) -> None:
        """Remove an empty segment, which holds nothing and must not look as if something waited."""
        self._roll()
        self._segments.remove(path)
        path.unlink(missing_ok=True)

    def _sync_directory(self) -> None:
        directory = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def head(self, limit: int) -> list[bytes]:
        """Give at most so many of the oldest entries; they wait until `done` is told of them.

        Raises:
            OSError: the segment cannot be read.
        """
        with self._guard:
            while self._segments:
                if self._lines is None:
                    self._lines = self._read(self._segments[0])
                if self._lines:
                    return self._lines[:limit]
                self._drop_oldest()
            return []

    def _read(self, path: Path) -> list[bytes]:
        if len(self._segments) == 1:
            self._roll()  # what is being read is not appended to
        lines = path.read_bytes().split(b"\n")
        torn = 1 if lines.pop() else 0
        sound = [line[9:] for line in lines if line[:9] == b"%08x " % zlib.crc32(line[9:])]
        self.damaged += len(lines) - len(sound) + torn
        return sound

    def done(self, count: int) -> None:
        """Forget so many of the oldest entries: they are in the database."""
        with self._guard:
            if self._lines is not None:
                del self._lines[:count]
                if not self._lines:
                    self._drop_oldest()

    def _drop_oldest(self) -> None:
        oldest = self._segments.pop(0)
        self._lines = None
        try:
            size = oldest.stat().st_size
            oldest.unlink()
        except OSError:
            size = 0
        self._size = max(self._size - size, 0)

    def close(self) -> None:
        """Let go of the directory; what waits stays."""
        with self._guard:
            self._roll()
            os.close(self._held)
