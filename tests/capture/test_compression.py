"""Compressed captures: cut anywhere, growing, in frames and members of every kind; each says what it lacks."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import zlib

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from analyzers.capture.source import open_source
from analyzers.errors import MalformedCapture, Truncated
from tests.capture.building import Contents, Piece, pcap

PACKETS = [hashlib.shake_128(bytes([number])).digest(300) for number in range(40)]
CAPTURE = pcap(PACKETS)


def flushed(data: bytes, **options: bool) -> bytes:
    """Compress each packet for itself, as `tcpdump -U | zstd` may: every block ends where a packet does."""
    compressor = zstandard.ZstdCompressor(**options).compressobj()
    pieces = [data[:24], *(data[at : at + 316] for at in range(24, len(data), 316))]
    packed = b"".join(
        compressor.compress(piece) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK) for piece in pieces
    )
    return packed + compressor.flush()


def flushed_gzip(data: bytes) -> bytes:
    """The same of gzip."""
    compressor = zlib.compressobj(wbits=31)
    pieces = [data[:24], *(data[at : at + 316] for at in range(24, len(data), 316))]
    packed = b"".join(compressor.compress(piece) + compressor.flush(zlib.Z_SYNC_FLUSH) for piece in pieces)
    return packed + compressor.flush()


def skippable(content: bytes, kind: int = 0) -> bytes:
    """A frame of RFC 8878 section 3.1.2, which decoders pass over."""
    return struct.pack("<II", 0x184D2A50 + kind, len(content)) + content


KINDS = {
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd, a block for each packet": flushed,
    "zstd, with checksum": lambda data: flushed(data, write_checksum=True),
    "zstd, without size": lambda data: flushed(data, write_content_size=False),
    "gzip": gzip.compress,
    "gzip, flushed after each packet": flushed_gzip,
}


def unpack(data: bytes, size: int = 1 << 20, piece: int = 1 << 20) -> bytes:
    """Read all, asking for `size` bytes at a time of a source that gives `piece` bytes at a time."""
    source = open_source(Piece(data, piece))
    parts: list[bytes] = []
    while part := source.read(size):
        assert len(part) <= size
        parts.append(part)
    return b"".join(parts)


def read_capture(packed: bytes) -> tuple[list[bytes], tuple[str, ...]]:
    """Give the packets of a capture and what is wrong with it, also where not even its header is there."""
    try:
        read = Contents(packed)
    except Truncated as error:
        return [], (f"truncated-capture: {error}",)
    return read.packets, read.problems


@pytest.mark.parametrize("kind", KINDS)
def test_a_cut_anywhere_is_noticed(kind: str) -> None:
    """Wherever the file ends too soon, all packets before are read, and that it ends too soon is said."""
    packed, name = KINDS[kind](CAPTURE), kind[:4]
    for end in range(600, len(packed), 7):  # with less, not even the header is there
        packets, problems = read_capture(packed[:end])
        assert packets == PACKETS[: len(packets)]
        assert (
            f"truncated-capture: the {name} file ends before its content does (at offset {end})" in problems
        )
    assert read_capture(packed) == (PACKETS, ())


def test_a_cut_at_a_packet_is_noticed() -> None:
    """Where each block is one packet, a file that was cut behind one holds whole packets, and lacks the others."""
    packed = flushed(CAPTURE)
    problems = [read_capture(packed[:end])[1] for end in range(20, len(packed))]
    whole = [lines for lines in problems if len(lines) == 1]  # nothing but the compression ends too soon
    assert len(whole) >= len(PACKETS)
    assert all("the zstd file ends before its content does" in line for (line,) in whole)


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
@pytest.mark.parametrize("piece", [1, 13, 1 << 20])
@pytest.mark.parametrize("kind", KINDS)
def test_pieces_of_any_size(kind: str, size: int, piece: int) -> None:
    """However much is there at a time, and however much is asked for, the content is the same."""
    assert unpack(KINDS[kind](CAPTURE), size, piece) == CAPTURE


def test_frames_that_are_to_be_skipped() -> None:
    """Frames of other kinds before, between and behind those of zstd do not count, however long."""
    compress = zstandard.ZstdCompressor().compress
    packed = (
        compress(CAPTURE[:500]) + skippable(bytes(600_000), 15) + compress(CAPTURE[500:]) + skippable(b"")
    )
    assert unpack(packed) == CAPTURE
    with pytest.raises(Truncated):
        unpack(packed[:-1])
    with pytest.raises(Truncated):
        unpack(packed[:600_000])


@pytest.mark.parametrize(
    "packed",
    [
        zstandard.ZstdCompressor().compress(CAPTURE) + b"what is this",
        b"\x28\xb5\x2f\xfd\x00\xf8" + bytes(9),
        b"\x28\xb5\x2f\xfd\x20\x00\x07\x00\x00",
    ],
    ids=["behind a frame", "a window of gigabytes", "a block of the reserved type"],
)
def test_damaged_frames(packed: bytes) -> None:
    """What is no frame, asks for too much memory, or has a block that cannot be, is damage."""
    with pytest.raises(MalformedCapture, match="the zstd data is damaged"):
        unpack(packed)


@given(st.binary(max_size=200), st.integers(1, 64))
def test_any_bytes_end_in_time(data: bytes, piece: int) -> None:
    """Whatever stands behind the magic number is content, damage, or too short."""
    for magic in (b"\x28\xb5\x2f\xfd", b"\x1f\x8b"):
        try:
            unpack(magic + data, piece=piece)
        except (MalformedCapture, Truncated):
            continue


class Growing(io.RawIOBase):
    """A file to which something is added each time it had nothing more to give, until it ends."""

    def __init__(self, additions: list[bytes]) -> None:
        super().__init__()
        self._additions = additions
        self._there = b""

    def read(self, size: int = -1, /) -> bytes | None:
        """Give what is there; None while there is nothing."""
        piece, self._there = self._there[:size], self._there[size:]
        if piece:
            return piece
        if not self._additions:
            return b""
        self._there = self._additions.pop(0)
        return None


@pytest.mark.parametrize("step", [1, 100, 5000])
@pytest.mark.parametrize("kind", [*KINDS, "two members", "two frames"])
def test_a_file_that_grows_is_followed(kind: str, step: int) -> None:
    """Where nothing more has come there is nothing to give yet, and nothing is lost or taken for the end."""
    twice = {"two members": gzip.compress, "two frames": zstandard.ZstdCompressor().compress}
    packed = (
        twice[kind](CAPTURE[:999]) + twice[kind](CAPTURE[999:]) if kind in twice else KINDS[kind](CAPTURE)
    )
    source = open_source(Growing([packed[at : at + step] for at in range(0, len(packed), step)]))
    parts: list[bytes | None] = []
    while (part := source.read(1 << 20)) != b"":
        parts.append(part)
    assert b"".join(filter(None, parts)) == CAPTURE
    assert parts.count(None) >= len(packed) // step - 4  # the first four bytes are waited for


def test_what_was_flushed_is_given_at_once() -> None:
    """A packet is given when its block is there, and not only with the next one."""
    for packed in (flushed(CAPTURE), flushed_gzip(CAPTURE)):
        source = open_source(Growing([packed[:-200], packed[-200:]]))
        given = b""
        while (part := source.read(1 << 20)) is not None:
            given += part
        assert len(given) > len(CAPTURE) - 700
