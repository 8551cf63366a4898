"""What a file holds, in whichever form: PEM with any labels, DER, PKCS #7, PKCS #12; and whether IRIS could read it there."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from analyzers.errors import MalformedCertificate, MalformedInput
from analyzers.wire import Cursor
from analyzers.x509.certificate import load_pem_certificates, parse_certificate
from analyzers.x509.der import (
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    enter,
    expect,
    read_element,
    read_whole,
)

from ..identity import PrivateKey
from ..keyfile import legacy_cipher, open_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzers.x509.certificate import Certificate

__all__ = ["Contents", "ForeignFile", "read_contents"]

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_CERTIFICATES = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
_REQUESTS = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
_MESSAGES = frozenset({"PKCS7", "CMS"})

_MESSAGE = re.compile(rb"-----BEGIN (PKCS7|CMS)-----(.*?)-----END", re.DOTALL)
_EXPLICIT_0 = 0xA0

_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""The object identifier 1.2.840.113549.1.7.2, with which a PKCS #7 bundle begins (RFC 5652 section 5.1)."""
_PRIVATE_KEY = re.compile(
    rb"\x02\x01[\x00\x01][\x02\x04\x30]"
    rb"|\x30.{1,3}\x06(?:\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05|\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01)",
    re.DOTALL,
)
"""How a key in DER goes on: a version and a number, a string or an algorithm (PKCS #1, SEC 1, PKCS #8), or, where it is
encrypted, an algorithm of PKCS #5 or #12."""
_PFX_VERSION = b"\x02\x01\x03"
"""The version with which PKCS #12 begins (RFC 7292 section 4)."""


class ForeignFile(ValueError):
    """A file that has nothing to do with certificates."""

    def __init__(self, text: str = "is neither a certificate, a key, a request, nor PKCS #12") -> None:
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class Contents:
    """Everything that stands in one file."""

    form: str
    """`PEM`, `DER`, `PKCS #7` or `PKCS #12`."""
    certificates: tuple[Certificate, ...] = ()
    """In the order of the file."""
    keys: tuple[PrivateKey, ...] = field(default=(), repr=False)
    requests: tuple[x509.CertificateSigningRequest, ...] = ()
    key_problem: str | None = None
    """Why a private key that is there could not be read."""
    legacy_cipher: str | None = None
    """What the key is encrypted with, where OpenSSL 3 reads that with its legacy provider alone."""


def _checked(key: object) -> PrivateKey:
    if not isinstance(key, PrivateKey):
        raise ValueError(f"a key of type {type(key).__name__} cannot sign a TLS handshake")  # noqa: TRY004 - the file is wrong
    return key


def _key(data: bytes, password: bytes | None) -> PrivateKey:
    """Read a private key in PEM or DER; raises ValueError with the reason."""
    try:
        return _checked(open_key(data, password))
    except TypeError:
        if password is not None:
            return _checked(open_key(data, None))
        raise ValueError("the key is encrypted, and no password was given (--password-file)") from None
    except UnsupportedAlgorithm as error:
        raise ValueError(f"the key cannot be read: {str(error).rstrip('.')}") from None
    except ValueError as error:
        if password is not None:
            raise ValueError(
                "decryption of the private key failed: the password is wrong, or the key damaged"
            ) from None
        raise ValueError(_told(error, "key")) from None


def _told(error: ValueError, kind: str) -> str:
    """Say why something cannot be read, where the library says no more than where to ask."""
    text = str(error).rstrip(".")
    return f"the PEM of a {kind} is broken" if "Unable to load PEM" in text else text


def _with_key(
    form: str, data: bytes, password: bytes | None, certificates: tuple[Certificate, ...] = ()
) -> Contents:
    cipher = legacy_cipher(data)
    try:
        return Contents(form, certificates, (_key(data, password),), legacy_cipher=cipher)
    except ValueError as error:
        return Contents(form, certificates, key_problem=str(error), legacy_cipher=cipher)


def _parsed(certificates: Iterable[x509.Certificate]) -> tuple[Certificate, ...]:
    return tuple(parse_certificate(one.public_bytes(Encoding.DER)) for one in certificates)


def _decoded(base64: bytes) -> bytes:
    try:
        return a2b_base64(base64)
    except Base64Error as error:
        raise ValueError(f"the Base64 of PKCS #7 is broken: {error}") from None


def _bundled(message: bytes) -> tuple[Certificate, ...]:
    """Give the certificates of a PKCS #7 bundle (RFC 5652 section 5.1), in its order; of any set order, as tools write them."""
    try:
        fields = enter(Cursor(message), SEQUENCE, "ContentInfo")
        expect(fields, OBJECT_IDENTIFIER, "contentType")
        signed = enter(enter(fields, _EXPLICIT_0, "content"), SEQUENCE, "SignedData")
        for tag, what in ((INTEGER, "version"), (SET, "digestAlgorithms"), (SEQUENCE, "encapContentInfo")):
            expect(signed, tag, what)
        certificates: list[Certificate] = []
        while signed.remaining:
            tag, content = read_element(signed)
            bundle = Cursor(content if tag == _EXPLICIT_0 else b"")
            while bundle.remaining:
                certificates.append(parse_certificate(read_whole(content, bundle)))
    except MalformedInput as error:
        raise ValueError(f"is PKCS #7, and broken: {error}") from None
    if not certificates:
        raise ValueError("is PKCS #7, and holds no certificate")
    return tuple(certificates)


def _from_pem(data: bytes, password: bytes | None) -> Contents:
    labels = {label.decode("ascii") for label in _LABEL.findall(data)}
    if labels & _REQUESTS:
        try:
            return Contents("PEM", requests=(x509.load_pem_x509_csr(data),))
        except ValueError as error:
            raise ValueError(_told(error, "request")) from None
    if labels & _MESSAGES:
        block = _MESSAGE.search(data)
        return Contents("PKCS #7", _bundled(b"" if block is None else _decoded(block[2])))
    certificates = load_pem_certificates(data) if labels & _CERTIFICATES else ()
    if any(label.endswith("PRIVATE KEY") for label in labels):
        return _with_key("PEM", data, password, certificates)
    if not certificates:
        raise ValueError("is PEM, and holds neither a certificate, a key nor a request")
    return Contents("PEM", certificates)


def _from_pkcs12(data: bytes, password: bytes | None) -> Contents:
    problem = ""
    # A password is given for all files at once, and a bundle may have none, or an empty one.
    for attempt in dict.fromkeys((password, None, b"")):
        try:
            key, leaf, others = pkcs12.load_key_and_certificates(data, attempt)
        except (ValueError, UnsupportedAlgorithm) as error:
            problem = problem or str(error).rstrip(".")
            continue
        keys = () if key is None else (_checked(key),)
        return Contents("PKCS #12", _parsed((*((leaf,) if leaf else ()), *others)), keys)
    hint = "" if password is not None else " (--password-file)"
    return Contents("PKCS #12", key_problem=f"PKCS #12: {problem}{hint}")


def _from_der(data: bytes, password: bytes | None) -> Contents:
    try:
        cursor = Cursor(data)
        _, content = read_element(cursor)
    except MalformedInput:
        raise ForeignFile from None
    certificate = parse_certificate(data[: cursor.offset])
    if certificate.spki:
        if cursor.remaining:
            raise ValueError(f"is a certificate in DER with {cursor.remaining} bytes after its end")
        return Contents("DER", (certificate,))
    if content.startswith(_PFX_VERSION):
        return _from_pkcs12(data, password)
    if content.startswith(_SIGNED_DATA):
        return Contents("PKCS #7", _bundled(data))
    try:
        return Contents("DER", requests=(x509.load_der_x509_csr(data),))
    except ValueError:
        pass
    if _PRIVATE_KEY.match(content) is None:
        raise ForeignFile
    return _with_key("DER", data, password)


def read_contents(data: bytes, password: bytes | None) -> Contents:
    """Read a file's bytes, whatever they are.

    Raises:
        ValueError: they are nothing that has to do with certificates, or are broken; the text says which.
    """
    if not data.strip():
        raise ForeignFile("is empty")
    if data.startswith(_UTF_16_MARKS):
        raise ValueError("is UTF-16 text: OpenSSL finds no PEM in it; save it as ASCII or UTF-8")
    try:
        return _from_pem(data, password) if b"-----BEGIN" in data else _from_der(data, password)
    except MalformedCertificate as error:
        raise ValueError(str(error)) from None
