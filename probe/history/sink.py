"""The history as a sink: written to by a thread of its own, with a spool for when the database is away."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Any

from ..events.worker import Worker
from ..outcome import UsageFailure
from .row import row_of
from .spool import Spool
from .store import Store, StoreAway

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..config.settings import HistorySettings
    from ..events import Event

__all__ = ["HistorySink", "open_history"]

GATHERING_SECONDS = 0.5
"""How long connections are gathered for one commit: the end of this process, however it comes, loses no more."""

TICK_SECONDS = 1.0
RETENTION_SECONDS = 60.0
"""How often what is too old or too much is looked for."""

STEPS = 20
"""Steps of deleting at a time, so that new connections need not wait for a long clean-up."""

LONGEST_PAUSE_SECONDS = 30.0
"""A database that is away is tried again after 1, 2, 4, ... seconds, at last every 30."""


class HistorySink:
    """Keeps every connection."""

    name = "history"

    def __init__(self, settings: HistorySettings, probe: str, trouble: Callable[[str, str], None]) -> None:
        """Open the history.

        Args:
            settings: where and how long.
            probe: how this probe is called in a history that several share.
            trouble: is told, from the sink's thread, the sink's name and what has changed: away, or back.

        Raises:
            UsageFailure: the file cannot be opened, or is of a newer release.
        """
        self._settings = settings
        self._probe = probe
        self._trouble = trouble
        self._store = Store(settings.url)
        self._spool = Spool(settings.spool, settings.spool_bytes)
        self._is_away = False
        self._pause = TICK_SECONDS
        self._again_at = 0.0
        self._cleaned_at = monotonic()
        try:
            self._store.open()
        except StoreAway as away:
            if self._store.is_embedded:
                raise UsageFailure(f"[history] file: {away}") from None
            self._went_away(str(away))
        self._worker: Worker[Event] = Worker(
            "history", self._write, finish=self._finish, gathering=GATHERING_SECONDS, at_once=500,
            tick=self._tick, tick_seconds=TICK_SECONDS,
        )  # fmt: skip

    def take(self, event: Event) -> None:
        """Leave a finished connection for the writer; other events are not kept."""
        if event.account is not None:
            self._worker.put(event)

    def rows(self) -> int:
        """Give how many connections the history holds, as far as this probe knows."""
        return self._store.rows

    def dropped(self) -> int:
        """Give the number of connections that were lost."""
        return self._worker.dropped

    def close(self, seconds: float) -> None:
        """Write what waits, to the spool where the database is away."""
        self._worker.close(seconds)

    def _write(self, events: list[Event]) -> int:
        rows = [row_of(event, event.account, self._probe) for event in events if event.account is not None]
        if not self._is_away:
            try:
                self._store.add(rows)
            except StoreAway as away:
                self._went_away(str(away))
            else:
                return 0
        return self._keep_aside(rows)

    def _keep_aside(self, rows: list[dict[str, Any]]) -> int:
        try:
            return self._spool.append(rows)
        except OSError as error:
            self._trouble(self.name, f"the spool cannot be written to: {error.strerror or error}")
            return len(rows)

    def _went_away(self, reason: str) -> None:
        self._again_at = monotonic() + self._pause
        if not self._is_away:
            self._is_away = True
            self._trouble(
                self.name, f"the database is away, connections wait in {self._settings.spool}: {reason}"
            )

    def _tick(self) -> None:
        """Try the database again, hand over what waits, and delete what is too old or too much."""
        try:
            if self._is_away and monotonic() >= self._again_at:
                self._store.open()
                self._is_away = False
                self._pause = TICK_SECONDS
                self._trouble(self.name, "the database is back")
            if not self._is_away:
                while self._spool:
                    self._worker.dropped += self._spool.hand_over(self._store.add)
                self._clean()
        except StoreAway as away:
            self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)
            self._went_away(str(away))
        except UsageFailure as failure:
            self._again_at = monotonic() + LONGEST_PAUSE_SECONDS
            self._trouble(self.name, str(failure))

    def _clean(self) -> None:
        if monotonic() - self._cleaned_at < RETENTION_SECONDS:
            return
        for _ in range(STEPS):
            gone = self._store.forget_before(time() - self._settings.keep_seconds)
            gone += self._store.forget_beyond(self._settings.keep_bytes)
            if gone == 0:
                self._cleaned_at = monotonic()
                return

    def _finish(self) -> None:
        self._spool.close()
        self._store.close()


def open_history(settings: HistorySettings, probe: str, trouble: Callable[[str, str], None]) -> HistorySink:
    """Open the history of a probe; see `HistorySink`."""
    return HistorySink(settings, probe, trouble)
