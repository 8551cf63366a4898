"""How often Python looks for cycles of objects."""

from __future__ import annotations

import gc
from typing import Final

__all__ = ["collect_rarely"]

COLLECTED_AFTER: Final = 200_000
"""New objects after which the collector looks, instead of 700: it would take a third of the time otherwise."""


def collect_rarely() -> None:
    """Let this process look for cycles of objects seldom: connections have none, and there are very many."""
    gc.freeze()
    gc.set_threshold(COLLECTED_AFTER, 20, 50)
