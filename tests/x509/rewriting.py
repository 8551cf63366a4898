"""Certificates that no library makes: signed with retired hashes, of version 1, or with any part replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from analyzers.wire import Cursor
from analyzers.x509.der import SEQUENCE, enter, read_whole, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

__all__ = ["edited", "explicit_p256", "parts", "to_version_1", "with_hash"]

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


_FIELD = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_COEFFICIENT = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_BASE = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _integer(number: int) -> bytes:
    return wrap(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def explicit_p256(public: ec.EllipticCurvePublicKey) -> bytes:
    """Encode a public key of P-256 with the curve's parameters spelled out (X9.62 section 6.4)."""
    prime = wrap(SEQUENCE, bytes.fromhex("06072a8648ce3d0101") + _integer(_FIELD))
    curve = wrap(
        SEQUENCE, wrap(0x04, (_FIELD - 3).to_bytes(32, "big")) + wrap(0x04, _COEFFICIENT.to_bytes(32, "big"))
    )
    parameters = wrap(
        SEQUENCE, _integer(1) + prime + curve + wrap(0x04, _BASE) + _integer(_ORDER) + _integer(1)
    )
    point = public.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    algorithm = wrap(SEQUENCE, bytes.fromhex("06072a8648ce3d0201") + parameters)
    return wrap(SEQUENCE, algorithm + wrap(0x03, b"\x00" + point))
