"""Names read from text and printed as text, in every notation."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzers.errors import MalformedName
from analyzers.x509.attributes import Attribute
from analyzers.x509.names import DistinguishedName, parse_dn
from analyzers.x509.notations import LONGEST_NAME

C, ORG, OU, CN = "2.5.4.6", "2.5.4.10", "2.5.4.11", "2.5.4.3"
SN, SERIAL, UID, EMAIL = "2.5.4.4", "2.5.4.5", "0.9.2342.19200300.100.1.1", "1.2.840.113549.1.9.1"


def flat(dn: DistinguishedName) -> list[list[tuple[str, str]]]:
    """Give types and values, in certificate order."""
    return [[(attribute.oid, attribute.value) for attribute in rdn] for rdn in dn.rdns]


MEMBER = [[(C, "US")], [(ORG, "Example")], [(CN, "irisa.example.com/IRISA")]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CN=irisa.example.com/IRISA,O=Example,C=US", MEMBER),
        ("CN=irisa.example.com/IRISA, O=Example, C=US", MEMBER),
        ("  CN=irisa.example.com/IRISA ,  O=Example;C=US\n", MEMBER),
        ("/C=US/O=Example/CN=irisa.example.com/IRISA", MEMBER),
        (r"/C=US/O=Example/CN=irisa.example.com\/IRISA", MEMBER),
        ("C = US, O = Example, CN = irisa.example.com/IRISA", MEMBER),
        ('C = US, O = "Example", CN = irisa.example.com/IRISA', MEMBER),
        ("2.5.4.3=irisa.example.com/IRISA,OID.2.5.4.10=Example,oid.2.5.4.6=US", MEMBER),
        ("commonName=irisa.example.com/IRISA,organizationName=Example,countryName=US", MEMBER),
        (r"CN=Acme\, Inc,C=US", [[(C, "US")], [(CN, "Acme, Inc")]]),
        (r"CN=Acme\2C Inc,C=US", [[(C, "US")], [(CN, "Acme, Inc")]]),
        ('CN="Acme, Inc",C=US', [[(C, "US")], [(CN, "Acme, Inc")]]),
        ("CN=Acme, Inc,C=US", [[(C, "US")], [(CN, "Acme, Inc")]]),
        (r'CN="say \"a\"\\",C=US', [[(C, "US")], [(CN, 'say "a"\\')]]),
        (r"CN=caf\C3\A9", [[(CN, "café")]]),
        ("CN=café", [[(CN, "café")]]),
        (r"CN=caf\E9", [[(CN, "café")]]),
        (r"/CN=caf\xC3\xA9", [[(CN, "café")]]),
        (r"CN=\ a \ ", [[(CN, " a  ")]]),
        ("CN=  a  ,C=US", [[(C, "US")], [(CN, "a")]]),
        (r"CN=\#a", [[(CN, "#a")]]),
        ("CN=#0C0161", [[(CN, "a")]]),
        ("CN=#not hexadecimal", [[(CN, "#not hexadecimal")]]),
        ("CN=,C=US", [[(C, "US")], [(CN, "")]]),
        ("/C=US/CN=", [[(C, "US")], [(CN, "")]]),
        ("UID=7+CN=a,C=US", [[(C, "US")], [(CN, "a"), (UID, "7")]]),
        ("C = US, UID = 7 + CN = a", [[(C, "US")], [(UID, "7"), (CN, "a")]]),
        ("/C=US/UID=7+CN=a", [[(C, "US")], [(UID, "7"), (CN, "a")]]),
        ("CN=a+b,C=US", [[(C, "US")], [(CN, "a+b")]]),
        ("SN=Doe,serialNumber=7", [[(SERIAL, "7")], [(SN, "Doe")]]),
        ("E=a@b", [[(EMAIL, "a@b")]]),
        ("EMAIL=a@b", [[(EMAIL, "a@b")]]),
        ("emailaddress=a@b", [[(EMAIL, "a@b")]]),
        (r"/CN=DOMAIN\user", [[(CN, r"DOMAIN\user")]]),
        (r"/CN=a\/O=b", [[(CN, "a/O=b")]]),
        ("/CN=a/b=c/O=d", [[(CN, "a/b=c")], [(ORG, "d")]]),
        ("/CN=http://x/O=d", [[(CN, "http://x")], [(ORG, "d")]]),
        ("", []),
        (" \n", []),
    ],
)
def test_text_is_read(text: str, expected: list[list[tuple[str, str]]]) -> None:
    """Each notation gives types and values in certificate order."""
    assert flat(parse_dn(text)) == expected


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("irisa", "does not begin with an attribute type"),
        ("CN", "does not begin with an attribute type"),
        ("=a", "does not begin with an attribute type"),
        ("CN=a,", "nothing follows the last ','"),
        ("CN=a, ", "nothing follows the last ','"),
        (",CN=a", "does not begin with an attribute type"),
        ("CN=a,FOO=b", "'FOO' is no attribute type"),
        ("9.9.9=b", "'9.9.9' is no attribute type"),
        ("/FOO=b", "'FOO' is no attribute type"),
        ("/", "does not begin with an attribute type"),
        ('CN="a', "is not closed"),
        ('CN="a"b,C=US', "text follows the quotation mark"),
        ("CN=a\\", "escapes nothing"),
    ],
)
def test_text_that_is_no_name(text: str, what: str) -> None:
    """What no notation explains is refused, with the reason."""
    with pytest.raises(MalformedName, match=what.replace("'", ".")):
        parse_dn(text)


def test_a_name_without_end_is_refused() -> None:
    """The length of a name is bounded."""
    with pytest.raises(MalformedName, match="is longer than"):
        parse_dn("CN=" + "a" * LONGEST_NAME)


@pytest.mark.parametrize(
    ("text", "remarks"),
    [
        ("CN=a,O=b,C=US", ()),
        ("C = US, O = b", ()),
        ('C = US, O = "b, c"', ()),
        (r"CN=a\, b,STREET=x", ()),
        (r"CN=caf\C3\A9", ()),
        (r"CN=\#a\ ", ()),
        ("E=a@b", ("attribute alias: emailAddress is written 'E'",)),
        ("cn=a", ("attribute alias: CN is written 'cn'",)),
        ("S=MA", ("attribute alias: ST is written 'S'",)),
        ("2.5.4.3=a", ("attribute alias: CN is written '2.5.4.3'",)),
        ("CN=a, b", ("escaping: ',' in the value of CN is not escaped",)),
        ("CN=a+b", ("escaping: '+' in the value of CN is not escaped",)),
        ('CN="a"', ("escaping: the value of CN is in quotation marks",)),
        (r"CN=a\/b", (r"escaping: the value of CN has \/, an escape that is not usual",)),
        (r"CN=a\2C b", (r"escaping: the value of CN has \2C, an escape that is not usual",)),
        ("CN=#0C0161", ("escaping: the value of CN is written in hexadecimal",)),
        ("CN=#020101", ()),
    ],
)
def test_what_is_unusual_is_remarked(text: str, remarks: tuple[str, ...]) -> None:
    """Aliases and escapes that may fail a comparison of strings are remarked upon, and nothing else is."""
    assert parse_dn(text).remarks == remarks


@pytest.mark.parametrize(
    ("value", "rfc4514", "slash", "spaced"),
    [
        ("a", "CN=a", "/CN=a", "CN = a"),
        ("a, b", r"CN=a\, b", "/CN=a, b", 'CN = "a, b"'),
        (' a"b\\ ', r"CN=\ a\"b\\\ ", r"/CN=\x20a" + '"' + r"b\\\x20", r'CN = " a\"b\\ "'),
        ("#a", r"CN=\#a", r"/CN=\#a", 'CN = "#a"'),
        ("a\nb\0", r"CN=a\0Ab\00", r"/CN=a\x0Ab\x00", r"CN = a\0Ab\00"),
        ("a\u200bb\u202e", r"CN=a\E2\80\8Bb\E2\80\AE", r"/CN=a\xE2\x80\x8Bb\xE2\x80\xAE", None),
        ("a\xa0b", r"CN=a\C2\A0b", r"/CN=a\xC2\xA0b", r"CN = a\C2\A0b"),
        ("café", "CN=café", "/CN=café", "CN = café"),
        ("h/I", "CN=h/I", "/CN=h/I", "CN = h/I"),
        ("h/O=I", "CN=h/O=I", r"/CN=h\/O=I", "CN = h/O=I"),
        ("a+b;<>", r"CN=a\+b\;\<\>", "/CN=a+b;<>", 'CN = "a+b;<>"'),
        ("", "CN=", "/CN=", "CN = "),
    ],
)
def test_values_are_printed(value: str, rfc4514: str, slash: str, spaced: str | None) -> None:
    """Each notation escapes in its own way, and shows what cannot be seen."""
    dn = DistinguishedName(((Attribute(CN, value),),))
    assert dn.rfc4514() == rfc4514
    assert dn.slash() == slash
    assert spaced in (None, dn.spaced())


def test_orders() -> None:
    """RFC 4514 begins with the most specific attribute, the others with the most general."""
    dn = DistinguishedName(
        ((Attribute(C, "US"),), (Attribute(ORG, "Example"),), (Attribute(UID, "7"), Attribute(CN, "a")))
    )
    assert dn.rfc4514() == "CN=a+UID=7,O=Example,C=US"
    assert dn.comma_space() == "CN=a+UID=7, O=Example, C=US"
    assert dn.slash() == "/C=US/O=Example/UID=7+CN=a"
    assert dn.spaced() == "C = US, O = Example, UID = 7 + CN = a"


texts = st.one_of(
    st.text(max_size=12),
    st.text(st.sampled_from(' ,;+=/\\"#<>\0\n\ta1CNO.-é\xa0\u200b\ud800'), max_size=12),
)
strings = st.builds(Attribute, st.sampled_from([C, ORG, OU, CN, SN, SERIAL, UID, EMAIL, "1.2.3.4"]), texts)
octets = st.binary(max_size=6).map(
    lambda raw: Attribute("2.5.4.45", f"#{bytes((3, len(raw))).hex()}{raw.hex()}", 3, raw)
)
names = st.lists(
    st.lists(st.one_of(strings, octets), min_size=1, max_size=3).map(tuple), min_size=1, max_size=4
).map(lambda rdns: DistinguishedName(tuple(rdns)))


@given(names)
@example(DistinguishedName(((Attribute(CN, "\\x41"),),)))
@example(DistinguishedName(((Attribute(CN, "a+"), Attribute(ORG, "+")),)))
@example(DistinguishedName(((Attribute(CN, "/CN=a"),), (Attribute(CN, "CN=a"),))))
@example(DistinguishedName(((Attribute(CN, "#020101"),),)))
def test_every_notation_gives_back_what_was_printed(dn: DistinguishedName) -> None:
    """Printing a name and reading it again gives the same name."""
    for text in (dn.rfc4514(), dn.comma_space(), dn.slash(), dn.spaced()):
        assert parse_dn(text).rdns == dn.rdns, text


@given(names)
def test_what_is_printed_can_be_seen(dn: DistinguishedName) -> None:
    """No notation prints a control character, an unusual space or a character without width."""
    for text in (dn.rfc4514(), dn.comma_space(), dn.slash(), dn.spaced()):
        assert text.isprintable()


@given(st.one_of(texts, st.text(st.sampled_from('CN=aO,+/\\" #0c;.123\n'), max_size=40)))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any text is a name or a MalformedName."""
    try:
        dn = parse_dn(text)
    except MalformedName:
        return
    assert parse_dn(dn.rfc4514()).rdns == dn.rdns
