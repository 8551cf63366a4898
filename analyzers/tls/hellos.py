"""The two hellos, in every form that they are met in (RFC 8446 section 4.1, RFC 5246 section 7.4.1).

Beside those of the RFCs these are the SSL 2.0 compatible ClientHello (RFC 5246 appendix E.2) and the
ServerHello and HelloRetryRequest of TLS 1.3 drafts before 22, which had no session id and no compression
method.
"""

from __future__ import annotations

from functools import lru_cache
from struct import unpack
from typing import TYPE_CHECKING

from ..errors import MalformedMessage
from ..wire import Cursor
from .extensions import CLIENT_HELLO, HELLO_RETRY_REQUEST, SERVER_HELLO, Fields, read_extensions
from .messages import HELLO_RETRY_REQUEST_RANDOM, ClientHello, Extension, ServerHello

if TYPE_CHECKING:
    from .extensions import Table

__all__ = [
    "MAX_SESSION_ID_BYTES",
    "parse_client_hello",
    "parse_hello_retry_request",
    "parse_server_hello",
    "parse_sslv2_client_hello",
]

MAX_SESSION_ID_BYTES = 32

_DRAFTS = 0x7F00
_FIRST_DRAFT_LIKE_TLS12 = 0x7F16
"""Draft 22 gave the ServerHello its old shape back, so that middleboxes let it pass."""

_FIRST_DRAFT_WITH_SUITE = 0x7F13
"""Draft 19 added the cipher suite to the HelloRetryRequest."""

_RANDOM_BYTES = 32

_REMEMBERED_BYTES = 512
"""Of cipher suites: the longest lists of real stacks have some 180."""


def _session_id(cursor: Cursor) -> bytes:
    length = cursor.u8("session_id")
    if length > MAX_SESSION_ID_BYTES:
        raise MalformedMessage(cursor.offset - 1, f"session_id has {length} bytes")
    return cursor.take(length, "session_id")


def _cipher_suites(data: bytes, end: int) -> tuple[int, ...]:
    if len(data) % 2:
        raise MalformedMessage(end - len(data), f"cipher_suites has {len(data)} bytes")
    return _suites_of(data) if len(data) <= _REMEMBERED_BYTES else unpack(f">{len(data) // 2}H", data)


@lru_cache(maxsize=1024)
def _suites_of(data: bytes) -> tuple[int, ...]:
    """Every connection of a client offers the same ones."""
    return unpack(f">{len(data) // 2}H", data)


def _extensions(cursor: Cursor, table: Table) -> tuple[tuple[Extension, ...], Fields]:
    """Read the block that ends a hello; hellos of RFC 2246 have none."""
    if cursor.remaining < 2:
        return (), {"problems": ("extensions: cut short",)} if cursor.remaining else {}
    declared = cursor.u16("extensions")
    available = cursor.remaining
    extensions, fields, problems = read_extensions(cursor.take(min(declared, available)), table)
    if declared != available:
        problems += (f"extensions: {declared} bytes are declared and {available} follow",)
    if problems:
        fields["problems"] = problems
    return extensions, fields


def parse_client_hello(body: bytes, offset: int = 0) -> ClientHello:
    """Read a ClientHello (RFC 8446 section 4.1.2) without its four bytes of header.

    Args:
        body: the message's body.
        offset: where it begins, for the offsets of errors.

    Raises:
        MalformedInput: what stands before the extensions is broken; what is wrong with an extension is in
        `problems`.
    """
    cursor = Cursor(body, offset)
    legacy_version = cursor.u16("legacy_version")
    random = cursor.take(_RANDOM_BYTES, "random")
    session_id = _session_id(cursor)
    cipher_suites = _cipher_suites(cursor.vector16("cipher_suites").rest(), cursor.offset)
    compression_methods = tuple(cursor.vector8("compression_methods").rest())
    extensions, fields = _extensions(cursor, CLIENT_HELLO)
    return ClientHello(
        legacy_version, random, session_id, cipher_suites, compression_methods, extensions, **fields
    )


def parse_sslv2_client_hello(body: bytes, offset: int = 0) -> ClientHello:
    """Read a ClientHello in the form of SSL 2.0 (RFC 5246 appendix E.2), from its msg_type on.

    Cipher specs of SSL 2.0 itself keep all of their three bytes.

    Raises:
        MalformedInput: its lengths do not add up.
    """
    cursor = Cursor(body, offset)
    cursor.u8("msg_type")
    version = cursor.u16("version")
    specs_bytes = cursor.u16("cipher_spec_length")
    session_id_bytes = cursor.u16("session_id_length")
    challenge_bytes = cursor.u16("challenge_length")
    specs = cursor.take(specs_bytes, "cipher_specs")
    session_id = cursor.take(session_id_bytes, "session_id")
    challenge = cursor.take(challenge_bytes, "challenge")
    cursor.end("SSL 2.0 ClientHello")
    if specs_bytes % 3:
        raise MalformedMessage(offset + 3, f"cipher_specs has {specs_bytes} bytes")
    suites = tuple(int.from_bytes(specs[at : at + 3], "big") for at in range(0, specs_bytes, 3))
    random = challenge[-_RANDOM_BYTES:].rjust(_RANDOM_BYTES, b"\0")
    return ClientHello(version, random, session_id, suites, (0,), is_sslv2=True)


def parse_server_hello(body: bytes, offset: int = 0) -> ServerHello:
    """Read a ServerHello, or the HelloRetryRequest that has its form (RFC 8446 section 4.1.3).

    Raises:
        MalformedInput: what stands before the extensions is broken.
    """
    cursor = Cursor(body, offset)
    legacy_version = cursor.u16("legacy_version")
    random = cursor.take(_RANDOM_BYTES, "random")
    has_old_shape = _DRAFTS < legacy_version < _FIRST_DRAFT_LIKE_TLS12
    session_id = b"" if has_old_shape else _session_id(cursor)
    cipher_suite = cursor.u16("cipher_suite")
    compression_method = 0 if has_old_shape else cursor.u8("compression_method")
    is_retry = random == HELLO_RETRY_REQUEST_RANDOM
    extensions, fields = _extensions(cursor, HELLO_RETRY_REQUEST if is_retry else SERVER_HELLO)
    version = fields.pop("version", legacy_version)
    return ServerHello(
        legacy_version,
        random,
        session_id,
        cipher_suite,
        compression_method,
        extensions,
        version,
        is_hello_retry_request=is_retry,
        **fields,
    )


def parse_hello_retry_request(body: bytes, offset: int = 0) -> ServerHello:
    """Read the HelloRetryRequest of TLS 1.3 drafts before 22, a message of its own type.

    Raises:
        MalformedInput: what stands before the extensions is broken.
    """
    cursor = Cursor(body, offset)
    version = cursor.u16("server_version")
    cipher_suite = cursor.u16("cipher_suite") if version >= _FIRST_DRAFT_WITH_SUITE else 0
    extensions, fields = _extensions(cursor, HELLO_RETRY_REQUEST)
    fields.pop("version", None)
    return ServerHello(
        version,
        HELLO_RETRY_REQUEST_RANDOM,
        b"",
        cipher_suite,
        0,
        extensions,
        version,
        is_hello_retry_request=True,
        **fields,
    )
