"""Whether keys and signatures are strong enough for OpenSSL's security levels.

A level asks for a number of bits of security (SSL_CTX_set_security_level(3)): level 1 for 80, level 2 for
112. OpenSSL up to 3.1 starts at level 1, later versions, Debian and Ubuntu at 2. Since OpenSSL 3.0 a SHA-1
signature counts 63 bits and an MD5 one 39, so neither passes even level 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .certificate import Certificate

__all__ = ["LEVEL_BITS", "StrengthVerdict", "key_strength", "signature_strength", "tls13_key_fault"]

LEVEL_BITS = (0, 80, 112, 128, 192, 256)
"""The bits of security that each level asks for."""

_HASH_BITS = {
    "md2": 0,
    "md4": 0,
    "md5": 39,
    "sha1": 63,
    "sha224": 112,
    "sha256": 128,
    "sha384": 192,
    "sha512": 256,
}
_TYPE_BITS = {
    "Ed25519": 128,
    "Ed448": 224,
    "X25519": 128,
    "X448": 224,
    "ML-DSA-44": 128,
    "ML-DSA-65": 192,
    "ML-DSA-87": 256,
}
"""Keys, and signatures without a separate hash, whose strength follows from their type."""

_PRIME_BITS = ((15360, 256), (7680, 192), (3072, 128), (2048, 112), (1024, 80))
_ORDER_BITS = ((512, 256), (384, 192), (256, 128), (224, 112), (160, 80))

_TLS13_KEY_TYPES = frozenset(
    {"RSA", "RSA-PSS", "EC", "Ed25519", "Ed448", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}
)
"""Types for which TLS 1.3 has a signature scheme (RFC 8446 section 4.2.3); DSA has none."""

_TLS13_CURVES = frozenset(
    {"secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"}
)
"""Curves for which TLS 1.3 has a signature scheme (RFC 8446 section 4.2.3, RFC 8734)."""


@dataclass(frozen=True, slots=True)
class StrengthVerdict:
    """The bits of security of a key or signature."""

    bits: int | None
    """None where they are not known."""
    text: str
    """What was weighed: `RSA 1024`, `sha1WithRSAEncryption`."""

    @property
    def level(self) -> int | None:
        """The highest security level that it passes, None where its bits are not known."""
        if self.bits is None:
            return None
        return max(level for level, wanted in enumerate(LEVEL_BITS) if self.bits >= wanted)

    def passes(self, level: int) -> bool:
        """Say whether it passes a security level; what is not known passes."""
        return self.level is None or self.level >= level


def _by_table(table: tuple[tuple[int, int], ...], size: int, otherwise: int) -> int:
    return next((bits for least, bits in table if size >= least), otherwise)


def _rsa_bits(size: int) -> int:
    """Give the bits of security of an RSA modulus (SP 800-56B appendix D), rounded as OpenSSL 3 does."""
    known = dict(_PRIME_BITS)
    if size in known:
        return known[size]
    if size < 8:
        return 0
    x = size * math.log(2)
    strength = (1.923 * math.cbrt(x * math.log(x) ** 2) - 4.69) / math.log(2)
    return min((int(strength) + 4) // 8 * 8, 256)


def key_strength(certificate: Certificate) -> StrengthVerdict:
    """Weigh the certificate's key."""
    if certificate.has_broken_key:
        return StrengthVerdict(0, f"{certificate.key} that cannot be decoded")
    size = certificate.key_bits
    bits = _TYPE_BITS.get(certificate.key_type)
    if size is not None:
        if certificate.key_type in {"RSA", "RSA-PSS"}:
            bits = _rsa_bits(size)
        elif certificate.key_type in {"DSA", "DH"}:
            bits = _by_table(_PRIME_BITS, size, 0)
        elif certificate.key_type == "EC":
            bits = _by_table(_ORDER_BITS, size, size // 2)
    return StrengthVerdict(bits, certificate.key)


def signature_strength(certificate: Certificate) -> StrengthVerdict:
    """Weigh the signature on the certificate."""
    if certificate.signature_hash is not None:
        bits = _HASH_BITS.get(certificate.signature_hash)
    else:
        bits = _TYPE_BITS.get(certificate.signature_key_type or "")
    return StrengthVerdict(bits, certificate.signature)


def tls13_key_fault(certificate: Certificate) -> str | None:
    """Say why a certificate cannot serve in TLS 1.3, None where it can or its key is unknown."""
    if certificate.key_type == "unknown":
        return None
    if certificate.key_type not in _TLS13_KEY_TYPES:
        return f"TLS 1.3 has no signature scheme for {certificate.key_type} keys"
    if (
        certificate.key_type == "EC"
        and certificate.curve is not None
        and certificate.curve not in _TLS13_CURVES
    ):
        return f"TLS 1.3 has no signature scheme for the curve {certificate.curve}"
    return None
