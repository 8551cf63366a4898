"""A reader of connections that remembers: what was observed before is not observed again.

It goes along the ways of a `Memory` as the connection does, and keeps what it is told. Where nobody went before,
an ordinary reader is told everything from the beginning, and as long as the way can be understood it is written
down for the next connection. Where a way ends as another one did, that one's record stands for both; what it
says of times, frames, addresses and amounts of data is the connection's own.

It gives back control where anything is unusual: gaps, roles that are not clear, records that do not end with
a flight. So the memory only ever holds what is whole.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ..capture.reader import ConnectionReader
from ..capture.runs import records_in
from ..connection import Endpoint, Party
from ..tls.search import APPLICATION_DATA, HEADER_BYTES
from .memory import Ends, Manner, Prototype, Step
from .outline import read_outline

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..capture.protocol import End
    from ..capture.reader import Places
    from ..capture.runs import Run
    from ..capture.sides import Address
    from ..capture.streams import Conversation
    from ..connection import Connection, Road
    from ..observing.standing import Standing
    from .memory import Memory, Place
    from .outline import Outline

__all__ = ["RecallingReader", "server_at"]

MAX_FLIGHT_BYTES: Final = 12 << 10
"""The flight of a server with a long chain has 8 KB."""

MAX_KEPT_BYTES: Final = 1 << 14
"""Payload that is kept to be told again: a handshake, and the segments with which data begins. An observer takes as
much for what it makes of them."""

MAX_CALLS: Final = 256
"""What is kept of a connection that sends data for hours would otherwise grow with it."""

_PARTIES: Final = ((Party.CLIENT, Party.SERVER), (Party.SERVER, Party.CLIENT))
"""Who side 0 and side 1 are, by the side of the client."""


class RecallingReader:
    """Tells an observer what the streams of one connection hold, if it is not known from another one."""

    __slots__ = (
        "_bodies",
        "_calls",
        "_client",
        "_ended",
        "_flight",
        "_left",
        "_memory",
        "_parties",
        "_parts",
        "_place",
        "_places",
        "_positions",
        "_reader",
        "_road",
        "_room",
        "_session_id",
        "_sides",
        "_started",
        "_steps",
        "_told",
    )

    def __init__(
        self, sides: tuple[Address, Address], started: float, road: Road, places: Places, memory: Memory
    ) -> None:
        """Begin before the first byte; `sides` are the addresses of side 0 and side 1."""
        self._sides = sides
        self._started = self._ended = started
        self._road = road
        self._places = places
        self._memory = memory
        self._place: Place | None = memory.start
        """None where the ordinary reader goes on alone."""
        self._reader: ConnectionReader | None = None
        self._client: int | None = None
        self._parties = _PARTIES[0]
        self._calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        """What the ordinary reader is to be told if it is needed."""
        self._told = 0
        """How many calls these are; each run of data counts as one."""
        self._room = MAX_KEPT_BYTES
        self._steps: list[Step] = []
        self._flight: Step | None = None
        """The one that may still go on."""
        self._parts: list[bytes] = []
        self._session_id = b""
        self._positions = [0, 0]
        self._left = [0, 0]
        """What the last record of a run lacks, by side."""
        self._bodies = [0, 0]
        """Bytes of runs without headers, by side."""

    def opened(self, side: int) -> None:
        """Take note of who opened the connection."""
        if self._place is not None and not self._calls:
            self._client = side
            self._parties = _PARTIES[side]
        self._tell(ConnectionReader.opened, side)

    def data(self, side: int, payload: bytes, at: float, frame: int) -> int:
        """Take bytes; give how many of the next ones need not be shown, -1 where all is known."""
        flight, party = self._flight, self._parties[side]
        if flight is not None and flight.sender is not party:
            self._end_flight()
        self._room -= len(payload)
        if self._place is None or self._client is None or self._room < 0:
            return self._alone().data(side, payload, at, frame)
        self._ended = max(self._ended, at)
        if not self._tell(ConnectionReader.data, side, payload, at, frame):
            return 0
        flight = self._flight
        if flight is None:
            is_run = self._left[side] > 0 or payload[0] == APPLICATION_DATA
            if is_run and self._take_run(side, payload, at, frame):
                return self._left[side]
            if self._left[side]:
                self._leave()
                return 0
            flight = self._flight = Step(party, self._positions[side])
            self._steps.append(flight)
        flight.arrivals.append((at, frame))
        self._parts.append(payload)
        self._positions[side] += len(payload)
        if self._positions[side] - flight.offset > MAX_FLIGHT_BYTES:
            self._leave()
        return 0

    def skip(self, side: int, length: int, at: float, frame: int) -> None:
        """Take note that bytes passed which need not be shown."""
        self._tell(ConnectionReader.skip, side, length, at, frame)
        self._ended = max(self._ended, at)
        self._positions[side] += length
        self._left[side] -= length
        self._bodies[side] += length

    def telling_lengths(self, side: int) -> tuple[int, ...] | None:
        """Give the lengths of data records that have to be shown; None: all have to."""
        if self._place is None:
            return self._alone().telling_lengths(side)
        return None if self._flight is not None else self._standing(side).telling_lengths

    def runs(self, runs: list[Run]) -> None:
        """Take note of data records that were not shown."""
        self._end_flight()
        self._told += len(runs) - 1
        self._tell(ConnectionReader.runs, runs)
        for run in runs:
            offset = self._positions[run.side] + run.ahead
            self._go_on_run(run.side, run.records, run.length, offset, (run.at, run.frame))

    def passed(self, side: int, length: int, records: int, left: int, at: float) -> None:
        """Take note that the bytes of such records passed."""
        self._tell(ConnectionReader.passed, side, length, records, left, at)
        self._ended = max(self._ended, at)
        self._positions[side] += length
        self._left[side] = left
        self._bodies[side] += length - HEADER_BYTES * records

    def gap(self, side: int, length: int, at: float, frame: int) -> int:
        """Take note that bytes are missing."""
        return self._alone().gap(side, length, at, frame)

    def closed(self, side: int, end: End, at: float, frame: int) -> None:
        """Take note that a side closed or reset the connection."""
        self._end_flight()
        self._tell(ConnectionReader.closed, side, end, at, frame)
        self._ended = max(self._ended, at)
        place = self._place
        if place is None:
            return
        party = self._parties[side]
        step = Step(party, self._positions[side], is_end=True)
        step.arrivals.append((at, frame))
        self._steps.append(step)
        key = (party, end)
        following = place.next.get(key)
        if following is None:
            following = place.next[key] = self._memory.add(self._standings())
        self._place = following

    def connection(self, conversation: Conversation) -> Connection | None:
        """Give what was observed, now that all was told; None where it is not to be reported."""
        self._end_flight()
        place = self._place
        is_whole = place is not None and self._client is not None and bool(self._steps)
        if is_whole and conversation.was_seen(0) and conversation.was_seen(1) and place is not None:
            if place.prototype is not None and self._reader is None:
                return place.prototype.resembling(self._ends(), self._steps)
            observed = self._observing().connection(conversation)
            if observed is not None and not place.is_settled:
                place.is_settled = True
                counted = self._standings()
                data_bytes = (counted[0].counted_bytes, counted[1].counted_bytes)
                place.prototype = Prototype.of(observed, self._steps, self._ends(), data_bytes)
            return observed
        return self._observing().connection(conversation)

    @property
    def way(self) -> tuple[Step, ...] | None:
        """What was gone so far, all of which is known; None where the ordinary reader goes on alone."""
        self._end_flight()
        return None if self._place is None else tuple(self._steps)

    def _ends(self) -> Ends:
        client = self._client or 0
        return Ends(
            Endpoint(*self._sides[client]),
            server_at(*self._sides[1 - client]),
            self._started,
            self._ended,
            (self._bodies[client], self._bodies[1 - client]),
        )

    def _take_run(self, side: int, payload: bytes, at: float, frame: int) -> bool:
        """Take a segment of nothing but data that shows nothing; whether it is one."""
        plain, left = self._standing(side).plain_lengths, self._left[side]
        if plain is None:
            return False
        found = records_in(payload, 0, left, len(payload), plain)
        if found is None:
            return False
        lengths, self._left[side] = found
        self._bodies[side] += len(payload) - HEADER_BYTES * len(lengths)
        if lengths:
            offset = self._positions[side] + left
            self._go_on_run(side, len(lengths), sum(lengths), offset, (at, frame))
        self._positions[side] += len(payload)
        return True

    def _go_on_run(
        self, side: int, records: int, length: int, offset: int, arrival: tuple[float, int]
    ) -> None:
        """Add to the last run, or begin one."""
        place, party = self._place, self._parties[side]
        if place is None:
            return
        last = self._steps[-1]
        if not last.is_run and not last.is_end and last.sender is party:
            self._leave()  # the observer may draw it together with data that the flight held
            return
        if not last.is_run or last.sender is not party:
            last = Step(party, offset, is_run=True)
            last.arrivals.append(arrival)
            last.plain_lengths = (place.standings[0].plain_lengths, place.standings[1].plain_lengths)
            self._steps.append(last)
        last.count += records
        last.length += length
        if party in place.ran:
            return
        following = place.next.get(party)
        if following is None:
            following = place.next[party] = self._memory.add(self._standings(), place.ran | {party})
        self._place = following

    def _end_flight(self) -> None:
        """Go where the flight leads that is over now."""
        step, place, parts = self._flight, self._place, self._parts
        self._flight = None
        if step is None or place is None:
            return
        flight = parts[0] if len(parts) == 1 else b"".join(parts)
        before = self._steps[-2] if len(self._steps) > 1 else None
        is_behind_own = before is not None and before.is_run and before.sender is step.sender
        manner = Manner(step.sender, tuple([len(part) for part in parts]), is_behind_own)
        parts.clear()
        passage = place.along(manner, flight, self._session_id)
        if passage is None:
            self._discover(place, step, manner, flight)
            return
        outline, self._place = passage
        step.outline = outline
        if outline.session_id is not None and step.sender is Party.CLIENT:
            first, last = outline.session_id
            self._session_id = flight[first:last]

    def _discover(self, place: Place, step: Step, manner: Manner, flight: bytes) -> None:
        """Write down where a flight leads that nobody has sent before."""
        is_client = step.sender is Party.CLIENT
        before, standings = place.standings[not is_client], self._standings()
        outline = _outline(flight, step.offset, before, standings[not is_client])
        if outline is None or self._observing().client != self._client:
            self._leave()
            return
        step.outline = outline
        self._place = following = self._memory.add(standings)
        place.extend(manner, outline, outline.apply(flight, self._session_id), following)
        if outline.session_id is not None and is_client:
            first, last = outline.session_id
            self._session_id = flight[first:last]

    def _standing(self, side: int) -> Standing:
        place = self._place or self._memory.start
        return place.standings[side != self._client]

    def _standings(self) -> tuple[Standing, Standing]:
        """Ask an observer that has seen all so far."""
        return self._observing().standings()

    def _tell(self, call: Callable[..., object], *arguments: Any) -> bool:  # noqa: ANN401 (of any of the calls)
        """Tell the ordinary reader, or keep it for when it is needed; whether the way goes on."""
        self._told += 1
        if self._told > MAX_CALLS and self._place is not None:
            self._leave()
        if self._place is not None:
            self._calls.append((call, arguments))
        if self._reader is not None:
            call(self._reader, *arguments)
        return self._place is not None

    def _observing(self) -> ConnectionReader:
        """Give the ordinary reader, told of everything."""
        if self._reader is None:
            self._reader = ConnectionReader(self._sides, self._started, self._road, None, self._places)
            for call, arguments in self._calls:
                call(self._reader, *arguments)
        return self._reader

    def _leave(self) -> None:
        """Leave the way: from here on the ordinary reader goes on alone."""
        self._observing()
        self._place = self._flight = None
        self._calls.clear()
        self._steps.clear()
        self._parts.clear()

    def _alone(self) -> ConnectionReader:
        if self._place is not None:
            self._leave()
        return self._observing()


@lru_cache(maxsize=256)
def server_at(address: str, port: int) -> Endpoint:
    """Servers are few, and clients' ports many."""
    return Endpoint(address, port)


def _outline(flight: bytes, offset: int, before: Standing, after: Standing) -> Outline | None:
    """Read the outline of a flight that begins at `offset` of its sender's stream; None where it is unusual."""
    if after.start is None:
        return read_outline(flight, len(flight), before)
    if not after.is_reading or (before.start is None and after.start < offset):
        return None  # It is no TLS any more, or TLS began in an earlier flight, within a record.
    return read_outline(flight, max(after.start - offset, 0), before)
