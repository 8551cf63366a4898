"""Keeps a history within its age and size, a small step at a time, so that what was just seen never waits long."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .store import Store

__all__ = ["STEP_ROWS", "Retention"]

STEP_ROWS = 500
"""Connections that one step removes: some 20 ms on SQLite, during which others wait to write."""

LOOK_SECONDS = 60.0
"""Between two looks, when there was nothing to remove."""


class Retention:
    """When to remove what."""

    def __init__(self, keep_seconds: float, keep_bytes: int) -> None:
        """Keep connections for so long, and so many bytes at most."""
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes
        self._next = 0.0

    def is_due(self, tick: float) -> bool:
        """Tell whether it is time for a step, on a clock that only goes forward."""
        return tick >= self._next

    def step(self, store: Store, tick: float, now: float) -> None:
        """Remove a little where there is too much, and say when to look again.

        Args:
            store: the history.
            tick: now, on the clock of `is_due`.
            now: in epoch seconds.

        Raises:
            SQLAlchemyError: the database cannot be had; nothing was removed.
        """
        self._next = tick + LOOK_SECONDS
        removed = store.remove_ended_before(now - self._keep_seconds, STEP_ROWS)
        if not removed and store.used_bytes() > self._keep_bytes:
            removed = store.remove_oldest(STEP_ROWS)
        if removed:
            store.give_back()
            self._next = tick
