"""The few things of DER (X.690) that names and certificates need.

More is accepted than DER allows, because OpenSSL accepts it and the certificates of real mirrors were made by
many tools: lengths that are longer than needed, and any non-zero BOOLEAN. Indefinite lengths and tags above
30 do not occur in a certificate and are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

from ..errors import MalformedCertificate
from ..wire import Cursor

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "INTEGER",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "SEQUENCE",
    "SET",
    "enter",
    "expect",
    "read_boolean",
    "read_element",
    "read_integer",
    "read_oid",
    "read_time",
    "read_whole",
    "wrap",
    "write_oid",
]

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
SEQUENCE = 0x30
SET = 0x31
_UTC_TIME = 0x17
_GENERALIZED_TIME = 0x18

_LONGEST_LENGTH = 4
"""Length octets: four hold 4 GiB, far above the 64 KiB that a certificate may have."""

_LONGEST_OID = 64
"""Content octets: the longest registered identifiers have about twenty."""

_UTC_TIME_PIVOT = 50
"""Two-digit years from here on lie in the 20th century (RFC 5280 section 4.1.2.5.1)."""

_TIMES = {
    _UTC_TIME: re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z"),
    _GENERALIZED_TIME: re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z"),
}


def _length(cursor: Cursor) -> int:
    first = cursor.u8("length")
    if first < 0x80:
        return first
    count = first & 0x7F
    if not 0 < count <= _LONGEST_LENGTH:
        raise MalformedCertificate(cursor.offset - 1, f"length octet 0x{first:02x} is not allowed")
    return int.from_bytes(cursor.take(count, "length"), "big")


def read_element(cursor: Cursor) -> tuple[int, bytes]:
    """Read the next element as its identifier octet and its content.

    Raises:
        MalformedInput: the element is cut short, or its header is not DER.
    """
    tag = cursor.u8("identifier")
    if tag & 0x1F == 0x1F:
        raise MalformedCertificate(cursor.offset - 1, f"identifier octet 0x{tag:02x} begins a tag above 30")
    return tag, cursor.take(_length(cursor), "content")


def expect(cursor: Cursor, wanted: int, what: str) -> bytes:
    """Read the content of the next element, which must have the identifier octet `wanted`.

    Raises:
        MalformedInput: it is another element, or broken.
    """
    offset = cursor.offset
    tag, content = read_element(cursor)
    if tag != wanted:
        raise MalformedCertificate(
            offset, f"{what} has the identifier octet 0x{tag:02x} where 0x{wanted:02x} belongs"
        )
    return content


def enter(cursor: Cursor, wanted: int, what: str) -> Cursor:
    """Give a cursor over the content of the next element, which must have the identifier octet `wanted`.

    Raises:
        MalformedInput: it is another element, or broken.
    """
    content = expect(cursor, wanted, what)
    return Cursor(content, cursor.offset - len(content))


def read_whole(data: bytes, cursor: Cursor) -> bytes:
    """Read the next element with its header, where `cursor` counts its offsets from the start of `data`."""
    start = cursor.offset
    read_element(cursor)
    return data[start : cursor.offset]


def wrap(tag: int, content: bytes) -> bytes:
    """Put the DER header of an element before its content."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


@lru_cache(maxsize=512)  # certificates repeat a few dozen identifiers; strangers' ones must not pile up
def read_oid(content: bytes) -> str:
    """Turn the content of an OBJECT IDENTIFIER into dotted form.

    Raises:
        MalformedCertificate: it is empty, too long, or its last arc is cut short.
    """
    if not content or content[-1] & 0x80 or len(content) > _LONGEST_OID:
        raise MalformedCertificate(
            0, f"object identifier {content[:16].hex() or 'without content'} is not allowed"
        )
    arcs: list[int] = []
    arc = 0
    for octet in content:
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


def write_oid(dotted: str) -> bytes:
    """Turn a dotted object identifier into the content octets of its encoding.

    Raises:
        MalformedCertificate: it is no object identifier.
    """
    arcs = [int(arc) for arc in dotted.split(".") if arc.isascii() and arc.isdigit()]
    if len(arcs) != dotted.count(".") + 1 or len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39):
        raise MalformedCertificate(0, f"{dotted} is no object identifier")
    octets = bytearray()
    for arc in (arcs[0] * 40 + arcs[1], *arcs[2:]):
        groups = [arc >> shift & 0x7F for shift in range(max(arc.bit_length() - 1, 0) // 7 * 7, -1, -7)]
        octets += bytes(group | 0x80 for group in groups[:-1])
        octets.append(groups[-1])
    return bytes(octets)


def read_boolean(content: bytes) -> bool:
    """Turn the content of a BOOLEAN into its value."""
    return any(content)


def read_integer(content: bytes) -> int:
    """Turn the content of an INTEGER into its value."""
    return int.from_bytes(content, "big", signed=True)


def read_time(tag: int, content: bytes) -> float:
    """Turn a UTCTime or GeneralizedTime, as RFC 5280 section 4.1.2.5 allows them, into epoch seconds.

    Raises:
        MalformedCertificate: it is neither, or there is no such moment.
    """
    pattern = _TIMES.get(tag)
    match = pattern.fullmatch(content) if pattern is not None else None
    if match is None:
        raise MalformedCertificate(0, f"{content[:24]!r} is no time")
    year, month, day, hour, minute, second = map(int, match.groups())
    if tag == _UTC_TIME:
        year += 1900 if year >= _UTC_TIME_PIVOT else 2000
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError as error:
        raise MalformedCertificate(0, f"{content!r} is no time: {error}") from error
