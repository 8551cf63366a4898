"""What lies under TCP segments: link, network and tunnel layers, taken off for a whole window at once.

Every packet has a kind of layer that comes next and the place where that begins. A peeler takes one kind
off all packets that have it, and says what kind follows; rounds of peeling go on until every packet has
come to a TCP segment, or to something that is none. What the peelers do not know remains as `UNUSUAL`, for
others to look at.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, Final

import numpy as np

from .window import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from .window import Packets

__all__ = ["Kind", "Layers", "Peeler", "layout", "lookup"]


class Kind(IntEnum):
    """What comes next in a packet."""

    NOTHING = 0
    """No TCP segment is in it, or not enough of one was captured."""
    UNUSUAL = auto()
    """A layer that only the slow path knows; `at` is where the frame begins."""
    FRAGMENT = auto()
    """A piece of an IP datagram; `network` is where its header begins."""
    SEGMENT = auto()
    """A TCP segment whose fields have been read."""
    ETHERNET = auto()
    COOKED = auto()
    COOKED_2 = auto()
    LOOPBACK = auto()
    LOOPBACK_BIG_ENDIAN = auto()
    PACKET_FILTER_LOG = auto()
    PACKET_TAP = auto()
    HDLC = auto()
    PPP_FRAME = auto()
    PPP = auto()
    PPPOE = auto()
    ETHERTYPE = auto()
    LLC = auto()
    MPLS = auto()
    RAW = auto()
    IPV4 = auto()
    IPV6 = auto()
    EXTENSION = auto()
    GRE = auto()
    ERSPAN_2 = auto()
    ERSPAN_3 = auto()
    UDP = auto()
    VXLAN = auto()
    GENEVE = auto()
    GTP = auto()
    GTP_EXTENSION = auto()
    TEREDO = auto()
    TCP = auto()


def layout(*fields: tuple[str, str, int]) -> np.dtype[np.void]:
    """Name the fields (name, type, offset) of a header."""
    names, formats, offsets = zip(*fields, strict=True)
    return np.dtype({"names": list(names), "formats": list(formats), "offsets": list(offsets)})


def lookup(size: int, kinds: Mapping[int, Kind], otherwise: Kind = Kind.NOTHING) -> NDArray[np.uint8]:
    """Make a table from the number in a header to the kind that it announces."""
    table = np.full(size, otherwise, np.uint8)
    for number, kind in kinds.items():
        table[number] = kind
    return table


class Layers:
    """The columns that the peelers work on."""

    def __init__(self, packets: Packets, kinds: NDArray[np.uint8]) -> None:
        """Begin with whole packets, whose outermost layers are `kinds`."""
        count = len(packets)
        self.buffer = packets.buffer
        self.kind = kinds
        self.at = packets.start.copy()
        """Where in the buffer the next layer begins."""
        self.end = packets.start + packets.captured
        """Where what was captured of it ends."""
        self.wire = packets.start + packets.original
        """Where it would end, had everything been captured."""
        self.network = np.zeros(count, np.int64)
        self.protocol = np.zeros(count, np.uint8)
        self.version = np.zeros(count, np.uint8)
        self.source = np.zeros((2, count), np.uint64)
        """Upper and lower half of the innermost source address; of IPv4 in the lower half."""
        self.destination = np.zeros((2, count), np.uint64)
        self.ports = np.zeros((2, count), np.uint16)
        self.seq = np.zeros(count, np.uint32)
        self.ack = np.zeros(count, np.uint32)
        self.flags = np.zeros(count, np.uint8)

    def take(
        self, chosen: NDArray[np.int64], header: np.dtype[np.void], need: int | None = None
    ) -> tuple[NDArray[np.int64], NDArray[np.void]]:
        """Read `header` where the next layer of the chosen packets begins.

        Packets that do not have `need` more bytes (the header's size, unless given) are out of it.
        """
        has_room = self.at[chosen] + (need or header.itemsize) <= self.end[chosen]
        if not has_room.all():
            self.kind[chosen[~has_room]] = Kind.NOTHING
            chosen = chosen[has_room]
        return chosen, gather(self.buffer, self.at[chosen], header)

    def move(
        self, chosen: NDArray[np.int64], by: int | NDArray[np.int64], kind: Kind | NDArray[np.uint8]
    ) -> None:
        """Step over a layer of the chosen packets to what follows it."""
        self.at[chosen] += by
        self.kind[chosen] = kind


Peeler = "Callable[[Layers, NDArray[np.int64]], None]"

LAYERS_LIMIT: Final = 24
"""Rounds of peeling: four VLAN tags, ten labels and two tunnels; what is nested deeper is an attack."""


def peel(layers: Layers, peelers: Mapping[Kind, Callable[[Layers, NDArray[np.int64]], None]]) -> None:
    """Take layer after layer off all packets until nothing is left that a peeler knows."""
    for _ in range(LAYERS_LIMIT):
        is_done = True
        for kind, one in peelers.items():
            chosen = np.flatnonzero(layers.kind == kind)
            if chosen.size:
                one(layers, chosen)
                is_done = False
        if is_done:
            return
    layers.kind[layers.kind > Kind.SEGMENT] = Kind.NOTHING
