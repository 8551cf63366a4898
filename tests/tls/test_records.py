"""The record layer, the search for its beginning, and handshake messages out of fragments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedRecord
from analyzers.tls.reassembly import HandshakeReader, fits_messages
from analyzers.tls.records import MAX_EMPTY_RECORDS, SSLV2_HELLO, ReaderMode, RecordReader
from analyzers.tls.search import (
    MAX_MESSAGE_BYTES,
    MAX_RECORD_BYTES,
    alert_at,
    client_hello_at,
    plausible_at,
    run_at,
    server_hello_at,
    sslv2_hello_at,
)
from tests.tls.dialogues import TLS12, TLS13, Dialogue, message, record
from tests.tls.test_hellos import client_hello, extension, server_hello, u16s

CLIENT_HELLO = record(22, message(1, client_hello(extension(23))))
SERVER_HELLO = record(22, message(2, server_hello()))
SSLV2 = b"\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10" + b"\0\0\x2f" + bytes(16)
SSLV2 = (0x8000 | len(SSLV2) - 2).to_bytes(2, "big") + SSLV2[2:]


def reader(*, is_client: bool = True, has_start: bool = True) -> RecordReader:
    """Give a reader that has seen nothing."""
    return RecordReader(is_client=is_client, has_start=has_start)


def test_records_are_yielded_as_they_are_complete() -> None:
    """Type, version, fragment and place of each."""
    reading = reader()
    data = CLIENT_HELLO + record(20, b"\1") + record(22, b"abc", 0x0301)
    assert list(reading.feed(data[:10])) == []
    records = list(reading.feed(data[10:]))
    assert [(r.content_type, r.version, r.offset, r.length) for r in records] == [
        (22, TLS12, 0, len(CLIENT_HELLO) - 5),
        (20, TLS12, len(CLIENT_HELLO), 1),
        (22, 0x0301, len(CLIENT_HELLO) + 6, 3),
    ]
    assert records[2].fragment == b"abc"
    assert (reading.start, reading.total, reading.mode) == (0, len(data), ReaderMode.READING)


def test_application_data_is_stepped_over() -> None:
    """Its length is known from the header, and nobody copies it."""
    reading = reader()
    list(reading.feed(CLIENT_HELLO))
    (data,) = reading.feed(record(23, bytes(1000))[:105])
    assert (data.fragment, data.length) == (None, 1000)
    assert (reading.skippable, reading.passed) == (900, 100)
    reading.skip(800)
    assert [r.content_type for r in reading.feed(bytes(100) + record(21, b"\1\0"))] == [21]
    assert (reading.skippable, reading.passed) == (0, 1000)


def test_short_application_data_is_kept_when_it_is_wanted() -> None:
    """A limit says up to which length."""
    reading = reader()
    list(reading.feed(CLIENT_HELLO))
    reading.keep_limit = 50
    records = list(reading.feed(record(23, bytes(50)) + record(23, bytes(51))))
    assert [r.fragment is None for r in records] == [False, True]


@pytest.mark.parametrize(
    "broken",
    [b"\x19\x03\x03\x00\x05", b"\x16\x02\x03\x00\x05", b"\x16\x03\x05\x00\x05", b"\x17\x03\x03\x48\x01"],
)
def test_what_is_no_record_ends_the_reading(broken: bytes) -> None:
    """The error says where; nothing further is read, and nothing raises again."""
    reading = reader()
    with pytest.raises(MalformedRecord) as caught:
        list(reading.feed(CLIENT_HELLO + broken))
    assert caught.value.offset == len(CLIENT_HELLO)
    assert reading.mode is ReaderMode.LOST
    assert list(reading.feed(CLIENT_HELLO)) == []
    assert reading.skippable > 1 << 60


def test_the_longest_record_is_read() -> None:
    """2^14 + 2048 bytes, which TLS 1.2 allows."""
    reading = reader()
    list(reading.feed(CLIENT_HELLO))
    (long,) = reading.feed(record(22, bytes(MAX_RECORD_BYTES)))
    assert long.length == MAX_RECORD_BYTES


def test_empty_records_are_capped() -> None:
    """Some were once sent on purpose; without end they only waste work."""
    reading = reader()
    empty = record(23, b"")
    assert len(list(reading.feed(CLIENT_HELLO + empty * MAX_EMPTY_RECORDS))) == MAX_EMPTY_RECORDS + 1
    with pytest.raises(MalformedRecord, match="more than 32 empty records"):
        list(reading.feed(empty))


def test_an_empty_record_may_open_a_direction() -> None:
    """It is TLS of a kind, also where no hello follows."""
    reading = reader()
    assert [r.length for r in reading.feed(record(22, b"", 0x0301) + record(22, b"noise"))] == [0, 5]


def test_a_gap_within_a_kept_record_damages_it_alone() -> None:
    """The header said where the next one begins."""
    reading = reader()
    list(reading.feed(CLIENT_HELLO + record(22, bytes(100))[:30]))
    damaged = reading.gap(50)
    assert damaged is not None
    assert (damaged.content_type, damaged.fragment, damaged.length) == (22, None, 100)
    assert [r.content_type for r in reading.feed(bytes(25) + record(20, b"\1"))] == [20]
    assert reading.passed == 0


@pytest.mark.parametrize("length", [0, 500])
def test_behind_a_gap_records_are_searched_again(length: int) -> None:
    """Of unknown length, or beyond the record: the next run of records is taken up."""
    reading = reader()
    list(reading.feed(CLIENT_HELLO + record(22, bytes(100))[:30]))
    assert reading.gap(length) is None
    assert reading.mode is ReaderMode.SEARCHING
    found = list(reading.feed(b"rest of something" + record(23, bytes(20)) + record(23, bytes(30))))
    assert [r.length for r in found] == [20, 30]
    assert reading.start == 0


def test_an_sslv2_hello_is_a_record_of_its_own_kind() -> None:
    """TLS records follow it."""
    records = list(reader().feed(SSLV2 + record(22, b"next")))
    assert [(r.content_type, r.length) for r in records] == [(SSLV2_HELLO, len(SSLV2) - 2), (22, 4)]


def test_a_server_is_not_believed_before_its_client() -> None:
    """A ServerHello behind other bytes counts only once the client has begun TLS."""
    reading = reader(is_client=False)
    assert list(reading.feed(b"220 hello" + SERVER_HELLO)) == []
    reading.may_start = True
    assert [r.offset for r in reading.feed(b"")] == [9]
    assert reading.head == b"220 hello"


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (CLIENT_HELLO, True),
        (CLIENT_HELLO[:60], True),
        (CLIENT_HELLO[:44], None),
        (CLIENT_HELLO[:5], None),
        (record(22, b"") + CLIENT_HELLO, True),
        (
            record(22, CLIENT_HELLO[5:7]) + record(22, CLIENT_HELLO[7:40]) + record(22, CLIENT_HELLO[40:]),
            True,
        ),
        (record(22, message(1, client_hello()) + b"more"), False),
        (record(22, message(2, server_hello())), False),
        (record(22, message(1, bytes(50))), False),
        (record(22, message(1, u16s(TLS12) + bytes(32) + b"\x21" + bytes(60))), False),
        (record(22, message(1, u16s(TLS12) + bytes(32) + b"\0" + u16s(3) + bytes(60))), False),
        (record(22, message(1, u16s(TLS12) + bytes(32) + b"\0" + u16s(0) + bytes(60))), False),
        (record(22, message(1, client_hello())[:20]) + record(23, b"x"), False),
        (record(22, b"\1\xff\xff\xff" + bytes(60)), False),
    ],
)
def test_a_client_hello_is_recognized_by_its_lengths(data: bytes, verdict: bool | None) -> None:
    """Yes, no, or not yet."""
    assert client_hello_at(data, 0) is verdict
    assert client_hello_at(b"before" + data, 6) is verdict


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (SERVER_HELLO, True),
        (SERVER_HELLO[:20], None),
        (record(22, bytes(4)), True),
        (record(22, message(2, b"\x7f\x12" + bytes(40))), True),
        (record(22, message(6, b"\x7f\x12" + bytes(6))), None),
        (record(22, message(6, b"\x03\x03" + bytes(6))), False),
        (CLIENT_HELLO, False),
        (record(22, message(2, u16s(TLS12) + bytes(32) + b"\x21" + bytes(9))), False),
        (record(22, message(0, b"x")), False),
    ],
)
def test_a_server_hello_is_recognized(data: bytes, verdict: bool | None) -> None:
    """In its own form and those of the drafts; a HelloRequest may come first too."""
    assert server_hello_at(data, 0) is verdict


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (record(21, b"\2\x28"), True),
        (record(21, b"\2\x28")[:6], None),
        (record(21, b"\3\x28"), False),
        (record(21, b"\2\xc8"), False),
        (record(21, b"\2\x28\0"), False),
        (record(22, b"\2\x28"), False),
    ],
)
def test_an_alert_is_recognized(data: bytes, verdict: bool | None) -> None:
    """By type, length, level and a description that exists."""
    assert alert_at(data, 0) is verdict


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (SSLV2, True),
        (SSLV2[:-1], None),
        (SSLV2[:8], None),
        (b"", None),
        (SSLV2.replace(b"\x00\x10", b"\x00\x11", 1), False),
        (SSLV2.replace(b"\1\3\1", b"\1\4\1", 1), False),
        (b"\x16" + SSLV2[1:], False),
    ],
)
def test_an_sslv2_hello_is_recognized(data: bytes, verdict: bool | None) -> None:
    """All of its lengths must add up."""
    assert sslv2_hello_at(data, 0) is verdict


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (record(23, bytes(40)) + record(23, bytes(9)), True),
        (record(23, bytes(40)) + b"\x17\x03", None),
        (record(23, bytes(40)), None),
        (record(23, bytes(40)) + b"junk", False),
        (record(20, b"\1") + record(22, bytes(40)), True),
        (record(20, b"\1\1") + record(22, bytes(40)), False),
        (record(21, bytes(3)) + record(22, bytes(40)), False),
        (record(23, b"") + record(22, bytes(40)), False),
    ],
)
def test_a_run_of_records_is_recognized(data: bytes, verdict: bool | None) -> None:
    """The second header must stand where the first one points."""
    assert run_at(data, 0) is verdict


def test_one_header_is_plausible_by_its_length() -> None:
    """What a record of that type can hold."""
    assert plausible_at(record(23, bytes(20)), 0) is True
    assert plausible_at(b"\x17\x03", 0) is None
    assert plausible_at(record(21, bytes(600)), 0) is False


@given(st.binary(max_size=200))
def test_noise_is_no_tls(noise: bytes) -> None:
    """Random bytes are taken for plaintext, however they come."""
    whole, single = reader(), reader()
    assert list(whole.feed(noise)) == [] or noise[:2] == b"\x16\x03"
    for index in range(len(noise)):
        list(single.feed(noise[index : index + 1]))
    assert (single.start, single.total) == (whole.start, whole.total)
    assert single.head_so_far == whole.head_so_far


MESSAGES = [message(11, bytes(3000)), message(14, b""), message(16, b"key"), message(99, bytes(700))]


@given(sizes=st.lists(st.integers(1, 900), min_size=1, max_size=8))
def test_messages_come_out_of_any_fragments(sizes: list[int]) -> None:
    """Cut into many records, or many in one."""
    stream = b"".join(MESSAGES)
    reading = HandshakeReader()
    found = []
    at = number = 0
    while at < len(stream):
        size = sizes[number % len(sizes)]
        found += reading.feed(stream[at : at + size], at)
        at += size
        number += 1
    assert [(raw.kind, raw.length) for raw in found] == [(m[0], len(m)) for m in MESSAGES]
    assert [raw.body for raw in found] == [m[4:] for m in MESSAGES]
    assert not reading.is_partial


def test_a_message_says_in_which_record_it_begins() -> None:
    """One that is continued belongs to its first record."""
    reading = HandshakeReader()
    (first,) = reading.feed(MESSAGES[2] + MESSAGES[3][:10], 100)
    assert first.offset == 100
    assert reading.is_partial
    assert [raw.offset for raw in reading.feed(MESSAGES[3][10:] + MESSAGES[1], 200)] == [100, 200]


def test_a_message_beyond_the_bound_is_stepped_over() -> None:
    """It is told of without its body, and the next one is read."""
    reading = HandshakeReader()
    giant = message(11, bytes(MAX_MESSAGE_BYTES + 1)) + MESSAGES[1]
    found = [raw for at in range(0, len(giant), 9000) for raw in reading.feed(giant[at : at + 9000], at)]
    assert [(raw.kind, raw.body) for raw in found] == [(11, None), (14, b"")]


def test_a_dropped_message_leaves_nothing_behind() -> None:
    """After a gap the next record begins a message."""
    reading = HandshakeReader()
    list(reading.feed(MESSAGES[0][:100], 0))
    reading.drop()
    assert not reading.is_partial
    assert [raw.kind for raw in reading.feed(MESSAGES[1], 500)] == [14]


def test_clear_handshakes_are_told_from_encrypted_ones() -> None:
    """Whole messages, or a Certificate that begins, in every flight of a real handshake."""
    flight = b"".join(MESSAGES[1:3])
    certificate = message(11, (4000).to_bytes(3, "big") + (3997).to_bytes(3, "big") + bytes(3997))
    assert fits_messages(flight)
    assert fits_messages(certificate[:1000])
    assert fits_messages(bytes(4))
    hello = Dialogue(TLS13).handshake().turns[0][1][5:]
    assert all(fits_messages(hello[:cut]) for cut in range(1, len(hello) + 1))
    assert not fits_messages(2 * flight + b"\1")
    assert not fits_messages(hello[:4] + bytes(30))
    assert not fits_messages(bytes(40))
    assert not fits_messages(MESSAGES[3])
    assert not fits_messages(b"")
    for sender, data in Dialogue(TLS13).handshake().turns:
        for protected in RecordReader(is_client=True, has_start=False).feed(data):
            if protected.content_type == 22:
                assert fits_messages(protected.fragment or b""), sender
