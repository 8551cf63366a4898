"""Both verdicts on purposes: the vendor's as documented, OpenSSL's as measured."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

from analyzers.x509.certificate import Certificate, parse_certificate
from analyzers.x509.purposes import Purpose, openssl_purpose, vendor_purpose
from tests.x509.openssl import Library, Refusal, iris_library, system_library
from tests.x509.population import NOW, USAGES, Maker, key, name
from tests.x509.rewriting import to_version_1

CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

LIBRARIES = [pytest.param(system_library(), id="system"), pytest.param(iris_library(), id="iris")]


def certificate(
    usage: set[str] | None = None,
    extended: list[x509.ObjectIdentifier] | None = None,
    *,
    is_ca: bool = False,
    issuer: x509.Name | None = None,
) -> Certificate:
    """Make a certificate with the given usage extensions, signed by the key of its kind."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(name("Root CA" if is_ca and issuer is None else "irisa.example.com/IRISA"))
        .issuer_name(issuer or name("Root CA"))
        .public_key(key("ec-0" if is_ca else "ec-1").public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW.replace(year=2027))
    )
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if usage is not None:
        bits = {bit: bit in usage for bit in USAGES}
        builder = builder.add_extension(
            x509.KeyUsage(**bits, encipher_only=False, decipher_only=False), critical=True
        )
    if extended is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended), critical=False)
    built = builder.sign(key("ec-0"), hashes.SHA256())
    return parse_certificate(built.public_bytes(serialization.Encoding.DER))


BOTH = {"digital_signature", "key_encipherment"}


@pytest.mark.parametrize(
    ("usage", "extended", "lacking"),
    [
        (None, None, ()),
        (BOTH, [CLIENT_AUTH, SERVER_AUTH], ()),
        (BOTH, None, ()),
        ({"digital_signature"}, None, ("keyEncipherment",)),
        ({"key_encipherment"}, None, ("digitalSignature",)),
        ({"key_agreement"}, None, ("digitalSignature", "keyEncipherment")),
        (None, [CLIENT_AUTH], ("serverAuth",)),
        (None, [SERVER_AUTH], ("clientAuth",)),
        (None, [ANY], ("clientAuth", "serverAuth")),
        ({"digital_signature"}, [CLIENT_AUTH], ("keyEncipherment", "serverAuth")),
    ],
)
def test_vendor_rule(
    usage: set[str] | None, extended: list[x509.ObjectIdentifier] | None, lacking: tuple[str, ...]
) -> None:
    """Every usage extension that is present must name both roles, whichever role is played."""
    made = certificate(usage, extended)
    for purpose in (None, *Purpose):
        verdict = vendor_purpose(made, purpose)
        assert verdict.ok is not bool(lacking)
        assert len(verdict.reasons) == len(lacking)
        for word in lacking:
            assert any(f"lacks {word} (" in reason for reason in verdict.reasons)


def test_vendor_rule_puts_the_present_role_first() -> None:
    """What the role at hand lacks is named before what the other lacks."""
    made = certificate({"key_agreement"}, [ANY])
    assert "digitalSignature (" in vendor_purpose(made, Purpose.CLIENT).reasons[0]
    assert "keyEncipherment (" in vendor_purpose(made, Purpose.SERVER).reasons[0]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("usage", "extended", "as_server", "as_client"),
    [
        (None, [CLIENT_AUTH], False, True),
        (None, [SERVER_AUTH], True, False),
        ({"key_encipherment"}, None, True, False),
        ({"digital_signature"}, None, True, True),
        ({"content_commitment"}, None, False, False),
        (None, [ANY], False, False),
        ({"key_agreement"}, None, True, True),
    ],
)
def test_measured_table(
    library: Library,
    usage: set[str] | None,
    extended: list[x509.ObjectIdentifier] | None,
    as_server: bool,
    as_client: bool,
) -> None:
    """The rule says of each leaf what OpenSSL was measured to do with it, and still does."""
    made, root = certificate(usage, extended), certificate(is_ca=True)
    for purpose, accepted in ((Purpose.SERVER, as_server), (Purpose.CLIENT, as_client)):
        assert openssl_purpose(made, purpose).ok is accepted
        refusal = library.verify((made.der,), (root.der,), NOW.timestamp() + 1, purpose)
        assert refusal == (None if accepted else Refusal(26, 0))


@pytest.mark.parametrize("library", LIBRARIES)
def test_an_issuer_restricts_the_roles_below_it(library: Library) -> None:
    """A CA whose extended key usage names one role makes a perfect leaf unfit for the other."""
    leaf = certificate(BOTH, [CLIENT_AUTH, SERVER_AUTH])
    root = certificate({"key_cert_sign"}, [SERVER_AUTH], is_ca=True)
    assert openssl_purpose(root, Purpose.SERVER, depth=1).ok
    assert not openssl_purpose(root, Purpose.CLIENT, depth=1).ok
    assert library.verify((leaf.der,), (root.der,), NOW.timestamp() + 1, Purpose.SERVER) is None
    assert library.verify((leaf.der,), (root.der,), NOW.timestamp() + 1, Purpose.CLIENT) == Refusal(26, 1)


def test_any_extended_key_usage_is_said_not_to_stand_in() -> None:
    """The reason warns of the usage that looks as if it allowed everything."""
    verdict = openssl_purpose(certificate(None, [ANY]), Purpose.CLIENT)
    assert "anyExtendedKeyUsage does not stand in for it" in verdict.reasons[0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_random_usages_agree_with_openssl(library: Library) -> None:
    """For a thousand certificates, both roles, as leaf and as CA, the rule is X509_check_purpose."""
    chance = random.Random(262)
    verdicts: Counter[tuple[Purpose, int, bool]] = Counter()
    for _ in range(1000):
        maker = Maker(chance, fault=0.6)
        made = maker.make(name("Root CA"), "ec-0", None, is_ca=chance.random() < 0.5)
        old = [to_version_1(made.der, made.key)] if parse_certificate(made.der).version == 3 else []
        for der in (made.der, *old):
            parsed = parse_certificate(der)
            for purpose in Purpose:
                for depth in (0, 1):
                    expected = library.fits(der, purpose, is_ca=depth > 0)
                    assert openssl_purpose(parsed, purpose, depth).ok is expected, parsed
                    verdicts[purpose, depth, expected] += 1
    assert len(verdicts) == 8
    assert min(verdicts.values()) > 100
