"""Name constraints, kind by kind; the population holds them to OpenSSL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.x509.attributes import Attribute
from analyzers.x509.certificate import Certificate, GeneralName, NameConstraints
from analyzers.x509.constraints import constraint_fault
from analyzers.x509.names import DistinguishedName, parse_dn

PERMITTED, EXCLUDED = 47, 48


def member(*names: GeneralName, subject: str = "") -> Certificate:
    """Give a certificate of which only the names matter."""
    return Certificate(der=b"", sha256="", subject=parse_dn(subject), alternative_names=names)


def address(text: str, raw: bytes) -> GeneralName:
    """Give an address or a subtree of addresses."""
    return GeneralName("IP", text, raw=raw)


def directory(text: str) -> GeneralName:
    """Give a directory name."""
    return GeneralName("DN", text, parse_dn(text))


@pytest.mark.parametrize(
    ("name", "base", "is_within"),
    [
        (GeneralName("DNS", "example.com"), GeneralName("DNS", "example.com"), True),
        (GeneralName("DNS", "A.Example.com"), GeneralName("DNS", "example.COM"), True),
        (GeneralName("DNS", "a.example.com"), GeneralName("DNS", ".example.com"), True),
        (GeneralName("DNS", "example.com"), GeneralName("DNS", ".example.com"), False),
        (GeneralName("DNS", "badexample.com"), GeneralName("DNS", "example.com"), False),
        (GeneralName("DNS", "com"), GeneralName("DNS", "example.com"), False),
        (GeneralName("DNS", "anything"), GeneralName("DNS", ""), True),
        (GeneralName("email", "a@example.com"), GeneralName("email", "example.com"), True),
        (GeneralName("email", "a@mail.example.com"), GeneralName("email", "example.com"), False),
        (GeneralName("email", "a@mail.example.com"), GeneralName("email", ".example.com"), True),
        (GeneralName("email", "a@example.com"), GeneralName("email", "a@EXAMPLE.com"), True),
        (GeneralName("email", "A@example.com"), GeneralName("email", "a@example.com"), False),
        (GeneralName("email", "A@example.com"), GeneralName("email", "@example.com"), True),
        (GeneralName("URI", "https://example.com/a"), GeneralName("URI", "example.com"), True),
        (GeneralName("URI", "https://a.example.com:1/"), GeneralName("URI", ".example.com"), True),
        (GeneralName("URI", "https://a.example.com"), GeneralName("URI", "example.com"), False),
        (address("10.1.2.3", b"\x0a\x01\x02\x03"), address("", b"\x0a\0\0\0\xff\0\0\0"), True),
        (address("11.1.2.3", b"\x0b\x01\x02\x03"), address("", b"\x0a\0\0\0\xff\0\0\0"), False),
        (address("::1", bytes(15) + b"\x01"), address("", b"\x0a\0\0\0\xff\0\0\0"), False),
        (address("::1", bytes(15) + b"\x01"), address("", bytes(32)), True),
        (directory("CN=a,O=Example,C=US"), directory("O=example,C=us"), True),
        (directory("CN=a,O=Example,C=US"), directory("O=Example"), False),
    ],
)
def test_subtrees(name: GeneralName, base: GeneralName, is_within: bool) -> None:
    """A name within a subtree is permitted by it, and excluded by it."""
    permitted = constraint_fault(member(name), NameConstraints((base,)), is_leaf=True)
    excluded = constraint_fault(member(name), NameConstraints((), (base,)), is_leaf=True)
    assert (permitted is None) is is_within
    assert (excluded is not None) is is_within
    assert {fault.code for fault in (permitted, excluded) if fault is not None} <= {PERMITTED, EXCLUDED}


@pytest.mark.parametrize(
    ("name", "base", "code"),
    [
        (GeneralName("email", "nobody"), GeneralName("email", "example.com"), 53),
        (GeneralName("URI", "urn:x"), GeneralName("URI", "example.com"), 53),
        (GeneralName("URI", "https://"), GeneralName("URI", "example.com"), 53),
        (GeneralName("URI", "nothing"), GeneralName("URI", "example.com"), 53),
        (address("0102", b"\x01\x02"), address("", bytes(8)), 53),
        (address("10.1.2.3", b"\x0a\x01\x02\x03"), address("", bytes(7)), 52),
        (GeneralName("RID", "1.2.3"), GeneralName("RID", "1.2.3"), 51),
        (GeneralName("other", "00"), GeneralName("other", "00"), 51),
    ],
)
def test_what_openssl_cannot_apply(name: GeneralName, base: GeneralName, code: int) -> None:
    """A name or constraint that OpenSSL does not handle is refused by a number of its own."""
    fault = constraint_fault(member(name), NameConstraints((base,)), is_leaf=True)
    assert fault is not None
    assert fault.code == code
    assert constraint_fault(member(name), NameConstraints((GeneralName("DNS", "x"),)), is_leaf=True) is None


def test_subtrees_with_distances() -> None:
    """A subtree with a minimum or maximum is refused where it would apply."""
    bounded = NameConstraints((GeneralName("DNS", "example.com"),), has_distances=True)
    fault = constraint_fault(member(GeneralName("DNS", "a.example.com")), bounded, is_leaf=True)
    assert fault is not None
    assert fault.code == 49
    assert constraint_fault(member(GeneralName("RID", "1.2")), bounded, is_leaf=True) is None


def test_mail_addresses_in_the_subject() -> None:
    """An emailAddress in the subject is held to constraints on mail, and must be an IA5String."""
    constraints = NameConstraints((GeneralName("email", "example.com"),))
    for tag, value, code in (
        (22, "a@example.com", None),
        (22, "a@elsewhere.org", 47),
        (12, "a@example.com", 53),
    ):
        subject = DistinguishedName(((Attribute("1.2.840.113549.1.9.1", value, tag, value.encode()),),))
        fault = constraint_fault(Certificate(der=b"", sha256="", subject=subject), constraints, is_leaf=True)
        assert (None if fault is None else fault.code) == code


@pytest.mark.parametrize(
    ("common", "is_host"),
    [
        ("irisa.example.com", True),
        ("iris_a.example.com", True),
        ("irisa.example.com\0", True),
        ("irisa", False),
        ("irisa.example.com/IRISA", False),
        ("irisa..example.com", False),
        ("irisa-.example.com", False),
        ("irisa.-example.com", False),
        ("-irisa.example.com", False),
        ("irisa.example.com.", False),
        ("irisa.example.com-", False),
        ("iris a.example.com", False),
        ("írisa.example.com", False),
    ],
)
def test_common_names_that_look_like_hosts(common: str, is_host: bool) -> None:
    """Only a leaf without a DNS name has its common name held to DNS constraints, and only if it looks like a host."""
    constraints = NameConstraints((GeneralName("DNS", "elsewhere.org"),))
    subject = DistinguishedName(((Attribute("2.5.4.3", common, 12, common.encode()),),))
    plain = Certificate(der=b"", sha256="", subject=subject)
    assert (constraint_fault(plain, constraints, is_leaf=True) is not None) is is_host
    assert constraint_fault(plain, constraints, is_leaf=False) is None
    named = Certificate(
        der=b"", sha256="", subject=subject, alternative_names=(GeneralName("DNS", "a.elsewhere.org"),)
    )
    assert constraint_fault(named, constraints, is_leaf=True) is None


kinds = st.sampled_from(["DNS", "email", "URI", "IP", "DN", "RID"])
general_names = st.builds(
    GeneralName,
    kinds,
    st.text(st.sampled_from("a.@:/-"), max_size=8),
    st.just(DistinguishedName()),
    st.binary(max_size=9),
)


@given(general_names, st.lists(general_names, max_size=3), st.lists(general_names, max_size=3))
def test_no_names_raise(name: GeneralName, permitted: list[GeneralName], excluded: list[GeneralName]) -> None:
    """Whatever names and constraints say, the answer is a fault or none."""
    constraints = NameConstraints(tuple(permitted), tuple(excluded))
    fault = constraint_fault(member(name), constraints, is_leaf=True)
    assert fault is None or fault.code in {47, 48, 51, 52, 53}
