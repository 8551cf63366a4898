"""Extensions of hello messages and of what follows them (RFC 8446 section 4.2).

A table for each message says which extensions are read, into which field, and how; all others keep their
bytes only. One that breaks its own rules costs its field and is described, and the message around it still
stands: what a sender offers beside the broken part is evidence too. Most extensions of a stack never change,
so what was read from equal bytes is remembered.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..errors import MalformedInput, MalformedMessage
from ..wire import Cursor
from ..x509.names import DistinguishedName
from . import codepoints
from .messages import Extension

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "CERTIFICATE_REQUEST",
    "CLIENT_HELLO",
    "ENCRYPTED_EXTENSIONS",
    "HELLO_RETRY_REQUEST",
    "SERVER_HELLO",
    "Fields",
    "Table",
    "read_authorities",
    "read_extensions",
]

Table = dict[int, tuple[str, "Callable[[Cursor], object]"]]
"""Extension code to the field that it fills and the reader of its bytes."""

Fields = dict[str, Any]
"""Values by the name of their field, for the constructor of the message."""

_CACHED_BYTES = 256
"""Longer extensions are key shares and tickets, which never come twice."""

MAX_EXTENSIONS = 256
"""No stack sends a quarter of this; without a limit a message of 128 KiB could hold 32,768 empty ones."""

MAX_AUTHORITIES = 2048
"""A server that names every public authority names about 150."""


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _server_name(cursor: Cursor) -> str | None:
    """RFC 6066 section 3: only host_name was ever defined."""
    names = cursor.vector16("server_name_list")
    found = None
    while names.remaining:
        kind = names.u8("name_type")
        name = names.vector16("host_name").rest()
        if kind == 0 and found is None:
            found = _text(name)
    return found


def _u16_vector16(cursor: Cursor) -> tuple[int, ...]:
    return cursor.vector16().u16_list()


def _u16_vector8(cursor: Cursor) -> tuple[int, ...]:
    return cursor.vector8().u16_list()


def _u8_vector8(cursor: Cursor) -> tuple[int, ...]:
    return tuple(cursor.vector8().rest())


def _alpn(cursor: Cursor) -> tuple[str, ...]:
    """RFC 7301 section 3.1."""
    names = cursor.vector16("protocol_name_list")
    found = []
    while names.remaining:
        found.append(_text(names.vector8("protocol_name").rest()))
    return tuple(found)


def _one_alpn(cursor: Cursor) -> str | None:
    names = _alpn(cursor)
    return names[0] if names else None


def _key_share_groups(cursor: Cursor) -> tuple[int, ...]:
    """RFC 8446 section 4.2.8."""
    shares = cursor.vector16("client_shares")
    groups = []
    while shares.remaining:
        groups.append(shares.u16("group"))
        shares.vector16("key_exchange")
    return tuple(groups)


def _key_share_group(cursor: Cursor) -> int:
    group = cursor.u16("group")
    cursor.vector16("key_exchange")
    return group


def _psk_identities(cursor: Cursor) -> int:
    """RFC 8446 section 4.2.11."""
    identities = cursor.vector16("identities")
    count = 0
    while identities.remaining:
        identities.vector16("identity")
        identities.u32("obfuscated_ticket_age")
        count += 1
    cursor.vector16("binders")
    return count


def _rest_length(cursor: Cursor) -> int:
    return len(cursor.rest())


def _u16(cursor: Cursor) -> int:
    return cursor.u16()


@lru_cache(maxsize=4096)
def _authority(der: bytes) -> DistinguishedName | None:
    try:
        return DistinguishedName.from_der(der)
    except MalformedInput:
        return None


def read_authorities(cursor: Cursor) -> tuple[tuple[DistinguishedName, ...], int]:
    """Read a list of names (RFC 5246 section 7.4.4); beside it the number of those that are none.

    Raises:
        MalformedMessage: a length is wrong, or there are more than 2048 names.
    """
    names = []
    unreadable = 0
    while cursor.remaining:
        name = _authority(cursor.vector16("DistinguishedName").rest())
        if name is None:
            unreadable += 1
        else:
            names.append(name)
        if len(names) + unreadable > MAX_AUTHORITIES:
            raise MalformedMessage(cursor.offset, f"more than {MAX_AUTHORITIES} certificate authorities")
    return tuple(names), unreadable


def _authorities(cursor: Cursor) -> tuple[DistinguishedName, ...]:
    return read_authorities(cursor.vector16("authorities"))[0]


CLIENT_HELLO: Table = {
    0: ("server_name", _server_name),
    10: ("groups", _u16_vector16),
    11: ("point_formats", _u8_vector8),
    13: ("signature_schemes", _u16_vector16),
    16: ("alpn", _alpn),
    27: ("certificate_compression", _u16_vector8),
    35: ("session_ticket_bytes", _rest_length),
    40: ("key_share_groups", _key_share_groups),
    41: ("psk_identities", _psk_identities),
    43: ("supported_versions", _u16_vector8),
    45: ("psk_modes", _u8_vector8),
    47: ("certificate_authorities", _authorities),
    50: ("signature_schemes_cert", _u16_vector16),
    51: ("key_share_groups", _key_share_groups),
}

SERVER_HELLO: Table = {
    16: ("alpn", _one_alpn),
    40: ("group", _key_share_group),
    41: ("selected_psk", _u16),
    43: ("version", _u16),
    51: ("group", _key_share_group),
}

HELLO_RETRY_REQUEST: Table = {
    40: ("group", _u16),
    43: ("version", _u16),
    51: ("group", _u16),
}

ENCRYPTED_EXTENSIONS: Table = {16: ("alpn", _one_alpn)}

CERTIFICATE_REQUEST: Table = {
    13: ("signature_schemes", _u16_vector16),
    47: ("authorities", _authorities),
    50: ("signature_schemes_cert", _u16_vector16),
}


def _read_one(
    name: str, read: Callable[[Cursor], object], data: bytes, code: int
) -> tuple[Extension, Fields, str]:
    extension = Extension(code, data)
    cursor = Cursor(data)
    try:
        value = read(cursor)
        cursor.end(name)
    except MalformedInput as error:
        return extension, {}, f"{codepoints.extension_name(code)}: {error.what}"
    return extension, {name: value}, ""


_remembered = lru_cache(maxsize=4096)(_read_one)


@lru_cache(maxsize=1024)
def _unread(code: int, data: bytes) -> Extension:
    return Extension(code, data)


def read_extensions(block: bytes, table: Table) -> tuple[tuple[Extension, ...], Fields, tuple[str, ...]]:
    """Read what stands between the length of an extension block and its end.

    Returns:
        The extensions in their order, the fields that `table` reads, and what is wrong with those that could
        not be read.
    """
    extensions: list[Extension] = []
    fields: Fields = {}
    problems: list[str] = []
    at, end = 0, len(block)
    while at < end:
        start = at + 4
        if start > end or len(extensions) == MAX_EXTENSIONS:
            problems.append(
                "extensions: cut short" if start > end else f"more than {MAX_EXTENSIONS} extensions"
            )
            break
        code = block[at] << 8 | block[at + 1]
        at = start + (block[at + 2] << 8 | block[at + 3])
        data = block[start:at]
        if at > end:
            problems.append(f"{codepoints.extension_name(code)}: longer than the block of extensions")
            extensions.append(Extension(code, data))
            break
        entry = table.get(code)
        is_short = at - start <= _CACHED_BYTES
        if entry is None:
            extensions.append(_unread(code, data) if is_short else Extension(code, data))
            continue
        extension, values, problem = (_remembered if is_short else _read_one)(*entry, data, code)
        extensions.append(extension)
        fields.update(values)
        if problem:
            problems.append(problem)
    return tuple(extensions), fields, tuple(problems)
