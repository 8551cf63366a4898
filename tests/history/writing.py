"""A process that keeps a history until it is killed: `python -m tests.history.writing URL SPOOL PROBE`.

It writes a line with the identifier and the time for each connection that it took.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from threading import Event
from time import time

from probe.config.settings import HistorySettings
from probe.history import open_history
from tests.history.telling import event

PAUSE_SECONDS = 0.002


def main() -> None:
    """Take one connection after the other, some hundreds a second."""
    url, spool, probe = sys.argv[1:]
    sink = open_history(HistorySettings(url, Path(spool), 100_000_000, 1e12, 10**12), probe)
    never = Event()
    for number in count():
        identifier = f"{probe}-{number}"
        sink.take(event(identifier))
        sys.stdout.write(f"{identifier} {time()}\n")
        sys.stdout.flush()
        never.wait(PAUSE_SECONDS)


if __name__ == "__main__":
    main()
