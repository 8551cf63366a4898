"""The few things of DER that certificates need."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedCertificate, MalformedInput, Truncated
from analyzers.wire import Cursor
from analyzers.x509 import der


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
def test_what_is_wrapped_is_read(size: int) -> None:
    """Lengths of one to four octets come back."""
    content = bytes(size)
    cursor = Cursor(der.wrap(der.OCTET_STRING, content) + b"rest")
    assert der.read_element(cursor) == (der.OCTET_STRING, content)
    assert cursor.rest() == b"rest"


def test_lengths_longer_than_needed_are_read() -> None:
    """BER lengths that OpenSSL reads are read."""
    assert der.read_element(Cursor(b"\x04\x82\x00\x01a")) == (4, b"a")


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", Truncated),
        (b"\x04", Truncated),
        (b"\x04\x02a", Truncated),
        (b"\x04\x82\x01", Truncated),
        (b"\x04\x84\xff\xff\xff\xff", Truncated),
        (b"\x04\x80\x00\x00", MalformedCertificate),
        (b"\x04\x85\x00\x00\x00\x00\x00", MalformedCertificate),
        (b"\x1f\x81\x01\x00", MalformedCertificate),
    ],
)
def test_broken_elements(data: bytes, error: type[MalformedInput]) -> None:
    """An element that is cut short is truncated; a header that is not DER is malformed."""
    with pytest.raises(error):
        der.read_element(Cursor(data))


def test_offsets_count_from_the_start_of_the_certificate() -> None:
    """An error deep inside names its place in the whole."""
    outer = der.enter(Cursor(b"\x30\x04\x30\x02\x02\x05"), der.SEQUENCE, "outer")
    inner = der.enter(outer, der.SEQUENCE, "inner")
    with pytest.raises(Truncated) as caught:
        der.expect(inner, der.INTEGER, "number")
    assert caught.value.offset == 6


@pytest.mark.parametrize(
    ("dotted", "content"),
    [
        ("2.5.4.3", "550403"),
        ("1.2.840.113549.1.1.11", "2a864886f70d01010b"),
        ("0.9.2342.19200300.100.1.1", "0992268993f22c640101"),
        ("2.999.1", "883701"),
        ("2.23.140.1.2.1", "67810c010201"),
        ("1.3.6.1.4.1.4294967296", "2b060104019080808000"),
    ],
)
def test_object_identifiers(dotted: str, content: str) -> None:
    """Identifiers are read and written, with arcs of any size."""
    assert der.read_oid(bytes.fromhex(content)) == dotted
    assert der.write_oid(dotted).hex() == content


@given(st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**40), max_size=8)))
def test_every_object_identifier_comes_back(arcs: tuple[int, int, list[int]]) -> None:
    """Writing and reading an identifier gives it back."""
    dotted = ".".join(map(str, (*arcs[:2], *arcs[2])))
    assert der.read_oid(der.write_oid(dotted)) == dotted


@pytest.mark.parametrize("dotted", ["", "1", "3.1", "1.40", "1..2", "a.b", "1.2.", "1.2.²"])
def test_what_is_no_object_identifier(dotted: str) -> None:
    """Text that is no identifier is refused."""
    with pytest.raises(MalformedCertificate):
        der.write_oid(dotted)


@pytest.mark.parametrize(
    ("tag", "content", "seconds"),
    [
        (0x17, b"700101000000Z", 0),
        (0x17, b"491231235959Z", 2524607999),
        (0x17, b"500101000000Z", -631152000),
        (0x18, b"20500101000000Z", 2524608000),
        (0x18, b"99991231235959Z", 253402300799),
    ],
)
def test_times(tag: int, content: bytes, seconds: float) -> None:
    """UTCTime turns over at 50; GeneralizedTime has four digits of the year."""
    assert der.read_time(tag, content) == seconds


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        (0x17, b"7001010000Z"),
        (0x17, b"700101000000+0100"),
        (0x17, b"701301000000Z"),
        (0x17, b"700230000000Z"),
        (0x17, b"7001010000\xb00Z"),
        (0x18, b"20500101000000"),
        (0x18, b"20500101000000.5Z"),
        (0x18, b"00000101000000Z"),
        (0x13, b"700101000000Z"),
    ],
)
def test_what_is_no_time(tag: int, content: bytes) -> None:
    """Only the forms of RFC 5280 are times, and only moments that exist."""
    with pytest.raises(MalformedCertificate):
        der.read_time(tag, content)


@given(st.binary(max_size=80))
def test_any_bytes_are_an_element_or_malformed(data: bytes) -> None:
    """Reading elements consumes at least two bytes each, or says what is wrong."""
    cursor = Cursor(data)
    try:
        while cursor.remaining:
            before = cursor.remaining
            der.read_element(cursor)
            assert cursor.remaining <= before - 2
    except MalformedInput as error:
        assert 0 <= error.offset <= len(data)  # noqa: PT017
