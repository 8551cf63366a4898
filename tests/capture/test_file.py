"""Capture files of every format: the packets, their times and links, and what is wrong with the file."""

from __future__ import annotations

import gzip
import hashlib
import struct

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from analyzers.capture import file as capture_file
from analyzers.capture import packed
from analyzers.capture.file import CaptureFile
from analyzers.capture.problems import CaptureProblems
from analyzers.errors import MalformedCapture, Truncated
from tests.capture.building import SECONDS, Contents, Piece, block, enhanced, interface, option, pcap, section

PACKETS = [bytes([number]) * (40 + 7 * number) for number in range(1, 30)]

VARIANTS = [
    pytest.param(order, magic, ticks, 0.25, id=f"{name}-{'big' if order == '>' else 'little'}")
    for order in "<>"
    for name, magic, ticks in (
        ("micro", 0xA1B2C3D4, 250_000),
        ("nano", 0xA1B23C4D, 250_000_000),
        ("patched", 0xA1B2CD34, 250_000),
    )
]


@pytest.mark.parametrize(("order", "magic", "ticks", "fraction"), VARIANTS)
def test_all_pcap_variants_give_the_same_packets(order: str, magic: int, ticks: int, fraction: float) -> None:
    """Byte order, resolution and the patched header change nothing in what is read."""
    read = Contents(pcap(PACKETS, order=order, magic=magic, ticks=ticks, link=113))
    assert (read.packets, read.problems) == (PACKETS, ())
    assert [SECONDS + number + fraction for number in range(1, len(PACKETS) + 1)] == read.times
    assert [113] * len(PACKETS) == read.links
    assert list(range(1, len(PACKETS) + 1)) == read.frames


def test_snap_length_keeps_the_length_on_the_wire() -> None:
    """A packet that was cut says how long it was."""
    read = Contents(pcap(PACKETS, cut=50))
    assert [packet[:50] for packet in PACKETS] == read.packets
    assert [len(packet) for packet in PACKETS] == read.originals


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_reads_enhanced_packets(order: str) -> None:
    """Packets of an interface with the default clock, in either byte order."""
    blocks = [
        enhanced(packet, (SECONDS + n) * 1_000_000 + 500_000, order=order) for n, packet in enumerate(PACKETS)
    ]
    read = Contents(section(order) + interface(101, order=order) + b"".join(blocks))
    assert (read.packets, read.problems) == (PACKETS, ())
    assert [SECONDS + n + 0.5 for n in range(len(PACKETS))] == read.times
    assert {101} == set(read.links)


def test_pcapng_interfaces_have_their_own_clocks_and_links() -> None:
    """Powers of ten and of two, and an offset in seconds; each packet by its interface."""
    nano = interface(1, options=option(9, b"\x09") + option(14, struct.pack("<q", 100)) + option(0, b""))
    binary = interface(276, options=option(2, b"eth0") + option(9, b"\x8a") + option(0, b""))
    data = section() + nano + binary
    data += enhanced(PACKETS[0], 7_250_000_000, number=0) + enhanced(PACKETS[1], 7 * 1024 + 256, number=1)
    read = Contents(data)
    assert read.times == [107.25, 7.25]
    assert read.links == [1, 276]


def test_pcapng_sections_begin_anew() -> None:
    """A second section has another byte order and its own interfaces; frames count on."""
    first = section("<") + interface(1, order="<") + enhanced(PACKETS[0], 5_000_000)
    second = section(">") + interface(101, order=">") + enhanced(PACKETS[1], 6_000_000, order=">")
    read = Contents(first + second)
    assert PACKETS[:2] == read.packets
    assert (read.links, read.frames, read.times) == ([1, 101], [1, 2], [5.0, 6.0])


def test_pcapng_reads_simple_and_obsolete_packets() -> None:
    """A simple packet has the time of the one before it; an obsolete one a 16-bit interface."""
    obsolete = block(2, struct.pack("<HHIIII", 0, 3, 0, 9_000_000, len(PACKETS[1]), 1000) + PACKETS[1])
    simple = block(3, struct.pack("<I", 2000) + PACKETS[2][:48])
    data = section() + interface(1, snap=48) + enhanced(PACKETS[0][:48], 8_000_000) + obsolete + simple
    read = Contents(data)
    assert [PACKETS[0][:48], PACKETS[1], PACKETS[2][:48]] == read.packets
    assert (read.times[:2], read.originals) == ([8.0, 9.0], [47, 1000, 2000])


def test_pcapng_blocks_that_are_no_packets() -> None:
    """Names, statistics and unknown blocks are stepped over; a journal entry takes a frame number."""
    others = block(4, b"names") + block(5, bytes(20)) + block(0xBAD, b"abcd") + block(0x80000001, bytes(8))
    data = section() + interface() + others + enhanced(PACKETS[0], 1) + block(9, b"MESSAGE=x\n")
    read = Contents(data + enhanced(PACKETS[1], 2))
    assert ([1, 3], PACKETS[:2], ()) == (read.frames, read.packets, read.problems)


def test_pcapng_gives_embedded_key_logs() -> None:
    """The TLS key log of a secrets block is found, secrets of other protocols are not."""
    keys = b"CLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n"
    tls = block(10, struct.pack("<II", 0x544C534B, len(keys)) + keys)
    wireguard = block(10, struct.pack("<II", 0x57474B4C, 4) + b"none")
    read = Contents(section() + interface() + tls + wireguard + enhanced(PACKETS[0], 1))
    assert [keys] == read.secrets


def test_pcapng_interface_that_does_not_exist() -> None:
    """A packet of an unknown interface is not read as anything, and that is said."""
    read = Contents(section() + interface() + enhanced(PACKETS[0], 1, number=7) + enhanced(PACKETS[1], 1))
    assert read.links == [-1, 1]
    assert (
        "malformed-capture: 1 packet names an interface that does not exist (at offset 48)" in read.problems
    )


@pytest.mark.parametrize("piece", [1, 7, 1000])
@pytest.mark.parametrize("is_live", [False, True])
def test_source_may_give_a_few_bytes_at_a_time(piece: int, is_live: bool) -> None:
    """A pipe that gives single bytes is read like a file, live or not."""
    assert Contents(pcap(PACKETS), piece=piece, is_live=is_live).packets == PACKETS


COMPRESSORS = [
    pytest.param(gzip.compress, id="gzip"),
    pytest.param(zstandard.ZstdCompressor().compress, id="zstd"),
    pytest.param(lambda data: gzip.compress(data[:500]) + gzip.compress(data[500:]), id="two gzip members"),
    pytest.param(
        lambda data: b"".join(map(zstandard.ZstdCompressor().compress, (data[:99], data[99:]))),
        id="two zstd frames",
    ),
]


@pytest.mark.parametrize("compress", COMPRESSORS)
def test_compressed_captures_are_read_as_they_are(compress) -> None:  # noqa: ANN001 (any of the compressors)
    """Whatever packed it, in one piece or several."""
    read = Contents(compress(pcap(PACKETS)))
    assert (read.packets, read.problems) == (PACKETS, ())


def test_gzip_cut_in_the_middle() -> None:
    """What can be unpacked is read, and that the rest is missing is said."""
    read = Contents(gzip.compress(pcap(PACKETS), compresslevel=0)[:1500])
    assert PACKETS[: len(read.packets)] == read.packets
    assert read.packets
    assert any(line.startswith("truncated-capture: the gzip file ends") for line in read.problems)


@pytest.mark.parametrize("compress", COMPRESSORS[:2])
def test_damaged_compression(compress) -> None:  # noqa: ANN001
    """Damaged data ends the reading with a problem, not with an error."""
    noise = [hashlib.shake_128(bytes([number])).digest(60_000) for number in range(20)]
    packed = bytearray(compress(pcap(noise)))
    packed[len(packed) // 2 :] = b"\xff" * 100
    read = Contents(bytes(packed))
    assert noise[: len(read.packets) - 1] == read.packets[:-1]  # the last may have damaged bytes
    assert read.problems


@pytest.mark.parametrize("compress", COMPRESSORS[:2])
def test_decompression_bomb_ends_early(compress, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN001
    """A file that unpacks to far more than its size is not unpacked to its end."""
    monkeypatch.setattr(packed, "ALLOWANCE", 1 << 22)
    read = Contents(compress(pcap([]) + bytes(1 << 26)))
    assert any("it unpacks to over 500 times its size" in line for line in read.problems)
    assert not read.packets


def test_no_capture() -> None:
    """Anything else is refused with what to do about it, or its first bytes; so is nothing at all, and half a header."""
    with pytest.raises(MalformedCapture, match="not a capture: it is a zip archive: unpack it first"):
        Contents(b"PK\x03\x04" + bytes(100))
    with pytest.raises(MalformedCapture, match="not a capture: it is a snoop capture: convert it: `editcap"):
        Contents(b"snoop\0\0\0\0\0\0\x02" + bytes(100))
    with pytest.raises(
        MalformedCapture, match="not a capture: it is text: logs are for `mirrorprobe explain`"
    ):
        Contents(b"11/24/26-10:11:12:123 (1234) 2 [Generic.Event] Mirror\n")
    with pytest.raises(MalformedCapture, match="not a capture: it begins with 00 00 01 00 00 00 00 00"):
        Contents(b"\0\0\1" + bytes(100))
    with pytest.raises(Truncated, match="the file is empty"):
        Contents(b"")
    with pytest.raises(Truncated, match="the file header of 24 bytes is cut short"):
        Contents(pcap([])[:20])


@pytest.mark.parametrize("cut", [1, 10, 20, 60])
def test_pcap_cut_in_the_middle_of_a_packet(cut: int) -> None:
    """All whole packets are read, and the place of the cut is told."""
    data = pcap(PACKETS)
    last = len(data) - 16 - len(PACKETS[-1])
    read = Contents(data[:-cut])
    left = 16 + len(PACKETS[-1]) - cut
    text = f"the file ends in the middle of packet {len(PACKETS)}: {left} bytes of it are there"
    assert (f"truncated-capture: {text} (at offset {last})",) == read.problems
    assert PACKETS[:-1] == read.packets


def test_pcapng_cut_in_the_middle_of_a_block() -> None:
    """All whole blocks are read, and the place of the cut is told."""
    data = section() + interface() + enhanced(PACKETS[0], 1)
    read = Contents(data + enhanced(PACKETS[1], 2)[:-5])
    text = "the file ends in the middle of a block behind packet 1"
    assert (f"truncated-capture: {text} (at offset {len(data)})",) == read.problems
    assert PACKETS[:1] == read.packets


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF, 0x7FFFFFFF, 300_000])
def test_pcap_goes_on_behind_an_impossible_header(length: int) -> None:
    """A damaged length costs the packet behind it, not the rest of the file."""
    data = bytearray(pcap(PACKETS))
    place = 24 + sum(16 + len(packet) for packet in PACKETS[:5])
    data[place + 8 : place + 16] = struct.pack("<II", length, length)
    read = Contents(bytes(data))
    assert PACKETS[:5] + PACKETS[6:] == read.packets
    skipped = 16 + len(PACKETS[5])
    text = f"the header behind packet 5 is impossible: {skipped} bytes are skipped (at offset {place})"
    assert (f"malformed-capture: {text}",) == read.problems


@pytest.mark.parametrize("length", [0, 8, 0xFFFFFFFF, 0x02000000])
def test_pcapng_goes_on_behind_an_impossible_block(length: int) -> None:
    """A damaged block length costs that block, not the rest of the file."""
    blocks = [enhanced(packet, 10 * n) for n, packet in enumerate(PACKETS)]
    head = section() + interface()
    data = bytearray(head + b"".join(blocks))
    place = len(head) + sum(map(len, blocks[:5]))
    data[place + 4 : place + 8] = struct.pack("<I", length)
    read = Contents(bytes(data))
    assert PACKETS[:5] + PACKETS[6:] == read.packets
    text = f"the block behind packet 5 is impossible: {len(blocks[5])} bytes are skipped (at offset {place})"
    assert (f"malformed-capture: {text}",) == read.problems


def test_damage_across_the_end_of_a_live_piece() -> None:
    """Packets behind damage are found although they came later than the damage."""
    data = pcap(PACKETS[:3]) + b"\xee" * 5000 + pcap(PACKETS[3:])[24:]
    for piece in (64, 999, 5000):
        assert Contents(data, piece=piece, is_live=True).packets[:3] == PACKETS[:3]
        assert Contents(data, piece=piece, is_live=True).packets[-20:] == PACKETS[-20:]


class Failing(Piece):
    """A source on a disk with a bad sector."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Fail after the first pieces."""
        if self.tell() > 500:
            raise OSError(5, "Input/output error")
        return super().read(size)


def test_source_that_fails_in_the_middle() -> None:
    """What was read before is analyzed, and why there is no more is said."""
    problems = CaptureProblems()
    file = CaptureFile(Failing(pcap(PACKETS), 300), problems)
    assert sum(len(window) for window in file.windows()) == 6
    assert problems.lines()[0] == "truncated-capture: reading failed: Input/output error (at offset 604)"


def test_a_file_damaged_everywhere_is_given_up() -> None:
    """After a thousand damaged places reading ends, with a bounded number of lines about it."""
    wounded = pcap(PACKETS[:2])[24:] + b"\xff" * 20
    read = Contents(pcap([]) + wounded * 2000)
    assert (read.problems[-1], len(read.problems)) == ("and 901 more problems", 101)
    assert len(read.packets) == 2000  # two before each place


@pytest.mark.parametrize("first", [60, 200, 5000])
@pytest.mark.parametrize("is_live", [False, True])
def test_what_is_looked_at_first_may_be_less_than_a_packet(
    first: int, is_live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small file takes a small buffer, which gives way to a large one where the file goes on."""
    monkeypatch.setattr(capture_file, "FIRST_BYTES", first)
    packets = [*PACKETS, bytes(3000), *PACKETS]
    read = Contents(pcap(packets), piece=97, is_live=is_live)
    assert (read.packets, read.problems) == (packets, ())


def test_windows_are_bounded_by_packets_too() -> None:
    """Tiny packets fill a window long before its bytes do; none is lost or doubled at the seam."""
    count = 300_000
    problems = CaptureProblems()
    file = CaptureFile(Piece(pcap([b"x"] * count), 1 << 20), problems)
    sizes = [len(window) for window in file.windows()]
    assert (count, True) == (sum(sizes), max(sizes) < 140_000)
    assert count == file.packets


@given(st.binary(max_size=600), st.sampled_from(["<", ">"]), st.booleans())
def test_any_bytes_behind_a_header_end_in_packets_and_problems(tail: bytes, order: str, is_ng: bool) -> None:
    """Whatever follows a good beginning, reading ends and raises nothing."""
    if is_ng:
        head = section(order) + interface(order=order) + enhanced(PACKETS[0], 1, order=order)
    else:
        head = pcap(PACKETS[:1], order=order)
    read = Contents(head + tail)
    assert PACKETS[0] == read.packets[0]
    assert read.problems or len(read.packets) >= 1


@given(st.data())
def test_damaged_captures_never_raise(data: st.DataObject) -> None:
    """A cut, a flipped or overwritten part of a small capture costs at most that capture's packets."""
    blocks = [enhanced(packet, 10 * n) for n, packet in enumerate(PACKETS[:8])]
    whole = data.draw(st.sampled_from([pcap(PACKETS[:8]), section() + interface() + b"".join(blocks)]))
    at = data.draw(st.integers(28, len(whole)))
    damage = data.draw(st.binary(min_size=1, max_size=8) | st.sampled_from([b"\xff" * 4, bytes(4)]))
    read = Contents(whole[:at] + damage + whole[at + len(damage) :])
    assert len(read.packets) <= 40
