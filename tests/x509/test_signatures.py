"""Signatures on certificates: valid, by another key, over other content."""

from __future__ import annotations

import random

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed448, padding

from analyzers.x509.certificate import Certificate, parse_certificate
from analyzers.x509.der import BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, wrap, write_oid
from analyzers.x509.purposes import Purpose
from analyzers.x509.signatures import SignatureVerdict, verify_signature
from tests.x509.openssl import Refusal, system_library
from tests.x509.population import NOW, Maker, key, name
from tests.x509.rewriting import edited, parts, with_hash

MAKER = Maker(random.Random(7), fault=0.0)


def pair(root_label: str, *, signs: str | None = None) -> tuple[Certificate, Certificate]:
    """Make a leaf and its root; `signs` is the label of the key that signs instead of the root's."""
    root = MAKER.make(name("Root CA"), root_label, None, is_ca=True)
    leaf = MAKER.make(name("irisa"), "ec-1", root, is_ca=False, signs=signs)
    return parse_certificate(leaf.der), parse_certificate(root.der)


@pytest.mark.parametrize("label", ["ec-0", "p384-0", "rsa2048-0", "rsa1024-0", "ed25519-0"])
def test_valid_signatures(label: str) -> None:
    """Every kind of key verifies what it signed."""
    assert verify_signature(*pair(label)) is SignatureVerdict.VALID


@pytest.mark.parametrize("digest", ["md5", "sha1"])
def test_retired_hashes_are_still_verified(digest: str) -> None:
    """A signature with a retired hash is judged weak elsewhere; here it is valid or not."""
    leaf, root = pair("rsa2048-0")
    old = parse_certificate(with_hash(leaf.der, key("rsa2048-0"), digest))
    assert verify_signature(old, root) is SignatureVerdict.VALID
    assert verify_signature(old, pair("rsa2048-1")[1]) is SignatureVerdict.OTHER_KEY


def signed(
    label: str, scheme: padding.AsymmetricPadding | None, root_label: str | None = None
) -> Certificate:
    """Make a certificate signed with RSASSA-PSS or another scheme."""
    builder = x509.CertificateBuilder().subject_name(name("a")).issuer_name(name("Root CA")).serial_number(1)
    builder = (
        builder.not_valid_before(NOW).not_valid_after(NOW).public_key(key(root_label or "ec-1").public_key())
    )
    built = builder.sign(key(label), hashes.SHA256(), rsa_padding=scheme)
    return parse_certificate(built.public_bytes(serialization.Encoding.DER))


@pytest.mark.parametrize("salt", [0, 20, 32])
@pytest.mark.parametrize("mask", [hashes.SHA256(), hashes.SHA512()])
def test_rsassa_pss(salt: int, mask: hashes.HashAlgorithm) -> None:
    """RSASSA-PSS is verified with the parameters that the certificate gives."""
    leaf = signed("rsa2048-0", padding.PSS(padding.MGF1(mask), salt))
    assert verify_signature(leaf, pair("rsa2048-0")[1]) is SignatureVerdict.VALID
    assert verify_signature(leaf, pair("rsa2048-1")[1]) is SignatureVerdict.OTHER_KEY


def test_ed448() -> None:
    """Ed448 signs as Ed25519 does."""
    own = ed448.Ed448PrivateKey.generate()
    builder = x509.CertificateBuilder().subject_name(name("a")).issuer_name(name("a")).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW).public_key(own.public_key())
    made = parse_certificate(builder.sign(own, None).public_bytes(serialization.Encoding.DER))
    assert verify_signature(made, made) is SignatureVerdict.VALID


def test_dsa() -> None:
    """DSA, which cannot serve TLS 1.3, still signs certificates."""
    leaf, root = signed("dsa-0", None), signed("dsa-0", None, "dsa-0")
    assert verify_signature(leaf, root) is SignatureVerdict.VALID


def altered(certificate: Certificate) -> Certificate:
    """Change the serial number and leave the signature."""
    tbs, algorithm, signature = parts(certificate.der)
    fields = parts(tbs)
    fields[1] = b"\x02\x01\x63"
    return parse_certificate(wrap(SEQUENCE, wrap(SEQUENCE, b"".join(fields)) + algorithm + signature))


def test_rsa_tells_another_key_from_other_content() -> None:
    """Only the right key finds the padding, so a wrong key and altered content are told apart."""
    leaf, root = pair("rsa2048-0")
    assert verify_signature(altered(leaf), root) is SignatureVerdict.ALTERED
    assert verify_signature(pair("rsa2048-0", signs="rsa2048-1")[0], root) is SignatureVerdict.OTHER_KEY
    assert verify_signature(pair("rsa1024-0")[0], root) is SignatureVerdict.OTHER_KEY


def test_elliptic_curves_do_not_tell() -> None:
    """For other algorithms nothing is claimed beyond that the signature is not valid."""
    leaf, root = pair("ec-0")
    assert verify_signature(altered(leaf), root) is SignatureVerdict.INVALID
    assert verify_signature(pair("ec-0", signs="ec-2")[0], root) is SignatureVerdict.INVALID


def test_what_is_unknown_is_not_called_invalid() -> None:
    """An algorithm that nobody here knows leaves the question open."""
    leaf, root = pair("ec-0")
    strange = wrap(SEQUENCE, wrap(OBJECT_IDENTIFIER, write_oid("1.3.6.1.4.1.32473.1")))
    other = parse_certificate(
        edited(leaf.der, key("ec-0"), lambda fields: [*fields[:2], strange, *fields[3:]])
    )
    assert other.signature == "1.3.6.1.4.1.32473.1"
    assert verify_signature(other, root) is SignatureVerdict.UNSUPPORTED
    montgomery = wrap(SEQUENCE, wrap(SEQUENCE, bytes.fromhex("06032b656e")) + wrap(BIT_STRING, bytes(33)))
    keyless = edited(root.der, key("ec-0"), lambda fields: [*fields[:6], montgomery, *fields[7:]])
    assert parse_certificate(keyless).key_type == "X25519"
    assert verify_signature(leaf, parse_certificate(keyless)) is SignatureVerdict.UNSUPPORTED


def test_a_damaged_key_verifies_nothing() -> None:
    """An issuer whose key cannot be read verifies no signature."""
    leaf, root = pair("ec-0")
    point = wrap(SEQUENCE, parts(root.spki)[0] + wrap(BIT_STRING, bytes(66)))
    damaged = edited(root.der, key("ec-0"), lambda fields: [*fields[:6], point, *fields[7:]])
    assert verify_signature(leaf, parse_certificate(damaged)) is SignatureVerdict.INVALID


@pytest.mark.parametrize("scheme", ["ec-0", "rsa2048-0", "ed25519-0"])
def test_openssl_sees_the_same(scheme: str) -> None:
    """A signature that is not valid here is error 7 for OpenSSL."""
    leaf, root = pair(scheme)
    now = NOW.timestamp()
    verify = system_library().verify
    assert verify((leaf.der,), (root.der,), now, Purpose.CLIENT) is None
    assert verify((altered(leaf).der,), (root.der,), now, Purpose.CLIENT) == Refusal(7, 0)
