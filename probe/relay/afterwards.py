"""Looking after forwarding: what passes between two established ends is shown to the observers a moment later.

To open a record once more and to note it takes as long as to pass it on, and an answer that comes meanwhile would wait.
No decision waits for it; whoever asks an observer something gets an answer that covers everything that has passed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..limits import UNSEEN_SECONDS

if TYPE_CHECKING:
    from .side import Side

__all__ = ["Afterwards"]


class Afterwards:
    """The sides of one relay whose observers lag behind; one timer for all of them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sides: set[Side] = set()
        self._is_set = False

    def add(self, side: Side) -> None:
        """Let the observer of a side catch up in a moment."""
        self._sides.add(side)
        if not self._is_set:
            self._is_set = True
            asyncio.get_running_loop().call_later(UNSEEN_SECONDS, self._catch_up)

    def discard(self, side: Side) -> None:
        """Take note that one has caught up."""
        self._sides.discard(side)

    def _catch_up(self) -> None:
        self._is_set = False
        while self._sides:
            self._sides.pop().catch_up()
