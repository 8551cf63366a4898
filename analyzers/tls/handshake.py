"""Handshake messages other than the hellos (RFC 8446 section 4, RFC 5246 section 7.4).

`PARSERS` gives the reader of each type. A reader is told the negotiated version and cipher suite, for the
same message has another form in TLS 1.3, and a ServerKeyExchange is read as its suite says. Every block must
end exactly where its length said.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import MalformedInput
from ..wire import Cursor
from . import codepoints
from .ciphers import suite
from .decompression import decompress
from .extensions import CERTIFICATE_REQUEST, ENCRYPTED_EXTENSIONS, read_authorities, read_extensions
from .messages import (
    CertificateMessage,
    CertificateRequest,
    CertificateStatus,
    CertificateVerify,
    ClientKeyExchange,
    EncryptedExtensions,
    KeyUpdate,
    NewSessionTicket,
    Opaque,
    ServerKeyExchange,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from .messages import Message

__all__ = ["MAX_CERTIFICATES", "MAX_CERTIFICATE_BYTES", "PARSERS", "parse_message"]

MAX_CERTIFICATES = 16
"""OpenSSL verifies chains of up to 100, and real ones have five; each costs a signature check."""

MAX_CERTIFICATE_BYTES = 1 << 16
"""Real ones stay under 16 KiB, those with thousands of names too."""

_TLS12 = 0x0303
_NAMED_CURVE = 3


def _parse_certificate(body: bytes, offset: int, version: int, _suite: int) -> CertificateMessage:
    """RFC 5246 section 7.4.2; TLS 1.3 adds a context and extensions of each entry (RFC 8446 4.4.2)."""
    cursor = Cursor(body, offset)
    is_tls13 = codepoints.is_tls13(version)
    context = cursor.vector8("certificate_request_context").rest() if is_tls13 else b""
    entries = cursor.vector24("certificate_list")
    cursor.end("Certificate")
    chain: list[bytes] = []
    problem = None
    try:
        while entries.remaining and problem is None:
            certificate = entries.vector24("certificate").rest()
            if is_tls13:
                entries.vector16("extensions")
            if len(chain) == MAX_CERTIFICATES:
                problem = f"more than {MAX_CERTIFICATES} certificates"
            elif len(certificate) > MAX_CERTIFICATE_BYTES:
                problem = f"a certificate of {len(certificate)} bytes"
            else:
                chain.append(certificate)
    except MalformedInput as error:
        problem = f"certificate_list: {error.what}"
    return CertificateMessage(tuple(chain), context, problem=problem)


def _parse_compressed_certificate(
    body: bytes, offset: int, version: int, suite_code: int
) -> CertificateMessage:
    """RFC 8879 section 4."""
    cursor = Cursor(body, offset)
    algorithm = cursor.u16("algorithm")
    length = cursor.u24("uncompressed_length")
    compressed = cursor.vector24("compressed_certificate_message").rest()
    cursor.end("CompressedCertificate")
    plain, problem = decompress(algorithm, compressed, length)
    if plain is None:
        return CertificateMessage((), is_compressed=True, problem=problem)
    message = _parse_certificate(plain, offset, version, suite_code)
    return CertificateMessage(message.chain, message.context, is_compressed=True, problem=message.problem)


def _parse_certificate_request(body: bytes, offset: int, version: int, _suite: int) -> CertificateRequest:
    """RFC 8446 section 4.3.2; RFC 5246 section 7.4.4, before which there were no signature schemes."""
    cursor = Cursor(body, offset)
    if codepoints.is_tls13(version):
        context = cursor.vector8("certificate_request_context").rest()
        block = cursor.vector16("extensions").rest()
        cursor.end("CertificateRequest")
        _, fields, _ = read_extensions(block, CERTIFICATE_REQUEST)
        return CertificateRequest(context=context, **fields)
    types = tuple(cursor.vector8("certificate_types").rest())
    schemes = cursor.vector16("signature_algorithms").u16_list() if version >= _TLS12 else ()
    authorities, unreadable = read_authorities(cursor.vector16("certificate_authorities"))
    cursor.end("CertificateRequest")
    return CertificateRequest(types, schemes, (), authorities, b"", unreadable)


def _parse_encrypted_extensions(body: bytes, offset: int, _version: int, _suite: int) -> EncryptedExtensions:
    cursor = Cursor(body, offset)
    block = cursor.vector16("extensions").rest()
    cursor.end("EncryptedExtensions")
    extensions, fields, _ = read_extensions(block, ENCRYPTED_EXTENSIONS)
    return EncryptedExtensions(extensions, **fields)


def _signature(cursor: Cursor, version: int) -> tuple[int | None, bytes]:
    """Read scheme and signature that end a message; TLS 1.1 and older do not say which algorithm made it."""
    if not cursor.remaining:
        return None, b""
    scheme = cursor.u16("algorithm") if version >= _TLS12 else None
    return scheme, cursor.vector16("signature").rest()


def _parse_server_key_exchange(body: bytes, offset: int, version: int, suite_code: int) -> ServerKeyExchange:
    """RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279 for the hint that PSK suites begin with."""
    cursor = Cursor(body, offset)
    properties = suite(suite_code)
    exchange = properties.key_exchange if properties else "ECDHE"
    if "PSK" in exchange:
        cursor.vector16("psk_identity_hint")
    if exchange.startswith("ECDHE"):
        if cursor.u8("curve_type") != _NAMED_CURVE:
            return ServerKeyExchange()
        group = cursor.u16("namedcurve")
        cursor.vector8("public")
        parameters = body[: len(body) - cursor.remaining]
        scheme, signature = _signature(cursor, version)
        cursor.end("ServerKeyExchange")
        return ServerKeyExchange(group, scheme, None, parameters, signature)
    if exchange.startswith("DHE"):
        prime = cursor.vector16("dh_p").rest()
        cursor.vector16("dh_g")
        cursor.vector16("dh_Ys")
        parameters = body[: len(body) - cursor.remaining]
        scheme, signature = _signature(cursor, version)
        cursor.end("ServerKeyExchange")
        bits = int.from_bytes(prime, "big").bit_length()
        return ServerKeyExchange(None, scheme, bits, parameters, signature)
    return ServerKeyExchange()


def _parse_client_key_exchange(body: bytes, _offset: int, _version: int, _suite: int) -> ClientKeyExchange:
    return ClientKeyExchange(body)


def _parse_certificate_verify(body: bytes, offset: int, version: int, _suite: int) -> CertificateVerify:
    cursor = Cursor(body, offset)
    scheme, signature = _signature(cursor, version)
    cursor.end("CertificateVerify")
    return CertificateVerify(scheme, signature)


def _parse_certificate_status(body: bytes, offset: int, _version: int, _suite: int) -> CertificateStatus:
    cursor = Cursor(body, offset)
    status_type = cursor.u8("status_type")
    return CertificateStatus(status_type, cursor.vector24("response").rest())


def _parse_new_session_ticket(body: bytes, offset: int, version: int, _suite: int) -> NewSessionTicket:
    cursor = Cursor(body, offset)
    lifetime = cursor.u32("ticket_lifetime")
    if codepoints.is_tls13(version):
        cursor.u32("ticket_age_add")
        cursor.vector8("ticket_nonce")
    return NewSessionTicket(lifetime, cursor.vector16("ticket").remaining)


def _parse_key_update(body: bytes, offset: int, _version: int, _suite: int) -> KeyUpdate:
    cursor = Cursor(body, offset)
    is_update_requested = cursor.u8("request_update") == 1
    cursor.end("KeyUpdate")
    return KeyUpdate(is_update_requested)


PARSERS: dict[int, Callable[[bytes, int, int, int], Message]] = {
    4: _parse_new_session_ticket,
    8: _parse_encrypted_extensions,
    11: _parse_certificate,
    12: _parse_server_key_exchange,
    13: _parse_certificate_request,
    15: _parse_certificate_verify,
    16: _parse_client_key_exchange,
    22: _parse_certificate_status,
    24: _parse_key_update,
    25: _parse_compressed_certificate,
}
"""The reader of each message by its type; it is given body, offset, version and cipher suite."""


_REPEATED = frozenset((11, 13))
"""Certificate and CertificateRequest: a member sends the same ones in every handshake."""

_REMEMBERED_BYTES = 8192
"""Longer ones are read each time, so that 256 of them stay within 2 MiB."""


def parse_message(
    kind: int, body: bytes, offset: int = 0, version: int = _TLS12, suite_code: int = 0
) -> Message:
    """Read a handshake message that is no hello.

    Args:
        kind: its HandshakeType.
        body: what follows its four bytes of header.
        offset: where the body begins, for the offsets of errors.
        version: the negotiated version.
        suite_code: the negotiated cipher suite; 0 where it is not known.

    Raises:
        MalformedInput: a length in it is wrong.
    """
    parser = PARSERS.get(kind)
    if parser is None:
        return Opaque(kind, len(body))
    if kind in _REPEATED and len(body) <= _REMEMBERED_BYTES:
        return _remembered(kind, body, offset, version)
    return parser(body, offset, version, suite_code)


@lru_cache(maxsize=256)
def _remembered(kind: int, body: bytes, offset: int, version: int) -> Message:
    return PARSERS[kind](body, offset, version, 0)
