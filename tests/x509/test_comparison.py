"""Names compared in two steps, and set out side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.x509.attributes import Attribute
from analyzers.x509.names import (
    DistinguishedName,
    NameMatch,
    align_names,
    aligned_difference,
    closest_name,
    compare_names,
    parse_dn,
)

if TYPE_CHECKING:
    from random import Random

PRESENTED = "CN=irisa.example.com/IRISA,OU=Data Base,O=Example,C=US"


@pytest.mark.parametrize(
    "listed",
    [
        PRESENTED,
        "CN=irisa.example.com/IRISA, OU=Data Base, O=Example, C=US",
        "/C=US/O=Example/OU=Data Base/CN=irisa.example.com/IRISA",
        "C = US, O = Example, OU = Data Base, CN = irisa.example.com/IRISA",
    ],
)
def test_the_notation_makes_no_difference(listed: str) -> None:
    """The same name in another notation is the same name."""
    comparison = compare_names(parse_dn(PRESENTED), parse_dn(listed))
    assert (comparison.kind, comparison.differences) == (NameMatch.EXACT, ())


@pytest.mark.parametrize(
    ("listed", "differences"),
    [
        (
            "C=US,O=Example,OU=Data Base,CN=irisa.example.com/IRISA",
            ("order: the listed name has the attributes in reverse",),
        ),
        (
            "CN=irisa.example.com/IRISA,O=Example,OU=Data Base,C=US",
            ("order: presented as CN, OU, O, C, listed as CN, O, OU, C",),
        ),
        (
            "CN=irisa.example.com/IRISA+OU=Data Base,O=Example,C=US",
            ("grouping: the attributes form other RDNs, presented as CN, OU, O, C, listed as CN+OU, O, C",),
        ),
        (
            "CN=IRISA.example.com/IRISA,OU=Data Base,O=Example,C=US",
            (
                (
                    "case: CN is 'irisa.example.com/IRISA' in the presented name, "
                    "'IRISA.example.com/IRISA' in the listed one"
                ),
            ),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data  Base,O=Example,C=US",
            ("white space: OU is 'Data Base' in the presented name, 'Data  Base' in the listed one",),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=data  base,O=Example,C=US",
            (
                "case and white space: OU is 'Data Base' in the presented name, 'data  base' in the listed one",
            ),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data\u200b Base,O=Example,C=US",
            (
                (
                    "white space: OU is 'Data Base' in the presented name, "
                    "'Data\\E2\\80\\8B Base' in the listed one (character 5 is U+0020 against U+200B)"
                ),
            ),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data\u00a0Base,O=Example,C=US",
            (
                (
                    "white space: OU is 'Data Base' in the presented name, "
                    "'Data\\C2\\A0Base' in the listed one (character 5 is U+0020 against U+00A0)"
                ),
            ),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data Base,O=Example,c=US",
            ("attribute alias: C is written 'c' in the listed name",),
        ),
        (
            'CN="irisa.example.com/IRISA",OU=Data Base,O=Example,C=US',
            ("escaping: the value of CN is in quotation marks in the listed name",),
        ),
        (
            "c=us,O=Example,OU=Data Base,CN=irisa.example.com/IRISA",
            (
                "order: the listed name has the attributes in reverse",
                "case: C is 'US' in the presented name, 'us' in the listed one",
                "attribute alias: C is written 'c' in the listed name",
            ),
        ),
    ],
)
def test_near_misses_say_precisely_what_differs(listed: str, differences: tuple[str, ...]) -> None:
    """A name that is equal only after normalization is near, with every difference in words."""
    comparison = compare_names(parse_dn(PRESENTED), parse_dn(listed))
    assert (comparison.kind, comparison.differences) == (NameMatch.NEAR, differences)


def test_an_escape_on_both_sides_is_no_difference() -> None:
    """What is unusual about both names alike is not held against one."""
    assert compare_names(parse_dn("E=a@b"), parse_dn("E=a@b")).kind is NameMatch.EXACT
    assert compare_names(parse_dn("emailAddress=a@b"), parse_dn("E=a@b")).kind is NameMatch.NEAR


@pytest.mark.parametrize(
    ("presented", "listed", "difference"),
    [
        (
            "serialNumber=7",
            "SN=7",
            "attribute alias: '7' is serialNumber in the presented name, SN in the listed one",
        ),
        (
            "emailAddress=a@b",
            "mail=a@b",
            "attribute alias: 'a@b' is emailAddress in the presented name, mail in the listed one",
        ),
    ],
)
def test_types_that_tools_take_for_one_another(presented: str, listed: str, difference: str) -> None:
    """SN is the surname for some and the serial number for others."""
    comparison = compare_names(parse_dn(presented), parse_dn(listed))
    assert (comparison.kind, comparison.differences) == (NameMatch.NEAR, (difference,))


def encoded(value: str, tag: int) -> DistinguishedName:
    """Give a name as it comes from DER, with one string type."""
    return DistinguishedName(((Attribute("2.5.4.10", value, tag, value.encode()),),))


def test_string_types_count_where_both_are_known() -> None:
    """The same text in another string type is near; text without a type does not contradict either."""
    utf8, printable = encoded("Example", 12), encoded("Example", 19)
    comparison = compare_names(utf8, printable)
    assert comparison.kind is NameMatch.NEAR
    assert comparison.differences == (
        "string type: O is UTF8String in the presented name, PrintableString in the listed one",
    )
    assert compare_names(utf8, utf8).kind is NameMatch.EXACT
    assert compare_names(utf8, parse_dn("O=Example")).kind is NameMatch.EXACT
    assert compare_names(printable, parse_dn("O=Example")).kind is NameMatch.EXACT


def test_hexadecimal_says_the_string_type() -> None:
    """A value in hexadecimal carries its string type, so it can contradict."""
    comparison = compare_names(encoded("A", 19), parse_dn("O=#0C0141"))
    assert [difference.partition(":")[0] for difference in comparison.differences] == [
        "string type",
        "escaping",
    ]


def test_different_composition_of_characters() -> None:
    """The same letters composed in another way are near, and the character is pointed at."""
    comparison = compare_names(parse_dn("CN=café"), parse_dn("CN=cafe\u0301"))
    assert comparison.kind is NameMatch.NEAR
    assert comparison.differences == (
        (
            "Unicode form: CN is 'café' in the presented name, 'cafe\u0301' in the listed one "
            "(character 4 is U+00E9 against U+0065)"
        ),
    )


@pytest.mark.parametrize(
    ("listed", "differences"),
    [
        (
            "CN=irisb.example.com/IRISB,OU=Data Base,O=Example,C=US",
            (
                (
                    "CN is 'irisa.example.com/IRISA' in the presented name, "
                    "'irisb.example.com/IRISB' in the listed one"
                ),
            ),
        ),
        (
            "CN=irisa.example.com/IRISA,O=Example,C=US",
            ("OU 'Data Base' is only in the presented name",),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data Base,O=Example,L=Boston,C=US",
            ("L 'Boston' is only in the listed name",),
        ),
        (
            "CN=irisa.example.com/IRISA,OU=Data Base,OU=Data Base,O=Example,C=US",
            ("OU 'Data Base' is only in the listed name",),
        ),
        (
            "CN=irisа.example.com/IRISA,OU=Data Base,O=Example,C=US",  # noqa: RUF001
            (
                (
                    "CN is 'irisa.example.com/IRISA' in the presented name, "
                    "'irisа.example.com/IRISA' in the listed one "  # noqa: RUF001
                    "(character 5 is U+0061 against U+0430)"
                ),
            ),
        ),
    ],
)
def test_other_names_are_compared_attribute_by_attribute(listed: str, differences: tuple[str, ...]) -> None:
    """A name that is not equal after normalization is different, and the attributes say where."""
    comparison = compare_names(parse_dn(PRESENTED), parse_dn(listed))
    assert (comparison.kind, comparison.differences) == (NameMatch.DIFFERENT, differences)


def test_members_of_an_rdn_have_no_order() -> None:
    """The attributes of one RDN are a set."""
    assert compare_names(parse_dn("CN=a+UID=7"), parse_dn("UID=7+CN=a")).kind is NameMatch.EXACT


def test_closest_name() -> None:
    """The nearest of the listed names is the one to show beside the presented one."""
    candidates = [parse_dn(text) for text in ("CN=b,O=Other", "CN=irisb,O=Example", "CN=irisa2,O=Example")]
    assert closest_name(parse_dn("CN=irisa,O=Example"), candidates) == candidates[2]
    near = parse_dn("O=Example,CN=irisa")
    assert closest_name(parse_dn("CN=irisa,O=Example"), [*candidates, near]) == near
    assert closest_name(parse_dn("CN=irisa"), []) is None


def test_aligned_difference() -> None:
    """Both names stand under one another, with carets under what differs."""
    listed = parse_dn("CN=irisb.example.com/IRISA,OU=data base,O=Example,L=Boston")
    assert aligned_difference(parse_dn(PRESENTED), listed) == (
        "CN  presented  irisa.example.com/IRISA",
        "    listed     irisb.example.com/IRISA",
        "                   ^",
        "OU  presented  Data Base",
        "    listed     data base",
        "               ^^^^^^",
        "O   both       Example",
        "C   presented  US",
        "    listed     (absent)",
        "L   presented  (absent)",
        "    listed     Boston",
    )


def test_alignment_as_values() -> None:
    """The rows of an alignment say of each attribute whether it is equal, equivalent or neither."""
    rows = align_names(parse_dn("CN=a,OU=B,serialNumber=7"), parse_dn("CN=a,OU=b,SN=7"))
    assert [(row.name, row.is_equal, row.is_equivalent) for row in rows] == [
        ("CN", True, True),
        ("OU", False, True),
        ("serialNumber/SN", False, True),
    ]


texts = st.text(st.sampled_from("aAb é\u00a0\u200b"), max_size=5)
types = st.sampled_from(["2.5.4.3", "2.5.4.10", "2.5.4.4", "2.5.4.5"])
tags = st.sampled_from([0, 12, 19])
attributes = st.builds(
    lambda oid, value, tag: Attribute(oid, value, tag, value.encode() if tag else b""), types, texts, tags
)
names = st.lists(st.lists(attributes, min_size=1, max_size=2).map(tuple), max_size=3).map(
    lambda rdns: DistinguishedName(tuple(rdns))
)


@given(names, names)
def test_comparison_is_symmetric_and_explained(one: DistinguishedName, other: DistinguishedName) -> None:
    """Either order of comparing gives the same kind; every kind but the exact one gives reasons."""
    comparison = compare_names(one, other)
    assert compare_names(other, one).kind is comparison.kind
    assert (comparison.kind is NameMatch.EXACT) is (comparison.differences == ())
    assert closest_name(one, [other]) == other


@given(names)
def test_a_name_is_exactly_itself(name: DistinguishedName) -> None:
    """Reading a printed name back gives an exact match, in every notation."""
    assert compare_names(name, name).kind is NameMatch.EXACT
    for text in (name.rfc4514(), name.comma_space(), name.slash(), name.spaced()):
        assert compare_names(name, parse_dn(text)).kind is NameMatch.EXACT


@given(names, st.randoms(use_true_random=False))
def test_reordering_and_case_are_near(name: DistinguishedName, chance: Random) -> None:
    """A name with its RDNs shuffled and its letters raised never becomes another name."""
    rdns = [
        tuple(Attribute(attribute.oid, attribute.value.upper()) for attribute in rdn) for rdn in name.rdns
    ]
    chance.shuffle(rdns)
    assert compare_names(name, DistinguishedName(tuple(rdns))).kind is not NameMatch.DIFFERENT


def test_a_name_of_unusual_size_is_compared_and_not_kept() -> None:
    """A name too long for the cache is compared all the same."""
    long = DistinguishedName(((Attribute("2.5.4.3", "a" * 5000, 12, b"a" * 5000),),), der=b"a" * 5000)
    assert not long.is_small
    assert compare_names(long, long).kind is NameMatch.EXACT
    assert compare_names(long, parse_dn("CN=a")).kind is NameMatch.DIFFERENT
