"""Numbers with what they count, as one writes them: `1 packet`, `2 packets`."""

from __future__ import annotations

__all__ = ["counted"]


def counted(count: int, one: str, many: str | None = None, *, grouped: bool = False) -> str:
    """Give the number and its noun.

    Args:
        count: the number.
        one: the noun in the singular.
        many: its plural, where an s does not make it.
        grouped: whether commas group the digits.
    """
    noun = one if count == 1 else many or f"{one}s"
    return f"{count:,} {noun}" if grouped else f"{count} {noun}"
