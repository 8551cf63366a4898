"""The board: the last connections of the probe, for the API."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .account import Account

__all__ = ["Board"]


class Board:
    """The last connections by their ids; the oldest go first."""

    def __init__(self, size: int) -> None:
        """Keep at most `size` connections."""
        self._size = size
        self._kept: OrderedDict[str, Account] = OrderedDict()

    def add(self, account: Account) -> None:
        """Put a finished connection on the board."""
        self._kept[account.id] = account
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def get(self, identifier: str) -> Account | None:
        """Give one connection, or None where it is not (or no longer) here."""
        return self._kept.get(identifier)

    def newest(self, count: int, *, failed_only: bool = False) -> Iterator[Account]:
        """Give the last `count` connections (of those that failed), the newest first."""
        kept = reversed(self._kept.values())
        return islice((account for account in kept if account.has_failed or not failed_only), count)
