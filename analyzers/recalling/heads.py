"""How connections begin that go on with data which nobody can open.

Of thousands of connections between the members of a mirror no two pass the same data, so none is like another one as
a whole. What comes before the data and behind it is, and so is what says which records are data.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from ..capture.protocol import Budget
from ..capture.streams import Conversation

if TYPE_CHECKING:
    from ..capture.grouping import Grouped
    from ..capture.whole import Whole
    from .laid import Read

__all__ = ["Head", "Heads"]

MAX_HEADS: Final = 1024
"""Beginnings remembered: signatures of ECDSA differ by a byte or two, and so do the flights that hold them."""

MAX_STRANGERS: Final = 64
"""Connections that are gone through without finding another one that begins alike."""

AFTERWARDS: Final = 16
"""Of so many connections one more is gone through when they were too many: others may be among the rest."""

FEWEST: Final = 12
"""Segments that count in a connection that is gone through for its beginning: a handshake has some eight, and two
close."""


class Head(NamedTuple):
    """What comes before the data."""

    segments: int
    """How many that count."""
    plain_lengths: tuple[tuple[int, ...], tuple[int, ...]]
    """Lengths of data records that say more than that data was sent, of client and server."""


class Heads:
    """All beginnings that are known; forgotten when they are too many."""

    def __init__(self, read: Read) -> None:
        """Begin without any; `read` makes a reader from the addresses of two sides and a first time."""
        self._read = read
        self._known: dict[bytes, Head] = {}
        self._lengths: list[int] = []
        """In segments, the longest one first."""
        self._attempts: float = MAX_STRANGERS
        """How many connections may be gone through before a beginning is met again."""

    def of(self, grouped: Grouped, whole: Whole) -> dict[int, Head]:
        """Give the beginnings of whole connections, by their places in `whole`, as far as they are known."""
        found: dict[int, Head] = {}
        codes, width = whole.codes.tobytes(), whole.codes.itemsize
        for place, (begin, end) in enumerate(pairwise(whole.bounds.tolist())):
            head = self._known_of(codes[width * begin : width * end], width)
            if head is not None:
                self._attempts = MAX_STRANGERS
            elif end - begin >= FEWEST:
                self._attempts += 1 / AFTERWARDS
                if self._attempts >= 1:
                    self._attempts -= 1
                    head = self._learn(grouped, whole, place)
            if head is not None:
                found[place] = head
        return found

    def _known_of(self, codes: bytes, width: int) -> Head | None:
        for length in self._lengths:
            head = self._known.get(codes[: length * width])
            if head is not None and len(codes) > length * width:
                return head
        return None

    def _learn(self, grouped: Grouped, whole: Whole, place: int) -> Head | None:
        """Go through a connection to see where its data begins; None where it has none, or is not understood."""
        number = whole.numbers[place]
        batch = grouped.batch(number)
        reader = self._read(*grouped.sides[number], batch.rows[0][1])
        Conversation(reader, Budget(), batch.rows[0]).process(batch)
        steps = reader.way or ()
        run = next((index for index, step in enumerate(steps) if step.is_run), None)
        if not run or any(step.is_end for step in steps[:run]):
            return None
        client, server = steps[run].plain_lengths
        if client is None or server is None:
            return None
        head = Head(sum(len(step.arrivals) for step in steps[:run]), (client, server))
        if len(self._known) >= MAX_HEADS:
            self._known.clear()
        begin = whole.bounds[place]
        self._known[whole.codes[begin : begin + head.segments].tobytes()] = head
        self._lengths = sorted({known.segments for known in self._known.values()}, reverse=True)
        return head
