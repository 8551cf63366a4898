"""A connection that was observed, for those that are like it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from ..alike import AlikeConnection
from ..connection import PARTIES, Endpoint, Event, EventKind, Party
from ..observing.snapshot import letter_of
from .histories import RUN_LETTERS, Histories
from .reader import server_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from ..capture.protocol import Batch
    from ..connection import Connection, Tls
    from .between import Passed, Runs
    from .laid import Laid
    from .reader import RecallingReader

__all__ = ["Model", "RecalledConnection", "fit_model"]

MAX_HISTORIES: Final = 256
"""Ways to take turns that are remembered of a model: as many as there are, but for the longest."""

_DATA: Final = EventKind.APPLICATION_DATA


class _Told(NamedTuple):
    """An event of a model, and which of the segments that count brought it."""

    segment: int
    sender: Party
    kind: EventKind
    name: str
    length: int
    offset: int
    protected: bool
    records: int


class _Middle(NamedTuple):
    """Where a model passed data that is told of, and what of that shows."""

    events: int
    """How many come before."""
    beside: tuple[int, int]
    """Application data of client and server that is not told of, as the observer counts."""
    letters: tuple[str, str]
    """What stands in the history before and behind."""
    histories: Histories
    """By who began to pass data and how often they took turns."""

    def tls(self, model: Tls, passed: Passed) -> Tls:
        """Give what TLS showed of a connection: the same object where it is the same."""
        return self.histories.of((passed.first, passed.turns), lambda: self._letters(passed), model)

    def _letters(self, passed: Passed) -> Iterator[str]:
        yield from self.letters[0]
        for turn in range(passed.turns):
            yield RUN_LETTERS[PARTIES[(passed.first + turn) % 2]]
        yield from self.letters[1]


class Model(NamedTuple):
    """A connection that others are like."""

    connection: Connection
    told: tuple[_Told, ...]
    """Of those behind the middle, the offsets are counted without what was passed there."""
    middle: _Middle | None
    """None where no data is told of instead of shown."""

    def events(
        self, arrivals: NDArray[np.void], passed: Passed | None, runs: Runs | None
    ) -> tuple[Event, ...]:
        """Give the timeline of one that is like it, by its segments that count, and the data that it passed."""
        times, frames = arrivals["at"].tolist(), arrivals["frame"].tolist()
        events = [
            Event(times[segment], sender, kind, name, length, offset, frames[segment], protected, records)
            for segment, sender, kind, name, length, offset, protected, records in self.told
        ]
        middle = self.middle
        if middle is None or passed is None or runs is None:
            return tuple(events)
        streams = dict(zip(PARTIES, passed.streams, strict=True))
        behind = [
            replace(event, offset=event.offset + streams[event.sender]) for event in events[middle.events :]
        ]
        told = [
            Event(at, PARTIES[who], _DATA, _DATA.value, length, offset, frame, True, records)  # noqa: FBT003
            for at, (who, length, records, offset, frame) in zip(
                runs.times.tolist(), runs.told.tolist(), strict=True
            )
        ]
        return (*events[: middle.events], *told, *behind)


class RecalledConnection:
    """A connection of a window, and the model that it is like."""

    __slots__ = ("_index", "_laid", "_model", "ended", "first_frame", "started")

    def __init__(self, laid: Laid, index: int, model: Model) -> None:
        """Take the connection at `index` of those that are laid beneath each other."""
        self._laid = laid
        self._index = index
        self._model = model
        self.first_frame, self.started, self.ended = laid.span(index)

    def connection(self) -> AlikeConnection:
        """Give what would have been observed."""
        model, laid, index = self._model, self._laid, self._index
        arrivals, passed, runs = laid.arrivals(index), laid.passed(index), laid.runs(index)
        client, server = laid.ends(index)
        own: dict[str, object] = {}
        middle, tls = model.middle, model.connection.tls
        if middle is not None and passed is not None and tls is not None:
            own["client_application_bytes"] = max(middle.beside[0] + passed.bodies[0], 0)
            own["server_application_bytes"] = max(middle.beside[1] + passed.bodies[1], 0)
            own["tls"] = middle.tls(tls, passed)
        return AlikeConnection.of(
            model.connection,
            lambda: model.events(arrivals, passed, runs),
            None if middle is None else middle.events,
            client=Endpoint(*client),
            server=server_at(*server),
            started=self.started,
            ended=arrivals["at"][-1].item(),
            **own,
        )

    def retold(self) -> tuple[RecallingReader, Batch]:
        """Give a reader that was told nothing yet, and all segments."""
        return self._laid.retold(self._index)


def fit_model(connection: Connection, laid: Laid, index: int) -> Model | None:
    """Make a model of a connection; None where it is not fit to stand for others.

    Args:
        connection: what was observed.
        laid: where it lies with others.
        index: its place there.
    """
    tls = connection.tls
    if tls is None or tls.alerts or tls.is_own or connection.problems or connection.network_error:
        return None
    passed = laid.passed(index)
    places = {frame: place for place, frame in enumerate(laid.arrivals(index)["frame"].tolist())}
    told: list[_Told] = []
    before = 0
    streams = dict.fromkeys(PARTIES, 0)
    for event in connection.events:
        place = places.get(event.frame or 0)
        if place is not None:
            told.append(
                _Told(
                    place,
                    event.sender,
                    event.kind,
                    event.name,
                    event.length,
                    event.offset - streams[event.sender],
                    event.protected,
                    event.count,
                )
            )
        elif passed is not None and not any(streams.values()):
            before, streams = len(told), dict(zip(PARTIES, passed.streams, strict=True))
    middle = None
    if passed is not None:
        middle = _middle(connection, told, before, passed)
        if middle is None:
            return None
    model = Model(connection, tuple(told), middle)
    return model if RecalledConnection(laid, index, model).connection() == connection else None


def _middle(connection: Connection, told: list[_Told], before: int, passed: Passed) -> _Middle | None:
    """Say what shows of the data of a connection beside what it passed; None where that is not known."""
    letters = [letter_of(event.sender, event.kind, event.name) for event in told]
    counted = [connection.application_bytes(party) for party in PARTIES]
    if any(body and not count for count, body in zip(counted, passed.bodies, strict=True)):
        return None  # It may be less than nothing that the observer counts.
    beside = counted[0] - passed.bodies[0], counted[1] - passed.bodies[1]
    return _Middle(
        before, beside, ("".join(letters[:before]), "".join(letters[before:])), Histories(MAX_HISTORIES)
    )
