"""Two real OpenSSL engines of the lab that talk through memory, with an observer on the wire between them.

Time is ours: it goes on by half a millisecond with each flight, and jumps where an end is silent. So a case takes
milliseconds, and is the same on every machine.
"""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from OpenSSL import SSL

from analyzers.connection import CloseKind, Endpoint, NetworkError, NetworkErrorKind, Party, Road
from analyzers.observer import Observer
from analyzers.tls.secrets import KeyLog
from probe.lab import words
from probe.lab.ends import Manner
from probe.lab.engine import Engine
from tests.causes.arrangements import PYTHON
from tests.causes.python_client import PythonClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Connection
    from probe.lab.cast import Cast
    from probe.lab.ends import End

    Tamper = Callable[[Party, bytes], bytes]

CLIENT_END = Endpoint("10.0.0.11", 41000)
SERVER_END = Endpoint("10.0.0.12", 2188)

FLIGHT_SECONDS = 0.0005
SILENCE_SECONDS = 8.0
MOST_TURNS = 40

CHANNEL = "agent"


def _engine_of(end: End, party: Party) -> Engine | PythonClient:
    return PythonClient(end) if end.name == PYTHON else Engine(end, is_server=party is Party.SERVER)


def _ask_again(engine: Engine | PythonClient) -> None:
    """Ask for a second handshake (RFC 5246 section 7.4.1.1), which current servers refuse."""
    engine._connection.renegotiate()
    engine.handshake()


def untouched(_sender: Party, data: bytes) -> bytes:
    """The wire changes nothing."""
    return data


@dataclass(slots=True)
class _Side:
    """One end of the talk, as far as it has come; mutable."""

    end: End
    engine: Engine | PythonClient | None = None
    is_done: bool = False
    has_sent: bool = False
    has_asked: bool = False
    is_gone: bool = False
    is_checked: bool = False
    plain: list[bytes] = field(default_factory=list)


class Talk:
    """One connection between the two ends of a cast.

    `tamper` changes bytes on the way, before or after the observer; it sees no more than so many `flights`.
    """

    def __init__(
        self,
        cast: Cast,
        *,
        has_keys: bool,
        road: Road = Road.PCAP,
        tamper: Tamper = untouched,
        stands_at_sender: bool = False,
        flights: int = MOST_TURNS,
        renegotiates: bool = False,
        ends: tuple[Endpoint, Endpoint] = (CLIENT_END, SERVER_END),
        started: float | None = None,
    ) -> None:
        self._keylog = KeyLog()
        self._lines = 0
        self._has_keys = has_keys
        self._tamper = tamper
        self._stands_at_sender = stands_at_sender
        self._flights = flights
        self._renegotiates = renegotiates
        self.sent: list[tuple[Party, bytes]] = []
        """What each end sent, in turn, as it left its sender."""
        self.at = time.time() if started is None else started
        self._frame = 3  # SYN, SYN and ACK, ACK
        self.observer = Observer(*ends, started=self.at, road=road, keylog=self._keylog if has_keys else None)
        self._sides = {party: _Side(cast.end(party)) for party in Party}

    def run(self) -> Connection:
        """Let both ends talk until both have left."""
        if self._sides[Party.SERVER].end.manner is Manner.ABSENT:
            kind = NetworkErrorKind.REFUSED
            self.observer.network_failed(NetworkError(kind, "connection refused", Party.SERVER, 0.001))
            return self.observer.connection()
        for _ in range(MOST_TURNS):
            for party in Party:
                self._turn(party)
            if all(side.is_gone for side in self._sides.values()):
                break
        if not all(side.is_gone for side in self._sides.values()):
            self.at += SILENCE_SECONDS
            for party in Party:
                self.leave(party)
        return self.observer.connection()

    def send(self, sender: Party, data: bytes) -> None:
        """Carry bytes to the other end, past the observer."""
        if not data:
            return
        self._sides[sender].has_sent = True
        self.sent.append((sender, data))
        arrived = self._tamper(sender, data)
        self.at += FLIGHT_SECONDS
        self._frame += 1
        self._flights -= 1
        if self._flights >= 0:
            self.observer.feed(sender, data if self._stands_at_sender else arrived, self.at, self._frame)
        other = self._sides[sender.other]
        if other.engine is not None:
            other.engine.put(arrived)
        else:
            other.plain.append(arrived)

    def leave(self, party: Party, kind: CloseKind = CloseKind.FIN) -> None:
        """Let an end close the connection; a reset ends it for both."""
        side = self._sides[party]
        if side.is_gone:
            return
        side.is_gone = True
        self.at += FLIGHT_SECONDS
        self._frame += 1
        if self._flights >= 0:
            self.observer.closed(party, kind, self.at, self._frame)
        other = self._sides[party.other]
        if kind is CloseKind.RST:
            other.is_gone = True
        elif other.engine is not None:
            other.engine.end_of_wire()

    def _turn(self, party: Party) -> None:
        side = self._sides[party]
        if side.is_gone:
            return
        match side.end.manner:
            case Manner.PLAINTEXT:
                self._speak_plainly(party, side)
            case Manner.SILENT:
                return
            case Manner.CLOSE_FIRST:
                if party is Party.CLIENT or side.plain:
                    self.leave(party)
            case _:
                self._speak_tls(party, side)

    def _speak_plainly(self, party: Party, side: _Side) -> None:
        if party is Party.CLIENT and not side.has_sent:
            self.send(party, words.request(CHANNEL))
        elif side.plain:
            side.plain.clear()
            if party is Party.SERVER:
                self.send(party, words.answer(side.end.name, CHANNEL))
            self.leave(party)
        elif self._sides[party.other].is_gone:
            self.leave(party)

    def _speak_tls(self, party: Party, side: _Side) -> None:
        try:
            if side.engine is None:
                side.engine = _engine_of(side.end, party)
                for waiting in side.plain:
                    side.engine.put(waiting)
            if side.is_done:
                self._use(party, side, side.engine)
            else:
                self._shake_hands(party, side, side.engine)
        except (SSL.Error, ssl.SSLError):
            if side.engine is not None:
                self._flush(party, side.engine)
            self.leave(party)

    def _shake_hands(self, party: Party, side: _Side, engine: Engine | PythonClient) -> None:
        is_midway = side.has_sent or (party is Party.SERVER and self._sides[Party.CLIENT].has_sent)
        before = side.has_sent
        side.is_done = engine.handshake()
        kind = {Manner.CLOSE_MIDWAY: CloseKind.FIN, Manner.RESET_MIDWAY: CloseKind.RST}.get(side.end.manner)
        if kind is not None and before and is_midway:
            self.leave(party, kind)
            return
        self._flush(party, engine)

    def _use(self, party: Party, side: _Side, engine: Engine | PythonClient) -> None:
        if not side.is_checked:
            side.is_checked = True
            chain = engine.peer_chain
            if chain is not None and chain[0].subject.rfc4514_string() not in side.end.listed:
                engine.say_goodbye()
                self._flush(party, engine)
                self.leave(party)
                return
        if party is Party.CLIENT and not side.has_asked:
            side.has_asked = True
            if self._renegotiates:
                _ask_again(engine)
            else:
                engine.write(words.request(CHANNEL))
            self._flush(party, engine)
        received = engine.read()
        if received is None:
            self._flush(party, engine)
            return
        if received and party is Party.SERVER:
            engine.write(words.answer(side.end.name, CHANNEL))
            self._flush(party, engine)
            return
        engine.say_goodbye()
        self._flush(party, engine)
        self.leave(party)

    def _flush(self, party: Party, engine: Engine | PythonClient) -> None:
        for line in engine.key_log[self._lines :] if party is Party.CLIENT else ():
            self._keylog.add_line(line)
        if party is Party.CLIENT:
            self._lines = len(engine.key_log)
        self.send(party, engine.take())
