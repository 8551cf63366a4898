"""A connection that was observed, for those that are like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..alike import AlikeConnection
from ..connection import Endpoint, Event, EventKind, Party
from .reader import server_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..capture.protocol import Batch
    from ..connection import Connection
    from .laid import Laid
    from .reader import RecallingReader

__all__ = ["Model", "RecalledConnection", "fit_model"]


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


class Model(NamedTuple):
    """A connection that others are like."""

    connection: Connection
    told: tuple[_Told, ...]

    def events(self, arrivals: NDArray[np.void]) -> tuple[Event, ...]:
        """Give the timeline of one that is like it, by its segments that count."""
        times, frames = arrivals["at"].tolist(), arrivals["frame"].tolist()
        return tuple(
            Event(times[segment], sender, kind, name, length, offset, frames[segment], protected, records)
            for segment, sender, kind, name, length, offset, protected, records in self.told
        )


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
        model, arrivals = self._model, self._laid.arrivals(self._index)
        client, server = self._laid.ends(self._index)
        return AlikeConnection.of(
            model.connection,
            lambda: model.events(arrivals),
            client=Endpoint(*client),
            server=server_at(*server),
            started=self.started,
            ended=arrivals["at"][-1].item(),
        )

    def retold(self) -> tuple[RecallingReader, Batch]:
        """Give a reader that was told nothing yet, and all segments."""
        return self._laid.retold(self._index)


def fit_model(connection: Connection, laid: Laid, index: int) -> Model | None:
    """Make a model of a connection; None where it is not fit to stand for others."""
    tls = connection.tls
    if tls is None or tls.alerts or tls.is_own or connection.problems or connection.network_error:
        return None
    arrivals = laid.arrivals(index)
    places = {frame: place for place, frame in enumerate(arrivals["frame"].tolist())}
    if any(event.frame not in places for event in connection.events):
        return None
    told = tuple(
        _Told(
            places[event.frame or 0],
            event.sender,
            event.kind,
            event.name,
            event.length,
            event.offset,
            event.protected,
            event.count,
        )
        for event in connection.events
    )
    model = Model(connection, told)
    return model if RecalledConnection(laid, index, model).connection() == connection else None
