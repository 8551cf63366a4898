"""What `explain` found, as a JSON record (design section 7, last paragraph) and as text for a terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from analyzers.causes import catalogue
from analyzers.diagnosis.wordings.wording import Direction
from analyzers.tls.codepoints import alert_name
from analyzers.x509.printing import visible

if TYPE_CHECKING:
    from analyzers.diagnosis.explain import Explanation, Match
    from analyzers.diagnosis.wordings.openssl_codes import PackedCode
    from analyzers.diagnosis.wordings.reading import Reading

__all__ = ["WIDEST", "explanation_record", "explanation_text"]

_SCHEMA = "mirrorprobe.explain/1"
WIDEST = 100
"""Columns of what is read as sentences, and where the width is not known."""
_NARROWEST = 40
"""Columns that the heads of lines and a word need."""
_LINES_SHOWN = 8
_TEXT_SHOWN = 1200
"""Characters of a line that are printed: an OpenSSL error stack on one line is shorter."""


def _summary(cause: str) -> str:
    return catalogue()[cause].summary


def _packed(code: PackedCode) -> dict[str, Any]:
    return {
        "code": f"{code.code:08X}",
        "generation": code.generation,
        "library": code.library,
        "library_name": code.library_name,
        "function": code.function or None,
        "reason": code.reason,
        "reason_text": code.reason_text or None,
        "alert": code.alert,
    }


def look_at(reading: Reading) -> str:
    """Say on which host to look, in one sentence."""
    writer, peer = "the host that wrote this line", "the other host"
    if reading.written_by is not None:
        writer = f"{writer} (the TLS {reading.written_by})"
        peer = f"{peer} (the TLS {reading.written_by.other})"
    if reading.direction is Direction.RECEIVED:
        return f"{peer[0].upper()}{peer[1:]} refused, and its log has the reason; what it refused is of {writer}."
    if reading.refused_by is None:
        return f"Look at {writer}: its own files and settings, before the peer's."
    if reading.refused_by in ("peer", reading.written_by and str(reading.written_by.other)):
        return f"Look at {peer}: it ended the connection, or never answered."
    return f"{writer[0].upper()}{writer[1:]} refused; what it refused is of {peer}."


def _match_record(match: Match) -> dict[str, Any]:
    reading = match.reading
    return {
        "line": match.lines[0] if match.lines else None,
        "lines": list(match.lines),
        "count": match.count,
        "first_time": match.first_time,
        "last_time": match.last_time,
        "text": match.text,
        "stack": reading.stack,
        "code": reading.code,
        "codes": [_packed(code) for code in reading.packed],
        "alert": reading.alert,
        "alert_description": None if reading.alert is None else alert_name(reading.alert),
        "direction": str(reading.direction),
        "written_by": None if reading.written_by is None else str(reading.written_by),
        "refused_by": reading.refused_by,
        "look_at": look_at(reading),
        "causes": [
            {"id": cause, "confidence": confidence, "summary": _summary(cause)}
            for cause, confidence in reading.causes
        ],
    }


def explanation_record(explanation: Explanation) -> dict[str, Any]:
    """Give what `mirrorprobe explain --json` prints."""
    return {
        "schema": _SCHEMA,
        "matches": [_match_record(match) for match in explanation.matches],
        "lines_are_bounded": explanation.is_bounded,
    }


def _lines(match: Match) -> str:
    shown = ", ".join(str(line) for line in match.lines[:_LINES_SHOWN])
    more = match.count - min(len(match.lines), _LINES_SHOWN)
    return f"line{'s' if match.count > 1 else ''} {shown}" + (f" and {more} more" if more else "")


def _when(match: Match) -> str:
    if match.first_time is None:
        return ""
    if match.count == 1 or match.last_time is None:
        return f", at {match.first_time}"
    return f", first {match.first_time}, last {match.last_time}"


def _said(reading: Reading) -> str:
    parts = [reading.stack]
    if reading.code:
        parts.append(f"code {reading.code}")
    if reading.alert is not None:
        verb = "received" if reading.direction is Direction.RECEIVED else "sends"
        parts.append(f"{verb} alert {reading.alert} {alert_name(reading.alert)}")
    return ", ".join(parts)


def _wrap(text: str, first: str, width: int) -> str:
    hanging = " " * len(first)
    return textwrap.fill(
        text,
        width,
        initial_indent=first,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _shown(text: str) -> str:
    shown = visible(text[:_TEXT_SHOWN])
    return shown if len(text) <= _TEXT_SHOWN else f"{shown} ..."


def _block(match: Match, width: int) -> str:
    reading = match.reading
    rows = [
        _wrap(f"{_lines(match)}{_when(match)}", "", width),
        # A log may hold what moves the cursor.
        _wrap(_shown(match.text), "  | ", width),
        _wrap(_said(reading), "  said by   ", width),
    ]
    rows.append(_wrap(look_at(reading), "  look at   ", width))
    if not reading.causes:
        rows.append(_wrap("no root cause follows from this line alone.", "  causes    ", width))
    for index, (cause, confidence) in enumerate(reading.causes):
        head = "  causes    " if index == 0 else "            "
        rows.append(_wrap(f"{confidence:4.0%} {cause}: {_summary(cause)}", head, width))
    return "\n".join(rows)


def explanation_text(explanation: Explanation, width: int = WIDEST) -> str:
    """Give what `mirrorprobe explain` prints, at most `width` columns wide; ends in a line feed."""
    if not explanation.matches:
        return "unknown: nothing in this text is a TLS or connection error that mirrorprobe knows.\n"
    blocks = [_block(match, max(width, _NARROWEST)) for match in explanation.matches]
    best = next((match.reading.causes[0][0] for match in explanation.matches if match.reading.causes), None)
    hint = f"\n\nmirrorprobe causes {best}   tells what it is and what to do." if best else ""
    return "\n\n".join(blocks) + hint + "\n"
