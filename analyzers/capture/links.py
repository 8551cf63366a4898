"""Peelers of link layers, from the link type of a capture to the network layer.

Source: https://www.tcpdump.org/linktypes.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .layers import Kind, Layers, layout, lookup

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ETHERTYPES", "LINK_PEELERS", "PPP_PROTOCOLS", "first_kinds"]

LINK_TYPES: Final = {
    0: Kind.LOOPBACK,
    1: Kind.ETHERNET,
    9: Kind.PPP_FRAME,
    12: Kind.RAW,
    14: Kind.RAW,
    50: Kind.PPP_FRAME,
    51: Kind.PPPOE,
    101: Kind.RAW,
    104: Kind.HDLC,
    108: Kind.LOOPBACK_BIG_ENDIAN,
    113: Kind.COOKED,
    117: Kind.PACKET_FILTER_LOG,
    149: Kind.PACKET_TAP,
    228: Kind.IPV4,
    229: Kind.IPV6,
    258: Kind.PACKET_TAP,
    276: Kind.COOKED_2,
} | dict.fromkeys((105, 119, 127, 163, 192, 204, 239, 274), Kind.UNUSUAL)
"""Link types that may carry IP. 105-192: 802.11, bare and behind the headers of several drivers; 204: PPP
with the direction; 239: the log of the Linux packet filter; 274: preemptable Ethernet."""

_LINKS: Final = lookup(512, LINK_TYPES)

_VLAN_TAGS: Final = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)

ETHERTYPES: Final = lookup(
    1 << 16,
    dict.fromkeys(range(0x600), Kind.LLC)
    | dict.fromkeys(_VLAN_TAGS, Kind.ETHERTYPE)
    | {
        0x0800: Kind.IPV4,
        0x86DD: Kind.IPV6,
        0x6558: Kind.ETHERNET,
        0x8847: Kind.MPLS,
        0x8848: Kind.MPLS,
        0x8864: Kind.PPPOE,
        0x880B: Kind.PPP,
        0x88E7: Kind.UNUSUAL,
        0x22EB: Kind.ERSPAN_3,
    },
)
"""What an EtherType announces; below 0x600 it is a length, and a link-level header follows."""

PPP_PROTOCOLS: Final = lookup(1 << 16, {0x21: Kind.IPV4, 0x57: Kind.IPV6, 0x281: Kind.MPLS})

_FAMILIES: Final = lookup(256, {2: Kind.IPV4} | dict.fromkeys((10, 23, 24, 28, 30), Kind.IPV6))
"""Address families: IPv4 is 2 everywhere, IPv6 differs between the BSDs, Darwin, Linux and Windows."""

_NIBBLES: Final = lookup(16, {4: Kind.IPV4, 6: Kind.IPV6})

_NUMBER: Final = layout(("value", ">u2", 0))
_FAMILY: Final = layout(("big", ">u4", 0), ("little", "<u4", 0))
_FILTER_LOG: Final = layout(("length", "u1", 0), ("family", "u1", 1))
_TAP: Final = layout(("length", "<u4", 0), ("link", "<u4", 8))
_LLC: Final = layout(("access", ">u4", 0), ("vendor", ">u2", 4))
_LABEL: Final = layout(("third", "u1", 2), ("payload", "u1", 4))
_FIRST: Final = layout(("octet", "u1", 0))


def first_kinds(link: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Give the kind of the outermost layer of packets by their link types."""
    return _LINKS[np.where((link >= 0) & (link < len(_LINKS)), link, len(_LINKS) - 1)]


def _ethernet(layers: Layers, chosen: NDArray[np.int64]) -> None:
    layers.move(chosen, 12, Kind.ETHERTYPE)


def _cooked(layers: Layers, chosen: NDArray[np.int64]) -> None:
    layers.move(chosen, 14, Kind.ETHERTYPE)


def _cooked_2(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _NUMBER, 20)
    layers.move(chosen, 20, ETHERTYPES[header["value"]])
    # A tag in place of the network layer: its own EtherType stands behind two bytes more.
    tagged = chosen[layers.kind[chosen] == Kind.ETHERTYPE]
    layers.move(tagged, 2, Kind.ETHERTYPE)


def _loopback(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _FAMILY)
    family = np.minimum(header["big"], header["little"])  # in the byte order of the machine that captured
    layers.move(chosen, 4, _FAMILIES[np.minimum(family, 255)])


def _packet_filter_log(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _FILTER_LOG)
    length = header["length"].astype(np.int64) + 3 & ~3
    layers.move(chosen, length, _FAMILIES[header["family"]])


def _packet_tap(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off Darwin's header, which names the link type of the interface."""
    chosen, header = layers.take(chosen, _TAP)
    kinds = first_kinds(header["link"].astype(np.int64))
    kinds[(kinds == Kind.PACKET_TAP) | (kinds == Kind.UNUSUAL)] = Kind.NOTHING
    layers.move(chosen, np.minimum(header["length"], 1 << 16).astype(np.int64), kinds)


def _hdlc(layers: Layers, chosen: NDArray[np.int64]) -> None:
    layers.move(chosen, 2, Kind.ETHERTYPE)


def _ppp_frame(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off address and control, which a link may have agreed to leave out (RFC 1661 section 6.6)."""
    chosen, header = layers.take(chosen, _NUMBER)
    has_address = (header["value"] == 0xFF03) | (header["value"] == 0x0F00)
    layers.move(chosen, np.where(has_address, 2, 0), Kind.PPP)


def _ppp(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _NUMBER)
    number = header["value"]
    is_short = (number >> 8) & 1 == 1  # the protocol's upper byte may be left out (RFC 1661 section 6.5)
    layers.move(chosen, np.where(is_short, 1, 2), PPP_PROTOCOLS[np.where(is_short, number >> 8, number)])


def _pppoe(layers: Layers, chosen: NDArray[np.int64]) -> None:
    layers.move(chosen, 6, Kind.PPP)


def _ethertype(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _NUMBER)
    kinds = ETHERTYPES[header["value"]]
    layers.move(chosen, np.where(kinds == Kind.ETHERTYPE, 4, 2), kinds)


def _llc(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off 802.2 LLC with SNAP, behind which an EtherType stands (RFC 1042)."""
    chosen, header = layers.take(chosen, _LLC, 8)
    is_snap = (header["access"] == 0xAAAA0300) & (header["vendor"] & 0xFF00 == 0)
    layers.move(chosen, 6, np.where(is_snap, Kind.ETHERTYPE, Kind.NOTHING).astype(np.uint8))


def _mpls(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off one label; behind the last one the first nibble tells what follows (RFC 4928 section 2)."""
    chosen, header = layers.take(chosen, _LABEL)
    is_last = header["third"] & 1 == 1
    nibble = header["payload"] >> 4
    inner = np.where(nibble == 0, np.uint8(Kind.ETHERNET), _NIBBLES[nibble])
    is_wire = is_last & (nibble == 0)  # a pseudowire with its control word (RFC 4385)
    layers.move(chosen, np.where(is_wire, 8, 4), np.where(is_last, inner, np.uint8(Kind.MPLS)))


def _raw(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _FIRST)
    layers.move(chosen, 0, _NIBBLES[header["octet"] >> 4])


LINK_PEELERS: Final = {
    Kind.PACKET_TAP: _packet_tap,
    Kind.ETHERNET: _ethernet,
    Kind.COOKED: _cooked,
    Kind.COOKED_2: _cooked_2,
    Kind.HDLC: _hdlc,
    Kind.LOOPBACK: _loopback,
    Kind.LOOPBACK_BIG_ENDIAN: _loopback,
    Kind.PACKET_FILTER_LOG: _packet_filter_log,
    Kind.ETHERTYPE: _ethertype,
    Kind.LLC: _llc,
    Kind.PPPOE: _pppoe,
    Kind.PPP_FRAME: _ppp_frame,
    Kind.PPP: _ppp,
    Kind.MPLS: _mpls,
    Kind.RAW: _raw,
}
