"""What TLS showed of connections that are alike but for how their ends took turns with data.

Of all that TLS shows, only the history tells the turns, and it draws most of them together.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..connection import EventKind, Party
from ..observing.snapshot import letter_of
from ..tls.history import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from ..connection import Tls

__all__ = ["RUN_LETTERS", "Histories"]

RUN_LETTERS = {
    party: letter_of(party, EventKind.APPLICATION_DATA, EventKind.APPLICATION_DATA.value) for party in Party
}
"""How the history writes a run of data."""


class Histories:
    """Gives the same object wherever the history is the same: one look then tells that nothing else differs."""

    __slots__ = ("_known", "_limit")

    def __init__(self, limit: int) -> None:
        """Begin without any; remember `limit` ways to take turns."""
        self._known: dict[Hashable, Tls] = {}
        self._limit = limit

    def of(self, turns: Hashable, letters: Callable[[], Iterable[str]], model: Tls) -> Tls:
        """Give what TLS showed of a connection.

        Args:
            turns: how its ends took turns, by which it is looked up.
            letters: gives those of its whole history; asked where the turns are new.
            model: what is the same but for the history.
        """
        found = self._known.get(turns)
        if found is None:
            history = shorten([*letters()])
            alike = (tls for tls in self._known.values() if tls.history == history)
            found = next(alike, None) or replace(model, history=history)
            if len(self._known) < self._limit:
                self._known[turns] = found
        return found
