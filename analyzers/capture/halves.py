"""One direction of a TCP connection: what comes next, and what came too early.

Bytes are handed on once, in order, as the receiver would read them: repeated ones are dropped, early ones
wait for those before them. Bytes that the capture lacks become a gap of known length; nothing is made up
for them.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, NamedTuple

__all__ = ["FAR", "HELD_BYTES", "HELD_SEGMENTS", "MODULUS", "Half", "Held"]

MODULUS: Final = 1 << 32
"""Sequence numbers count modulo this (RFC 9293 section 3.4)."""

FAR: Final = 1 << 26
"""Sequence numbers that are further off than any real window belong to another connection."""

HELD_BYTES: Final = 1 << 20
"""Bytes that wait in one direction before what is missing is given up: a window of a gigabit at 8 ms."""

HELD_SEGMENTS: Final = 1024
"""Segments that wait in one direction; tiny ones would otherwise cost far more than their bytes."""


class Held(NamedTuple):
    """A segment, or the part of one, that came before its turn."""

    position: int
    """Where in the stream it begins."""
    payload: bytes
    wire: int
    """How many bytes it had on the wire: the snap length may have cut the payload."""
    at: float
    frame: int

    def part(self, begin: int, end: int) -> Held:
        """Give the part between two positions of the stream."""
        payload = self.payload[begin - self.position : max(end - self.position, 0)]
        return Held(begin, payload, end - begin, self.at, self.frame)


class Half:
    """What is known of one direction."""

    __slots__ = (
        "acked",
        "fin",
        "has_ended",
        "held",
        "held_bytes",
        "isn",
        "next",
        "position",
        "quiet",
        "records",
        "rival",
        "side",
        "skipped",
        "skipped_at",
        "skipped_frame",
        "sought",
        "syns",
        "telling",
        "was_seen",
    )

    def __init__(self, side: int) -> None:
        self.side = side
        self.next: int | None = None
        """The sequence number of the next byte; None before the first segment."""
        self.position = 0
        """How many bytes came before it."""
        self.isn: int | None = None
        self.rival: int | None = None
        """Another initial number that this side was seen to answer with."""
        self.syns = 0
        """How often it tried to open the connection."""
        self.was_seen = False
        """Whether any packet of this sender was captured."""
        self.quiet = 0
        """How many of the coming bytes nobody needs to look at."""
        self.skipped = 0
        """How many of them have come since the reader was last told."""
        self.records = 0
        """How many records began in these."""
        self.telling: tuple[int, ...] | None = None
        """Lengths of application data records that have to be shown; None: all have to."""
        self.skipped_at = 0.0
        self.skipped_frame = 0
        self.held: list[Held] = []
        """In the order of the stream, without overlap."""
        self.held_bytes = 0
        self.acked: int | None = None
        """The highest number that the receiver has acknowledged."""
        self.sought: int | None = None
        """The acknowledged number up to which was sought last."""
        self.fin: tuple[int, float, int] | None = None
        """Position, time and frame of the FIN."""
        self.has_ended = False

    def begin(self, number: int) -> None:
        """Take `number` as the sequence number of the next byte."""
        self.next = number % MODULUS

    def distance(self, number: int) -> int:
        """How far a sequence number is ahead of the next byte; negative where it is behind."""
        ahead = (number - (self.next or 0)) % MODULUS
        return ahead if ahead < MODULUS >> 1 else ahead - MODULUS

    def is_behind(self, number: int) -> bool:
        """Whether its sender is known to have come to a sequence number, and more is missing than its FIN."""
        return self.next is not None and 0 < self.distance(number) - (self.fin is not None) < FAR

    def advance(self, count: int) -> None:
        """Move on by `count` bytes."""
        self.next = ((self.next or 0) + count) % MODULUS
        self.position += count

    def hold(self, segment: Held) -> int:
        """Keep what is new in a segment that came too early; give the number of bytes kept.

        Where it overlaps with what is kept already, what came first counts.
        """
        begin, end = segment.position, segment.position + segment.wire
        index = bisect_right(self.held, begin, key=_begin_of)
        if index and _end_of(self.held[index - 1]) > begin:
            begin = _end_of(self.held[index - 1])
        kept = 0
        while begin < end:
            stop = min(end, self.held[index].position) if index < len(self.held) else end
            if stop > begin:
                part = segment.part(begin, stop)
                self.held.insert(index, part)
                kept += len(part.payload)
                index += 1
            if index >= len(self.held):
                break
            begin = max(begin, _end_of(self.held[index]))
            index += 1
        self.held_bytes += kept
        return kept

    def take(self) -> Held | None:
        """Give the first held segment if its turn has come."""
        if not self.held or self.held[0].position > self.position:
            return None
        first = self.held.pop(0)
        self.held_bytes -= len(first.payload)
        return first

    @property
    def waits(self) -> bool:
        """Whether something that came too early, or the end, waits for what comes next."""
        return bool(self.held) or self.fin is not None

    @property
    def is_full(self) -> bool:
        """Whether more waits than may."""
        return self.held_bytes > HELD_BYTES or len(self.held) > HELD_SEGMENTS

    @property
    def missing(self) -> int:
        """How many bytes are missing before the first held one."""
        return self.held[0].position - self.position if self.held else 0


def _begin_of(held: Held) -> int:
    return held.position


def _end_of(held: Held) -> int:
    return held.position + held.wire
