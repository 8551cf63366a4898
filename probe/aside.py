"""What is said beside the output, for whoever started the program."""

from __future__ import annotations

import sys
from contextlib import suppress

__all__ = ["say"]


def say(*lines: str) -> None:
    """Write lines to standard error, if it takes any.

    Often the disk that is full holds standard error, too, or nobody reads it any more. Whoever had something to say
    goes on: it is counted, or among the events, as well.
    """
    with suppress(OSError, ValueError):
        print(*lines, sep="\n", file=sys.stderr, flush=True)  # noqa: T201 (its output)
