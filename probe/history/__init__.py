"""Every connection's event, kept in a database where it can be asked for (docs/history.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..outcome import UsageFailure
from .database import AWAY, Place, reason_of
from .entry import storable
from .schema import SchemaRefused
from .sink import HistorySink, told_on_stderr
from .spool import Spool, SpoolInUse
from .store import Store

if TYPE_CHECKING:
    from ..config.settings import HistorySettings
    from ..events.trouble import Tell

__all__ = ["HistorySink", "open_history"]


def open_history(settings: HistorySettings, probe_name: str, tell: Tell = told_on_stderr) -> HistorySink:
    """Open a history for writing. A server that is away, or a file that is locked, is waited for while it runs.

    Args:
        settings: where, and how long.
        probe_name: by what name this probe is known among those that share the history.
        tell: is told when the database goes or comes, or something is lost; called in the writer's thread.

    Raises:
        UsageFailure: the file or the spool cannot be used, or the database is not for us.
    """
    place, probe = Place(settings.url), storable(probe_name)
    try:
        spool = Spool(settings.spool, settings.spool_bytes)
    except SpoolInUse:
        raise UsageFailure(f"[history] spool: {settings.spool} is used by another probe") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageFailure(f"[history] spool: {settings.spool} cannot be used: {reason}") from None
    store = Store(place, probe)
    try:
        store.open()
    except SchemaRefused as refused:
        spool.close()
        raise UsageFailure(f"[history] {place.name} {refused}") from None
    except AWAY as error:
        if place.file is not None and not _is_busy(error):
            spool.close()
            raise UsageFailure(f"[history] {place.name} cannot be opened: {reason_of(error)}") from None
        # The writer tries again, and tells of it.
    return HistorySink(settings, store, spool, tell, probe)


def _is_busy(error: Exception) -> bool:
    """Tell whether another process only holds the file for a while."""
    return "locked" in reason_of(error)
