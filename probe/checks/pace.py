"""How fast a survey may ask: a few connections at once, never a burst, and not without end."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["CONNECTIONS", "GAP_SECONDS", "Pace", "Spent"]

AT_ONCE = 4
"""An ISCAgent forks for each connection; so few do not disturb the members that it serves."""

GAP_SECONDS = 0.05
"""Between two dials: twenty a second at most, less than a member that retries makes in a storm."""

CONNECTIONS = 256
"""In all. A server that takes everything our engine has needs some 150."""


class Spent(Exception):
    """So many connections were made that no more will be."""


class Pace:
    """Lets connections begin one after the other."""

    def __init__(
        self, at_once: int = AT_ONCE, gap_seconds: float = GAP_SECONDS, most: int = CONNECTIONS
    ) -> None:
        """Allow `at_once` of them at the same time, `gap_seconds` between two beginnings, and `most` in all."""
        self._slots = asyncio.Semaphore(at_once)
        self._turn = asyncio.Lock()
        self._gap_seconds = gap_seconds
        self._most = most
        self.made = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until a connection may begin, and hold its place while it lasts.

        Raises:
            Spent: there have been too many.
        """
        async with self._slots:
            if self.made >= self._most:
                raise Spent
            self.made += 1
            async with self._turn:
                await asyncio.sleep(self._gap_seconds)
            yield
