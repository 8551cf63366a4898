"""What someone asks of a history: the filters, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.connection import Outcome

from ..outcome import UsageFailure

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Wanted", "checked", "likely", "moment"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_AGO = re.compile(r"(\d{1,6})([smhdw])")

COMPARED_CHARACTERS = 64
"""Of a name that nobody knows: comparing takes the square of the length."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which connections; what is None or False leaves them all in."""

    since: float | None = None
    """Those that ended at this time, in epoch seconds, or later."""
    until: float | None = None
    """Those that ended before."""
    member: str | None = None
    """Those of which this member is one end."""
    cause: str | None = None
    outcome: str | None = None
    is_failed: bool = False
    """Only those that could not be used."""
    relay: str | None = None
    """Those that this relay, check or live capture saw."""
    limit: int | None = None
    """The newest so many."""


def checked(wanted: Wanted, now: float, since: str | None, until: str | None) -> Wanted:
    """Take the filters of a command line, with its times.

    Raises:
        UsageFailure: some cannot be meant; one line for each.
    """
    problems: list[str] = []
    begin = _noted("--since", since, now, problems)
    end = _noted("--until", until, now, problems)
    if wanted.outcome is not None and wanted.outcome not in set(Outcome):
        problems.append(f"--outcome {wanted.outcome}: none (accepted: {', '.join(Outcome)})")
    if wanted.cause is not None and wanted.cause not in catalogue():
        hint = likely(wanted.cause, catalogue()) or " (mirrorprobe causes lists them all)"
        problems.append(f"--cause {wanted.cause!r}: no root cause{hint}")
    if problems:
        raise UsageFailure(*problems)
    return replace(wanted, since=begin, until=end)


def likely(name: str, known: Iterable[str]) -> str:
    """Ask whether one of the known names was meant; nothing where none is like it."""
    close = get_close_matches(name[:COMPARED_CHARACTERS], tuple(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _noted(option: str, text: str | None, now: float, problems: list[str]) -> float | None:
    try:
        return None if text is None else moment(text, now)
    except ValueError as error:
        problems.append(f"{option} {text}: {error}")
        return None


def moment(text: str, now: float) -> float:
    """Read a time: ISO 8601 (without an offset: local time), epoch seconds, or how long ago, as `2h` or `3d`.

    Raises:
        ValueError: it is none of these.
    """
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        return float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise ValueError("write how long ago, as 2h or 3d, or a time, as 2026-01-31T12:00") from None
