"""How wide the terminal is."""

from __future__ import annotations

from shutil import get_terminal_size

__all__ = ["columns"]


def columns(most: int) -> int:
    """Give the columns of the terminal, or of COLUMNS, at most `most`; `most` where standard output is no terminal."""
    return min(get_terminal_size((most, 1)).columns, most)
