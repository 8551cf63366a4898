"""From packets to TCP segments: a table with a row for each, and the connection that it belongs to.

All packets of a window go through the peelers together. What these do not know goes one by one through the
slow path, which finds the IP packet inside or waits for the other fragments, and then once more through
the peelers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from .flags import PSH
from .fragments import Defragmenter
from .layers import Kind, Layers, peel
from .links import LINK_PEELERS, first_kinds
from .network import NETWORK_PEELERS, TRANSPORT_PEELERS
from .tunnels import TUNNEL_PEELERS
from .unusual import inner_packet
from .window import PADDING, Packets, gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["SEGMENT", "FrameReader", "Segments"]

PEELERS: Final = LINK_PEELERS | NETWORK_PEELERS | TUNNEL_PEELERS | TRANSPORT_PEELERS
"""In the order in which layers usually lie upon each other, so that a round or two suffice."""

RAW: Final = 101

DETOURS: Final = 4
"""How often a packet may come back from the slow path: fragments in a tunnel that was fragmented itself."""

SEGMENT: Final = np.dtype(
    [
        ("frame", np.int64),
        ("at", np.float64),
        ("forward", np.bool_),
        ("flags", np.uint8),
        ("seq", np.uint32),
        ("ack", np.uint32),
        ("offset", np.int64),
        ("length", np.int64),
        ("wire", np.int64),
    ],
    align=True,
)
"""A TCP segment. `forward` tells the two directions of a connection apart, `offset` is for
`Segments.payload`, `length` the bytes of payload that were captured, `wire` those that were sent."""

MAX_PADDING: Final = 6
"""An Ethernet frame has 46 bytes of content at least, and the headers of IPv4 and TCP take 40 of them."""

_EIGHT_BYTES: Final = np.dtype([("value", ">u8")])

_BUFFER_SHIFT: Final = 40
"""Above this bit an offset says which buffer it is in: no buffer has a terabyte."""


@dataclass(frozen=True, slots=True)
class Segments:
    """The TCP segments of one window."""

    rows: NDArray[np.void]
    """Each a `SEGMENT`."""
    connection: NDArray[np.uint64]
    """A number that is the same for all segments between the same two endpoints. It is a hash: that two of a
    million connections share one has a probability of one to thirty million."""
    version: NDArray[np.uint8]
    """Of IP."""
    source: NDArray[np.uint64]
    """Upper and lower half of the address, a row each."""
    destination: NDArray[np.uint64]
    ports: NDArray[np.uint16]
    """Of source and destination, a row each."""
    buffers: tuple[bytes | bytearray, ...]

    def select(self, chosen: NDArray[np.bool_]) -> Segments:
        """Give those segments for which `chosen` is true."""
        return Segments(
            rows=self.rows[chosen],
            connection=self.connection[chosen],
            version=self.version[chosen],
            source=self.source[:, chosen],
            destination=self.destination[:, chosen],
            ports=self.ports[:, chosen],
            buffers=self.buffers,
        )

    def payload(self, offset: int, length: int) -> bytes:
        """Copy payload out of the window, which will be overwritten."""
        buffer, offset = self.buffers[offset >> _BUFFER_SHIFT], offset & (1 << _BUFFER_SHIFT) - 1
        return bytes(memoryview(buffer)[offset : offset + length])


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter numbers so that their sum tells them apart (the finalizer of SplitMix64)."""
    numbers = (numbers ^ numbers >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ numbers >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return numbers ^ numbers >> np.uint64(31)


def _endpoint(address: NDArray[np.uint64], port: NDArray[np.uint16]) -> NDArray[np.uint64]:
    high, low = address
    if high.any():
        low = low ^ _mixed(high)
    return _mixed(low ^ port.astype(np.uint64) << np.uint64(32))


def _segments(layers: Layers, packets: Packets, buffer_number: int) -> Segments:
    chosen = np.flatnonzero(layers.kind == Kind.SEGMENT)
    ports, source, destination = (
        layers.ports[:, chosen],
        layers.source[:, chosen],
        layers.destination[:, chosen],
    )
    sender, receiver = _endpoint(source, ports[0]), _endpoint(destination, ports[1])
    at = layers.at[chosen]
    rows = np.empty(len(chosen), SEGMENT)
    rows["frame"] = packets.frame[chosen]
    rows["at"] = packets.at[chosen]
    rows["forward"] = sender <= receiver
    rows["flags"] = layers.flags[chosen]
    rows["seq"] = layers.seq[chosen]
    rows["ack"] = layers.ack[chosen]
    rows["offset"] = at + (buffer_number << _BUFFER_SHIFT)
    rows["length"] = np.maximum(layers.end[chosen] - at, 0)
    rows["wire"] = layers.wire[chosen] - at
    _drop_padding(rows, packets.buffer, at)
    return Segments(
        rows=rows,
        connection=sender + receiver,
        version=layers.version[chosen],
        source=source,
        destination=destination,
        ports=ports,
        buffers=(packets.buffer,),
    )


def _drop_padding(rows: NDArray[np.void], buffer: bytes | bytearray, at: NDArray[np.int64]) -> None:
    """Take away payload that is the padding of a short Ethernet frame, which some devices count as IP's.

    A bare acknowledgment is padded with up to 6 zero bytes. Data as short as that is pushed, and its end is
    not at the place where the sender goes on.
    """
    bare = np.flatnonzero(
        (rows["flags"] & PSH == 0) & (rows["wire"] <= MAX_PADDING) & (rows["wire"] > 0) & (rows["length"] > 0)
    )
    if not bare.size:
        return
    first = gather(buffer, at[bare], _EIGHT_BYTES)["value"]
    kept_bits = (8 * (8 - rows["length"][bare])).astype(np.uint64)
    padding = bare[first >> kept_bits == 0]
    rows["wire"][padding] = rows["length"][padding] = 0


def _joined(parts: list[Segments]) -> Segments:
    """Put what the slow path found into its place among the rest."""
    rows = np.concatenate([part.rows for part in parts])
    order = np.argsort(rows["frame"], kind="stable")
    return Segments(
        rows=rows[order],
        connection=np.concatenate([part.connection for part in parts])[order],
        version=np.concatenate([part.version for part in parts])[order],
        source=np.concatenate([part.source for part in parts], axis=1)[:, order],
        destination=np.concatenate([part.destination for part in parts], axis=1)[:, order],
        ports=np.concatenate([part.ports for part in parts], axis=1)[:, order],
        buffers=tuple(buffer for part in parts for buffer in part.buffers),
    )


class FrameReader:
    """Finds the TCP segments in packets; remembers fragments from one window to the next."""

    def __init__(self) -> None:
        self._fragments = Defragmenter()

    def segments(self, packets: Packets) -> Segments:
        """Give the TCP segments of one window."""
        layers = Layers(packets, first_kinds(packets.link))
        peel(layers, PEELERS)
        parts = [_segments(layers, packets, 0)]
        for detour in range(1, DETOURS + 1):
            found = self._detour(layers, packets)
            if not len(found):
                break
            packets = found
            layers = Layers(packets, first_kinds(packets.link))
            peel(layers, PEELERS)
            parts.append(_segments(layers, packets, detour))
        return _joined(parts) if len(parts) > 1 else parts[0]

    def _detour(self, layers: Layers, packets: Packets) -> Packets:
        """Give the IP packets that the slow path finds, in a buffer of their own."""
        chosen: list[int] = []
        found: list[bytes] = []
        for index, packet in self._slow_path(layers, packets):
            chosen.append(index)
            found.append(packet)
        captured = np.array([len(packet) for packet in found], np.int64)
        cut = (packets.original - packets.captured)[chosen] if chosen else captured
        return Packets(
            buffer=b"".join([*found, bytes(PADDING)]),
            first_frame=packets.first_frame,
            frame=packets.frame[chosen],
            start=np.cumsum(captured) - captured,
            captured=captured,
            original=captured + cut,
            at=packets.at[chosen],
            link=np.full(len(found), RAW, np.int64),
        )

    def _slow_path(self, layers: Layers, packets: Packets) -> Iterator[tuple[int, bytes]]:
        view = memoryview(packets.buffer)
        kinds = layers.kind
        for index in np.flatnonzero((kinds == Kind.UNUSUAL) | (kinds == Kind.FRAGMENT)).tolist():
            if kinds[index] == Kind.FRAGMENT:
                piece = bytes(view[layers.network[index] : layers.end[index]])
                packet = self._fragments.add(piece, float(packets.at[index]))
            else:
                start = int(packets.start[index])
                frame = bytes(view[start : start + int(packets.captured[index])])
                packet = inner_packet(int(packets.link[index]), frame)
            if packet:
                yield index, packet
