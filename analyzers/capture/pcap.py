"""The pcap format: a header of 24 bytes, then packets, each behind a header with its own length.

Where the next packet begins is known only from the packet before it, so finding them is a walk, in a loop as
short as Python allows; everything else is read for all packets of a window at once. A damaged length would
end the walk: then the next place is sought where packet headers follow upon each other again, and reading
goes on from there.

Source: draft-ietf-opsawg-pcap, and libpcap's savefile.c for the variants in use.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from ..counted import counted
from ..errors import MalformedCapture, Truncated
from .window import Packets, gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .problems import CaptureProblems

__all__ = ["FILE_HEADER_BYTES", "MAXIMUM_PACKET", "PACKETS_A_WINDOW", "PcapFraming", "is_pcap"]

FILE_HEADER_BYTES: Final = 24

MAXIMUM_PACKET: Final = 262_144
"""libpcap's MAXIMUM_SNAPLEN: nothing that captures Ethernet or IP writes a larger packet, and Wireshark
refuses one."""

PACKETS_A_WINDOW: Final = 1 << 17
"""How many packets are indexed at a time: enough that the cost for each vector operation vanishes, about
50 MB of columns."""

STRIDE: Final = 512
"""How many steps the walk takes before it looks whether the window is full."""

RECOVERIES: Final = 1000
"""How often reading goes on behind damage, before the file is given up as a whole."""

DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Variant:
    """One of the formats that a pcap file's magic number names."""

    order: str
    ticks: int
    """Units of the fraction in a second."""
    header: int = 16
    """Bytes before each packet: 24 in the files of Alexey Kuznetzov's patched libpcap."""


VARIANTS: Final = {
    order_bytes: Variant(order, ticks, header)
    for magic, ticks, header in (
        (0xA1B2C3D4, 1_000_000, 16),
        (0xA1B23C4D, 1_000_000_000, 16),
        (0xA1B2CD34, 1_000_000, 24),
    )
    for order, order_bytes in ((">", magic.to_bytes(4, "big")), ("<", magic.to_bytes(4, "little")))
}


def is_pcap(head: bytes) -> bool:
    """Whether a file that begins with `head` is a pcap file."""
    return head[:4] in VARIANTS


class PcapFraming:
    """Finds the packets of a pcap file, window by window."""

    def __init__(self, head: bytes, problems: CaptureProblems) -> None:
        """Read the file header.

        Raises:
            Truncated: `head` is shorter than a file header.
            MalformedCapture: it is none.
        """
        if not is_pcap(head):
            raise MalformedCapture(0, f"not a capture: it begins with {head[:4].hex(' ')}")
        if len(head) < FILE_HEADER_BYTES:
            raise Truncated(len(head), f"the file header of {FILE_HEADER_BYTES} bytes is cut short")
        self._variant = variant = VARIANTS[head[:4]]
        snap_length, link = struct.unpack_from(variant.order + "II", head, 16)
        self._link = link & 0xFFFF  # the upper bits tell whether frames end in a checksum
        self._largest = max(MAXIMUM_PACKET, snap_length if snap_length <= 4 * MAXIMUM_PACKET else 0)
        self._fields = np.dtype(
            [(name, variant.order + "u4") for name in ("seconds", "ticks", "captured", "original")]
        )
        self._length = struct.Struct(variant.order + "I").unpack_from
        self._problems = problems
        self._frames = 0
        self._recoveries = 0
        self._damaged_at: int | None = None
        self._latest = 0
        self.is_given_up = False
        """Whether the file is damaged in too many places to read on."""
        self.position = FILE_HEADER_BYTES
        """Where in the buffer the next record begins; beyond its end where bytes are to be skipped."""

    def cut(self, buffer: bytearray, end: int, origin: int, *, is_last: bool) -> Packets:
        """Find the packets that are whole in `buffer[position:end]`, and move `position` behind them.

        `origin` is the offset in the file of the buffer's first byte; with `is_last` nothing will follow, and
        a packet that is not whole is a problem.
        """
        if self._damaged_at is not None and not self._find_again(buffer, end, origin, is_last=is_last):
            return self._packets(buffer, np.empty(0, np.int64), np.empty(0, self._fields))
        offsets, stop = self._walk(buffer, self.position, end)
        headers = gather(buffer, offsets, self._fields)
        sane = (headers["captured"] <= self._largest) & ((headers["captured"] | headers["original"]) != 0)
        if not sane.all():
            first = int(np.argmin(sane))
            stop = int(offsets[first])
            offsets, headers = offsets[:first], headers[:first]
            self._damaged_at = origin + stop
        elif stop > end:
            stop = int(offsets[-1])
            offsets, headers = offsets[:-1], headers[:-1]
        packets = self._packets(buffer, offsets, headers)
        self.position = stop
        if self._damaged_at is not None:
            self._find_again(buffer, end, origin, is_last=is_last)
        elif is_last and stop < end and len(offsets) < PACKETS_A_WINDOW:
            self._cut_short(end, origin)
        return packets

    def _walk(self, buffer: bytearray, begin: int, end: int) -> tuple[NDArray[np.int64], int]:
        """Give the offsets of packet headers, and where the walk stopped: beyond `end` in a packet's
        middle.
        """
        offsets: list[int] = []
        add, length_at, header = offsets.append, self._length, self._variant.header
        position, last = begin, end - header
        while position <= last and len(offsets) < PACKETS_A_WINDOW:
            for _ in range(STRIDE):
                add(position)
                position += header + length_at(buffer, position + 8)[0]
                if position > last:
                    break
        return np.array(offsets, np.int64), position

    def _packets(self, buffer: bytearray, offsets: NDArray[np.int64], headers: NDArray[np.void]) -> Packets:
        count = len(offsets)
        captured = headers["captured"].astype(np.int64)
        seconds = headers["seconds"]
        if count:
            self._latest = int(seconds[-1])
        first = self._frames + 1
        self._frames += count
        return Packets(
            buffer=buffer,
            first_frame=first,
            frame=np.arange(first, first + count, dtype=np.int64),
            start=offsets + self._variant.header,
            captured=captured,
            original=np.maximum(headers["original"].astype(np.int64), captured),
            at=seconds + headers["ticks"] / self._variant.ticks,
            link=np.full(count, self._link, np.int64),
        )

    def _cut_short(self, end: int, origin: int) -> None:
        left = counted(end - self.position, "byte of it is", "bytes of it are")
        self._problems.truncated(
            origin + self.position, f"the file ends in the middle of packet {self._frames + 1}: {left} there"
        )
        self.position = end

    def _find_again(self, buffer: bytearray, end: int, origin: int, *, is_last: bool) -> bool:
        """Move `position` behind damage, to where headers follow upon each other; whether that was found."""
        damaged_at = self._damaged_at
        if damaged_at is None:
            return True
        found = self._find_headers(buffer, max(self.position, damaged_at + 1 - origin), end, is_last=is_last)
        if found is None and not is_last:
            self.position = max(self.position, end - self._variant.header)
            return False
        self.position = end if found is None else found
        self._damaged_at = None
        self._recoveries += 1
        skipped = origin + self.position - damaged_at
        self._problems.malformed(
            damaged_at, f"the header behind packet {self._frames} is impossible: {skipped} bytes are skipped"
        )
        if self._recoveries >= RECOVERIES:
            self._problems.malformed(damaged_at, f"damaged in {RECOVERIES} places: reading ends here")
            self.is_given_up = True
        return not self.is_given_up

    def _find_headers(self, buffer: bytearray, begin: int, end: int, *, is_last: bool) -> int | None:
        """Give the first offset of a plausible packet header that another one, or the end, follows."""
        span = 1 << 12
        while begin < end:
            stop = min(end, begin + span)
            for candidate in self._plausible(buffer, begin, stop, end):
                following = candidate + self._variant.header + self._length(buffer, candidate + 8)[0]
                if following + self._variant.header > end:
                    is_good = following == end or not is_last
                else:
                    is_good = bool(self._plausible(buffer, following, following + 1, end).size)
                if is_good:
                    return int(candidate)
            begin, span = stop, span * 4
        return None

    def _plausible(self, buffer: bytearray, begin: int, stop: int, end: int) -> NDArray[np.int64]:
        """Give the offsets in `buffer[begin:stop]` where a header could stand, of a time near the latest."""
        stop = min(stop, end - self._variant.header + 1)
        if stop <= begin:
            return np.empty(0, np.int64)
        high = 3 if self._variant.order == "<" else 0
        octets = np.frombuffer(buffer, np.uint8)
        # No length has anything in its highest byte: this leaves few places for the costlier questions.
        no_lengths = (
            octets[begin + 8 + high : stop + 8 + high] | octets[begin + 12 + high : stop + 12 + high]
        ) == 0
        offsets = begin + np.flatnonzero(no_lengths)
        headers = gather(buffer, offsets, self._fields)
        seconds, captured = headers["seconds"].astype(np.int64), headers["captured"]
        near = np.abs(seconds - self._latest) <= DAY if self._frames else seconds > 0
        fits = (headers["ticks"] < self._variant.ticks) & (captured <= headers["original"])
        return offsets[near & fits & (captured > 0) & (captured <= self._largest)]
