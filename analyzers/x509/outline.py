"""The outer structure of a certificate (RFC 5280 section 4.1), read as far as it goes.

`cryptography` refuses a whole certificate for what OpenSSL, and so IRIS, reads without complaint: a version
or a `critical` that spells out its default, a BOOLEAN other than FF, a character outside PrintableString. A
peer that accepted such a certificate must be explicable, so the structure is read here; a test holds the
result to what `cryptography` reads.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import MalformedCertificate, MalformedInput
from ..wire import Cursor
from .der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    enter,
    expect,
    read_boolean,
    read_element,
    read_integer,
    read_oid,
    read_whole,
)

__all__ = ["Extension", "Outline", "outline"]

_VERSION = 0xA0
_UNIQUE_IDENTIFIERS = (0x81, 0x82)
_EXTENSIONS = 0xA3

_MOST_EXTENSIONS = 64
"""Extensions of one certificate: real ones have about ten."""


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension: its identifier, whether it is critical, and its DER value."""

    oid: str
    is_critical: bool
    value: bytes


@dataclass(slots=True)
class Outline:
    """What could be read of a certificate's structure, mutable while it is read; empty bytes stand for the rest."""

    signed: bytes = b""
    """The TBSCertificate, as it was signed."""
    version: int = 0
    """1, 2 or 3; 0 where it could not be read."""
    serial: int = 0
    algorithm: bytes = b""
    """The AlgorithmIdentifier of the signature, from within the signed part."""
    issuer: bytes = b""
    not_before: tuple[int, bytes] = (0, b"")
    """The identifier octet and the content of the time."""
    not_after: tuple[int, bytes] = (0, b"")
    subject: bytes = b""
    spki: bytes = b""
    extensions: list[Extension] = field(default_factory=list)
    signature: bytes = b""
    problem: str | None = None
    """Why reading stopped."""


def outline(der: bytes) -> Outline:
    """Read the structure of a certificate; what follows a fault stays empty, and `problem` names it."""
    found = Outline()
    cursor = Cursor(der)
    try:
        certificate = enter(cursor, SEQUENCE, "Certificate")
        cursor.end("Certificate")
        start = certificate.offset
        tbs = enter(certificate, SEQUENCE, "TBSCertificate")
        found.signed = der[start : certificate.offset]
        _read_signed(der, tbs, found)
        expect(certificate, SEQUENCE, "signatureAlgorithm")
        found.signature = expect(certificate, BIT_STRING, "signatureValue")[1:]
        certificate.end("Certificate")
    except MalformedInput as error:
        found.problem = str(error)
    return found


def _read_signed(der: bytes, tbs: Cursor, found: Outline) -> None:
    """Read the TBSCertificate field by field, in the order of RFC 5280 section 4.1.2."""
    offset = tbs.offset
    tag, content = read_element(tbs)
    found.version = 1
    if tag == _VERSION:
        found.version += read_integer(expect(Cursor(content, offset), INTEGER, "version"))
        offset = tbs.offset
        tag, content = read_element(tbs)
    if tag != INTEGER:
        raise MalformedCertificate(offset, f"serialNumber has the identifier octet 0x{tag:02x}")
    found.serial = read_integer(content)
    found.algorithm = read_whole(der, tbs)
    found.issuer = read_whole(der, tbs)
    validity = enter(tbs, SEQUENCE, "Validity")
    found.not_before = read_element(validity)
    found.not_after = read_element(validity)
    validity.end("Validity")
    found.subject = read_whole(der, tbs)
    found.spki = read_whole(der, tbs)
    while tbs.remaining:
        offset = tbs.offset
        tag, content = read_element(tbs)
        if tag == _EXTENSIONS and not found.extensions:
            _read_extensions(enter(Cursor(content, tbs.offset - len(content)), SEQUENCE, "Extensions"), found)
        elif tag not in _UNIQUE_IDENTIFIERS:
            raise MalformedCertificate(
                offset, f"identifier octet 0x{tag:02x} has no place in a TBSCertificate"
            )


def _read_extensions(cursor: Cursor, found: Outline) -> None:
    while cursor.remaining:
        if len(found.extensions) == _MOST_EXTENSIONS:
            raise MalformedCertificate(cursor.offset, f"there are more than {_MOST_EXTENSIONS} extensions")
        extension = enter(cursor, SEQUENCE, "Extension")
        oid = read_oid(expect(extension, OBJECT_IDENTIFIER, "extnID"))
        offset = extension.offset
        tag, value = read_element(extension)
        is_critical = False
        if tag == BOOLEAN:
            is_critical = read_boolean(value)
            offset = extension.offset
            tag, value = read_element(extension)
        if tag != OCTET_STRING:
            raise MalformedCertificate(offset, f"extnValue has the identifier octet 0x{tag:02x}")
        extension.end("Extension")
        found.extensions.append(Extension(oid, is_critical, value))
