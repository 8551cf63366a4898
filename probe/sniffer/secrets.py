"""Key logs that grow while we capture: each whole line is taken once, when it has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

    from analyzers.tls.secrets import KeyLog

__all__ = ["GrowingKeyLogs"]

PIECE = 1 << 20
"""Bytes of one file that are taken at a time; what is left comes next time."""

LONGEST_LINE = 4096
"""No line of the format is nearly as long; the rest of a longer one is thrown away."""


@dataclass(slots=True)
class _Followed:
    """One file, and the beginning of the line that is not whole yet; mutable, as the file is."""

    file: BinaryIO
    rest: bytes = b""


class GrowingKeyLogs:
    """Some key log files, followed."""

    def __init__(self, paths: Iterable[Path], keylog: KeyLog) -> None:
        """Add to `keylog` what the files hold, now and later.

        Raises:
            UsageFailure: one cannot be opened.
        """
        self._keylog = keylog
        self._followed: list[_Followed] = []
        for path in paths:
            try:
                self._followed.append(_Followed(path.open("rb", buffering=0)))
            except OSError as error:
                self.close()
                reason = (error.strerror or str(error)).lower()
                raise UsageFailure(f"{path}: cannot be read: {reason}") from None
        self.take()

    def take(self) -> None:
        """Take the lines that have come since."""
        for one in self._followed:
            *lines, rest = (one.rest + one.file.read(PIECE)).split(b"\n")
            for line in lines:
                self._keylog.add_line(line)
            one.rest = rest[-LONGEST_LINE:]

    def close(self) -> None:
        """Follow them no more."""
        for one in self._followed:
            one.file.close()
