"""Both hellos: what is read of them, and what happens to broken ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.errors import MalformedInput, MalformedMessage, Truncated
from analyzers.tls.extensions import MAX_EXTENSIONS
from analyzers.tls.hellos import (
    parse_client_hello,
    parse_hello_retry_request,
    parse_server_hello,
    parse_sslv2_client_hello,
)
from analyzers.tls.messages import HELLO_RETRY_REQUEST_RANDOM, ClientHello
from tests.tls.dialogues import TLS12, TLS13, Dialogue

RANDOM = bytes(range(32))


def vector8(data: bytes) -> bytes:
    """Put a length of one byte before `data`."""
    return bytes((len(data),)) + data


def vector16(data: bytes) -> bytes:
    """Put a length of two bytes before `data`."""
    return len(data).to_bytes(2, "big") + data


def u16s(*codes: int) -> bytes:
    """Write codes of two bytes."""
    return b"".join(code.to_bytes(2, "big") for code in codes)


def extension(code: int, data: bytes = b"") -> bytes:
    """Write an extension."""
    return u16s(code) + vector16(data)


def client_hello(*extensions: bytes, block: bytes | None = None, session_id: bytes = b"") -> bytes:
    """Write a ClientHello's body with these extensions, or with a whole `block`."""
    body = u16s(TLS12) + RANDOM + vector8(session_id) + vector16(u16s(0x1301, 0x00FF)) + vector8(b"\0")
    return body + (vector16(b"".join(extensions)) if block is None else block)


def server_hello(*extensions: bytes, version: int = TLS12, random: bytes = RANDOM) -> bytes:
    """Write a ServerHello's body."""
    return u16s(version) + random + vector8(b"") + u16s(0x1301) + b"\0" + vector16(b"".join(extensions))


EVERYTHING = client_hello(
    extension(0x2A2A),
    extension(0, vector16(b"\0" + vector16(b"irisb.example.com"))),
    extension(10, vector16(u16s(0x3A3A, 0x11EC, 29))),
    extension(11, vector8(b"\0\1")),
    extension(13, vector16(u16s(0x0403, 0x0804))),
    extension(16, vector16(vector8(b"h2") + vector8(b"\xff\xfe"))),
    extension(27, vector8(u16s(1, 2))),
    extension(35, bytes(160)),
    extension(43, vector8(u16s(0x4A4A, TLS13, TLS12))),
    extension(45, vector8(b"\1")),
    extension(49),
    extension(50, vector16(u16s(0x0401))),
    extension(51, vector16(u16s(29) + vector16(bytes(32)))),
    extension(42),
    extension(41, vector16(vector16(bytes(20)) + bytes(4)) + vector16(vector8(bytes(32)))),
    session_id=b"session",
)


def test_all_that_a_client_offers_is_read() -> None:
    """Every extension of interest has its field, in the order of the message, GREASE in place."""
    hello = parse_client_hello(EVERYTHING)
    assert hello.session_id == b"session"
    assert hello.cipher_suites == (0x1301, 0x00FF)
    assert hello.server_name == "irisb.example.com"
    assert hello.groups == (0x3A3A, 0x11EC, 29)
    assert hello.point_formats == (0, 1)
    assert hello.signature_schemes == (0x0403, 0x0804)
    assert hello.signature_schemes_cert == (0x0401,)
    assert hello.alpn == ("h2", "\ufffd\ufffd")
    assert hello.certificate_compression == (1, 2)
    assert hello.session_ticket_bytes == 160
    assert hello.supported_versions == (0x4A4A, TLS13, TLS12)
    assert hello.versions == (TLS13, TLS12)
    assert hello.psk_modes == (1,)
    assert hello.psk_identities == 1
    assert hello.key_share_groups == (29,)
    assert hello.extension_types == (0x2A2A, 0, 10, 11, 13, 16, 27, 35, 43, 45, 49, 50, 51, 42, 41)
    assert (hello.offers_psk, hello.offers_early_data, hello.offers_post_handshake_auth) == (True, True, True)
    assert (hello.offers_ech, hello.is_fallback) == (False, False)
    assert hello.problems == ()


def test_an_unknown_extension_keeps_its_bytes() -> None:
    """Nothing is lost of what nobody knows."""
    hello = parse_client_hello(client_hello(extension(0x1234, b"bytes")))
    found = hello.extension(0x1234)
    assert found is not None
    assert (found.data, found.name) == (b"bytes", "unknown-0x1234")
    assert hello.extension(0x4321) is None


def test_an_old_hello_has_no_extensions() -> None:
    """RFC 2246: it ends behind the compression methods, and offers all versions up to its own."""
    hello = parse_client_hello(client_hello(block=b""))
    assert hello.extensions == ()
    assert hello.problems == ()
    assert hello.versions == (0x0303, 0x0302, 0x0301, 0x0300)


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (extension(13, b"\0\5\1"), "signature_algorithms: vector needs 5 bytes, 1 are left"),
        (extension(10, vector16(b"\0\x1d\1")), "supported_groups: list has an odd length of 3 bytes"),
        (
            extension(43, vector8(u16s(TLS13)) + b"x"),
            "supported_versions: supported_versions is followed by 1",
        ),
        (extension(0, b""), "server_name: server_name_list needs 2 bytes, 0 are left"),
        (u16s(99) + b"\x01\x00abc", "unknown-0x0063: longer than the block of extensions"),
        (b"\0", "extensions: cut short"),
    ],
)
def test_a_broken_extension_costs_its_field_only(broken: bytes, what: str) -> None:
    """The hello stands, the field is empty, and the report can say what was wrong."""
    hello = parse_client_hello(client_hello(extension(16, vector16(vector8(b"h2"))), broken))
    assert hello.alpn == ("h2",)
    (problem,) = hello.problems
    assert problem.startswith(what)


@pytest.mark.parametrize(
    ("block", "what"),
    [
        (b"\0", "cut short"),
        (b"\0\0\7", "0 bytes are declared and 1 follow"),
        (b"\0\x09" + extension(16, b"\0\0"), "9 bytes are declared and 6 follow"),
    ],
)
def test_a_wrong_length_of_the_block_is_described(block: bytes, what: str) -> None:
    """What can be read of the block is read."""
    (problem, *_) = [told for told in parse_client_hello(client_hello(block=block)).problems if what in told]
    assert problem.startswith("extensions: ")


def test_extensions_are_bounded() -> None:
    """A hello of thousands of empty extensions is read in part."""
    hello = parse_client_hello(client_hello(extension(7) * 1000))
    assert len(hello.extensions) == MAX_EXTENSIONS
    assert hello.problems == (f"more than {MAX_EXTENSIONS} extensions",)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (client_hello()[:37], Truncated),
        (u16s(TLS12) + RANDOM + vector8(bytes(33)), MalformedMessage),
        (u16s(TLS12) + RANDOM + b"\0" + vector16(b"\0\1\2"), MalformedMessage),
        (u16s(TLS12) + RANDOM + b"\0" + b"\xff\xff\0\1", Truncated),
        (b"", Truncated),
    ],
)
def test_a_hello_that_is_broken_at_its_heart_is_malformed(body: bytes, error: type[MalformedInput]) -> None:
    """Before the extensions every length must be right."""
    with pytest.raises(error):
        parse_client_hello(body)


def test_a_server_hello_selects() -> None:
    """The version comes from supported_versions, and else from the old field."""
    hello = parse_server_hello(
        server_hello(
            extension(43, u16s(TLS13)), extension(51, u16s(29) + vector16(bytes(32))), extension(41, u16s(0))
        )
    )
    assert (hello.legacy_version, hello.version, hello.group) == (TLS12, TLS13, 29)
    assert (hello.selected_psk, hello.is_hello_retry_request) == (0, False)
    old = parse_server_hello(server_hello(extension(16, vector16(vector8(b"h2"))), extension(23)))
    assert (old.version, old.alpn, old.extension_types) == (TLS12, "h2", (16, 23))
    assert old.extension(23) is not None


def test_a_hello_retry_request_is_known_by_its_random() -> None:
    """It has the form of a ServerHello, and a group without a key."""
    body = server_hello(
        extension(43, u16s(TLS13)), extension(51, u16s(24)), random=HELLO_RETRY_REQUEST_RANDOM
    )
    hello = parse_server_hello(body)
    assert hello.is_hello_retry_request
    assert (hello.version, hello.group, hello.problems) == (TLS13, 24, ())


@pytest.mark.parametrize(
    ("end", "version"), [(b"DOWNGRD\1", 0x0304), (b"DOWNGRD\0", 0x0303), (b"DOWNGRD\2", None)]
)
def test_a_downgrade_is_signed_in_the_random(end: bytes, version: int | None) -> None:
    """RFC 8446 section 4.1.3: the server says what it could have done."""
    assert parse_server_hello(server_hello(random=bytes(24) + end)).downgraded_from == version


@pytest.mark.parametrize("draft", [0x7F12, 0x7F15])
def test_early_drafts_have_a_shorter_server_hello(draft: int) -> None:
    """No session id, no compression method, the draft in the version field."""
    share = extension(40, u16s(29) + vector16(bytes(32)))
    hello = parse_server_hello(u16s(draft) + RANDOM + u16s(0x1301) + vector16(share))
    assert (hello.version, hello.cipher_suite, hello.group) == (draft, 0x1301, 29)


@pytest.mark.parametrize(("draft", "suite"), [(0x7F12, b""), (0x7F13, u16s(0x1302))])
def test_early_drafts_have_a_message_for_retries(draft: int, suite: bytes) -> None:
    """From draft 19 on it names the cipher suite."""
    hello = parse_hello_retry_request(u16s(draft) + suite + vector16(extension(40, u16s(24))))
    assert (hello.version, hello.group, hello.is_hello_retry_request) == (draft, 24, True)
    assert hello.cipher_suite == (0x1302 if suite else 0)


def test_an_sslv2_hello_must_add_up() -> None:
    """RFC 5246 appendix E.2: the challenge is the end of the random."""
    body = b"\1" + u16s(TLS12) + u16s(6, 0, 16) + b"\0\0\x2f\1\0\x80" + bytes(range(1, 17))
    hello = parse_sslv2_client_hello(body)
    assert hello.is_sslv2
    assert hello.cipher_suites == (0x2F, 0x010080)
    assert hello.random == bytes(16) + bytes(range(1, 17))
    for broken in (body[:-1], body + b"x", body[:6] + b"\5" + body[7:]):
        with pytest.raises(MalformedInput):
            parse_sslv2_client_hello(broken)


def test_hellos_of_engines_are_read_without_a_problem() -> None:
    """What OpenSSL sends is what we expect."""
    for version in (TLS12, TLS13):
        turns = Dialogue(version, alpn=(b"h2",)).handshake().turns
        client = parse_client_hello(turns[0][1][9:])
        assert client.problems == ()
        assert client.alpn == ("h2",)
        length = int.from_bytes(turns[1][1][6:9], "big")
        server = parse_server_hello(turns[1][1][9 : 9 + length])
        assert (server.version, server.problems) == (version, ())


@given(cut=st.integers(0, len(EVERYTHING)), appended=st.binary(max_size=40))
def test_a_hello_that_was_cut_and_grown_is_read_or_malformed(cut: int, appended: bytes) -> None:
    """Nothing else comes of it."""
    try:
        hello = parse_client_hello(EVERYTHING[:cut] + appended)
    except MalformedInput as error:
        assert 0 <= error.offset <= cut + len(appended)  # noqa: PT017  # both ways out are right
    else:
        assert isinstance(hello, ClientHello)
        assert hello.random == RANDOM or cut < 34


@given(st.binary(max_size=300))
def test_any_bytes_are_a_server_hello_or_malformed(data: bytes) -> None:
    """As for the client's."""
    try:
        assert parse_server_hello(data).random == data[2:34]
    except MalformedInput as error:
        assert error.what  # noqa: PT017
