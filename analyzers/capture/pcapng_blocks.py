"""What the blocks of a pcapng file say: interfaces, secrets, and the three kinds of packets.

Source: draft-ietf-opsawg-pcapng, section 4.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from .window import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["PACKET_READERS", "BlockColumns", "Interface", "read_interface", "read_key_log"]

TLS_KEY_LOG: Final = 0x544C534B
"""Secrets type of an NSS key log (`TLSK`)."""

IF_TSRESOL: Final = 9
IF_TSOFFSET: Final = 14

UNKNOWN_LINK: Final = -1


@dataclass(frozen=True, slots=True)
class Interface:
    """What a packet needs to know of the interface that it was captured on."""

    link: int
    snap_length: int
    """0: no limit."""
    units: int = 1_000_000
    """Units of the clock in a second."""
    offset_seconds: int = 0


class BlockColumns(NamedTuple):
    """The packets of one kind of block, as columns."""

    start: NDArray[np.int64]
    captured: NDArray[np.int64]
    original: NDArray[np.int64]
    at: NDArray[np.float64]
    link: NDArray[np.int64]


def _options(body: memoryview, begin: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Give the options of a block (code, value) until their end, or until one does not fit."""
    header = struct.Struct(order + "HH")
    while begin + header.size <= len(body):
        code, length = header.unpack_from(body, begin)
        begin += header.size
        if not code or begin + length > len(body):
            return
        yield code, bytes(body[begin : begin + length])
        begin += length + (-length & 3)


def _clock_units(resolution: int) -> int:
    """Turn if_tsresol into units a second, as far as 64-bit arithmetic goes."""
    return 1 << min(resolution & 0x7F, 62) if resolution & 0x80 else 10 ** min(resolution, 18)


def read_interface(body: memoryview, order: str) -> Interface | None:
    """Read an interface description, without its type and lengths; None where it is too short."""
    if len(body) < 8:
        return None
    link, _, snap_length = struct.unpack_from(order + "HHI", body)
    units, offset_seconds = 1_000_000, 0
    for code, value in _options(body, 8, order):
        if code == IF_TSRESOL and len(value) >= 1:
            units = _clock_units(value[0])
        elif code == IF_TSOFFSET and len(value) >= 8:
            (offset_seconds,) = struct.unpack_from(order + "q", value)
    return Interface(link, snap_length, units, offset_seconds)


def read_key_log(body: memoryview, order: str) -> bytes | None:
    """Read a decryption secrets block; None where it holds other secrets than a TLS key log."""
    if len(body) < 8:
        return None
    kind, length = struct.unpack_from(order + "II", body)
    return bytes(body[8 : 8 + length]) if kind == TLS_KEY_LOG else None


def _layout(order: str, *fields: tuple[str, str, int]) -> np.dtype[np.void]:
    names, kinds, offsets = zip(*fields, strict=True)
    return np.dtype(
        {"names": list(names), "formats": [order + kind for kind in kinds], "offsets": list(offsets)}
    )


_CLOCK: Final = (("high", "u4", 12), ("low", "u4", 16), ("captured", "u4", 20), ("original", "u4", 24))
_LAYOUTS: Final[Mapping[str, Mapping[str, np.dtype[np.void]]]] = {
    order: {
        "enhanced": _layout(order, ("length", "u4", 4), ("interface", "u4", 8), *_CLOCK),
        "obsolete": _layout(order, ("length", "u4", 4), ("interface", "u2", 8), *_CLOCK),
        "simple": _layout(order, ("length", "u4", 4), ("original", "u4", 8)),
    }
    for order in "<>"
}


class _Table:
    """The interfaces of a section as columns; the last one is for packets that name one that is not there."""

    def __init__(self, interfaces: Sequence[Interface]) -> None:
        known = (*interfaces, Interface(UNKNOWN_LINK, 0))
        self.unknown = len(interfaces)
        self.link = np.array([one.link for one in known], np.int64)
        self.units = np.array([one.units for one in known], np.uint64)
        self.offset = np.array([one.offset_seconds for one in known], np.float64)


def _clocked(
    buffer: bytearray, offsets: NDArray[np.int64], interfaces: Sequence[Interface], layout: np.dtype[np.void]
) -> BlockColumns:
    """Read enhanced (section 4.3) or obsolete (appendix A) packet blocks, whose fixed part has 28 bytes."""
    headers = gather(buffer, offsets, layout)
    table = _Table(interfaces)
    interface = np.minimum(headers["interface"].astype(np.int64), table.unknown)
    units = table.units[interface]
    ticks = headers["high"].astype(np.uint64) << np.uint64(32) | headers["low"].astype(np.uint64)
    captured = np.minimum(headers["captured"].astype(np.int64), headers["length"].astype(np.int64) - 32)
    return BlockColumns(
        start=offsets + 28,
        captured=captured,
        original=np.maximum(headers["original"].astype(np.int64), captured),
        at=table.offset[interface] + (ticks // units).astype(np.float64) + (ticks % units) / units,
        link=table.link[interface],
    )


def _enhanced(
    buffer: bytearray, offsets: NDArray[np.int64], interfaces: Sequence[Interface], order: str, _at: float
) -> BlockColumns:
    return _clocked(buffer, offsets, interfaces, _LAYOUTS[order]["enhanced"])


def _obsolete(
    buffer: bytearray, offsets: NDArray[np.int64], interfaces: Sequence[Interface], order: str, _at: float
) -> BlockColumns:
    return _clocked(buffer, offsets, interfaces, _LAYOUTS[order]["obsolete"])


def _simple(
    buffer: bytearray, offsets: NDArray[np.int64], interfaces: Sequence[Interface], order: str, at: float
) -> BlockColumns:
    """Read simple packet blocks (section 4.4): of the first interface, and without a time but `at`."""
    headers = gather(buffer, offsets, _LAYOUTS[order]["simple"])
    first = interfaces[0] if interfaces else Interface(UNKNOWN_LINK, 0)
    original = headers["original"].astype(np.int64)
    captured = np.minimum(original, headers["length"].astype(np.int64) - 16)
    return BlockColumns(
        start=offsets + 12,
        captured=np.minimum(captured, first.snap_length) if first.snap_length else captured,
        original=original,
        at=np.full(len(offsets), at),
        link=np.full(len(offsets), first.link, np.int64),
    )


PACKET_READERS: Final[
    Mapping[
        int,
        tuple[int, Callable[[bytearray, NDArray[np.int64], Sequence[Interface], str, float], BlockColumns]],
    ]
] = {6: (32, _enhanced), 3: (16, _simple), 2: (32, _obsolete)}
"""By block type: the least length of a whole block, and what reads its packets."""
