"""Ways through a connection that were gone before, and what was observed of who went them.

A way is made of steps: a flight of one end, a run of data that nobody can open, the end of a direction. What a
flight shows is said by its outline. Steps that show the same lead from the same place to the same place, so of
two connections that arrive at the same one everything is the same but addresses, times, frames, and how much
data there was; of the hellos also what no outline shows: randoms, session ids, key shares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from ..alike import AlikeConnection
from ..connection import CloseKind, Connection, Event, EventKind, Party
from ..observing.snapshot import letter_of
from ..observing.standing import Standing
from .histories import RUN_LETTERS, Histories

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..connection import Endpoint, Tls
    from .outline import Outline, Shown

__all__ = ["Ends", "Manner", "Memory", "Passage", "Place", "Prototype", "Step"]

MAX_PLACES: Final = 2048
"""Places remembered: a mirror of six members needs some hundred. With flights of 12 KiB at most they stay
under 24 MiB."""


MAX_OUTLINES: Final = 8
"""Outlines of flights of equal lengths that are tried: signatures of ECDSA differ by a byte or two."""


MAX_HISTORIES: Final = 64
"""Ways to take turns that are remembered of a prototype; a word is 128 letters at most."""


class Step:
    """What an end did at one place of the way; grows while it lasts."""

    __slots__ = (
        "arrivals",
        "count",
        "is_end",
        "is_run",
        "length",
        "offset",
        "outline",
        "plain_lengths",
        "sender",
    )

    def __init__(self, sender: Party, offset: int, *, is_run: bool = False, is_end: bool = False) -> None:
        self.is_end = is_end
        self.sender = sender
        self.offset = offset
        """Where it begins in the sender's stream."""
        self.is_run = is_run
        self.arrivals: list[tuple[float, int]] = []
        """Time and frame of each of its segments; of a run that of the first only."""
        self.length = 0
        """Of a run: bytes of the fragments."""
        self.count = 0
        """Of a run: its records."""
        self.outline: Outline | None = None
        """Of a flight, once it is over and was understood."""
        self.plain_lengths: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)
        """Of a run: what lengths of records of client and server said more than that data was sent."""


class _Seen(NamedTuple):
    """An event, and which segment of its step brought it."""

    segment: int
    kind: EventKind
    name: str
    length: int
    offset: int
    """Counted from the step's own."""
    protected: bool
    records: int


class Manner(NamedTuple):
    """How a flight was sent."""

    sender: Party
    lengths: tuple[int, ...]
    """Of its segments."""
    is_behind_own: bool
    """Whether its sender's own run came before it, with which an observer draws data together."""


class Place:
    """Where a way has led to."""

    __slots__ = ("flights", "is_settled", "next", "prototype", "ran", "standings")

    def __init__(self, standings: tuple[Standing, Standing], ran: frozenset[Party] = frozenset()) -> None:
        self.standings = standings
        """Of client and server."""
        self.ran = ran
        """Whose runs led here from the last step of another kind: another one leads nowhere else."""
        self.next: dict[object, Place] = {}
        """Where runs and ends of directions lead from here."""
        self.flights: dict[Manner, list[tuple[Outline, dict[Shown, Place]]]] = {}
        """Where flights lead, by the manner in which they were sent: by each outline, what it showed."""
        self.prototype: Prototype | None = None
        """Of the connections that ended here."""
        self.is_settled = False
        """Whether one has ended here, also where it is not fit to be a prototype."""

    def along(self, manner: Manner, flight: bytes, session_id: bytes) -> Passage | None:
        """Give where a flight leads; None where nobody has gone there."""
        for outline, places in self.flights.get(manner, ()):
            following = places.get(outline.apply(flight, session_id))
            if following is not None:
                return Passage(outline, following)
        return None

    def extend(self, manner: Manner, outline: Outline, shown: Shown, following: Place) -> None:
        """Write down where a flight leads."""
        known = self.flights.setdefault(manner, [])
        for other, places in known:
            if other == outline:
                places[shown] = following
                return
        if len(known) < MAX_OUTLINES:
            known.append((outline, {shown: following}))


class Passage(NamedTuple):
    """Where a flight leads, and by which outline."""

    outline: Outline
    place: Place


class Memory:
    """All ways gone so far; forgotten when they are too many."""

    __slots__ = ("_places", "start")

    def __init__(self) -> None:
        """Begin without any."""
        self._forget()

    def _forget(self) -> None:
        self.start = Place(
            (Standing(Party.CLIENT, None, has_changed=False), Standing(Party.SERVER, None, has_changed=False))
        )
        self._places = 0

    def add(self, standings: tuple[Standing, Standing], ran: frozenset[Party] = frozenset()) -> Place:
        """Make a place."""
        self._places += 1
        if self._places > MAX_PLACES:
            self._forget()
        return Place(standings, ran)


class Ends(NamedTuple):
    """What every connection has of its own, beside its steps."""

    client: Endpoint
    server: Endpoint
    started: float
    ended: float
    run_bytes: tuple[int, int]
    """Bytes of runs that client and server sent, without headers."""


@dataclass(frozen=True, slots=True)
class Prototype:
    """What is observed of every connection that went one way."""

    connection: Connection
    shown: tuple[tuple[_Seen, ...], ...]
    """The events of each step that is no run."""
    data_bytes: tuple[int, int]
    """Application data of client and server beside the runs; may be negative, as the observer counts."""
    letters: tuple[str, ...]
    """Their letters in the history."""
    histories: Histories = field(default_factory=lambda: Histories(MAX_HISTORIES))
    """By the letters of all steps, which say how the ends took turns with data."""

    @classmethod
    def of(
        cls, connection: Connection, steps: list[Step], ends: Ends, data_bytes: tuple[int, int]
    ) -> Prototype | None:
        """Make the prototype of a connection; None where it is not fit to stand for others.

        Args:
            connection: what was observed.
            steps: the way that it went.
            ends: what it has of its own.
            data_bytes: application data of client and server, as the observer counts.
        """
        tls = connection.tls
        if tls is None or tls.alerts or tls.is_own or connection.problems or connection.network_error:
            return None
        client, server = ends.run_bytes
        fixed = (data_bytes[0] - client, data_bytes[1] - server)
        shown = tuple(_shown(connection.events, steps))
        senders = [step.sender for step in steps if not step.is_run]
        letters = [
            "".join([letter_of(sender, seen.kind, seen.name) for seen in events])
            for sender, events in zip(senders, shown, strict=True)
        ]
        prototype = cls(connection, shown, fixed, tuple(letters))
        return prototype if prototype.resembling(ends, steps) == connection else None

    def resembling(self, ends: Ends, steps: list[Step]) -> AlikeConnection:
        """Give the record of another connection that went the same way."""
        has_runs = len(self.shown) < len(steps)
        closed_by, close_kind = self._first_closing(steps)
        return AlikeConnection.of(
            self.connection,
            lambda: tuple(self._events(steps)),
            self._common_events(steps) if has_runs else None,
            client=ends.client,
            server=ends.server,
            started=ends.started,
            ended=ends.ended,
            closed_by=closed_by,
            close_kind=close_kind,
            client_application_bytes=max(self.data_bytes[0] + ends.run_bytes[0], 0),
            server_application_bytes=max(self.data_bytes[1] + ends.run_bytes[1], 0),
            tls=self._tls(steps) if has_runs else self.connection.tls,
        )

    def _first_closing(self, steps: list[Step]) -> tuple[Party | None, CloseKind]:
        closings = [
            (step.arrivals[seen.segment][0], step.sender, _CLOSINGS[seen.kind])
            for step, events in zip((step for step in steps if not step.is_run), self.shown, strict=True)
            if step.is_end
            for seen in events
        ]
        _, party, kind = min(closings, key=itemgetter(0), default=(0.0, None, CloseKind.NONE))
        return party, kind

    def _common_events(self, steps: list[Step]) -> int:
        """Count the events before the first run."""
        first = next(index for index, step in enumerate(steps) if step.is_run)
        return sum(map(len, self.shown[:first]))

    def _tls(self, steps: list[Step]) -> Tls | None:
        """Give what TLS showed, with the history that runs have made longer: the same object for the same one."""
        known = iter(self.letters)
        letters = "".join(RUN_LETTERS[step.sender] if step.is_run else next(known) for step in steps)
        tls = self.connection.tls
        return None if tls is None else self.histories.of(letters, lambda: letters, tls)

    def _events(self, steps: list[Step]) -> list[Event]:
        events: list[Event] = []
        known = iter(self.shown)
        for step in steps:
            sender, arrivals = step.sender, step.arrivals
            if step.is_run:
                at, frame = arrivals[0]
                events.append(
                    Event(at, sender, _DATA, _DATA_NAME, step.length, step.offset, frame, True, step.count)  # noqa: FBT003
                )
                continue
            for segment, kind, name, length, offset, protected, count in next(known):
                at, frame = arrivals[segment]
                events.append(
                    Event(at, sender, kind, name, length, step.offset + offset, frame, protected, count)
                )
        return events


_DATA = EventKind.APPLICATION_DATA
_DATA_NAME = _DATA.value
_CLOSINGS = {EventKind.FIN: CloseKind.FIN, EventKind.RST: CloseKind.RST}


def _shown(events: tuple[Event, ...], steps: list[Step]) -> Iterator[tuple[_Seen, ...]]:
    """Tell the events apart by the steps and segments that brought them."""
    for step in steps:
        if step.is_run:
            continue
        places = {frame: index for index, (_, frame) in reversed([*enumerate(step.arrivals)])}
        yield tuple(
            _Seen(
                places[event.frame],
                event.kind,
                event.name,
                event.length,
                event.offset - step.offset,
                event.protected,
                event.count,
            )
            for event in events
            if event.sender is step.sender
            and event.frame in places
            and event.offset >= step.offset
            and (event.kind in _CLOSINGS) is step.is_end
        )
