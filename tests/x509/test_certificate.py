"""Certificates read: as `cryptography` reads them, and further where it stops."""

from __future__ import annotations

import random
import warnings
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from analyzers.x509 import certificate as module
from analyzers.x509.certificate import (
    LARGEST_CERTIFICATE,
    Certificate,
    parse_certificate,
)
from analyzers.x509.der import INTEGER, SEQUENCE, wrap
from analyzers.x509.signatures import verify_signature
from tests.x509.making import extended, member, replaced
from tests.x509.openssl import system_library
from tests.x509.population import NOW, Maker, chains, key, name
from tests.x509.rewriting import parts, to_version_1, with_hash

if TYPE_CHECKING:
    from collections.abc import Callable

USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}
KINDS = {
    x509.DNSName: "DNS",
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
    x509.IPAddress: "IP",
}


def extension(built: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.ExtensionType | None:
    """Give an extension as `cryptography` reads it."""
    try:
        return built.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def check_extensions(read: Certificate, built: x509.Certificate) -> None:
    """Hold our reading of the extensions to that of `cryptography`."""
    usage = extension(built, x509.KeyUsage)
    expected = (
        None if usage is None else tuple(ours for ours, theirs in USAGES.items() if getattr(usage, theirs))
    )
    assert read.key_usage == expected
    constraints = extension(built, x509.BasicConstraints)
    assert read.has_basic_constraints is (constraints is not None)
    assert (read.is_ca, read.path_length) == (
        (False, None) if constraints is None else (constraints.ca, constraints.path_length)
    )
    subject_key = extension(built, x509.SubjectKeyIdentifier)
    assert read.subject_key_id == (None if subject_key is None else subject_key.digest)
    authority = extension(built, x509.AuthorityKeyIdentifier)
    assert read.authority_key_id == (None if authority is None else authority.key_identifier)
    if authority is not None:
        assert read.authority_key is not None
        assert read.authority_key.serial == authority.authority_cert_serial_number
    extended = extension(built, x509.ExtendedKeyUsage)
    assert (read.extended_key_usage is None) is (extended is None)
    if extended is not None:
        assert len(read.extended_key_usage or ()) == len(list(extended))
    names = extension(built, x509.SubjectAlternativeName)
    expected_names = (
        [] if names is None else [f"{KINDS[type(one)]}:{one.value}" for one in names if type(one) in KINDS]
    )
    assert [shown for shown in read.san if not shown.startswith(("DN:", "RID:"))] == expected_names


def test_facts_are_those_of_cryptography() -> None:
    """Of a thousand certificates, names, times, keys, signatures and extensions are what `cryptography` reads."""
    seen = 0
    for chain in chains(350, seed=11):
        for der in chain.presented + chain.trust:
            read = parse_certificate(der)
            if read.version != 3:
                continue
            seen += 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                built = x509.load_der_x509_certificate(der)
            assert read.sha256 == built.fingerprint(hashes.SHA256()).hex()
            assert read.subject.der == built.subject.public_bytes()
            assert read.issuer.der == built.issuer.public_bytes()
            assert int(read.serial, 16) == built.serial_number == read.serial_number
            assert read.not_before == built.not_valid_before_utc.timestamp()
            assert read.not_after == built.not_valid_after_utc.timestamp()
            algorithm = built.signature_hash_algorithm
            assert read.signature_hash == (None if algorithm is None else algorithm.name)
            assert read.spki == built.public_key().public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            check_extensions(read, built)
            assert read.problem is None
    assert seen > 700


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: rsa.generate_private_key(65537, 2048), ("RSA 2048", "RSA", 2048, None)),
        (lambda: rsa.generate_private_key(3, 1024), ("RSA 1024", "RSA", 1024, None)),
        (lambda: ec.generate_private_key(ec.SECP256R1()), ("EC secp256r1", "EC", 256, "secp256r1")),
        (lambda: ec.generate_private_key(ec.SECP384R1()), ("EC secp384r1", "EC", 384, "secp384r1")),
        (lambda: ec.generate_private_key(ec.SECP521R1()), ("EC secp521r1", "EC", 521, "secp521r1")),
        (lambda: ec.generate_private_key(ec.SECP224R1()), ("EC secp224r1", "EC", 224, "secp224r1")),
        (
            lambda: ec.generate_private_key(ec.BrainpoolP256R1()),
            ("EC brainpoolP256r1", "EC", 256, "brainpoolP256r1"),
        ),
        (lambda: dsa.generate_private_key(2048), ("DSA 2048", "DSA", 2048, None)),
        (ed25519.Ed25519PrivateKey.generate, ("Ed25519", "Ed25519", None, None)),
        (ed448.Ed448PrivateKey.generate, ("Ed448", "Ed448", None, None)),
    ],
)
def test_keys(
    make: Callable[[], rsa.RSAPrivateKey], expected: tuple[str, str, int | None, str | None]
) -> None:
    """Every type of key is told with its size or curve."""
    read = parse_certificate(member(public=make().public_key()))
    assert (read.key, read.key_type, read.key_bits, read.curve) == expected


def test_signature_algorithms() -> None:
    """The algorithm's name, its hash and the type of key that makes it are told, for RSASSA-PSS from its parameters."""
    builder = x509.CertificateBuilder().subject_name(name("a")).issuer_name(name("a")).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW).public_key(key("rsa2048-0").public_key())
    pss = padding.PSS(padding.MGF1(hashes.SHA384()), 48)
    signed = builder.sign(key("rsa2048-0"), hashes.SHA384(), rsa_padding=pss)
    read = parse_certificate(signed.public_bytes(serialization.Encoding.DER))
    assert (read.signature, read.signature_hash, read.signature_key_type) == (
        "rsassaPss",
        "sha384",
        "RSA-PSS",
    )
    plain = builder.sign(key("rsa2048-0"), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    for digest, expected in (("md5", "md5WithRSAEncryption"), ("sha1", "sha1WithRSAEncryption")):
        old = parse_certificate(with_hash(plain, key("rsa2048-0"), digest))
        assert (old.signature, old.signature_hash, old.signature_key_type) == (expected, digest, "RSA")
    ours = parse_certificate(member())
    assert (ours.signature, ours.signature_hash, ours.signature_key_type) == (
        "ecdsa-with-SHA256",
        "sha256",
        "EC",
    )
    edwards = builder.sign(key("ed25519-0"), None).public_bytes(serialization.Encoding.DER)
    assert parse_certificate(edwards).signature_hash is None


KEY_USAGE = b"\x03\x02\x07\x80"


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(replaced(1, wrap(INTEGER, b"\x85")), id="negative serial number"),
        pytest.param(replaced(1, wrap(INTEGER, b"\x00")), id="serial number 0"),
        pytest.param(replaced(0, b"\xa0\x03\x02\x01\x00"), id="version 1 spelled out, with extensions"),
        pytest.param(replaced(0, b"\xa0\x03\x02\x01\x01"), id="version 2"),
        pytest.param(extended(("2.5.29.15", b"\x01\x01\x01", KEY_USAGE)), id="critical as 01"),
        pytest.param(
            extended(("2.5.29.15", b"\x01\x01\x00", KEY_USAGE)), id="critical that spells out false"
        ),
        pytest.param(
            extended(("2.5.29.15", b"", KEY_USAGE), ("2.5.29.17", b"", b"\x30\x04\x82\x02a\xff")),
            id="DNS name not ASCII",
        ),
        pytest.param(
            extended(("2.5.29.15", b"", KEY_USAGE), ("2.5.29.19", b"", b"\x30\x03\x01\x01\x00")),
            id="cA false",
        ),
    ],
)
def test_what_openssl_reads_is_read(der: bytes) -> None:
    """Certificates that `cryptography` refuses, and OpenSSL does not, are read whole."""
    assert system_library().reads(der)
    read = parse_certificate(der)
    assert read.problem is None
    assert read.subject.values("CN") == ("irisa.example.com/IRISA",)
    assert read.key_usage == ("digitalSignature",)


def test_versions_and_serial_numbers() -> None:
    """Version and serial number are told as OpenSSL prints them."""
    assert parse_certificate(member()).version == 3
    assert parse_certificate(to_version_1(member(), key("ec-0"))).version == 1
    assert parse_certificate(replaced(1, wrap(INTEGER, b"\x85"))).serial == "-7B"
    assert parse_certificate(replaced(1, wrap(INTEGER, b"\x00\x85"))).serial == "85"
    assert parse_certificate(replaced(1, wrap(INTEGER, b"\x0f"))).serial == "0F"


def test_self_issued_certificates() -> None:
    """Subject and issuer are compared character by character."""
    assert not parse_certificate(member()).is_self_issued
    assert parse_certificate(replaced(5, parse_certificate(member()).issuer.der or b"")).is_self_issued


@pytest.mark.parametrize(
    ("at", "part", "what", "kept"),
    [
        (
            4,
            wrap(SEQUENCE, wrap(0x17, b"260001000000Z") + wrap(0x17, b"270101000000Z")),
            "notBefore: ",
            "not_after",
        ),
        (3, b"\x30\x02\x31\x05", "issuer: ", "subject"),
        (5, b"\x30\x02\x31\x05", "subject: ", "issuer"),
        (6, b"\x30\x02\x30\x00", "public key: ", "subject"),
        (
            6,
            wrap(SEQUENCE, wrap(SEQUENCE, b"\x06\x01\x2a") + b"\x03\x00"),
            "public key: subjectPublicKey is empty",
            "issuer",
        ),
        (1, b"\x04\x01\x01", "serialNumber has the identifier octet 0x04", "version"),
        (7, b"\xa4\x00", "identifier octet 0xa4 has no place", "subject"),
        (
            7,
            wrap(0xA3, wrap(SEQUENCE, wrap(SEQUENCE, b"\x06\x01\x2a\x05\x00"))),
            "extnValue has the identifier",
            "issuer",
        ),
    ],
)
def test_a_broken_part_leaves_the_others(at: int, part: bytes, what: str, kept: str) -> None:
    """What can be read of a certificate is, and the problem names what cannot."""
    read = parse_certificate(replaced(at, part))
    assert read.problem is not None
    assert read.problem.startswith(what)
    assert getattr(read, kept)


def test_a_certificate_that_is_cut_off_keeps_its_head() -> None:
    """Of a certificate that ends in mid-air, what comes before the end of its sequence is not trusted."""
    read = parse_certificate(member()[:-1])
    assert read.problem is not None
    assert not read.subject
    tail = parts(member())
    headless = wrap(SEQUENCE, tail[0] + tail[1])
    read = parse_certificate(headless)
    assert read.problem is not None
    assert read.subject.values("CN") == ("irisa.example.com/IRISA",)


def test_sizes_are_bounded() -> None:
    """A certificate above the limit is not looked at, and one with too many extensions only up to them."""
    huge = parse_certificate(b"\x30" * (LARGEST_CERTIFICATE + 1))
    assert huge.problem == "it has 65537 bytes, more than 65536"
    crowded = parse_certificate(extended(*[("2.5.29.15", b"", KEY_USAGE)] * 65))
    assert crowded.problem is not None
    assert "more than 64 extensions" in crowded.problem


def test_certificates_are_read_once_and_forgotten_when_large() -> None:
    """The same bytes give the same object; large ones are not kept."""
    der = member()
    assert parse_certificate(der) is parse_certificate(bytes(bytearray(der)))
    padded = extended(("1.3.6.1.4.1.32473.1", b"", bytes(module._CACHED_CERTIFICATE)))
    assert parse_certificate(padded) is not parse_certificate(padded)
    assert parse_certificate(padded) == parse_certificate(padded)
    assert hash(parse_certificate(padded)) == hash(parse_certificate(padded))
    assert parse_certificate(der) != parse_certificate(padded)


def test_nothing_is_printed_that_fills_a_screen() -> None:
    """The representation leaves out the bytes."""
    assert member().hex() not in repr(parse_certificate(member()))
    assert len(repr(parse_certificate(member()))) < 2500


def test_no_warning_leaks() -> None:
    """Reading and loading certificates that `cryptography` warns of is silent."""
    suspicious = [
        replaced(1, wrap(INTEGER, b"\x84")),
        member(public=key("dsa-0").public_key()),
        with_hash(member(), key("ec-0"), "sha1"),
    ]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for der in suspicious:
            verify_signature(parse_certificate(der), parse_certificate(der))
    assert caught == []


@given(st.binary(max_size=200))
def test_any_bytes_give_a_certificate_with_a_problem(data: bytes) -> None:
    """Garbage never raises, and never passes for a certificate."""
    read = parse_certificate(data)
    assert read.problem is not None
    assert not read.is_readable
    assert read.der == data


MUTATED = Maker(random.Random(5280), fault=0.3)
SEEDS = [MUTATED.make(name("a", email="a@b"), "ec-0", None, is_ca=at % 2 == 0).der for at in range(12)]


@given(st.sampled_from(SEEDS), st.data())
def test_mutated_certificates_never_raise(der: bytes, data: st.DataObject) -> None:
    """A real certificate with bytes changed, cut out or put in is read as far as it goes."""
    changed = bytearray(der)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    read = parse_certificate(bytes(changed))
    assert read.key
    assert read.subject.rfc4514().isprintable()
    assert all(shown.isprintable() for shown in read.san)
    hash(read)
