"""Fingerprints against the examples that their authors publish, and by their rules."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from analyzers.tls.fingerprints import ja3, ja3s, ja4
from analyzers.tls.hellos import parse_client_hello, parse_server_hello
from tests.tls.test_hellos import client_hello, extension, server_hello, u16s, vector8, vector16

if TYPE_CHECKING:
    from analyzers.tls.messages import ClientHello

GREASE = 0x0A0A

CHROME_SUITES = (
    *(0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8),
    *(0xC013, 0xC014, 0x009C, 0x009D, 0x002F, 0x0035),
)
CHROME_SCHEMES = (0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)
CHROME_TYPES = (
    0x1B,
    0,
    0x33,
    0x10,
    0x4469,
    0x17,
    0x2D,
    0x0D,
    0x05,
    0x23,
    0x12,
    0x2B,
    0xFF01,
    0x0B,
    0x0A,
    0x15,
)


def hello(suites: tuple[int, ...], extensions: tuple[bytes, ...], *, version: int = 0x0303) -> ClientHello:
    """Give a ClientHello that offers these suites and extensions."""
    body = client_hello(*extensions)
    head = u16s(version) + body[2:35]
    return parse_client_hello(head + vector16(u16s(*suites)) + body[35 + 2 + 4 :])


def chrome(types: tuple[int, ...] = CHROME_TYPES, *, grease: bool = False) -> ClientHello:
    """Give the hello of the example in the documentation of JA4."""
    known = {
        0: vector16(b"\0" + vector16(b"example.com")),
        0x0A: vector16(u16s(29, 23, 24)),
        0x0B: vector8(b"\0"),
        0x0D: vector16(u16s(*CHROME_SCHEMES)),
        0x10: vector16(vector8(b"h2") + vector8(b"http/1.1")),
        0x2B: vector8(u16s(*([GREASE] if grease else []), 0x0304, 0x0303)),
    }
    extensions = tuple(extension(code, known.get(code, b"")) for code in types)
    if grease:
        extensions = (extension(GREASE), *extensions, extension(GREASE + 0x1010))
    return hello((*((GREASE,) if grease else ()), *CHROME_SUITES), extensions)


def test_ja4_of_the_published_example() -> None:
    """The one of the technical details in https://github.com/FoxIO-LLC/ja4."""
    assert ja4(chrome()) == "t13d1516h2_8daaf6152771_e5627efa2ab1"


def test_ja4_does_not_see_order_or_grease() -> None:
    """Extensions are sorted, and GREASE is no extension."""
    assert ja4(chrome(CHROME_TYPES[::-1])) == ja4(chrome())
    assert ja4(chrome(grease=True)) == ja4(chrome())


@pytest.mark.parametrize(
    ("alpn", "mark"),
    [
        (b"h2", "h2"),
        (b"http/1.1", "h1"),
        (b"x", "xx"),
        (b"\xba\xba", "ba"),
        (b"\xab\xcd", "ad"),
        (b"0\xab", "3b"),
        (b"-1", "21"),
        (b"\xc3\xa9", "c9"),
        (None, "00"),
    ],
)
def test_ja4_marks_the_first_protocol(alpn: bytes | None, mark: str) -> None:
    """First and last character, in hexadecimal where they are not ASCII letters and digits."""
    extensions = () if alpn is None else (extension(16, vector16(vector8(alpn) + vector8(b"h2"))),)
    assert ja4(hello((0x1301,), extensions))[8:10] == mark


def test_ja4_of_a_hello_with_next_to_nothing() -> None:
    """Lists that are empty hash to zeros, and counts stop at 99."""
    assert ja4(hello((), ())) == "t12i000000_000000000000_000000000000"
    many = tuple(range(0x4000, 0x4000 + 120))
    assert ja4(hello(many, tuple(extension(code) for code in many)))[4:8] == "9999"


@pytest.mark.parametrize(
    ("version", "mark"), [(0x0300, "s3"), (0x0301, "10"), (0x0302, "11"), (0x0303, "12"), (0x0305, "00")]
)
def test_ja4_names_the_version(version: int, mark: str) -> None:
    """Of the old field, where supported_versions is not sent."""
    assert ja4(hello((0x2F,), (), version=version))[1:3] == mark


def test_ja4_without_signature_schemes_has_no_underscore_in_its_hash() -> None:
    """As the reference says: the list of extensions stands alone."""
    assert ja4(hello((0x2F,), (extension(23),))).endswith("_" + sha256(b"0017").hexdigest()[:12])


def test_ja3_of_the_published_example() -> None:
    """The example of https://github.com/salesforce/ja3, written out again as a hello."""
    suites = (47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4)
    extensions = (
        extension(0, vector16(b"\0" + vector16(b"example.com"))),
        extension(10, vector16(u16s(23, 24, 25))),
        extension(11, vector8(b"\0")),
    )
    assert ja3(hello(suites, extensions, version=769)) == "ada70206e40642a3e4461f35503241d5"


def test_ja3_of_the_published_example_without_extensions() -> None:
    """Its fields stay, and are empty."""
    suites = (4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)
    assert ja3(hello(suites, (), version=769)) == "de350869b8c85de67a350c8d186f11e6"


def test_ja3s_of_the_published_example() -> None:
    """769,47,65281-0-11-35-5-16 of the same page."""
    types = (65281, 0, 11, 35, 5, 16)
    body = server_hello(*(extension(code) for code in types), version=769)
    answer = parse_server_hello(body.replace(u16s(0x1301), u16s(47), 1))
    assert ja3s(answer) == "836ce314215654b5b1f85f97c73e506f"
