"""Where capture bytes come from: files, standard input, a file that still grows, or a URL."""

from __future__ import annotations

import io
import os
import time
from stat import S_ISREG
from typing import TYPE_CHECKING, BinaryIO, cast

from analyzers.capture.file import is_capture
from probe.outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

__all__ = ["STANDARD_INPUT", "CountedSource", "GrowingSource", "find_captures", "open_source", "size_of"]

STANDARD_INPUT = "-"

POLL_SECONDS = 0.2
"""How often a file that grows is looked at."""


class CountedSource(io.RawIOBase):
    """A source that tells how much of it was read."""

    def __init__(self, source: BinaryIO, tell: Callable[[int], None]) -> None:
        """`tell` is told the number of bytes read so far."""
        super().__init__()
        self._source = source
        self._tell = tell
        self._position = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1, /) -> bytes | None:
        """Read from the source beneath."""
        piece: bytes | None = self._source.read(size)
        self._position += len(piece or b"")
        self._tell(self._position)
        return piece

    def close(self) -> None:
        """Close the source beneath, too."""
        self._source.close()
        super().close()


class GrowingSource(io.RawIOBase):
    """A file to which another program writes; where nothing has come, `read` waits a moment and gives
    None.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._is_stopped = False

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1, /) -> bytes | None:
        """Give what has come; None after a moment in which nothing came, `b""` when it is over."""
        piece = self._file.read(size)
        if piece or self._is_stopped or self._is_shorter():
            return piece
        time.sleep(POLL_SECONDS)
        return None

    def stop(self) -> None:
        """Give what is there, and then the end."""
        self._is_stopped = True

    def _is_shorter(self) -> bool:
        """Whether the file was begun anew, so that what follows has nothing to do with what was read."""
        return os.fstat(self._file.fileno()).st_size < self._file.tell()

    def close(self) -> None:
        """Close the file, too."""
        self._file.close()
        super().close()


def is_url(name: str) -> bool:
    """Whether a name is a URL for fsspec and no path."""
    return "://" in name


def open_source(name: str) -> BinaryIO:
    """Open a file, standard input or a URL.

    Raises:
        OSError: it cannot be opened.
        UsageFailure: it is a URL, and fsspec is not installed.
    """
    if name == STANDARD_INPUT:
        return os.fdopen(os.dup(0), "rb", buffering=0)
    if not is_url(name):
        return open(name, "rb", buffering=0)  # noqa: PTH123 (handed on; read in large pieces)
    try:
        import fsspec  # noqa: PLC0415 (an extra)
    except ImportError:
        raise UsageFailure(f"{name}: URLs need the extra: pip install 'mirrorprobe[dask]'") from None
    return cast("BinaryIO", fsspec.open(name, "rb").open())


def size_of(name: str) -> int:
    """Give the size of a file in bytes; 0 where that is not known beforehand."""
    try:
        return 0 if name == STANDARD_INPUT or is_url(name) else os.stat(name).st_size  # noqa: PTH116
    except OSError:
        return 0


def find_captures(names: Iterable[str]) -> Iterator[str]:
    """Give the files that are meant: in a directory all that are captures, whatever they are called.

    What cannot be read there is among them, for it may be one: whoever opens it learns why not.
    """
    for name in names:
        if name == STANDARD_INPUT or is_url(name) or not os.path.isdir(name):  # noqa: PTH112
            yield name
        else:
            yield from _captures_below(name)


def _captures_below(directory: str) -> Iterator[str]:
    closed: list[str] = []
    for folder, folders, files in os.walk(directory, onerror=lambda error: closed.append(error.filename)):
        folders.sort()
        for file in sorted(files):
            path = os.path.join(folder, file)  # noqa: PTH118
            if _may_hold_capture(path):
                yield path
    yield from closed


def _may_hold_capture(path: str) -> bool:
    try:
        if not S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 (a pipe would be waited for)
            return False
        with open_source(path) as source:
            return is_capture(source)
    except FileNotFoundError:  # a link to nowhere
        return False
    except OSError:
        return True
