"""The pcapng format: blocks, each with its type and length; some of them are packets.

A file has sections, each in its own byte order; a section has interfaces, each with its own link type and
clock; and blocks with the secrets of TLS sessions may stand among the packets. As in pcap, the chain of
blocks is walked, and what the packet blocks say is then read for a whole window at once.

Source: draft-ietf-opsawg-pcapng.
"""

from __future__ import annotations

import struct
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from analyzers.counted import counted

from .pcap import MAXIMUM_PACKET, PACKETS_A_WINDOW, RECOVERIES
from .pcapng_blocks import PACKET_READERS, BlockColumns, Interface, read_interface, read_key_log
from .window import Packets, gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .problems import CaptureProblems

__all__ = ["PcapngFraming", "is_pcapng"]

SECTION_HEADER: Final = 0x0A0D0D0A
BYTE_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}

INTERFACE_DESCRIPTION: Final = 1
ENHANCED_PACKET: Final = 6
DECRYPTION_SECRETS: Final = 10
UNNUMBERED: Final = frozenset({SECTION_HEADER, INTERFACE_DESCRIPTION, DECRYPTION_SECRETS, 4, 5})
"""Blocks that are no frames; the last two are name resolution and interface statistics."""

NUMBERED: Final = frozenset({9, 0x204, 0x208, 0x20A, 0x213, 0x214, 0x215, 0x216, 0x217, 0x221, 0x222, 0x223})
"""Journal entries and Sysdig events: no packets, but Wireshark gives each of them a frame number."""

FRAMES: Final = NUMBERED | PACKET_READERS.keys()

SMALLEST_BLOCK: Final = 12
LARGEST_BLOCK: Final = 1 << 24
"""What Wireshark takes for the largest block: longer ones come from damage."""
LARGEST_READ: Final = 4 * MAXIMUM_PACKET
"""The largest block whose content is looked at; it must fit the buffer."""

INTERFACES: Final = 4096
"""Interfaces of one section: the largest machines have a few hundred."""


class _Stop(Enum):
    """Why a walk along the blocks ended."""

    END = auto()
    """The next block is not whole."""
    FULL = auto()
    """The window has as many packets as it may."""
    SECTION = auto()
    """The next block begins a section."""
    DAMAGE = auto()
    """The next block cannot be what it says."""


class _Walk(NamedTuple):
    """The frames of a piece of a section, and where and why the walk ended."""

    offsets: list[int]
    position: int
    stop: _Stop


class _Found(NamedTuple):
    """Packets of one kind of block, with their frame numbers."""

    frame: NDArray[np.int64]
    columns: BlockColumns


def is_pcapng(head: bytes) -> bool:
    """Whether a file that begins with `head` is a pcapng file."""
    return head[:4] == SECTION_HEADER.to_bytes(4, "big")


def _is_possible(kind: int, length: int) -> bool:
    """Whether a block of this type may have this length."""
    least = PACKET_READERS[kind][0] if kind in PACKET_READERS else SMALLEST_BLOCK
    return least <= length <= (LARGEST_READ if kind in FRAMES else LARGEST_BLOCK)


class PcapngFraming:
    """Finds the packets of a pcapng file, window by window, and the secrets between them."""

    def __init__(self, problems: CaptureProblems) -> None:
        """Begin at the start of a file."""
        self._problems = problems
        self._order = "<"
        self._interfaces: list[Interface] = []
        self._frames = 0
        self._latest = 0.0
        self._recoveries = 0
        self._damaged_at: int | None = None
        self.secrets: list[bytes] = []
        """Key logs in the NSS format that the file carries; whoever reads them empties the list."""
        self.is_given_up = False
        """Whether the file is damaged in too many places to read on."""
        self.position = 0
        """Where in the buffer the next block begins; beyond its end where bytes are to be skipped."""

    def cut(self, buffer: bytearray, end: int, origin: int, *, is_last: bool) -> Packets:
        """Find the packets that are whole in `buffer[position:end]`, and move `position` behind them.

        `origin` is the offset in the file of the buffer's first byte; with `is_last` nothing will follow, and
        a block that is not whole is a problem.
        """
        first = self._frames + 1
        found: list[_Found] = []
        stop = _Stop.SECTION if self._find_again(buffer, end, origin, is_last=is_last) else _Stop.END
        while stop is _Stop.SECTION:
            walk = self._walk(buffer, end, origin)
            found += self._read_packets(buffer, walk.offsets, origin)
            self.position, stop = walk.position, walk.stop
            if stop is _Stop.SECTION:
                stop = self._begin_section(buffer, end)
        if stop is _Stop.DAMAGE:
            self._damaged_at = origin + self.position
            self._find_again(buffer, end, origin, is_last=is_last)
        elif is_last and stop is _Stop.END and self.position != end:
            self._cut_short(end, origin)
        return _joined(buffer, first, found)

    def _walk(self, buffer: bytearray, end: int, origin: int) -> _Walk:
        """Follow the chain of blocks within one section, reading what stands between the packets."""
        offsets: list[int] = []
        add, head = offsets.append, struct.Struct(self._order + "II").unpack_from
        position, last = self.position, end - SMALLEST_BLOCK
        while position <= last:
            kind, length = head(buffer, position)
            following = position + length + (-length & 3)
            if kind == ENHANCED_PACKET and 32 <= length <= LARGEST_READ and following <= end:
                add(position)
                position = following
                if len(offsets) >= PACKETS_A_WINDOW:
                    return _Walk(offsets, position, _Stop.FULL)
                continue
            if kind == SECTION_HEADER:
                return _Walk(offsets, position, _Stop.SECTION)
            if not _is_possible(kind, length):
                return _Walk(offsets, position, _Stop.DAMAGE)
            if following > end and length <= LARGEST_READ:
                break
            if kind in FRAMES:
                add(position)
            elif length <= LARGEST_READ:
                self._read_other(
                    kind, memoryview(buffer)[position + 8 : position + length - 4], origin + position
                )
            else:
                self._problems.limit(
                    origin + position, f"a block of type {kind} with {length} bytes is not read"
                )
            position = following
        return _Walk(offsets, position, _Stop.END)

    def _begin_section(self, buffer: bytearray, end: int) -> _Stop:
        """Read a section header block: from here its byte order holds, and no interface is known."""
        position = self.position
        if position + 16 > end:
            return _Stop.END
        order = BYTE_ORDERS.get(bytes(buffer[position + 8 : position + 12]))
        if order is None:
            return _Stop.DAMAGE
        (length,) = struct.unpack_from(order + "I", buffer, position + 4)
        if not 28 <= length <= LARGEST_READ:
            return _Stop.DAMAGE
        following = position + length + (-length & 3)
        if following > end:
            return _Stop.END
        self._order, self._interfaces = order, []
        self.position = following
        return _Stop.SECTION

    def _read_other(self, kind: int, body: memoryview, offset: int) -> None:
        if kind == INTERFACE_DESCRIPTION:
            interface = read_interface(body, self._order)
            if interface is None:
                self._problems.malformed(offset, "an interface description is too short")
            elif len(self._interfaces) >= INTERFACES:
                self._problems.limit(offset, f"a section has more than {INTERFACES} interfaces")
            else:
                self._interfaces.append(interface)
        elif kind == DECRYPTION_SECRETS:
            key_log = read_key_log(body, self._order)
            if key_log is not None:
                self.secrets.append(key_log)

    def _read_packets(self, buffer: bytearray, offsets: list[int], origin: int) -> list[_Found]:
        """Give frame numbers and columns of the packets at `offsets`, one kind of block after the other."""
        if not offsets:
            return []
        places = np.array(offsets, np.int64)
        frames = np.arange(self._frames + 1, self._frames + 1 + len(places), dtype=np.int64)
        self._frames += len(places)
        types = gather(buffer, places, np.dtype([("type", self._order + "u4")]))["type"]
        found = []
        for kind, (_, read) in PACKET_READERS.items():
            chosen = np.flatnonzero(types == kind)
            if not chosen.size:
                continue
            columns = read(buffer, places[chosen], self._interfaces, self._order, self._latest)
            self._latest = float(columns.at[-1])
            found.append(_Found(frames[chosen], columns))
            lost = np.flatnonzero(columns.link < 0)
            if lost.size:
                at = int(places[chosen[lost[0]]])
                self._problems.malformed(
                    origin + at,
                    f"{counted(lost.size, 'packet names', 'packets name')} an interface that does not exist",
                )
        return found

    def _cut_short(self, end: int, origin: int) -> None:
        self._problems.truncated(
            origin + min(self.position, end),
            f"the file ends in the middle of a block behind packet {self._frames}",
        )
        self.position = end

    def _find_again(self, buffer: bytearray, end: int, origin: int, *, is_last: bool) -> bool:
        """Move `position` to the next whole block behind damage; whether reading can go on."""
        damaged_at = self._damaged_at
        if damaged_at is None:
            return True
        begin = max(self.position, damaged_at + 4 - origin)
        found = self._find_block(buffer, begin, end)
        if found is None and not is_last:
            # A block that is not yet whole in the buffer is looked at again with what follows it.
            self.position = max(begin, end - LARGEST_READ + (begin - end) % 4)
            return False
        self.position = end if found is None else found
        self._damaged_at = None
        self._recoveries += 1
        skipped = origin + self.position - damaged_at
        self._problems.malformed(
            damaged_at, f"the block behind packet {self._frames} is impossible: {skipped} bytes are skipped"
        )
        if self._recoveries >= RECOVERIES:
            self._problems.malformed(damaged_at, f"damaged in {RECOVERIES} places: reading ends here")
            self.is_given_up = True
        return not self.is_given_up

    def _find_block(self, buffer: bytearray, begin: int, end: int) -> int | None:
        """Give the first offset, in steps of four, of a known block with its length at both of its ends."""
        span = 1 << 12
        while begin + SMALLEST_BLOCK <= end:
            words = np.frombuffer(buffer, self._order + "u4", min(span, (end - begin) // 4), begin)
            for index in np.flatnonzero(np.isin(words, _SOUGHT)).tolist():
                position = begin + 4 * index
                if self._is_whole(buffer, position, end):
                    return position
            begin, span = begin + 4 * len(words), span * 4
        return None

    def _is_whole(self, buffer: bytearray, position: int, end: int) -> bool:
        if position + SMALLEST_BLOCK > end:
            return False
        kind, length = struct.unpack_from(self._order + "II", buffer, position)
        stop = position + length
        if length % 4 or not _is_possible(kind, length) or stop > end:
            return False
        return bool(length == struct.unpack_from(self._order + "I", buffer, stop - 4)[0])


_SOUGHT: Final = np.array(sorted(UNNUMBERED | PACKET_READERS.keys()), np.uint32)
"""The types of block at which reading may go on behind damage."""


def _joined(buffer: bytearray, first: int, found: list[_Found]) -> Packets:
    """Put the packets of several sections and kinds of block into the order of the file."""
    none, no_time = np.empty(0, np.int64), np.empty(0, np.float64)
    frame = np.concatenate([none, *(one.frame for one in found)])
    order = np.argsort(frame, kind="stable")
    return Packets(
        buffer=buffer,
        first_frame=first,
        frame=frame[order],
        start=np.concatenate([none, *(one.columns.start for one in found)])[order],
        captured=np.concatenate([none, *(one.columns.captured for one in found)])[order],
        original=np.concatenate([none, *(one.columns.original for one in found)])[order],
        at=np.concatenate([no_time, *(one.columns.at for one in found)])[order],
        link=np.concatenate([none, *(one.columns.link for one in found)])[order],
    )
