"""Some consecutive packets of a capture, as columns over one buffer.

A capture is read through a buffer of fixed size that is filled again and again, so memory does not grow
with the file. Numbers are taken out of the buffer for all packets at once: `gather` copies the few bytes
of a header at every offset, and a structured type gives them names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PADDING", "Columns", "Offsets", "Packets", "Structured", "gather"]

Offsets = "NDArray[np.int64]"
Columns = "NDArray[np.generic]"
Structured = "NDArray[np.void]"

PADDING = 64
"""Zero bytes behind the last byte of every buffer, so that no header that is gathered reaches beyond it."""


def gather(
    buffer: bytes | bytearray, offsets: NDArray[np.int64], fields: np.dtype[np.void]
) -> NDArray[np.void]:
    """Copy the structure `fields` out of `buffer` at each of `offsets`, which need no alignment.

    The offsets must lie in the buffer, and the structure must be no longer than `PADDING`. Moving opaque
    items of that size and naming their fields afterwards is three times as fast as an index for each byte.
    """
    width = fields.itemsize
    items = np.ndarray((len(buffer) - width + 1,), np.dtype((np.void, width)), buffer, strides=(1,))
    return items[offsets].view(fields)


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of one window, in the order of the file."""

    buffer: bytes | bytearray
    """Holds every packet's bytes, and `PADDING` zero bytes at its end; reused for the next window."""
    first_frame: int
    """The number of the first packet as Wireshark counts."""
    frame: NDArray[np.int64]
    start: NDArray[np.int64]
    """Where the packet begins in `buffer`."""
    captured: NDArray[np.int64]
    """How many bytes of it are there."""
    original: NDArray[np.int64]
    """How many bytes it had on the wire."""
    at: NDArray[np.float64]
    """When it was captured, in epoch seconds."""
    link: NDArray[np.int64]
    """Its link type (tcpdump.org/linktypes.html)."""

    def __len__(self) -> int:
        return len(self.start)
