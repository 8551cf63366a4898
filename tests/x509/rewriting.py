"""Certificates that no library makes: signed with retired hashes, of version 1, or with any part replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from analyzers.wire import Cursor
from analyzers.x509.der import SEQUENCE, enter, read_whole, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

__all__ = ["edited", "parts", "to_version_1", "with_hash"]

_NULL = b"\x05\x00"
_ALGORITHMS = {
    ("rsa", "md5"): "06092a864886f70d010104",
    ("rsa", "sha1"): "06092a864886f70d010105",
    ("rsa", "sha256"): "06092a864886f70d01010b",
    ("ec", "sha1"): "06072a8648ce3d0401",
    ("ec", "sha256"): "06082a8648ce3d040302",
    ("ed25519", "sha256"): "06032b6570",
}
_HASHES = {"md5": hashes.MD5, "sha1": hashes.SHA1, "sha256": hashes.SHA256}


def parts(element: bytes) -> list[bytes]:
    """Split a constructed element into the elements that it holds."""
    cursor = Cursor(element)
    inside = enter(cursor, element[0], "element")
    found = []
    while inside.remaining:
        found.append(read_whole(element, inside))
    return found


def _sign(signed: bytes, key: CertificateIssuerPrivateKeyTypes, digest: str) -> bytes:
    algorithm = _HASHES[digest]()
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(signed, ec.ECDSA(algorithm))
    assert isinstance(key, ed25519.Ed25519PrivateKey)
    return key.sign(signed)


def _algorithm(key: CertificateIssuerPrivateKeyTypes, digest: str) -> bytes:
    kind = (
        "rsa"
        if isinstance(key, rsa.RSAPrivateKey)
        else "ec"
        if isinstance(key, ec.EllipticCurvePrivateKey)
        else "ed25519"
    )
    oid = bytes.fromhex(_ALGORITHMS[kind, digest])
    return wrap(SEQUENCE, oid + _NULL if kind == "rsa" else oid)


def edited(
    der: bytes,
    key: CertificateIssuerPrivateKeyTypes,
    edit: Callable[[list[bytes]], list[bytes]],
    digest: str = "sha256",
) -> bytes:
    """Rewrite a certificate of version 3: `edit` changes the parts of its TBSCertificate, then `key` signs
    with `digest`.

    The parts are version, serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo,
    extensions.
    """
    fields = parts(parts(der)[0])
    algorithm = _algorithm(key, digest)
    fields[2] = algorithm
    signed = wrap(SEQUENCE, b"".join(edit(fields)))
    return wrap(SEQUENCE, signed + algorithm + wrap(0x03, b"\x00" + _sign(signed, key, digest)))


def with_hash(der: bytes, key: CertificateIssuerPrivateKeyTypes, digest: str) -> bytes:
    """Sign a certificate again, with another hash."""
    return edited(der, key, lambda fields: fields, digest)


def to_version_1(der: bytes, key: CertificateIssuerPrivateKeyTypes) -> bytes:
    """Make a certificate one of version 1: without version and extensions."""
    return edited(der, key, lambda fields: fields[1:7])
