"""How far a handshake had come at any point of its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from analyzers.connection import EventKind, Party
from analyzers.tls.codepoints import is_tls13

if TYPE_CHECKING:
    from analyzers.connection import Connection, Event

__all__ = ["AT_ONCE_SECONDS", "SHORTEST_FINISHED", "Progress", "Stage", "read_progress"]

SHORTEST_FINISHED = 45
"""The least length of a protected record that holds a Finished: a header of 4, a hash of 32, one byte of
content type, a tag of at least 8 (RFC 8446 sections 4.4.4 and 5.2). A client's flight without such a record
can only be an alert: OpenJDK pads its alerts to 35."""

AT_ONCE_SECONDS = 2.0
"""Between the last record of the handshake and the close: more than a round trip and a look at a list of names. Who
closes later may just be tired of waiting."""

_HANDSHAKING = frozenset({EventKind.HANDSHAKE, EventKind.ENCRYPTED_HANDSHAKE, EventKind.APPLICATION_DATA})


class Stage(IntEnum):
    """How far the handshake had come."""

    BEFORE_CLIENT_HELLO = 0
    BEFORE_SERVER_HELLO = 1
    """The ClientHello had not been answered."""
    SERVER_FLIGHT = 2
    """The server had begun to answer, and the client had not yet gone on."""
    CLIENT_FLIGHT = 3
    """The client had gone on with its second flight, and the server had not yet shown that it accepts it."""
    AFTER_COMPLETION = 4

    @property
    def words(self) -> str:
        """Say it as a report does, after "refused"."""
        return _WORDS[self]


_WORDS = {
    Stage.BEFORE_CLIENT_HELLO: "before any ClientHello",
    Stage.BEFORE_SERVER_HELLO: "when only the ClientHello had been sent",
    Stage.SERVER_FLIGHT: "after the server's part of the handshake",
    Stage.CLIENT_FLIGHT: "after the client's part of the handshake",
    Stage.AFTER_COMPLETION: "after the handshake was complete",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """Where in the timeline each stage begins; None where it was not reached."""

    client_hello: int | None = None
    server_hello: int | None = None
    client_flight: int | None = None
    completion: int | None = None

    def stage_at(self, index: int) -> Stage:
        """Give the stage that the event at `index` falls into."""
        reached = Stage.BEFORE_CLIENT_HELLO
        for place in (self.client_hello, self.server_hello, self.client_flight, self.completion):
            if place is None or place >= index:
                break
            reached = Stage(reached + 1)
        return reached


def read_progress(connection: Connection) -> Progress:
    """Find the stages in the timeline of `connection`."""
    tls = connection.tls
    if tls is None:
        return Progress()
    events = connection.events
    client_hello = _first(events, 0, Party.CLIENT, "ClientHello")
    if client_hello is None:
        # The capture began later, or the hello came in the SSL 2.0 form: what was read of it tells.
        client_hello = -1 if tls.client_hello is not None or tls.server_hello is not None else None
    if client_hello is None:
        return Progress()
    server_hello = _first(events, client_hello + 1, Party.SERVER, "ServerHello")
    if server_hello is None:
        return Progress(client_hello)
    if tls.version is not None and is_tls13(tls.version):
        return _tls13(events, client_hello, server_hello)
    return _up_to_tls12(events, client_hello, server_hello)


def _first(events: tuple[Event, ...], start: int, sender: Party, name: str) -> int | None:
    for index in range(start, len(events)):
        event = events[index]
        if event.kind is EventKind.HANDSHAKE and event.sender is sender and event.name == name:
            return index
    return None


def _tls13(events: tuple[Event, ...], client_hello: int, server_hello: int) -> Progress:
    """Find the client's flight, and what the server sent after it (tickets or data) to show that it accepts
    it.
    """
    client_flight: int | None = None
    is_finished = False
    for index in range(server_hello + 1, len(events)):
        event = events[index]
        if event.kind not in _HANDSHAKING or event.name == "ClientHello":
            continue
        if event.sender is Party.CLIENT:
            client_flight = index if client_flight is None else client_flight
            is_finished |= event.kind is EventKind.HANDSHAKE or event.length >= SHORTEST_FINISHED
        elif is_finished:
            return Progress(client_hello, server_hello, client_flight, index)
    return Progress(client_hello, server_hello, client_flight if is_finished else None)


def _up_to_tls12(events: tuple[Event, ...], client_hello: int, server_hello: int) -> Progress:
    """The handshake is complete when both ends have sent what follows their ChangeCipherSpec."""
    client_flight: int | None = None
    changed: set[Party] = set()
    finished: set[Party] = set()
    for index in range(server_hello + 1, len(events)):
        event = events[index]
        if event.kind is EventKind.CHANGE_CIPHER_SPEC:
            changed.add(event.sender)
        elif event.kind not in _HANDSHAKING:
            continue
        elif event.sender in changed:
            finished.add(event.sender)
        if event.sender is Party.CLIENT and client_flight is None:
            client_flight = index
        if len(finished) == len(Party):
            return Progress(client_hello, server_hello, client_flight, index)
    return Progress(client_hello, server_hello, client_flight)
