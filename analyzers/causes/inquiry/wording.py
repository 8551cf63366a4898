"""Times and lists as a report writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["listing", "moment", "span"]

_DAY, _HOUR, _MINUTE = 86400, 3600, 60

_LAST_MOMENT = 253402300799
"""The end of the year 9999, which is also what RFC 5280 section 4.1.2.5 uses for "never"."""


def moment(at: float) -> str:
    """Write epoch seconds as a date and time, UTC."""
    if not 0 <= at <= _LAST_MOMENT:
        return "a time out of all calendars"
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(seconds: float) -> str:
    """Write a length of time in the largest unit that fits: `35 days`, `1 hour`."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:.0f} seconds"


def listing(words: Iterable[str], most: int = 8) -> str:
    """Write words in a row, and how many more there are."""
    given = list(words)
    rest = len(given) - most
    shown = ", ".join(given[:most])
    return f"{shown} and {rest} more" if rest > 0 else shown or "none"
