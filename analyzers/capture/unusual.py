"""Frames that the fast path does not know: 802.11, L2TP, provider backbones and what else scapy dissects.

scapy is slow, large, and not made for hostile bytes; so it is loaded when the first such frame comes, sees
one frame at a time, and only tells where the innermost IP packet is. That is then read like any other.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from scapy.packet import Packet

__all__ = ["inner_packet"]

PACKET_FILTER_LOG: Final = 239
LOGGED_PAYLOAD: Final = 9
"""NFULA_PAYLOAD, the attribute that holds the packet."""

WIRELESS, WIRELESS_AVS = 105, 163
"""802.11 without anything before it, and behind the AVS header, which scapy does not know."""

LARGEST_FRAME: Final = 1 << 16
"""Bytes given to scapy: what it cannot find there it would not find in more, and its time grows with them."""

LAYERS: Final = 40
"""How deep an IP packet may be nested; scapy itself stops at Python's limit of recursion."""

DISSECTION_ERRORS: Final = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
"""What scapy's dissectors let out on damaged frames: anything but what the operating system or we
ourselves raise."""


def _logged_packet(frame: bytes) -> bytes | None:
    """Find the packet in a message of the Linux packet filter's log (linux/netfilter/nfnetlink_log.h)."""
    at = 4
    while at + 4 <= len(frame):
        length, kind = struct.unpack_from("<HH", frame, at)
        if length < 4:
            return None
        if kind & 0x7FFF == LOGGED_PAYLOAD:
            return frame[at + 4 : at + length]
        at += length + (-length & 3)
    return None


def _dissect(link: int, frame: bytes) -> Packet | None:
    import scapy.layers.all  # noqa: F401, PLC0415 (half a second, for captures that have such frames)
    from scapy.config import conf  # noqa: PLC0415
    from scapy.error import Scapy_Exception  # noqa: PLC0415

    try:
        return conf.l2types.num2layer[link](frame)
    except (*DISSECTION_ERRORS, Scapy_Exception):
        return None


def _innermost(packet: Packet) -> bytes | None:
    """Give the bytes of the innermost IP packet, from its header on."""
    from scapy.layers.inet import IP  # noqa: PLC0415
    from scapy.layers.inet6 import IPv6  # noqa: PLC0415

    found: bytes | None = None
    layer = packet
    for _ in range(LAYERS):
        if isinstance(layer, IP | IPv6):
            found = bytes(layer.original)
        layer = layer.payload
        if not layer:
            break
    return found


def inner_packet(link: int, frame: bytes) -> bytes | None:
    """Give the innermost IP packet of a frame; None where there is none, or none that can be found."""
    frame = frame[:LARGEST_FRAME]
    if link == PACKET_FILTER_LOG:
        return _logged_packet(frame)
    if link == WIRELESS_AVS and len(frame) >= 8:
        link, frame = (
            WIRELESS,
            frame[int.from_bytes(frame[4:8], "big") :],
        )  # its length stands behind its version
    packet = _dissect(link, frame)
    return _innermost(packet) if packet is not None else None
