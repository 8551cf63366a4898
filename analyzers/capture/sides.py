"""The two ends of a connection, as the packets name them."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .frames import Segments

__all__ = ["Address", "sides_of"]

Address = tuple[str, int]
"""A host's address, as it is usually written, and a port."""


@lru_cache(maxsize=1024)  # the hosts of a mirror, many times
def _host(version: int, high: int, low: int) -> str:
    if version == 4:
        return f"{low >> 24}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"
    if (
        high == 0 and low >> 32 == 0xFFFF
    ):  # an IPv4 address, written as everybody writes it (RFC 5952 section 5)
        return f"::ffff:{_host(4, 0, low & 0xFFFFFFFF)}"
    return str(IPv6Address(high << 64 | low))


def sides_of(segments: Segments, places: NDArray[np.int64]) -> list[tuple[Address, Address]]:
    """Give the addresses of side 0 and side 1 of the connections that some segments belong to."""
    columns = (
        segments.rows["forward"][places],
        segments.version[places],
        *segments.source[:, places],
        *segments.destination[:, places],
        *segments.ports[:, places],
    )
    sides = []
    for forward, version, *addresses, sender, receiver in zip(
        *(each.tolist() for each in columns), strict=True
    ):
        ends = (_host(version, *addresses[:2]), sender), (_host(version, *addresses[2:]), receiver)
        sides.append(ends[::-1] if forward else ends)
    return sides
