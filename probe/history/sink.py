"""The history as a place to which events are told: a queue, a thread that writes, and the spool behind it.

The event loop only leaves a connection in a queue. The thread gathers for a fifth of a second and writes a batch in one
transaction, so the death of the process loses at most what was gathered. When the database cannot be had, batches go to
the spool; while something waits there everything goes there, so that the order is kept; and when the database is back,
the spool is written to it from its beginning. Every connection has an identifier, and the database takes it once.
"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic, time
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from analyzers.counted import counted

from ..aside import say
from ..events.trouble import SINK_FAILING, SINK_WORKS
from .database import AWAY, reason_of
from .entry import Malformed, entry_of, restored, rows_of
from .retention import Retention
from .schema import SchemaRefused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..account import Account
    from ..config.settings import HistorySettings
    from ..events import Event
    from ..events.trouble import Tell
    from .entry import Entry, Rows
    from .spool import Spool
    from .store import Store

__all__ = ["HistorySink", "told_on_stderr"]

QUEUED = 10_000
"""Connections that may wait in memory: the ten seconds that PostgreSQL has for an answer, at 1000 a second."""

QUEUED_BYTES = 64_000_000
"""What they may take as text."""

GATHERING_SECONDS = 0.2
"""How long connections are gathered: well under the second that a crash may cost."""

BATCH = 500
"""Connections of one transaction."""

REPLAYED = 200
"""Connections that are read back from the spool at once, between two looks into the queue."""

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 1.0, 30.0
"""Between two attempts to reach the database; doubled each time."""

SETTLING_SECONDS = 10.0
"""How often what was written to SQLite is synced: what a power failure may cost."""

COUNTING_SECONDS = 15.0
"""Between two looks at how many connections are kept: as often as Prometheus asks."""

TELLING_SECONDS = 60.0
"""Between two lines about what was lost."""

_LOOK_SECONDS = 1.0
"""How long the thread sleeps at most: retries and retention need no event."""


_REFUSED = (DataError, IntegrityError, InterfaceError, ProgrammingError, ValueError, OverflowError)
"""What a row that cannot be kept may raise; a database that is away, locked, full or damaged raises others."""


def told_on_stderr(kind: str, sink: str, reason: str) -> None:
    """Say what befell the history, where systemd's journal takes it up."""
    say(f"mirrorprobe: {kind}: {sink}: {reason}")


class HistorySink:
    """The history of one probe."""

    name = "history"

    def __init__(self, settings: HistorySettings, store: Store, spool: Spool, tell: Tell, probe: str) -> None:
        """Begin to write.

        Args:
            settings: how long what is kept.
            store: opened, or not yet to be had.
            spool: of this probe alone.
            tell: is told when the database goes or comes, or something is lost; called in the thread.
            probe: by what name this probe is known in the history.
        """
        self._store, self._spool, self._tell, self._probe = store, spool, tell, probe
        self._retention = Retention(settings.keep_seconds, settings.keep_bytes)
        self._queue: deque[tuple[Event, Account]] = deque()
        self._put_bytes = self._taken_bytes = 0  # each written by one thread only
        self._overflown = self._lost = 0
        self._told_lost, self._tell_at = 0, 0.0
        self._is_away = False
        self._retry_at, self._retry_seconds = 0.0, FIRST_RETRY_SECONDS
        self._count_at, self._rows = 0.0, 0
        self._settle_at, self._is_settled = 0.0, True
        self._in_hand: list[Entry] = []
        self._wanted, self._closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def _fails(self, reason: str) -> None:
        self._tell(SINK_FAILING, self.name, reason)

    def _works(self, how: str) -> None:
        self._tell(SINK_WORKS, self.name, how)

    def take(self, event: Event) -> None:
        """Leave a connection for the writer; other events are not kept."""
        if event.account is None:
            return
        size = len(event.line)
        if len(self._queue) >= QUEUED or self._put_bytes - self._taken_bytes + size > QUEUED_BYTES:
            self._overflown += 1
            return
        self._put_bytes += size
        self._queue.append((event, event.account))
        if not self._wanted.is_set():
            self._wanted.set()

    def dropped(self) -> int:
        """Give the number of connections that were lost: for the queue, the spool, or the database's sake."""
        return self._overflown + self._lost + self._spool.damaged

    def rows(self) -> int:
        """Give the number of connections that the history keeps, as of a little while ago."""
        return self._rows

    def close(self, seconds: float) -> None:
        """Write what waits; what the database does not take in that time goes to the spool."""
        self._closing.set()
        self._wanted.set()
        self._thread.join(max(seconds, 0.0))
        if self._in_hand or self._queue:
            # The thread hangs on the database. What it has in hand is spooled too: it may arrive twice, not never.
            self._keep([*self._in_hand, *self._taken(len(self._queue))])
        if not self._thread.is_alive():
            self._store.close()
        self._spool.close()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._wanted.wait(_LOOK_SECONDS)
            self._closing.wait(GATHERING_SECONDS if self._wanted.is_set() else 0)
            is_last = self._closing.is_set()
            self._wanted.clear()
            while self._queue:
                self._deliver(self._taken(BATCH))
            if not is_last:
                self._look_after()
            self._tell_losses(at_once=is_last)

    def _taken(self, limit: int) -> list[Entry]:
        taken: list[Entry] = []
        while self._queue and len(taken) < limit:
            event, account = self._queue.popleft()
            self._taken_bytes += len(event.line)
            taken.append(entry_of(event, account))
        return taken

    def _deliver(self, entries: list[Entry]) -> None:
        """Write to the database, or to the spool where something waits there already."""
        self._in_hand = entries
        if self._spool.is_waiting or self._is_away or not self._written(entries):
            self._keep(entries)
        self._in_hand = []

    def _keep(self, entries: Sequence[Entry]) -> None:
        self._lost += self._spool.append([entry.waiting() for entry in entries])

    def _written(self, entries: Sequence[Entry]) -> bool:
        """Write, and tell whether the database took it or refused it for good; False: it is away."""
        try:
            self._reach()
            self._is_settled = False
            self._write([rows for entry in entries for rows in self._read(entry)])
        except (*AWAY, SchemaRefused) as error:
            self._gone(error)
            return False
        return True

    def _reach(self) -> None:
        if self._store.is_replaced:
            self._fails("its file was removed or replaced; it goes on with the one that is there now")
        if not self._store.is_open:
            self._store.open()

    def _read(self, entry: Entry) -> list[Rows]:
        try:
            return [rows_of(entry, self._probe)]
        except Malformed as error:
            self._lose(f"a connection cannot be kept: {error}")
            return []

    def _write(self, batch: list[Rows]) -> None:
        """Write a batch; where the database refuses a row, all others."""
        if not batch:
            return
        try:
            self._store.write(batch)
        except _REFUSED as error:
            if len(batch) > 1:
                for rows in batch:
                    self._write([rows])
                return
            self._store.count()  # raises where it is not the row, but the database
            self._lose(f"the database refuses a connection: {reason_of(error)}")

    def _lose(self, why: str) -> None:
        self._lost += 1
        self._told_lost += 1
        self._fails(why)

    def _gone(self, error: Exception) -> None:
        if not self._is_away:
            self._fails(f"not to be had, connections wait in the spool: {reason_of(error)}")
        self._is_away = True
        self._store.close()
        self._retry_at = monotonic() + self._retry_seconds
        self._retry_seconds = min(self._retry_seconds * 2, LAST_RETRY_SECONDS)

    def _look_after(self) -> None:
        """Go on with what is due while nothing new waits: the spool, then retention, then the count."""
        if self._is_away and monotonic() < self._retry_at:
            return
        if not self._replay():
            return
        try:
            self._reach()
            self._back()
            while self._retention.is_due(monotonic()) and not self._wanted.is_set():
                self._retention.step(self._store, monotonic(), time())
            if not self._is_settled and monotonic() >= self._settle_at:
                self._settle_at = monotonic() + SETTLING_SECONDS
                self._store.settle()
                self._is_settled = True
            if monotonic() >= self._count_at:
                self._count_at = monotonic() + COUNTING_SECONDS
                self._rows = self._store.count()
        except (*AWAY, SchemaRefused) as error:
            self._gone(error)

    def _replay(self) -> bool:
        """Write what waits in the spool, and tell whether nothing does any more."""
        replayed = 0
        while self._spool.is_waiting and not self._wanted.is_set():
            try:
                lines = self._spool.head(REPLAYED)
            except OSError as error:
                self._gone(error)
                return False
            if not self._written([entry for line in lines for entry in self._restored(line)]):
                return False
            self._spool.done(len(lines))
            replayed += len(lines)
            self._back()
        if replayed:
            self._works(f"{counted(replayed, 'connection was', 'connections were')} written from the spool")
        return not self._spool.is_waiting

    def _restored(self, line: bytes) -> list[Entry]:
        try:
            return [restored(line)]
        except Malformed as error:
            self._lose(f"a line of the spool cannot be read: {error}")
            return []

    def _back(self) -> None:
        if self._is_away:
            self._works("is to be had again")
        self._is_away = False
        self._retry_seconds = FIRST_RETRY_SECONDS

    def _tell_losses(self, *, at_once: bool) -> None:
        """Say how many were lost since it was said last, once a minute at most."""
        lost = self.dropped()
        if lost > self._told_lost and (at_once or monotonic() >= self._tell_at):
            self._tell_at = monotonic() + TELLING_SECONDS
            self._fails(
                f"{counted(lost - self._told_lost, 'connection was', 'connections were')} lost, {lost} since the start"
            )
            self._told_lost = lost
