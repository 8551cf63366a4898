"""Peelers of IP, and of TCP, where peeling ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .layers import Kind, Layers, layout, lookup

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["NETWORK_PEELERS", "TRANSPORT_PEELERS"]

_EXTENSIONS: Final = (0, 43, 51, 60, 135, 139, 140)
_FRAGMENT: Final = 44
_AUTHENTICATION: Final = 51

_V4_PROTOCOLS: Final = lookup(
    256,
    {
        4: Kind.IPV4,
        6: Kind.TCP,
        17: Kind.UDP,
        41: Kind.IPV6,
        47: Kind.GRE,
        51: Kind.EXTENSION,
        97: Kind.UNUSUAL,
        137: Kind.MPLS,
    },
)
_V6_PROTOCOLS: Final = _V4_PROTOCOLS.copy()
_V6_PROTOCOLS[[*_EXTENSIONS, _FRAGMENT]] = Kind.EXTENSION

_V4: Final = layout(
    ("first", "u1", 0),
    ("length", ">u2", 2),
    ("fragment", ">u2", 6),
    ("protocol", "u1", 9),
    ("source", ">u4", 12),
    ("destination", ">u4", 16),
)
_V6: Final = layout(
    ("first", "u1", 0),
    ("length", ">u2", 4),
    ("next", "u1", 6),
    ("source_high", ">u8", 8),
    ("source_low", ">u8", 16),
    ("destination_high", ">u8", 24),
    ("destination_low", ">u8", 32),
)
_EXTENSION: Final = layout(("next", "u1", 0), ("length", "u1", 1), ("fragment", ">u2", 2))
_TCP: Final = layout(
    ("source", ">u2", 0),
    ("destination", ">u2", 2),
    ("seq", ">u4", 4),
    ("ack", ">u4", 8),
    ("offset", "u1", 12),
    ("flags", "u1", 13),
    ("window", ">u2", 14),
    ("urgent", ">u2", 18),
)


def _limit(layers: Layers, chosen: NDArray[np.int64], length: NDArray[np.int64]) -> None:
    """End the chosen packets where their IP header says: what follows is padding of the link layer."""
    wire = layers.wire[chosen] = np.minimum(layers.wire[chosen], layers.at[chosen] + length)
    layers.end[chosen] = np.minimum(layers.end[chosen], wire)


_UNLIMITED: Final = 1 << 32


def _ipv4(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off an IPv4 header (RFC 791 section 3.1)."""
    chosen, header = layers.take(chosen, _V4)
    size = (header["first"] & 15).astype(np.int64) << 2
    length = header["length"].astype(np.int64)
    length[length == 0] = _UNLIMITED  # segmentation is left to the network card: what was captured counts
    is_good = (header["first"] >> 4 == 4) & (size >= 20) & (length >= size)
    if not is_good.all():
        layers.kind[chosen[~is_good]] = Kind.NOTHING
        chosen, header, size, length = chosen[is_good], header[is_good], size[is_good], length[is_good]
    _limit(layers, chosen, length)
    layers.network[chosen] = layers.at[chosen]
    layers.version[chosen] = 4
    layers.protocol[chosen] = header["protocol"]
    layers.source[0, chosen] = 0
    layers.source[1, chosen] = header["source"]
    layers.destination[0, chosen] = 0
    layers.destination[1, chosen] = header["destination"]
    kinds = _V4_PROTOCOLS[header["protocol"]]
    is_fragment = (header["fragment"] & 0x3FFF != 0) & (kinds != Kind.NOTHING)
    layers.move(chosen, size, np.where(is_fragment, np.uint8(Kind.FRAGMENT), kinds))


def _ipv6(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off an IPv6 header (RFC 8200 section 3)."""
    chosen, header = layers.take(chosen, _V6)
    is_good = header["first"] >> 4 == 6
    if not is_good.all():
        layers.kind[chosen[~is_good]] = Kind.NOTHING
        chosen, header = chosen[is_good], header[is_good]
    length = header["length"].astype(np.int64) + 40
    length[length == 40] = _UNLIMITED  # a jumbogram, or segmentation left to the network card
    _limit(layers, chosen, length)
    layers.network[chosen] = layers.at[chosen]
    layers.version[chosen] = 6
    layers.protocol[chosen] = header["next"]
    layers.source[0, chosen] = header["source_high"]
    layers.source[1, chosen] = header["source_low"]
    layers.destination[0, chosen] = header["destination_high"]
    layers.destination[1, chosen] = header["destination_low"]
    layers.move(chosen, 40, _V6_PROTOCOLS[header["next"]])


def _extension(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off an IPv6 extension header (RFC 8200 section 4), or an authentication header (RFC 4302)."""
    chosen, header = layers.take(chosen, _EXTENSION, 8)
    own = layers.protocol[chosen]
    length = header["length"].astype(np.int64)
    size = np.where(own == _AUTHENTICATION, (length + 2) << 2, (length + 1) << 3)
    size[own == _FRAGMENT] = 8
    is_fragment = (own == _FRAGMENT) & (header["fragment"] & 0xFFF9 != 0)
    kinds = np.where(
        layers.version[chosen] == 4, _V4_PROTOCOLS[header["next"]], _V6_PROTOCOLS[header["next"]]
    )
    layers.protocol[chosen] = header["next"]
    layers.move(chosen, size, np.where(is_fragment, np.uint8(Kind.FRAGMENT), kinds))


def _tcp(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Read a TCP header (RFC 9293 section 3.1); `at` moves to the payload."""
    chosen, header = layers.take(chosen, _TCP)
    size = (header["offset"] >> 4).astype(np.int64) << 2
    is_good = (size >= 20) & (layers.at[chosen] + size <= layers.wire[chosen])
    if not is_good.all():
        layers.kind[chosen[~is_good]] = Kind.NOTHING
        chosen, header, size = chosen[is_good], header[is_good], size[is_good]
    layers.ports[0, chosen] = header["source"]
    layers.ports[1, chosen] = header["destination"]
    layers.seq[chosen] = header["seq"]
    layers.ack[chosen] = header["ack"]
    layers.flags[chosen] = header["flags"]
    layers.move(chosen, size, Kind.SEGMENT)


NETWORK_PEELERS: Final = {Kind.IPV4: _ipv4, Kind.IPV6: _ipv6, Kind.EXTENSION: _extension}
TRANSPORT_PEELERS: Final = {Kind.TCP: _tcp}
