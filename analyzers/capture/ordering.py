"""Segments that a capture has later than their receiver had them.

Captures of several queues or taps are out of order by a few packets. A segment that acknowledges bytes, or a reset
whose number lies behind them, was sent after them, whatever the file says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .flags import FIN, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .halves import Half
    from .protocol import Row

__all__ = ["belated"]

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
