"""Bits of security, as OpenSSL counts them."""

from __future__ import annotations

import dataclasses

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448

from analyzers.x509.certificate import Certificate
from analyzers.x509.der import BIT_STRING, INTEGER, SEQUENCE, wrap
from analyzers.x509.keys import read_key
from analyzers.x509.strength import key_strength, signature_strength, tls13_key_fault
from tests.x509.openssl import Library, iris_library, system_library
from tests.x509.population import key

LIBRARIES = [pytest.param(system_library(), id="system"), pytest.param(iris_library(), id="iris")]


def certificate_with(spki: bytes = b"", **facts: object) -> Certificate:
    """Give a certificate of which only the key, or the named facts, matter."""
    plain = Certificate(der=b"", sha256="", **facts)
    if not spki:
        return plain
    found = read_key(spki)
    return dataclasses.replace(
        plain, spki=spki, key_type=found.key_type, key_bits=found.bits, curve=found.curve
    )


def rsa_key(bits: int) -> bytes:
    """Encode a public key with a modulus of some size; it need not be the product of primes to be weighed."""
    modulus = ((1 << bits) - 1).to_bytes(bits // 8 + 1, "big")
    numbers = wrap(SEQUENCE, wrap(INTEGER, modulus) + wrap(INTEGER, b"\x01\x00\x01"))
    algorithm = wrap(SEQUENCE, bytes.fromhex("06092a864886f70d0101010500"))
    return wrap(SEQUENCE, algorithm + wrap(BIT_STRING, b"\x00" + numbers))


@pytest.mark.parametrize("library", LIBRARIES)
def test_rsa_keys_of_every_size(library: Library) -> None:
    """A modulus of any size has as many bits of security as OpenSSL says."""
    for bits in (*range(256, 4100, 8), 1023, 1025, 2047, 2049, 3071, 7680, 8192, 15359, 15360):
        spki = rsa_key(bits)
        assert key_strength(certificate_with(spki)).bits == library.security_bits(spki), bits


CURVES = [
    ec.SECP192R1,
    ec.SECP224R1,
    ec.SECP256R1,
    ec.SECP384R1,
    ec.SECP521R1,
    ec.SECP256K1,
    ec.BrainpoolP512R1,
]


@pytest.mark.parametrize("library", LIBRARIES)
def test_other_keys(library: Library) -> None:
    """Curves, Edwards keys and DSA have as many bits of security as OpenSSL says."""
    keys = [ec.generate_private_key(curve()) for curve in CURVES]
    keys += [key("ed25519-0"), ed448.Ed448PrivateKey.generate(), key("dsa-0")]
    for private in keys:
        spki = private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        weighed = key_strength(certificate_with(spki))
        assert weighed.bits == library.security_bits(spki), weighed


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"key_type": "RSA", "key_bits": 1023}, 1),
        ({"key_type": "RSA", "key_bits": 512}, 0),
        ({"key_type": "RSA", "key_bits": 1024}, 1),
        ({"key_type": "RSA", "key_bits": 2048}, 2),
        ({"key_type": "RSA", "key_bits": 3072}, 3),
        ({"key_type": "RSA", "key_bits": 1}, 0),
        ({"key_type": "EC", "key_bits": 112, "curve": "secp112r1"}, 0),
        ({"key_type": "EC", "key_bits": 160, "curve": "secp160r1"}, 1),
        ({"key_type": "EC", "key_bits": 224, "curve": "secp224r1"}, 2),
        ({"key_type": "EC", "key_bits": 256, "curve": "secp256r1"}, 3),
        ({"key_type": "DSA", "key_bits": 1024}, 1),
        ({"key_type": "EC", "curve": "explicit"}, None),
        ({"key_type": "1.2.3"}, None),
    ],
)
def test_levels_of_keys(facts: dict[str, object], level: int | None) -> None:
    """A key passes the levels up to its own; one that is unknown passes all, for nothing is known against it."""
    weighed = key_strength(certificate_with(**facts))
    assert weighed.level == level
    for asked in range(6):
        assert weighed.passes(asked) is (level is None or asked <= level)


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        ({"signature": "md5WithRSAEncryption", "signature_hash": "md5"}, 0),
        ({"signature": "sha1WithRSAEncryption", "signature_hash": "sha1"}, 0),
        ({"signature": "sha224WithRSAEncryption", "signature_hash": "sha224"}, 2),
        ({"signature": "ecdsa-with-SHA256", "signature_hash": "sha256"}, 3),
        ({"signature": "Ed25519", "signature_key_type": "Ed25519"}, 3),
        ({"signature": "Ed448", "signature_key_type": "Ed448"}, 4),
        ({"signature": "1.2.3"}, None),
    ],
)
def test_levels_of_signatures(facts: dict[str, object], level: int | None) -> None:
    """A signature passes by its hash, or by its own kind where it has none."""
    assert signature_strength(certificate_with(**facts)).level == level


@pytest.mark.parametrize(
    ("facts", "fault"),
    [
        ({"key_type": "RSA"}, None),
        ({"key_type": "RSA-PSS"}, None),
        ({"key_type": "EC", "curve": "secp384r1"}, None),
        ({"key_type": "Ed25519"}, None),
        ({"key_type": "unknown"}, None),
        ({"key_type": "DSA"}, "TLS 1.3 has no signature scheme for DSA keys"),
        ({"key_type": "EC", "curve": "secp256k1"}, "TLS 1.3 has no signature scheme for the curve secp256k1"),
    ],
)
def test_keys_that_tls_13_cannot_use(facts: dict[str, object], fault: str | None) -> None:
    """DSA and unusual curves have no signature scheme in TLS 1.3."""
    assert tls13_key_fault(certificate_with(**facts)) == fault
