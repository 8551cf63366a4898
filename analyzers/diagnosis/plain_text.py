"""Logs as plain lines of UTF-8: what exports and collectors wrap around a message is taken off.

Windows writes exports in UTF-16; containers colour their lines; a collector puts a line into JSON, an event export into XML, and
both escape what the wordings have as quotation marks.
"""

from __future__ import annotations

import codecs
import re
from html import unescape
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["folded", "opened", "plain"]

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PROBE = 4096
"""Bytes looked at to tell UTF-16 without a mark: half of the bytes of Latin text are zero then, on one side of each pair."""
_MOSTLY = 0.8

_ESCAPED = re.compile(rb"[\\&\x1b]")
"""What has none of these is plain already."""
_TERMINAL = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[@-Z\\-_])")
"""ECMA-48 control sequences, and the commands to an operating system that xterm takes."""
_JSON = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\'/\\nrt]))')
_NESTED = 3
"""A collector that takes up a line of JSON as text escapes it again: container, node agent, central store."""
_JSON_LETTERS = {"n": " ", "r": " ", "t": " "}


class _Decoded:
    """A source in another encoding, read as UTF-8."""

    def __init__(self, source: BinaryIO, encoding: str, begun: bytes) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._begun = begun

    def read(self, size: int) -> bytes:
        """Give about `size` bytes of UTF-8, nothing at the end."""
        while True:
            piece, self._begun = self._begun or self._source.read(size), b""
            text = self._decoder.decode(piece, final=not piece)
            if text or not piece:
                return text.encode("utf-8", "replace")


class _Begun:
    """A source of which the beginning has been read."""

    def __init__(self, source: BinaryIO, begun: bytes) -> None:
        self._source = source
        self._begun = begun

    def read(self, size: int) -> bytes:
        """Give what was read before, then what comes."""
        piece, self._begun = self._begun, b""
        return piece or self._source.read(size)


def _encoding_of(beginning: bytes) -> tuple[str, int]:
    """Give the encoding that `beginning` shows, and the length of its mark."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if beginning.startswith(mark):
            return encoding, len(mark)
    pairs = len(beginning) // 2
    for first, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if pairs and beginning[first : 2 * pairs : 2].count(0) > _MOSTLY * pairs:
            return encoding, 0
    return "utf-8", 0


def opened(source: BinaryIO) -> Callable[[int], bytes]:
    """Give the `read` of `source` as UTF-8, without a byte order mark, whatever it is written in."""
    beginning = source.read(_PROBE) or b""
    encoding, mark = _encoding_of(beginning)
    if encoding == "utf-8":
        return _Begun(source, beginning[mark:]).read
    return _Decoded(source, encoding, beginning[mark:]).read


def _unescape_json(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return _JSON_LETTERS.get(match[2], match[2])


def folded(line: bytes) -> bytes:
    """Give a line in lower case as the wordings are looked for in it."""
    return line.lower() if _ESCAPED.search(line) is None else plain(line).lower().encode("utf-8", "replace")


def plain(line: bytes) -> str:
    """Give a line's text without colours, and with the escapes of JSON and XML undone."""
    if _ESCAPED.search(line) is None:
        return line.decode("utf-8", "replace").strip()
    text = _TERMINAL.sub(b"", line).decode("utf-8", "replace")
    for _ in range(_NESTED):
        if "\\" not in text:
            break
        text = _JSON.sub(_unescape_json, text)
    return (unescape(text) if "&" in text else text).strip()
