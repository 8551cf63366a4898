"""How far the work has come, on standard error: after a second, and only on a terminal."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

__all__ = ["Progress"]

PATIENCE_SECONDS = 1.0
"""What is done sooner needs no bar."""


class Progress:
    """Adds up how much of all files has been read."""

    def __init__(self, sizes: Sequence[int]) -> None:
        """`sizes` are what each task reads, in bytes; 0 where that is not known."""
        self._sizes = sizes
        self._read = [0] * len(sizes)
        self._began = time.monotonic()
        self._is_shown = sys.stderr.isatty()
        self._bar: Bar | None = None
        self._line: TaskID | None = None

    @classmethod
    @contextmanager
    def shown(cls, sizes: Sequence[int]) -> Iterator[Progress]:
        """Show progress for as long as the block lasts."""
        progress = cls(sizes)
        try:
            yield progress
        finally:
            progress.close()

    def tell(self, task: int, position: int) -> None:
        """Take note that so many bytes of a task's file were read; -1: all."""
        self._read[task] = self._sizes[task] if position < 0 else position
        if not self._is_shown:
            return
        if self._bar is None and time.monotonic() - self._began > PATIENCE_SECONDS:
            self._open()
        if self._bar is not None and self._line is not None:
            self._bar.update(self._line, completed=sum(self._read))

    def _open(self) -> None:
        from rich.console import Console  # noqa: PLC0415 (a tenth of a second, for long work only)
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        self._bar = Progress(TextColumn("reading"), *columns, console=Console(stderr=True), transient=True)
        self._line = self._bar.add_task("reading", total=sum(self._sizes) or None)
        self._bar.start()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
