"""Names as OpenSSL compares them when it looks for an issuer."""

from __future__ import annotations

import random

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from analyzers.x509.canonical import are_same_name, is_within
from analyzers.x509.certificate import parse_certificate
from analyzers.x509.names import parse_dn
from tests.x509.making import certificate_named
from tests.x509.openssl import Library, iris_library, system_library

TYPES = (_ASN1Type.UTF8String, _ASN1Type.PrintableString, _ASN1Type.T61String, _ASN1Type.BMPString)
VALUES = (
    "Example CA",
    "example ca",
    "Example  CA",
    " Example CA ",
    "Example-CA",
    "EXAMPLE\tCA",
    "É",
    "é",
    "7",
)


@pytest.mark.parametrize("library", [system_library(), iris_library()], ids=["system", "iris"])
def test_names_agree_where_openssl_says_so(library: Library) -> None:
    """Case, spaces, string types and the order within an RDN are set aside exactly as by X509_NAME_cmp."""
    chance = random.Random(518)
    outcomes = {True: 0, False: 0}

    def attribute(oid: x509.ObjectIdentifier) -> x509.NameAttribute:
        value = chance.choice(VALUES)
        kinds = (
            TYPES if value.isascii() and value.isprintable() else (_ASN1Type.UTF8String, _ASN1Type.BMPString)
        )
        return x509.NameAttribute(oid, value, _type=chance.choice(kinds))

    def some_name() -> x509.Name:
        rdns = [x509.RelativeDistinguishedName([attribute(NameOID.ORGANIZATION_NAME)])]
        oids = [NameOID.COMMON_NAME, NameOID.USER_ID][: chance.choice((1, 1, 2))]
        return x509.Name([*rdns, x509.RelativeDistinguishedName(map(attribute, oids))])

    for _ in range(1500):
        one, other = (certificate_named(some_name()) for _ in range(2))
        expected = library.names_agree(one, other)
        assert are_same_name(parse_certificate(one).subject, parse_certificate(other).subject) is expected
        outcomes[expected] += 1
    assert min(outcomes.values()) > 50


def test_what_is_no_string_is_compared_as_it_is() -> None:
    """Bit strings and numeric strings are not made canonical."""
    assert are_same_name(parse_dn("2.5.4.45=#0302000A"), parse_dn("2.5.4.45=#0302000A"))
    assert not are_same_name(parse_dn("2.5.4.45=#0302000A"), parse_dn("2.5.4.45=#0302000B"))
    assert not are_same_name(parse_dn("CN=#120137"), parse_dn("CN=#0C0137"))


def test_subtrees_of_names() -> None:
    """A name is within another that its most general RDNs repeat."""
    assert is_within(parse_dn("CN=a,O=Example,C=US"), parse_dn("O=EXAMPLE,C=US"))
    assert is_within(parse_dn("C=US"), parse_dn(""))
    assert not is_within(parse_dn("C=US"), parse_dn("O=Example,C=US"))
