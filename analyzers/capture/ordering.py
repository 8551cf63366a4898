"""Segments that a capture has later than their receiver had them.

Captures of several queues or taps are out of order by a few packets. A segment that acknowledges bytes, or a reset
whose number lies behind them, was sent after them, whatever the file says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .flags import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from .halves import Half
    from .protocol import Row

__all__ = ["belated", "come_early"]

LOOK_AHEAD: Final = 32
"""How many packets of a connection are searched."""


def belated(rows: Sequence[Row], count: int, half: Half, until: int) -> Iterator[Row]:
    """Give the segments behind the first `count` with which `half` goes on, up to the number `until`.

    Each is to be taken before the next is asked for.
    """
    for row in rows[count : count + LOOK_AHEAD]:
        _, _, forward, flags, seq, _, _, _, wire = row
        if flags & (SYN | RST) or half.distance(until) <= (half.fin is not None):
            return
        if forward == half.side and half.distance(seq) <= 0 < half.distance(seq + wire) + (flags & FIN):
            yield row


def come_early(rows: NDArray[np.void], starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each segment whether it acknowledges more than the last one of the other side had come to.

    Args:
        rows: the segments of a window in the order of their connections.
        starts: where in `rows` each connection begins; the first segments of each know no other side.
    """
    forward, flags = rows["forward"], rows["flags"]
    reached = rows["seq"] + rows["wire"].astype(np.uint32) + (flags & SYN != 0) + (flags & FIN != 0)
    numbers = np.arange(len(rows))
    first = np.repeat(starts, np.diff(np.append(starts, len(rows))))
    ahead = np.zeros(len(rows), np.int32)
    for side in (False, True):
        last = np.maximum.accumulate(np.where(forward == side, numbers, -1))
        chosen = np.flatnonzero((forward != side) & (last >= first))
        ahead[chosen] = (rows["ack"][chosen] - reached[last[chosen]]).view(np.int32)
    early: NDArray[np.bool_] = (flags & ACK != 0) & (ahead > 0)
    return early
