"""The board: the last connections of the probe, for the API."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .relayed import Relayed

__all__ = ["Board"]


class Board:
    """The last connections by their ids; the oldest go first."""

    def __init__(self, size: int) -> None:
        """Keep at most `size` connections."""
        self._size = size
        self._kept: OrderedDict[str, Relayed] = OrderedDict()

    def add(self, relayed: Relayed) -> None:
        """Put a finished connection on the board."""
        self._kept[relayed.id] = relayed
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def get(self, identifier: str) -> Relayed | None:
        """Give one connection, or None where it is not (or no longer) here."""
        return self._kept.get(identifier)

    def newest(self, count: int, *, failed_only: bool = False) -> Iterator[Relayed]:
        """Give the last `count` connections (of those that failed), the newest first."""
        kept = reversed(self._kept.values())
        return islice((relayed for relayed in kept if relayed.has_failed or not failed_only), count)
