"""Events of real connections (those of `pcaps/`), as the publisher tells them."""

from __future__ import annotations

import queue
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from probe.events.event import CONNECTION, connection_fields, event_of
from probe.events.trouble import SINK_FAILING, SINK_WORKS
from probe.history.database import Place
from probe.history.queries import Reader
from probe.history.wanted import Wanted
from tests.probe.accounts import told

if TYPE_CHECKING:
    from analyzers.connection import Connection
    from probe.account import Account
    from probe.events import Event

WAIT_SECONDS = 30.0

EVERYTHING = Wanted()


def event_for(account: Account, at: float = 1.0) -> Event:
    """Give the event that tells of an account."""
    return event_of(at, CONNECTION, "info", connection_fields(account, "LAB"), account)


def event(
    identifier: str,
    connection: Connection | str = "healthy-tls12",
    /,
    **said: Any,  # noqa: ANN401
) -> Event:
    """Give the event of a connection, with what it says of itself replaced."""
    account = told(connection, identifier=identifier, lasted=said.pop("lasted", None))
    fields = {**connection_fields(account, "LAB"), **said}
    return event_of(1.0, CONNECTION, "info", fields, replace(account, relay=said.get("relay", "one")))


def lines_of(url: str, wanted: Wanted = EVERYTHING) -> dict[str, bytes]:
    """Give every event that a history keeps, by the connection's identifier, newest first."""
    with Reader(Place(url)) as reader:
        return {kept.id: line for kept, line in reader.events(wanted)}


class Heard:
    """What a sink told, and the wait for more of it. A mutable queue."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.told: list[str] = []
        self._coming: queue.Queue[str] = queue.Queue()

    def __call__(self, kind: str, sink: str, reason: str) -> None:
        """Take what is told, in the sink's thread."""
        assert (kind in {SINK_FAILING, SINK_WORKS}, sink) == (True, "history")
        self._coming.put(reason)

    def until(self, words: str) -> str:
        """Wait for a line that holds these words."""
        while True:
            self.told.append(self._coming.get(timeout=WAIT_SECONDS))
            if words in self.told[-1]:
                return self.told[-1]

    def all(self) -> list[str]:
        """Give every line that was told so far."""
        while not self._coming.empty():
            self.told.append(self._coming.get())
        return self.told
