"""Handshake messages beside the hellos, in TLS 1.3 and before, whole and broken; and what is compressed."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdCompressor

from analyzers.errors import DecryptionFailed, MalformedInput
from analyzers.tls.compression import Inflater
from analyzers.tls.decompression import MAX_PLAIN_BYTES, decompress
from analyzers.tls.extensions import MAX_AUTHORITIES
from analyzers.tls.handshake import MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, PARSERS, parse_message
from analyzers.tls.history import MAX_LETTERS, MESSAGE_LETTERS, shorten
from analyzers.tls.messages import (
    CertificateMessage,
    CertificateRequest,
    CertificateStatus,
    CertificateVerify,
    ClientKeyExchange,
    EncryptedExtensions,
    KeyUpdate,
    NewSessionTicket,
    Opaque,
    ServerKeyExchange,
)
from tests.tls.dialogues import TLS12, TLS13
from tests.tls.test_hellos import extension, u16s, vector8, vector16

TLS11 = 0x0302
CERTIFICATES = (b"first", b"second")
ECDHE, DHE, PSK, ECDHE_PSK, RSA = 0xC02F, 0x009E, 0x00A8, 0xC035, 0x009C


def vector24(data: bytes) -> bytes:
    """Put a length of three bytes before `data`."""
    return len(data).to_bytes(3, "big") + data


def chain(*certificates: bytes, is_tls13: bool = False) -> bytes:
    """Write a Certificate's body."""
    end = vector16(b"") if is_tls13 else b""
    listed = vector24(b"".join(vector24(certificate) + end for certificate in certificates))
    return (vector8(b"ctx") if is_tls13 else b"") + listed


def name(common_name: str) -> bytes:
    """Write a DER name."""
    value = common_name.encode()
    attribute = b"\x06\x03\x55\x04\x03\x0c" + vector8(value)
    return b"\x30" + vector8(b"\x31" + vector8(b"\x30" + vector8(attribute)))


SIGNATURE = vector16(bytes(64))
DH_PARAMETERS = vector16(b"\x40" + bytes(127)) + vector16(b"\2") + vector16(bytes(128))
CASES = [
    (11, chain(*CERTIFICATES), TLS12, 0, CertificateMessage(CERTIFICATES)),
    (11, chain(*CERTIFICATES, is_tls13=True), TLS13, 0, CertificateMessage(CERTIFICATES, b"ctx")),
    (11, chain(), TLS12, 0, CertificateMessage(())),
    (15, u16s(0x0403) + SIGNATURE, TLS12, 0, CertificateVerify(0x0403, bytes(64))),
    (15, SIGNATURE, TLS11, 0, CertificateVerify(None, bytes(64))),
    (
        12,
        b"\3\0\x17" + vector8(bytes(65)) + u16s(0x0804) + SIGNATURE,
        TLS12,
        ECDHE,
        ServerKeyExchange(23, 0x0804, None, b"\3\0\x17" + vector8(bytes(65)), bytes(64)),
    ),
    (
        12,
        b"\3\0\x17" + vector8(bytes(65)) + SIGNATURE,
        TLS11,
        0xC013,
        ServerKeyExchange(23, None, None, b"\3\0\x17" + vector8(bytes(65)), bytes(64)),
    ),
    (
        12,
        b"\3\0\x1d" + vector8(bytes(32)),
        TLS12,
        0xC018,
        ServerKeyExchange(29, None, None, b"\3\0\x1d" + vector8(bytes(32))),
    ),
    (12, b"\1whatever", TLS12, ECDHE, ServerKeyExchange()),
    (
        12,
        DH_PARAMETERS + u16s(0x0601) + SIGNATURE,
        TLS12,
        DHE,
        ServerKeyExchange(None, 0x0601, 1023, DH_PARAMETERS, bytes(64)),
    ),
    (12, vector16(b"hint"), TLS12, PSK, ServerKeyExchange()),
    (
        12,
        vector16(b"hint") + b"\3\0\x17" + vector8(bytes(65)),
        TLS12,
        ECDHE_PSK,
        ServerKeyExchange(23, None, None, vector16(b"hint") + b"\3\0\x17" + vector8(bytes(65))),
    ),
    (16, vector16(b"premaster"), TLS12, RSA, ClientKeyExchange(vector16(b"premaster"))),
    (22, b"\1" + vector24(b"ocsp"), TLS12, 0, CertificateStatus(1, b"ocsp")),
    (4, (7200).to_bytes(4, "big") + vector16(bytes(160)), TLS12, 0, NewSessionTicket(7200, 160)),
    (
        4,
        (300).to_bytes(4, "big") + bytes(4) + vector8(b"nonce") + vector16(bytes(99)) + vector16(b""),
        TLS13,
        0,
        NewSessionTicket(300, 99),
    ),
    (24, b"\1", TLS13, 0, KeyUpdate(is_update_requested=True)),
    (24, b"\0", TLS13, 0, KeyUpdate(is_update_requested=False)),
    (14, b"", TLS12, 0, Opaque(14, 0)),
    (20, bytes(12), TLS12, 0, Opaque(20, 12)),
    (250, b"what?", TLS12, 0, Opaque(250, 5)),
]


@pytest.mark.parametrize(("kind", "body", "version", "suite", "expected"), CASES)
def test_messages_are_read(kind: int, body: bytes, version: int, suite: int, expected: object) -> None:
    """Each in the form that its version and suite give it."""
    assert parse_message(kind, body, 0, version, suite) == expected


def test_a_request_of_tls12_names_its_authorities() -> None:
    """Types, schemes, and names; what is no name is counted."""
    names = vector16(name("Root A")) + vector16(name("Root B")) + vector16(b"\x30\x05oops")
    body = vector8(b"\x01\x40") + vector16(u16s(0x0401, 0x0804)) + vector16(names)
    request = parse_message(13, body, 0, TLS12)
    assert isinstance(request, CertificateRequest)
    assert request.certificate_types == (1, 64)
    assert request.signature_schemes == (0x0401, 0x0804)
    assert [listed.rfc4514() for listed in request.authorities] == ["CN=Root A", "CN=Root B"]
    assert request.authorities[0].der == name("Root A")
    assert request.unreadable_authorities == 1


def test_a_request_of_tls11_has_no_schemes() -> None:
    """They came with TLS 1.2."""
    request = parse_message(13, vector8(b"\1") + vector16(vector16(name("Root"))), 0, TLS11)
    assert isinstance(request, CertificateRequest)
    assert (request.signature_schemes, len(request.authorities)) == ((), 1)


def test_a_request_of_tls13_is_made_of_extensions() -> None:
    """With a context where it comes after the handshake."""
    extensions = (
        extension(13, vector16(u16s(0x0403)))
        + extension(47, vector16(vector16(name("Root"))))
        + extension(50, vector16(u16s(0x0401)))
    )
    request = parse_message(13, vector8(b"later") + vector16(extensions), 0, TLS13)
    assert isinstance(request, CertificateRequest)
    assert request.context == b"later"
    assert request.signature_schemes == (0x0403,)
    assert request.signature_schemes_cert == (0x0401,)
    assert [listed.rfc4514() for listed in request.authorities] == ["CN=Root"]


def test_authorities_are_bounded() -> None:
    """Ten thousand names are an attack, not a server."""
    names = vector16(name("R")) * (MAX_AUTHORITIES + 1)
    with pytest.raises(MalformedInput, match="more than 2048"):
        parse_message(13, vector8(b"") + vector16(b"") + vector16(names), 0, TLS12)


def test_encrypted_extensions_name_the_protocol() -> None:
    """What TLS 1.2 says in the ServerHello."""
    body = vector16(extension(10, b"") + extension(16, vector16(vector8(b"mirror"))))
    message = parse_message(8, body, 0, TLS13)
    assert isinstance(message, EncryptedExtensions)
    assert message.alpn == "mirror"
    assert [found.type for found in message.extensions] == [10, 16]


def test_long_chains_are_cut() -> None:
    """Sixteen certificates, each below 64 KiB; the rest is said to be there."""
    message = parse_message(11, chain(*(bytes((n,)) for n in range(40))), 0, TLS12)
    assert isinstance(message, CertificateMessage)
    assert len(message.chain) == MAX_CERTIFICATES
    assert message.problem == "more than 16 certificates"
    giant = parse_message(11, chain(b"small", bytes(MAX_CERTIFICATE_BYTES + 1)), 0, TLS12)
    assert isinstance(giant, CertificateMessage)
    assert giant.chain == (b"small",)
    assert giant.problem == f"a certificate of {MAX_CERTIFICATE_BYTES + 1} bytes"


def test_a_chain_that_breaks_off_keeps_its_beginning() -> None:
    """The certificates before the wrong length are evidence too."""
    listed = vector24(b"whole") + (900).to_bytes(3, "big") + b"half"
    message = parse_message(11, vector24(listed), 0, TLS12)
    assert isinstance(message, CertificateMessage)
    assert message.chain == (b"whole",)
    assert message.problem is not None
    assert message.problem.startswith("certificate_list: certificate needs 900 bytes")


LENGTHS_ALL_THROUGH = (4, 11, 15, 22)


@pytest.mark.parametrize(
    ("kind", "body", "version"),
    [(kind, body, version) for kind, body, version, *_ in CASES if kind in LENGTHS_ALL_THROUGH],
)
def test_a_cut_message_is_malformed(kind: int, body: bytes, version: int) -> None:
    """A structure that is cut short is never taken for a whole one."""
    unread = 2 if (kind, version) == (4, TLS13) else 0  # The extensions of a ticket.
    least = 1 if kind == 15 else 0  # TLS 1.1 has no scheme, and a CertificateVerify may hold nothing else.
    for end in range(least, len(body) - unread):
        with pytest.raises(MalformedInput):
            parse_message(kind, body[:end], 0, version)


@given(
    kind=st.sampled_from([*PARSERS, 20]),
    body=st.binary(max_size=200),
    version=st.sampled_from([0x0300, TLS11, TLS12, TLS13, 0x7F17]),
    suite=st.sampled_from([0, ECDHE, DHE, PSK, ECDHE_PSK, RSA]),
)
def test_any_bytes_are_a_message_or_malformed(kind: int, body: bytes, version: int, suite: int) -> None:
    """Of every type, in every version."""
    try:
        assert parse_message(kind, body, 0, version, suite) is not None
    except MalformedInput as error:
        assert 0 <= error.offset <= len(body)  # noqa: PT017


PLAIN = chain(bytes(3000), is_tls13=True)
COMPRESSED = {1: zlib.compress(PLAIN), 3: ZstdCompressor().compress(PLAIN)}


@pytest.mark.parametrize("algorithm", COMPRESSED)
def test_a_compressed_chain_is_opened(algorithm: int) -> None:
    """RFC 8879, with zlib and Zstandard."""
    body = u16s(algorithm) + len(PLAIN).to_bytes(3, "big") + vector24(COMPRESSED[algorithm])
    message = parse_message(25, body, 0, TLS13)
    assert message == CertificateMessage((bytes(3000),), b"ctx", is_compressed=True)


@pytest.mark.parametrize(
    ("algorithm", "data", "length", "problem"),
    [
        (2, b"brotli", 100, "compressed with brotli, which is not read here"),
        (9, b"?", 100, "compressed with algorithm 9, which is not read here"),
        (1, b"no zlib", 100, "no valid zlib data"),
        (3, b"no zstd", 100, "no valid zstd data"),
        (
            1,
            zlib.compress(bytes(101)),
            100,
            "zlib data of another length than the 100 bytes that are declared",
        ),
        (
            1,
            zlib.compress(bytes(99)),
            100,
            "zlib data of another length than the 100 bytes that are declared",
        ),
        (3, ZstdCompressor().compress(bytes(1 << 26)), 100, "zstd data of another length than the 100"),
        (1, b"", MAX_PLAIN_BYTES + 1, "131073 bytes are declared behind zlib, 131072 are allowed"),
    ],
)
def test_what_cannot_be_decompressed_says_why(algorithm: int, data: bytes, length: int, problem: str) -> None:
    """Lies about the length and bombs are refused without opening more than was declared."""
    plain, why = decompress(algorithm, data, length)
    assert plain is None
    assert why is not None
    assert why.startswith(problem)
    body = u16s(algorithm) + length.to_bytes(3, "big") + vector24(data)
    assert parse_message(25, body, 0, TLS13) == CertificateMessage((), is_compressed=True, problem=why)


def test_compressed_records_are_one_stream() -> None:
    """RFC 3749: each record goes on where the last one stopped."""
    stream = zlib.compressobj()
    records = [stream.compress(text) + stream.flush(zlib.Z_SYNC_FLUSH) for text in (b"first", b"first", b"")]
    inflater = Inflater()
    assert [inflater.inflate(data) for data in records] == [b"first", b"first", b""]


@pytest.mark.parametrize("data", [b"no zlib at all", zlib.compress(bytes(1 << 20))])
def test_a_compressed_record_is_bounded(data: bytes) -> None:
    """It must be zlib, and hold what a record may hold."""
    with pytest.raises(DecryptionFailed):
        Inflater().inflate(data)


def test_histories_are_short() -> None:
    """Runs of data are one letter, and ends that take turns stop somewhere."""
    assert shorten(list("CsDDddDDl")) == "CsDdDl"
    assert shorten(["D", "d"] * 1000) == "Dd" * (MAX_LETTERS // 2)
    assert shorten(list("tt")) == "tt"
    letters = [letter for message, letter in MESSAGE_LETTERS.items() if message != "CompressedCertificate"]
    assert len(set(letters)) == len(letters)
