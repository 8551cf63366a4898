"""What a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) says about its key: type, size, curve.

The sizes are read here and not by `cryptography`, which refuses the very keys that a finding must name: RSA
below 1024 bits, curves it does not know, parameters that are spelled out.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MalformedCertificate
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

__all__ = ["KeyFacts", "read_key"]


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A public key in a few words."""

    key_type: str
    bits: int | None = None
    curve: str | None = None


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
        return KeyFacts(key_type, *_curve(algorithm))
    return KeyFacts(key_type)
