"""Take the head off a log line: the time, and what changes from one repetition to the next.

Known heads: messages.log and cconsole.log (`MM/DD/YY-HH:MM:SS:mmm (pid) severity [Category] `), RFC 3339, RFC 5424 and BSD
syslog, web servers, Tomcat, exports of Windows, and the usual `YYYY-MM-DD HH:MM:SS`. Times are kept as they stand: a log does
not tell its time zone.
"""

from __future__ import annotations

import re

__all__ = ["Repetitions", "time_of"]

_TIMES = re.compile(
    r"\d{2}/\d{2}/\d{2,4}-\d{2}:\d{2}:\d{2}(?::\d{3})?"
    r"|\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d{2}:\d{2}:\d{2}"
    r"|\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}"
    r"|\d{1,2}-[A-Z][a-z]{2}-\d{4} \d{2}:\d{2}:\d{2}(?:\.\d{1,6})?"
    r"|\d{1,2}/\d{1,2}/\d{4},? \d{1,2}:\d{2}:\d{2}(?: [AP]M)?"
)
_HEAD_LENGTH = 80
"""Where a line's time is looked for: a syslog head with priority and nanoseconds has under 50."""

_VARYING = re.compile(
    rb"\d{1,3}(?:\.\d{1,3}){3}(?::\d+|\|\d+)?"
    rb"|\(\d+\)(?= \d )|\[\d+\]|\bpid[ =]\d+|\bport[ =:]\d+|:\d{4,5}\b(?!:)|0x[0-9a-f]{9,16}\b"
    rb"|\d{1,4}[-/]\d{1,2}[-/]\d{2,4},?[-T ]\d{1,2}:\d{2}:\d{2}(?: [ap]m)?[.,:\d]*|\d{1,2}-[a-z]{3}-\d{4} "
    rb"|\d{2}:\d{2}:\d{2}(?:[.,]\d+)?"
    rb"|^[0-9a-f]{8,16}:(?=error:)|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)


def time_of(text: str) -> str | None:
    """Give the time at the head of `text` as it stands there; None where there is none."""
    match = _TIMES.search(text[:_HEAD_LENGTH])
    return match.group() if match else None


_SHAPE = bytes(ord("0") if chr(code).isdigit() and code < 128 else code for code in range(256))
"""Every digit as a zero: what varies is found by where digits stand, never by which they are."""
_SHAPES_KEPT = 20_000
"""Shapes whose varying parts are remembered; a log has few, for their number grows with lengths, not with values."""


class Repetitions:
    """Tells lines that say the same from lines that do not, and remembers where what varies stands."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[slice, ...]] = {}

    def key(self, line: bytes) -> bytes:
        """Give `line` without times, process numbers and addresses: two lines with the same key say the same."""
        shape = line.translate(_SHAPE)
        kept = self._kept.get(shape)
        if kept is None:
            kept = _kept_parts(line)
            if len(self._kept) < _SHAPES_KEPT:
                self._kept[shape] = kept
        return b"~".join([line[part] for part in kept])


def _kept_parts(line: bytes) -> tuple[slice, ...]:
    parts, start = [], 0
    for match in _VARYING.finditer(line):
        parts.append(slice(start, match.start()))
        start = match.end()
    return (*parts, slice(start, len(line)))
