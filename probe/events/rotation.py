"""A file that is begun anew when it has grown: `events.jsonl`, `events.jsonl.1`, `events.jsonl.2`, ...

Files are renamed, never copied: at every moment each line has exactly one name. Nothing waits for the disk (no fsync):
a crash of the machine may cost the last seconds of a log, which a wait for each batch would not be worth; the history
is what has to last.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from io import FileIO
    from pathlib import Path

__all__ = ["RotatingFile", "Unwritable"]


class Unwritable(Exception):
    """The file cannot be written, or not any further."""

    def __init__(self, reason: str, written: int = 0) -> None:
        """Take the reason, and how many of the lines were written before."""
        super().__init__(reason)
        self.written = written


class RotatingFile:
    """Appends to one file, and keeps so many of those before it."""

    def __init__(self, path: Path, rotate_bytes: int, keep_files: int) -> None:
        """Open the file.

        Raises:
            OSError: it cannot be opened for writing.
        """
        self._path = path
        self._rotate_bytes = rotate_bytes
        self._keep_files = keep_files
        self._open()

    def _open(self) -> None:
        self._file: FileIO = self._path.open("ab", buffering=0)
        state = os.fstat(self._file.fileno())
        self._is_regular = stat.S_ISREG(state.st_mode)
        self._size = state.st_size if self._is_regular else 0

    def write(self, lines: Sequence[bytes]) -> None:
        """Append whole lines, with a rotation before each that would let the file grow beyond its bound.

        Raises:
            Unwritable: the disk is full, or the file cannot be written; no line is torn.
        """
        written = 0
        try:
            for count, data in self._pieces(lines):
                self._append(data)
                written += count
        except _Torn as torn:
            raise Unwritable(str(torn), written + torn.whole_lines) from None
        except OSError as error:
            raise Unwritable(_reason(error), written) from None

    def _pieces(self, lines: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
        """Give as many lines at a time as the file has room for; rotate between."""
        start = 0
        while start < len(lines):
            if self._size and self._size + len(lines[start]) > self._rotate_bytes and self._is_regular:
                self._rotate()
            end, size = start, self._size
            while end < len(lines) and (end == start or size + len(lines[end]) <= self._rotate_bytes):
                size += len(lines[end])
                end += 1
            yield end - start, b"".join(lines[start:end])
            start = end

    def _append(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except OSError as error:
            whole = data.rfind(b"\n", 0, written) + 1
            if self._is_regular and whole < written:
                with contextlib.suppress(OSError):  # else the next line stands behind a torn one
                    self._file.truncate(self._size + whole)
            self._size += whole
            raise _Torn(_reason(error), data.count(b"\n", 0, whole)) from None
        self._size += written

    def _rotate(self) -> None:
        """Number the files on. The newest is renamed last, so that no line is ever without a name."""
        for number in range(self._keep_files - 1, 0, -1):
            with contextlib.suppress(FileNotFoundError):
                self._numbered(number).replace(self._numbered(number + 1))
        with contextlib.suppress(FileNotFoundError):  # another program may have moved it meanwhile
            self._path.replace(self._numbered(1))
        self.reopen()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def reopen(self) -> None:
        """Open the path anew: another program has renamed the file. The old one stays open where that fails.

        Raises:
            OSError: it cannot be opened for writing.
        """
        before = self._file
        self._open()
        before.close()

    def close(self) -> None:
        """Write no more."""
        self._file.close()


class _Torn(Exception):
    """A write ended within a line; what was written of the line is taken back."""

    def __init__(self, reason: str, whole_lines: int) -> None:
        super().__init__(reason)
        self.whole_lines = whole_lines


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
