"""A file that is begun anew when it has grown: `events.jsonl`, `events.jsonl.1`, `events.jsonl.2`, ..."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from io import FileIO
    from pathlib import Path

__all__ = ["RotatingFile"]


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
        self._file = self._open()

    def _open(self) -> FileIO:
        return self._path.open("ab", buffering=0)

    def write(self, data: bytes) -> None:
        """Append whole lines, after a rotation where the file would grow beyond its bound.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        size = self._file.tell()
        if size and size + len(data) > self._rotate_bytes:
            self._rotate()
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _rotate(self) -> None:
        """Number the files on. The newest is renamed last, so that no line is ever without a name."""
        self._file.close()
        try:
            for number in range(self._keep_files - 1, 0, -1):
                older = self._numbered(number)
                if older.exists():
                    older.replace(self._numbered(number + 1))
            self._path.replace(self._numbered(1))
        finally:
            self._file = self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def reopen(self) -> None:
        """Open the path anew: another program has renamed the file.

        Raises:
            OSError: it cannot be opened for writing.
        """
        reopened = self._open()
        self._file.close()
        self._file = reopened

    def close(self) -> None:
        """Write no more."""
        self._file.close()
