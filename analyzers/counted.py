"""Numbers with what they count, as one writes them: `1 packet`, `2 packets`."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str | None = None) -> str:
    """Give the number and its noun; `many` is the plural where an s does not make it."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {many or f'{one}s'}"
