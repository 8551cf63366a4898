"""What exports and collectors wrap around a line is taken off."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.diagnosis.explain import explain
from analyzers.diagnosis.plain_text import folded, opened, plain

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = [
    "error:0A000418:SSL routines::tlsv1 alert unknown ca",
    """{error,{tls_alert,"handshake failure"}}""",
    "Authentication failed because the remote party sent a TLS alert: 'UnknownCA'.",
    "hostname '10.0.0.5' doesn't match 'irisb.example.com' in the certificate",
    "error 26 at 1 depth lookup: unsuitable certificate purpose",
]
QUOTES = {'"': "&quot;", "'": "&apos;"}

WRAPPINGS: dict[str, Callable[[str], bytes]] = {
    "messages.log": lambda line: f"11/24/26-10:00:00:123 (4711) 2 [Generic.Event] {line}".encode(),
    "syslog": lambda line: f"<29>Nov 24 10:00:00 host app[123]: {line}".encode(),
    "ISO 8601": lambda line: f"2026-11-24T10:00:00.123456Z host app[123]: {line}".encode(),
    "Java": lambda line: f"2026-11-24 10:00:00,123 [main] ERROR com.example.App - {line}".encode(),
    "container": lambda line: f"app-1  | {line}".encode(),
    "JSON": lambda line: json.dumps({"time": "2026-11-24T10:00:00Z", "msg": line}).encode(),
    "JSON in JSON": lambda line: json.dumps({"log": json.dumps({"msg": line})}).encode(),
    "XML": lambda line: f"<Event><Data>{escape(line, QUOTES)}</Data></Event>".encode(),
    "colours": lambda line: f"\x1b[31mERROR\x1b[0m \x1b]0;title\x07{line}\x1b[0m".encode(),
    "CRLF": lambda line: f"{line}\r\n".encode(),
    "UTF-8 with a mark": lambda line: b"\xef\xbb\xbf" + line.encode(),
    "UTF-16 little": lambda line: b"\xff\xfe" + f"{line}\r\n".encode("utf-16-le"),
    "UTF-16 big": lambda line: b"\xfe\xff" + f"{line}\r\n".encode("utf-16-be"),
    "UTF-16 without a mark": lambda line: f"Information\r\n{line}\r\n".encode("utf-16-le"),
    "other bytes": lambda line: b"\xfc\xdf\x00\xff " + line.encode() + b" \xe4\xf6\xfc",
    "a long line": lambda line: b"x " * 20_000 + line.encode() + b" y" * 20_000,
    "a line longer than is read at once": lambda line: b"x " * 1_500_000 + line.encode() + b" y" * 9,
}


@pytest.mark.parametrize("wrapping", WRAPPINGS, ids=str)
@pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
def test_a_line_says_the_same_whatever_is_around_it(line: str, wrapping: str) -> None:
    """Heads, escapes, colours, encodings and length change nothing of what a line says."""
    (bare,) = explain(io.BytesIO(line.encode())).matches
    (wrapped,) = explain(io.BytesIO(WRAPPINGS[wrapping](line))).matches

    assert replace(bare.reading, packed=()) == replace(wrapped.reading, packed=())
    assert [code.code for code in bare.reading.packed] == [code.code for code in wrapped.reading.packed]


def test_line_numbers_of_utf_16_are_those_of_its_lines() -> None:
    """An export of Windows is counted in lines, not in bytes."""
    log = "\r\n".join(["Level\tSource", *["Information\tService"] * 40, LINES[0], "end"])
    (match,) = explain(io.BytesIO(log.encode("utf-16"))).matches

    assert match.lines == (42,)


def test_every_failure_on_a_long_line_is_found() -> None:
    """A whole export on one line: what it says stands far apart."""
    gap = b"x" * 40_000
    first, second = (LINES[index].encode() for index in (0, 4))
    matches = explain(io.BytesIO(gap + first + gap + second + gap)).matches

    assert [match.lines for match in matches] == [(1,), (1,)]
    assert [match.reading.causes[0][0] for match in matches] == ["unknown-ca", "issuer-purpose"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@given(
    text=st.text(st.characters(codec="ascii", exclude_characters="\x00"), min_size=64, max_size=400),
    size=st.integers(1, 50),
)
def test_reading_gives_the_text_whatever_the_encoding_and_the_pieces(
    encoding: str, text: str, size: int
) -> None:
    """A character that is cut by a read is put together again."""
    read = opened(io.BytesIO(text.encode(encoding)))
    pieces = iter(lambda: read(size), b"")

    assert b"".join(pieces).decode() == text


@given(st.binary(max_size=300))
def test_any_bytes_are_plain_text(data: bytes) -> None:
    """Nothing breaks it, and the two forms agree."""
    assert plain(data).lower().split() == folded(data).decode("utf-8", "replace").lower().split()
