"""Signatures on certificates: how one was made, and whether a key made it.

`cryptography` computes; the path from a certificate's bytes to its signed part is ours, because
`cryptography` refuses to load certificates that OpenSSL verifies (see `outline`).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ..errors import MalformedInput
from ..wire import Cursor
from .algorithms import HASHES, RSASSA_PSS, SIGNATURES
from .der import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, enter, expect, read_element, read_integer, read_oid
from .outline import outline

if TYPE_CHECKING:
    from .certificate import Certificate

__all__ = ["SignatureFacts", "SignatureVerdict", "read_signature_algorithm", "verify_signature"]


class SignatureVerdict(StrEnum):
    """Whether a key made a signature."""

    VALID = "valid"
    OTHER_KEY = "other_key"
    """Another key made it."""
    ALTERED = "altered"
    """This key made it, for other content."""
    INVALID = "invalid"
    """It is not valid; whether the key or the content is another cannot be told (all but RSA PKCS #1)."""
    UNSUPPORTED = "unsupported"
    """The key or the algorithm is not supported here, so nothing is known."""


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """A signature algorithm with its parameters."""

    name: str
    """As its RFC calls it, or the dotted identifier."""
    hash: str | None = None
    key_type: str | None = None
    mask_hash: str | None = None
    """RSASSA-PSS: the hash of the mask generation function."""
    salt_length: int = 0
    """RSASSA-PSS: octets."""


_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "md5": hashes.MD5,
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}

_PSS_DEFAULT_SALT = 20
"""Octets (RFC 4055 section 3.1)."""


def _hash_of(algorithm: Cursor) -> str:
    oid = read_oid(expect(algorithm, OBJECT_IDENTIFIER, "hash algorithm"))
    return HASHES.get(oid, oid)


def _read_pss(parameters: Cursor, name: str, key_type: str) -> SignatureFacts:
    """Read RSASSA-PSS-params (RFC 4055 section 3.1); everything in them has a default."""
    hash_name, mask_hash, salt_length = "sha1", "sha1", _PSS_DEFAULT_SALT
    fields = enter(parameters, SEQUENCE, "RSASSA-PSS-params") if parameters.remaining else parameters
    while fields.remaining:
        tag, content = read_element(fields)
        value = Cursor(content)
        if tag == 0xA0:
            hash_name = _hash_of(enter(value, SEQUENCE, "hashAlgorithm"))
        elif tag == 0xA1:
            mask = enter(value, SEQUENCE, "maskGenAlgorithm")
            expect(mask, OBJECT_IDENTIFIER, "mask generation function")
            mask_hash = _hash_of(enter(mask, SEQUENCE, "mask hash algorithm"))
        elif tag == 0xA2:
            salt_length = read_integer(expect(value, INTEGER, "saltLength"))
    return SignatureFacts(name, hash_name, key_type, mask_hash, salt_length)


def read_signature_algorithm(algorithm: bytes) -> SignatureFacts:
    """Read the AlgorithmIdentifier of a signature, DER; raises MalformedInput."""
    fields = enter(Cursor(algorithm), SEQUENCE, "signature algorithm")
    oid = read_oid(expect(fields, OBJECT_IDENTIFIER, "signature algorithm"))
    known = SIGNATURES.get(oid)
    if known is None:
        return SignatureFacts(oid)
    if oid == RSASSA_PSS:
        return _read_pss(fields, known.name, known.key_type)
    return SignatureFacts(known.name, known.hash, known.key_type)


def _verify_rsa(
    key: rsa.RSAPublicKey, facts: SignatureFacts, signature: bytes, signed: bytes
) -> SignatureVerdict:
    algorithm = _HASHES[facts.hash or ""]()
    if facts.mask_hash is not None:
        scheme = padding.PSS(padding.MGF1(_HASHES[facts.mask_hash]()), facts.salt_length)
        key.verify(signature, signed, scheme, algorithm)
        return SignatureVerdict.VALID
    try:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        return _which_is_wrong(key, signature)
    return SignatureVerdict.VALID


def _which_is_wrong(key: rsa.RSAPublicKey, signature: bytes) -> SignatureVerdict:
    """Tell a wrong key from altered content: only the right key finds the padding (RFC 8017 section 9.2)."""
    try:
        key.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    except InvalidSignature:
        return SignatureVerdict.OTHER_KEY
    return SignatureVerdict.ALTERED


def _verify(spki: bytes, facts: SignatureFacts, signature: bytes, signed: bytes) -> SignatureVerdict:
    key = load_der_public_key(spki)
    if isinstance(key, rsa.RSAPublicKey):
        return _verify_rsa(key, facts, signature, signed)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(_HASHES[facts.hash or ""]()))
    elif isinstance(key, dsa.DSAPublicKey):
        key.verify(signature, signed, _HASHES[facts.hash or ""]())
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        key.verify(signature, signed)
    else:
        return SignatureVerdict.UNSUPPORTED
    return SignatureVerdict.VALID


@lru_cache(
    maxsize=1024
)  # a few dozen certificates under a few issuers; each entry keeps two certificates alive
def verify_signature(certificate: Certificate, issuer: Certificate) -> SignatureVerdict:
    """Say whether the key of `issuer` signed `certificate`; never raises."""
    found = outline(certificate.der)
    try:
        facts = read_signature_algorithm(found.algorithm)
    except MalformedInput:
        return SignatureVerdict.INVALID
    needed = {name for name in (facts.hash, facts.mask_hash) if name is not None}
    if facts.key_type is None or not needed <= _HASHES.keys():
        return SignatureVerdict.UNSUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it warns of weak keys and curves, on which the judge has its own say
        try:
            return _verify(issuer.spki, facts, found.signature, found.signed)
        except UnsupportedAlgorithm:
            return SignatureVerdict.UNSUPPORTED
        except (InvalidSignature, ValueError):
            return SignatureVerdict.INVALID
