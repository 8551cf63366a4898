"""Peelers of tunnels: what overlay networks, mobile networks and mirroring switches wrap around packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .layers import Kind, Layers, layout, lookup
from .links import ETHERTYPES

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TUNNEL_PEELERS"]

_PORTS: Final = lookup(
    1 << 16,
    {
        1701: Kind.UNUSUAL,  # L2TP
        2152: Kind.GTP,
        3544: Kind.TEREDO,
        4789: Kind.VXLAN,
        4790: Kind.VXLAN,
        6081: Kind.GENEVE,
        6635: Kind.MPLS,
        8472: Kind.VXLAN,  # what Linux used before IANA assigned a port, and flannel and Cilium still do
    },
)
"""UDP ports of tunnels; only as a destination, for the source port of most tunnels is a hash of the inner
flow."""

_BOTH_WAYS: Final = lookup(1 << 16, {1701: Kind.UNUSUAL, 3544: Kind.TEREDO})
"""UDP ports of tunnels that answer from the port that they were called at."""

_UDP: Final = layout(
    ("source", ">u2", 0), ("destination", ">u2", 2), ("length", ">u2", 4), ("check", ">u2", 6)
)
_GRE: Final = layout(("flags", ">u2", 0), ("protocol", ">u2", 2))
_ERSPAN_3: Final = layout(("flags", ">u2", 10))
_VXLAN: Final = layout(("flags", "u1", 0), ("next", "u1", 3), ("reserved", "u1", 7))
_GENEVE: Final = layout(("first", "u1", 0), ("protocol", ">u2", 2), ("reserved", "u1", 7))
_GTP: Final = layout(("flags", "u1", 0), ("message", "u1", 1), ("reserved", "u1", 7))
_OCTET: Final = layout(("value", "u1", 0))
_TEREDO: Final = layout(("indication", ">u2", 0))

_VXLAN_NEXT: Final = lookup(256, {1: Kind.IPV4, 2: Kind.IPV6, 3: Kind.ETHERNET})
"""Next protocol of VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe section 3.2)."""


def _udp(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _UDP)
    kinds = _PORTS[header["destination"]]
    layers.move(chosen, 8, np.where(kinds == Kind.NOTHING, _BOTH_WAYS[header["source"]], kinds))


def _gre(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off GRE (RFC 2784, RFC 2890), that of PPTP (RFC 2637), and what Cisco's ERSPAN puts into it."""
    chosen, header = layers.take(chosen, _GRE)
    flags, protocol = header["flags"], header["protocol"]
    has_sequence = flags & 0x1000 != 0
    size = np.full(len(chosen), 4, np.int64)
    for bit in (0x8000, 0x2000, 0x1000):
        size[flags & bit != 0] += 4
    size[(flags & 7 == 1) & (flags & 0x80 != 0)] += 4
    kinds = ETHERTYPES[protocol]
    kinds[kinds == Kind.LLC] = Kind.NOTHING
    kinds[(protocol == 0x88BE) & has_sequence] = Kind.ERSPAN_2
    kinds[(protocol == 0x88BE) & ~has_sequence] = Kind.ETHERNET  # the first version had no header of its own
    kinds[(flags & 0x4000 != 0) | (flags & 7 > 1)] = Kind.NOTHING  # source routes are no longer (RFC 2784)
    layers.move(chosen, size, kinds)


def _erspan_2(layers: Layers, chosen: NDArray[np.int64]) -> None:
    layers.move(chosen, 8, Kind.ETHERNET)


def _erspan_3(layers: Layers, chosen: NDArray[np.int64]) -> None:
    chosen, header = layers.take(chosen, _ERSPAN_3)
    layers.move(chosen, np.where(header["flags"] & 1 == 1, 20, 12), Kind.ETHERNET)


def _vxlan(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off VXLAN (RFC 7348 section 5), or its extension that names the next protocol."""
    chosen, header = layers.take(chosen, _VXLAN)
    has_next = header["flags"] & 4 != 0
    kinds = np.where(has_next, _VXLAN_NEXT[header["next"]], np.uint8(Kind.ETHERNET))
    kinds[header["flags"] & 8 == 0] = Kind.NOTHING
    layers.move(chosen, 8, kinds)


def _geneve(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off Geneve (RFC 8926 section 3.4)."""
    chosen, header = layers.take(chosen, _GENEVE)
    options = (header["first"] & 63).astype(np.int64) << 2
    kinds = ETHERTYPES[header["protocol"]]
    kinds[(header["first"] >> 6 != 0) | (kinds == Kind.LLC)] = Kind.NOTHING
    layers.move(chosen, 8 + options, kinds)


def _gtp(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off the header of a GTP-U user packet (3GPP TS 29.281 section 5.1)."""
    chosen, header = layers.take(chosen, _GTP)
    flags = header["flags"]
    kinds = np.where(flags & 4 != 0, np.uint8(Kind.GTP_EXTENSION), np.uint8(Kind.RAW))
    kinds[(flags & 0xF0 != 0x30) | (header["message"] != 255)] = Kind.NOTHING
    # The last byte of the optional part is the type of the extension header that follows it.
    layers.move(chosen, np.where(flags & 7 == 0, 8, np.where(flags & 4 == 0, 12, 11)), kinds)


def _gtp_extension(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Step from the byte that announces an extension header over that header (section 5.2)."""
    chosen, header = layers.take(chosen, _OCTET)
    is_over = header["value"] == 0  # none is announced

    layers.move(chosen[is_over], 1, Kind.RAW)
    chosen, header = layers.take(chosen[~is_over], _GTP, 2)
    length = header["message"].astype(np.int64) << 2
    layers.move(
        chosen,
        np.maximum(length, 1),
        np.where(length == 0, Kind.NOTHING, Kind.GTP_EXTENSION).astype(np.uint8),
    )


def _teredo(layers: Layers, chosen: NDArray[np.int64]) -> None:
    """Take off the indications of Teredo (RFC 4380 section 5.1.1); the packet itself is IPv6."""
    chosen, header = layers.take(chosen, _TEREDO)
    indication = header["indication"]
    has_origin = indication == 0
    kinds = np.where(has_origin, np.uint8(Kind.TEREDO), np.uint8(Kind.NOTHING))
    kinds[indication >> 12 == 6] = Kind.IPV6
    layers.move(chosen, np.where(has_origin, 8, 0), kinds)


TUNNEL_PEELERS: Final = {
    Kind.UDP: _udp,
    Kind.GRE: _gre,
    Kind.ERSPAN_2: _erspan_2,
    Kind.ERSPAN_3: _erspan_3,
    Kind.VXLAN: _vxlan,
    Kind.GENEVE: _geneve,
    Kind.GTP: _gtp,
    Kind.GTP_EXTENSION: _gtp_extension,
    Kind.TEREDO: _teredo,
}
