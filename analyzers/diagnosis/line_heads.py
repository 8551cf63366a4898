"""Take the head off a log line: the time, and what changes from one repetition to the next.

Known heads: messages.log and cconsole.log (`MM/DD/YY-HH:MM:SS:mmm (pid) severity [Category] `), RFC 3339,
RFC 5424 and BSD syslog, and the usual `YYYY-MM-DD HH:MM:SS`. Times are kept as they stand: a log does not
tell its time zone.
"""

from __future__ import annotations

import re

__all__ = ["repetition_key", "time_of"]

_TIMES = re.compile(
    r"\d{2}/\d{2}/\d{2,4}-\d{2}:\d{2}:\d{2}(?::\d{3})?"
    r"|\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d \d{2}:\d{2}:\d{2}"
    r"|\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}"
)
_HEAD_LENGTH = 80
"""Where a line's time is looked for: a syslog head with priority and nanoseconds has under 50."""

_VARYING = re.compile(
    rb"\d{1,3}(?:\.\d{1,3}){3}(?::\d+|\|\d+)?"
    rb"|\(\d+\)(?= \d )|\[\d+\]|\bpid[ =]\d+|\bport[ =:]\d+|:\d{4,5}\b(?!:)|0x[0-9a-f]{9,16}\b"
    rb"|\d{1,4}[-/]\d{2}[-/]\d{2,4}[-T ]\d{2}:\d{2}:\d{2}[.,:\d]*|\d{2}:\d{2}:\d{2}(?:[.,]\d+)?"
    rb"|^[0-9a-f]{8,16}:(?=error:)|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)


def time_of(text: str) -> str | None:
    """Give the time at the head of `text` as it stands there; None where there is none."""
    match = _TIMES.search(text[:_HEAD_LENGTH])
    return match.group() if match else None


def repetition_key(line: bytes) -> bytes:
    """Give `line` without times, process numbers and addresses: two lines with the same key say the same."""
    return _VARYING.sub(b"~", line)
