"""Names in DER: every string type, what is broken, and how real OpenSSL prints them."""

from __future__ import annotations

import random

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedName
from analyzers.x509.attributes import find_type, type_name
from analyzers.x509.der import OBJECT_IDENTIFIER, SEQUENCE, SET, wrap, write_oid
from analyzers.x509.names import Attribute, DistinguishedName, parse_dn
from tests.x509.making import certificate_named
from tests.x509.openssl import Library, iris_library, system_library

ONE_LINE = 0x82031F
RFC_2253 = 0x1110317
"""Flags of X509_NAME_print_ex: XN_FLAG_ONELINE, XN_FLAG_RFC2253."""

COMMON_NAME = write_oid("2.5.4.3")


def encoded(*attributes: tuple[bytes, int, bytes]) -> bytes:
    """Encode a Name with one attribute in each RDN: identifier, string type, octets."""
    rdns = (
        wrap(SET, wrap(SEQUENCE, wrap(OBJECT_IDENTIFIER, oid) + wrap(tag, raw)))
        for oid, tag, raw in attributes
    )
    return wrap(SEQUENCE, b"".join(rdns))


@pytest.mark.parametrize(
    ("tag", "raw", "value", "string_type"),
    [
        (12, "café".encode(), "café", "UTF8String"),
        (18, b"123", "123", "NumericString"),
        (19, b"irisa", "irisa", "PrintableString"),
        (19, b"iris\xe9", "irisé", "PrintableString"),
        (20, b"caf\xe9", "café", "TeletexString"),
        (22, b"a@b", "a@b", "IA5String"),
        (26, b"a b", "a b", "VisibleString"),
        (28, "a\U0001f600".encode("utf-32-be"), "a\U0001f600", "UniversalString"),
        (30, "café".encode("utf-16-be"), "café", "BMPString"),
        (12, b"", "", "UTF8String"),
        (12, b"\xff", "#0c01ff", "UTF8String"),
        (30, b"\x00", "#1e0100", "BMPString"),
        (28, b"\x00\x11\x00\x00", "#1c0400110000", "UniversalString"),
        (3, b"\x00\x01", "#03020001", "tag 3"),
    ],
)
def test_string_types(tag: int, raw: bytes, value: str, string_type: str) -> None:
    """Every string type is decoded; what does not fit its type stands as hexadecimal DER, and survives printing."""
    dn = DistinguishedName.from_der(encoded((COMMON_NAME, tag, raw)))
    (attribute,) = dn.attributes()
    assert (attribute.value, attribute.string_type, attribute.raw) == (value, string_type, raw)
    (again,) = parse_dn(dn.rfc4514()).attributes()
    assert again.value == value
    assert attribute.is_text is not value.startswith("#")


@pytest.mark.parametrize(
    ("der", "what"),
    [
        (b"", "identifier needs 1 bytes"),
        (b"\x31\x00", "identifier octet 0x31"),
        (b"\x30\x00\x00", "followed by 1 unexpected"),
        (b"\x30\x02\x30\x00", "RelativeDistinguishedName has the identifier octet 0x30"),
        (b"\x30\x80\x00\x00", "length octet 0x80"),
        (b"\x30\x85\x01\x01\x01\x01\x01", "length octet 0x85"),
        (b"\x30\x01\x1f", "begins a tag above 30"),
        (encoded((b"", 12, b"a")), "object identifier without content"),
        (encoded((b"\x55\x84", 12, b"a")), "object identifier 5584"),
        (encoded((b"\x01" * 65, 12, b"a")), "object identifier 0101"),
        (encoded(*[(COMMON_NAME, 12, b"a")] * 129), "more than 128 attributes"),
    ],
)
def test_broken_names(der: bytes, what: str) -> None:
    """What is no Name is refused, with the reason."""
    with pytest.raises(MalformedName, match=what):
        DistinguishedName.from_der(der)


@given(st.binary(max_size=64))
def test_no_bytes_raise_anything_else(der: bytes) -> None:
    """Any bytes are a Name or a MalformedName."""
    try:
        dn = DistinguishedName.from_der(der)
    except MalformedName:
        return
    dn.rfc4514()


@given(st.data())
def test_a_name_cut_and_continued(data: st.DataObject) -> None:
    """A real Name that is cut anywhere and continued with anything is a Name or a MalformedName."""
    whole = encoded((COMMON_NAME, 12, "irisa/é".encode()), (write_oid("2.5.4.6"), 19, b"US"))
    cut = data.draw(st.integers(0, len(whole)))
    try:
        dn = DistinguishedName.from_der(whole[:cut] + data.draw(st.binary(max_size=20)))
    except MalformedName:
        return
    assert dn.der is not None


def test_names_are_values() -> None:
    """Names with the same attributes are equal and hash alike, whatever they came from."""
    one = DistinguishedName.from_der(encoded((COMMON_NAME, 12, b"a")))
    other = DistinguishedName(((Attribute("2.5.4.3", "a", 12, b"a"),),))
    assert one == other
    assert hash(one) == hash(other)
    assert one != parse_dn("CN=a")
    assert parse_dn("CN=a") == parse_dn("/CN=a")
    assert not DistinguishedName()


def test_values_by_any_name_of_the_type() -> None:
    """Attributes are found by short name, long name and alias."""
    dn = parse_dn("CN=a,OU=b,OU=c,E=d")
    assert dn.values("OU") == ("c", "b")
    assert dn.values("commonname") == ("a",)
    assert dn.values("emailAddress") == dn.values("EMAIL") == ("d",)
    assert dn.values("L") == ()
    assert dn.values("nonsense") == ()


@pytest.mark.parametrize(
    ("alias", "oid"),
    [
        ("SN", "2.5.4.4"),
        ("surname", "2.5.4.4"),
        ("SERIALNUMBER", "2.5.4.5"),
        ("S", "2.5.4.8"),
        ("ST", "2.5.4.8"),
        ("STREET", "2.5.4.9"),
        ("T", "2.5.4.12"),
        ("G", "2.5.4.42"),
        ("givenName", "2.5.4.42"),
        ("dc", "0.9.2342.19200300.100.1.25"),
        ("uid", "0.9.2342.19200300.100.1.1"),
        ("mail", "0.9.2342.19200300.100.1.3"),
        ("E", "1.2.840.113549.1.9.1"),
        ("DNQ", "2.5.4.46"),
    ],
)
def test_aliases(alias: str, oid: str) -> None:
    """The spellings of other tools lead to the same type."""
    assert find_type(alias) == oid
    assert find_type(type_name(oid)) == oid


STRINGS = (
    NameOID.COMMON_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.LOCALITY_NAME,
    NameOID.STATE_OR_PROVINCE_NAME,
    NameOID.STREET_ADDRESS,
    NameOID.SURNAME,
    NameOID.GIVEN_NAME,
    NameOID.TITLE,
    NameOID.USER_ID,
    NameOID.PSEUDONYM,
    NameOID.POSTAL_CODE,
    NameOID.BUSINESS_CATEGORY,
    NameOID.JURISDICTION_LOCALITY_NAME,
    NameOID.GENERATION_QUALIFIER,
    NameOID.ORGANIZATION_IDENTIFIER,
    NameOID.INITIALS,
)


@pytest.mark.parametrize("library", [system_library(), iris_library()], ids=["system", "iris"])
def test_printed_as_openssl_prints(library: Library) -> None:
    """RFC 4514 and `attr = value` come out as OpenSSL prints them, and OpenSSL's own lines are read back."""
    chance = random.Random(4514)
    for _ in range(300):
        rdns = []
        for _ in range(chance.randint(1, 4)):
            members = {}
            for _ in range(chance.choice((1, 1, 1, 2))):
                # OpenSSL does not escape a value that is "#" alone, though RFC 4514 section 2.4 asks for it.
                value = "".join(chance.choice('ab,+"\\<>;=#/ .@Z9') for _ in range(chance.randint(2, 8)))
                oid = chance.choice(STRINGS)
                members[oid] = x509.NameAttribute(oid, value, _type=chance.choice(TYPES))
            rdns.append(x509.RelativeDistinguishedName(members.values()))
        subject = x509.Name(rdns)
        dn = DistinguishedName.from_der(subject.public_bytes())
        der = certificate_named(subject)
        assert library.subject(der, RFC_2253) == dn.rfc4514()
        assert library.subject(der, ONE_LINE) == dn.spaced()
        for line in (library.subject(der, RFC_2253), library.subject(der, ONE_LINE)):
            assert [attribute.value for attribute in parse_dn(line).attributes()] == [
                attribute.value for attribute in dn.attributes()
            ]


TYPES = (_ASN1Type.UTF8String, _ASN1Type.T61String, _ASN1Type.BMPString)


@pytest.mark.parametrize("library", [system_library(), iris_library()], ids=["system", "iris"])
def test_openssl_one_line_is_read(library: Library) -> None:
    """What X509_NAME_oneline prints is read back, slashes in values included."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Café, Inc"),
            x509.NameAttribute(NameOID.COMMON_NAME, "irisa.example.com/IRISA"),
        ]
    )
    line = library.subject(certificate_named(subject))
    assert parse_dn(line).rfc4514() == r"CN=irisa.example.com/IRISA,O=Café\, Inc,C=US"
