"""The key and signature algorithms of certificates, by object identifier.

Names are those of the RFC that defines the identifier (3279, 4055, 5480, 5758, 8410, 9881), which are also
what OpenSSL prints.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CURVES", "HASHES", "KEY_TYPES", "RSASSA_PSS", "SIGNATURES", "Curve", "SignatureAlgorithm"]

RSASSA_PSS = "1.2.840.113549.1.1.10"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """One signature algorithm."""

    name: str
    hash: str | None
    """None where the algorithm has no separate hash, or its parameters name it (RSASSA-PSS)."""
    key_type: str
    """The type of key that makes such signatures, as `KEY_TYPES` calls it."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One named elliptic curve."""

    name: str
    bits: int
    """The size of the group's order."""


KEY_TYPES = {
    "1.2.840.113549.1.1.1": "RSA",
    RSASSA_PSS: "RSA-PSS",
    "1.2.840.10045.2.1": "EC",
    "1.2.840.10040.4.1": "DSA",
    "1.2.840.10046.2.1": "DH",
    "1.2.840.113549.1.3.1": "DH",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}

SIGNATURES = {
    "1.2.840.113549.1.1.2": SignatureAlgorithm("md2WithRSAEncryption", "md2", "RSA"),
    "1.2.840.113549.1.1.3": SignatureAlgorithm("md4WithRSAEncryption", "md4", "RSA"),
    "1.2.840.113549.1.1.4": SignatureAlgorithm("md5WithRSAEncryption", "md5", "RSA"),
    "1.2.840.113549.1.1.5": SignatureAlgorithm("sha1WithRSAEncryption", "sha1", "RSA"),
    "1.3.14.3.2.29": SignatureAlgorithm("sha1WithRSA", "sha1", "RSA"),
    "1.2.840.113549.1.1.14": SignatureAlgorithm("sha224WithRSAEncryption", "sha224", "RSA"),
    "1.2.840.113549.1.1.11": SignatureAlgorithm("sha256WithRSAEncryption", "sha256", "RSA"),
    "1.2.840.113549.1.1.12": SignatureAlgorithm("sha384WithRSAEncryption", "sha384", "RSA"),
    "1.2.840.113549.1.1.13": SignatureAlgorithm("sha512WithRSAEncryption", "sha512", "RSA"),
    RSASSA_PSS: SignatureAlgorithm("rsassaPss", None, "RSA-PSS"),
    "1.2.840.10040.4.3": SignatureAlgorithm("dsa-with-sha1", "sha1", "DSA"),
    "2.16.840.1.101.3.4.3.1": SignatureAlgorithm("dsa-with-sha224", "sha224", "DSA"),
    "2.16.840.1.101.3.4.3.2": SignatureAlgorithm("dsa-with-sha256", "sha256", "DSA"),
    "2.16.840.1.101.3.4.3.3": SignatureAlgorithm("dsa-with-sha384", "sha384", "DSA"),
    "2.16.840.1.101.3.4.3.4": SignatureAlgorithm("dsa-with-sha512", "sha512", "DSA"),
    "1.2.840.10045.4.1": SignatureAlgorithm("ecdsa-with-SHA1", "sha1", "EC"),
    "1.2.840.10045.4.3.1": SignatureAlgorithm("ecdsa-with-SHA224", "sha224", "EC"),
    "1.2.840.10045.4.3.2": SignatureAlgorithm("ecdsa-with-SHA256", "sha256", "EC"),
    "1.2.840.10045.4.3.3": SignatureAlgorithm("ecdsa-with-SHA384", "sha384", "EC"),
    "1.2.840.10045.4.3.4": SignatureAlgorithm("ecdsa-with-SHA512", "sha512", "EC"),
    "1.3.101.112": SignatureAlgorithm("Ed25519", None, "Ed25519"),
    "1.3.101.113": SignatureAlgorithm("Ed448", None, "Ed448"),
    "2.16.840.1.101.3.4.3.17": SignatureAlgorithm("ML-DSA-44", None, "ML-DSA-44"),
    "2.16.840.1.101.3.4.3.18": SignatureAlgorithm("ML-DSA-65", None, "ML-DSA-65"),
    "2.16.840.1.101.3.4.3.19": SignatureAlgorithm("ML-DSA-87", None, "ML-DSA-87"),
}

HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
"""Hashes that the parameters of RSASSA-PSS name."""

CURVES = {
    "1.2.840.10045.3.1.1": Curve("secp192r1", 192),
    "1.2.840.10045.3.1.7": Curve("secp256r1", 256),
    "1.3.132.0.1": Curve("sect163k1", 163),
    "1.3.132.0.6": Curve("secp112r1", 112),
    "1.3.132.0.8": Curve("secp160r1", 161),
    "1.3.132.0.9": Curve("secp160k1", 161),
    "1.3.132.0.10": Curve("secp256k1", 256),
    "1.3.132.0.15": Curve("sect163r2", 163),
    "1.3.132.0.16": Curve("sect283k1", 281),
    "1.3.132.0.17": Curve("sect283r1", 282),
    "1.3.132.0.26": Curve("sect233k1", 232),
    "1.3.132.0.27": Curve("sect233r1", 233),
    "1.3.132.0.28": Curve("secp128r1", 128),
    "1.3.132.0.30": Curve("secp160r2", 161),
    "1.3.132.0.31": Curve("secp192k1", 192),
    "1.3.132.0.32": Curve("secp224k1", 225),
    "1.3.132.0.33": Curve("secp224r1", 224),
    "1.3.132.0.34": Curve("secp384r1", 384),
    "1.3.132.0.35": Curve("secp521r1", 521),
    "1.3.132.0.36": Curve("sect409k1", 407),
    "1.3.132.0.37": Curve("sect409r1", 409),
    "1.3.132.0.38": Curve("sect571k1", 570),
    "1.3.132.0.39": Curve("sect571r1", 570),
    "1.3.36.3.3.2.8.1.1.7": Curve("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.9": Curve("brainpoolP320r1", 320),
    "1.3.36.3.3.2.8.1.1.11": Curve("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": Curve("brainpoolP512r1", 512),
    "1.2.156.10197.1.301": Curve("SM2", 256),
}
