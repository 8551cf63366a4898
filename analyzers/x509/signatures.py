"""Signatures on certificates: how one was made, and whether a key made it.

`cryptography` computes; the path from a certificate's bytes to its signed part is ours, because
`cryptography` refuses to load certificates that OpenSSL verifies (see `outline`).
"""

from __future__ import annotations

import hashlib
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
from .keys import read_key
from .outline import outline

if TYPE_CHECKING:
    from .certificate import Certificate

__all__ = [
    "SignatureFacts",
    "SignatureVerdict",
    "read_signature_algorithm",
    "verify_signature",
    "verify_with_key",
]


class SignatureVerdict(StrEnum):
    """Whether a key made a signature."""

    VALID = "valid"
    OTHER_KEY = "other_key"
    """Another key made it."""
    ALTERED = "altered"
    """This key made it, for other content."""
    INVALID = "invalid"
    """It is not valid; whether the key or the content is another cannot be told (all but RSA)."""
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
        try:
            key.verify(signature, signed, scheme, algorithm)
        except InvalidSignature:
            return _which_is_wrong_in_pss(key, facts, algorithm.digest_size, signature)
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


def _which_is_wrong_in_pss(
    key: rsa.RSAPublicKey, facts: SignatureFacts, digest_bytes: int, signature: bytes
) -> SignatureVerdict:
    """Tell the same of RSASSA-PSS, whose padding shows once the mask is off (RFC 8017 section 9.1.2)."""
    numbers = key.public_numbers()
    if numbers.e.bit_length() > _MAX_EXPONENT_BITS:
        return SignatureVerdict.INVALID
    bits = key.key_size - 1
    length = (bits + 7) // 8
    encoded = pow(int.from_bytes(signature), numbers.e, numbers.n)
    if encoded.bit_length() > 8 * length or encoded & 0xFF != _PSS_TRAILER:
        return SignatureVerdict.OTHER_KEY
    message = encoded.to_bytes(length)
    masked, seed = message[: -digest_bytes - 1], message[-digest_bytes - 1 : -1]
    mask_hash = _HASHES[facts.mask_hash or ""]()
    mask = b"".join(
        hashlib.new(mask_hash.name, seed + counter.to_bytes(4)).digest()
        for counter in range(len(masked) // mask_hash.digest_size + 1)
    )
    block = int.from_bytes(masked) ^ int.from_bytes(mask[: len(masked)])
    block &= (1 << (bits - 8 * (length - len(masked)))) - 1
    padded = block.to_bytes(len(masked)).lstrip(b"\0")
    is_padded = padded[:1] == b"\x01" and len(padded) == facts.salt_length + 1
    return SignatureVerdict.ALTERED if is_padded else SignatureVerdict.OTHER_KEY


_PSS_TRAILER = 0xBC
_MAX_EXPONENT_BITS = 64
"""OpenSSL's bound for large keys; the work grows with the exponent, and real ones have 17 bits."""


def _verify(spki: bytes, facts: SignatureFacts, signature: bytes, signed: bytes) -> SignatureVerdict:
    key = load_der_public_key(spki)
    if facts.hash is None and not isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return SignatureVerdict.INVALID  # It is of a kind that this key does not make.
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
    return _verify_quietly(issuer.spki, facts, found.signature, found.signed)


def verify_with_key(spki: bytes, facts: SignatureFacts, signature: bytes, signed: bytes) -> SignatureVerdict:
    """Say whether the key in a SubjectPublicKeyInfo, DER, made a signature; never raises."""
    try:
        key_type = read_key(spki).key_type.partition("-")[0]
    except MalformedInput:
        return SignatureVerdict.UNSUPPORTED
    if key_type != facts.key_type:
        return SignatureVerdict.OTHER_KEY
    return _verify_quietly(spki, facts, signature, signed)


def _verify_quietly(spki: bytes, facts: SignatureFacts, signature: bytes, signed: bytes) -> SignatureVerdict:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it warns of weak keys and curves, on which the judge has its own say
        try:
            return _verify(spki, facts, signature, signed)
        except UnsupportedAlgorithm:
            return SignatureVerdict.UNSUPPORTED
        except (InvalidSignature, ValueError):
            return SignatureVerdict.INVALID
