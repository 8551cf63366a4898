"""What a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) says about its key: type, size, curve.

The sizes are read here and not by `cryptography`, which refuses the very keys that a finding must name: RSA
below 1024 bits, curves it does not know, parameters that are spelled out.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from ..errors import MalformedCertificate, MalformedInput
from ..wire import Cursor
from .algorithms import CURVES, KEY_TYPES
from .der import (
    BIT_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    enter,
    expect,
    read_element,
    read_integer,
    read_oid,
)

__all__ = ["KeyFacts", "are_same_key", "read_key"]

_COMMON_CURVES: dict[str, ec.EllipticCurve] = {
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
}


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key in a few words."""

    key_type: str
    bits: int | None = None
    curve: str | None = None
    is_broken: bool = False


def _rsa_bits(key: bytes) -> int:
    numbers = enter(Cursor(key), SEQUENCE, "RSAPublicKey")
    return read_integer(expect(numbers, INTEGER, "modulus")).bit_length()


def _prime_bits(parameters: Cursor) -> int | None:
    """Give the size of the prime of DSA or DH parameters; None where they are inherited from the issuer."""
    if not parameters.remaining:
        return None
    numbers = enter(parameters, SEQUENCE, "parameters")
    return read_integer(expect(numbers, INTEGER, "p")).bit_length()


def _curve(parameters: Cursor) -> tuple[int | None, str]:
    tag, content = read_element(parameters)
    if tag != OBJECT_IDENTIFIER:
        return None, "explicit"
    oid = read_oid(content)
    curve = CURVES.get(oid)
    return (None, oid) if curve is None else (curve.bits, curve.name)


def _is_on_curve(point: bytes, curve: str) -> bool:
    """Say whether a point is one of the curve; those of rare curves, and rare notations, pass."""
    kind = _COMMON_CURVES.get(curve)
    if kind is None or point[:1] != b"\x04":
        return True
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(kind, point)
    except ValueError:
        return False
    return True


def read_key(spki: bytes) -> KeyFacts:
    """Read a SubjectPublicKeyInfo, DER.

    Raises:
        MalformedInput: it is none, or the key in it is broken.
    """
    cursor = Cursor(spki)
    fields = enter(cursor, SEQUENCE, "SubjectPublicKeyInfo")
    algorithm = enter(fields, SEQUENCE, "AlgorithmIdentifier")
    oid = read_oid(expect(algorithm, OBJECT_IDENTIFIER, "algorithm"))
    key = expect(fields, BIT_STRING, "subjectPublicKey")
    if not key:
        raise MalformedCertificate(fields.offset, "subjectPublicKey is empty")
    key_type = KEY_TYPES.get(oid, oid)
    if key_type in {"RSA", "RSA-PSS"}:
        return KeyFacts(key_type, _rsa_bits(key[1:]))
    if key_type in {"DSA", "DH"}:
        return KeyFacts(key_type, _prime_bits(algorithm))
    if key_type == "EC":
        bits, curve = _curve(algorithm)
        return KeyFacts(key_type, bits, curve, is_broken=not _is_on_curve(key[1:], curve))
    return KeyFacts(key_type)


_COMPRESSED = frozenset({2, 3})
"""First octets of a point that is given by its x coordinate and one bit (SEC 1 section 2.3.3)."""


def _bits(spki: bytes) -> tuple[str, bytes]:
    """Give a key's algorithm, RSA and RSA-PSS being one, and what the key itself is."""
    fields = enter(Cursor(spki), SEQUENCE, "SubjectPublicKeyInfo")
    algorithm = enter(fields, SEQUENCE, "AlgorithmIdentifier")
    oid = read_oid(expect(algorithm, OBJECT_IDENTIFIER, "algorithm"))
    key_type = KEY_TYPES.get(oid, oid)
    key = expect(fields, BIT_STRING, "subjectPublicKey")[1:]
    return key_type.partition("-")[0], key


def are_same_key(one: bytes, other: bytes) -> bool:
    """Tell whether two SubjectPublicKeyInfos hold the same key.

    They may differ in how they say so: RSA-PSS restricts what an RSA key is used for, and a curve may be named
    or spelled out, its point compressed or not.
    """
    if one == other:
        return True
    try:
        (type_of_one, first), (type_of_other, second) = _bits(one), _bits(other)
    except MalformedInput:
        return False
    if type_of_one != type_of_other:
        return False
    if type_of_one == "EC" and first and second and (first[0] in _COMPRESSED) != (second[0] in _COMPRESSED):
        short, long = sorted((first, second), key=len)
        return short[1:] == long[1 : len(short)] and short[0] & 1 == long[-1] & 1
    return first == second
