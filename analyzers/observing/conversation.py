"""What the records of both directions mean, one after the other.

Three layers meet here. A record is in clear or protected: in TLS 1.2 and older behind the sender's
ChangeCipherSpec, in TLS 1.3 by its outer type once a ServerHello was seen. A protected record is opened where
the key log has its secret, waits where the secret may still come, and else stands in the timeline as it is,
with its length. What is in clear or opened is a handshake message, an alert, or data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import CloseKind, Event, EventKind, Party, Problem, ProblemKind, Seen
from ..errors import MalformedInput, MalformedRecord
from ..tls import codepoints
from ..tls.hellos import parse_sslv2_client_hello
from ..tls.reassembly import fits_messages
from ..tls.records import SSLV2_HELLO, ReaderMode
from ..tls.search import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE
from .direction import Direction
from .effects import EFFECTS, began_hello
from .flights import miss_reply
from .negotiation import Negotiation
from .noted import Closing, SeenAlert
from .opening import is_closed_alert, pass_data, retry, take_protected
from .outcome import has_accepted, rejects_finished
from .timeline import Timeline

if TYPE_CHECKING:
    from ..tls.reassembly import RawMessage
    from ..tls.records import Record
    from ..tls.secrets import KeyLog

__all__ = ["MAX_PROBLEMS", "Conversation"]

MAX_PROBLEMS = 32
"""What is wrong with a stream is told some times; the rest of it says the same."""

MAX_ALERTS = 32
"""A connection has two or three."""

_CLOSE_NOTIFY = 0
_CLOSURES = (0, 90)
_FATAL = 2

MAX_CLOSINGS = 4
"""Of one end: close_notify, FIN and RST, and one to spare."""


class Conversation:
    """Both directions of one connection."""

    __slots__ = (
        "alerts",
        "client",
        "closings",
        "is_refused",
        "keylog",
        "negotiation",
        "problems",
        "server",
        "sink",
        "timeline",
    )

    def __init__(self, keylog: KeyLog | None, *, has_start: bool) -> None:
        """Begin before the first byte."""
        self.keylog = keylog
        self.client = Direction(Party.CLIENT, has_start=has_start, can_open=keylog is not None)
        self.server = Direction(Party.SERVER, has_start=has_start, can_open=keylog is not None)
        self.negotiation = Negotiation()
        self.timeline = Timeline()
        self.alerts: list[SeenAlert] = []
        self.problems: list[Problem] = []
        self.closings: list[Closing] = []
        self.is_refused = False
        """Whether an end sent a fatal alert before the other could take the handshake for complete."""
        self.sink: list[Event] | None = None
        """Where the events of a record go that is opened late; None for the end of the timeline."""

    def direction(self, party: Party) -> Direction:
        """Give the direction in which `party` sends."""
        return self.client if party is Party.CLIENT else self.server

    @property
    def has_client_closed(self) -> bool:
        """Whether the client closed, or sent what is as long as an alert behind its flight."""
        if any(closing.party is Party.CLIENT for closing in self.closings):
            return True
        return bool(self.client.flight) and self.client.last_length in self.client.alert_lengths

    def feed(self, direction: Direction, data: bytes, at: float, frame: int | None) -> None:
        """Take the next bytes of a direction."""
        direction.at = at
        direction.frame = frame
        self.retry()
        reader = direction.reader
        is_counted = reader.mode is ReaderMode.READING
        try:
            for record in reader.feed(data):
                if not is_counted:
                    self._count_plain(direction)
                    is_counted = True
                self._take(direction, record)
        except MalformedRecord as error:
            self._malformed(direction, error)
        if not is_counted:
            self._count_plain(direction)

    def skip(self, direction: Direction, length: int) -> None:
        """Step over bytes that nobody needs to look at."""
        direction.reader.skip(length)
        if direction.reader.start is None:
            self._count_plain(direction)

    def retry(self) -> None:
        """Open what waited for a secret that is there now."""
        for direction in (self.client, self.server):
            if direction.pending:
                retry(self, direction)

    def settle(self) -> None:
        """Take what a direction that was joined midway still holds: nothing more may come."""
        for direction in (self.client, self.server):
            for record in direction.reader.settle():
                self._count_plain(direction)
                self._take(direction, record)

    def gap(self, direction: Direction, length: int, at: float) -> None:
        """Note that bytes are missing."""
        direction.at = at
        direction.frame = None
        reader = direction.reader
        offset = reader.total
        was_reading = reader.mode is ReaderMode.READING
        is_inside = 0 < length <= reader.skippable
        damaged = reader.gap(length)
        if reader.start is None:
            direction.plain_counted = reader.total
        self._event(direction, EventKind.GAP, EventKind.GAP.value, length, offset)
        what = "one byte, or a FIN, is" if length == 1 else f"{length or 'an unknown number of'} bytes are"
        self.problem(ProblemKind.GAP, f"{what} missing", direction, offset)
        if is_inside:
            return
        # Before TLS nothing is amiss, unless the other end has begun it already: then the answer may be missing.
        direction.has_gap |= was_reading or self.direction(direction.party.other).reader.start is not None
        if not was_reading:
            return
        miss_reply(self, direction)
        direction.messages.drop()
        self.negotiation.transcript.close()
        if damaged is not None and damaged.content_type == APPLICATION_DATA and not self.negotiation.is_tls13:
            self._take(direction, damaged)
            return
        if direction.protection is not None:
            direction.protection.resynchronise()
        if damaged is None:
            direction.is_joined = True

    def _malformed(self, direction: Direction, error: MalformedInput) -> None:
        """Note where a direction stopped being TLS; what merely looked like a ClientHello is taken back."""
        reader, server = direction.reader, self.server
        if direction is self.client and reader.start and server.reader.start is None:
            reader.retract()
            self.negotiation = Negotiation()
            self.timeline.remove(Party.CLIENT)
            self.problems = [problem for problem in self.problems if problem.sender is not Party.CLIENT]
            direction.plain_counted = 0
            self._count_plain(direction)
            server.reader.may_start = False
        else:
            self.problem(ProblemKind.MALFORMED, error.what, direction, error.offset)

    def _count_plain(self, direction: Direction) -> None:
        """Put what came before TLS into the timeline."""
        reader = direction.reader
        plain = reader.total if reader.start is None else reader.start
        counted = direction.plain_counted
        if plain > counted:
            self.timeline.add_data(
                direction.party,
                EventKind.PLAINTEXT,
                plain - counted,
                direction.at,
                counted,
                direction.frame,
                protected=False,
            )
        elif plain < counted:
            self.timeline.take_back(direction.party, counted - plain)
        direction.plain_counted = plain

    def _take(self, direction: Direction, record: Record) -> None:
        kind = record.content_type
        if kind == APPLICATION_DATA:
            self._application_data(direction, record)
        elif kind == HANDSHAKE:
            self._handshake(direction, record)
        elif kind == CHANGE_CIPHER_SPEC:
            self._change_cipher_spec(direction, record)
        elif kind == ALERT:
            self._alert(direction, record)
        elif kind == SSLV2_HELLO and record.fragment is not None:
            self._sslv2_hello(direction, record)

    def _application_data(self, direction: Direction, record: Record) -> None:
        negotiation = self.negotiation
        if negotiation.is_tls13:
            take_protected(self, direction, record)
            return
        direction.has_sent_data |= negotiation.version is not None or direction.is_joined
        if direction.has_changed:
            if negotiation.is_compressed and direction.can_open:
                take_protected(self, direction, record)
                return
            pass_data(self, direction, record)
        if record.fragment is not None:
            direction.opened_bytes += record.length
        self.take_data(direction, record.length, record.offset)

    def take_data(self, direction: Direction, length: int, offset: int) -> None:
        """Note application data."""
        party = direction.party
        if self.negotiation.is_tls13 and direction.has_opened:
            direction.has_sent_data |= party is Party.CLIENT or self.client.finished
            if party is Party.SERVER and self.client.finished:
                self.negotiation.transcript.close()  # The server has accepted the client's part.
        if self.sink is not None:
            kind = EventKind.APPLICATION_DATA
            self._event(direction, kind, kind.value, length, offset, protected=True)
            return
        self.timeline.add_data(
            party, EventKind.APPLICATION_DATA, length, direction.at, offset, direction.frame, protected=True
        )

    def _handshake(self, direction: Direction, record: Record) -> None:
        fragment = record.fragment
        if not fragment:
            # What opens with an empty record may go on without a hello: some clients only disguise themselves.
            direction.is_joined |= record.offset == direction.reader.start
            if fragment is None:
                direction.messages.drop()
        elif direction.has_changed:
            take_protected(self, direction, record)
        elif direction.is_joined and not direction.messages.is_partial and not fits_messages(fragment):
            direction.has_changed = True  # Its ChangeCipherSpec was among what we did not see.
            take_protected(self, direction, record)
        else:
            self.take_messages(direction, fragment, record.offset, protected=False)

    def take_messages(self, direction: Direction, fragment: bytes, offset: int, *, protected: bool) -> None:
        """Take the handshake messages that a fragment completes."""
        for raw in direction.messages.feed(fragment, offset):
            self._message(direction, raw, protected=protected)

    def _message(self, direction: Direction, raw: RawMessage, *, protected: bool) -> None:
        negotiation = self.negotiation
        try:
            name = negotiation.take(direction.party, raw)
        except MalformedInput as error:
            name = codepoints.message_name(raw.kind)
            self.problem(ProblemKind.MALFORMED, f"{name}: {error.what}", direction, raw.offset)
        if raw.body is None:
            what = f"a {name} of {raw.length} bytes is not read"
            self.problem(ProblemKind.BOUND, what, direction, raw.offset)
        for what in negotiation.problems:
            self.problem(ProblemKind.MALFORMED, f"{name}: {what}", direction, raw.offset)
        self._event(direction, EventKind.HANDSHAKE, name, raw.length, raw.offset, protected=protected)
        effect = EFFECTS.get(raw.kind)
        if effect is not None:
            effect(self, direction)

    def _sslv2_hello(self, direction: Direction, record: Record) -> None:
        try:
            self.negotiation.take_client_hello(parse_sslv2_client_hello(record.fragment or b""))
        except MalformedInput as error:
            self.problem(ProblemKind.MALFORMED, f"ClientHello: {error.what}", direction, record.offset)
        self._event(direction, EventKind.HANDSHAKE, "ClientHello", record.length, record.offset)
        began_hello(self, direction)

    def _change_cipher_spec(self, direction: Direction, record: Record) -> None:
        if direction.has_changed:
            take_protected(self, direction, record)
        else:
            self.change_cipher_spec(direction, record, protected=False)

    def change_cipher_spec(self, direction: Direction, record: Record, *, protected: bool) -> None:
        """Note a ChangeCipherSpec: new keys from here on, or in TLS 1.3 a mere courtesy to middleboxes."""
        negotiation = self.negotiation
        name = EventKind.CHANGE_CIPHER_SPEC.value
        self._event(
            direction, EventKind.CHANGE_CIPHER_SPEC, name, record.length, record.offset, protected=protected
        )
        if not protected and record.fragment not in (None, b"\x01"):
            what = f"a ChangeCipherSpec that holds {(record.fragment or b'nothing')[:4].hex()}"
            self.problem(ProblemKind.MALFORMED, what, direction, record.offset)
        is_early = negotiation.version is None and negotiation.client_hello is not None
        if negotiation.is_tls13 or is_early:
            return
        if direction.messages.is_partial:
            what = "a handshake message is cut off by ChangeCipherSpec"
            self.problem(ProblemKind.MALFORMED, what, direction, record.offset)
            direction.messages.drop()
        direction.has_changed = True
        direction.protection = None
        if direction.party is Party.SERVER:
            negotiation.transcript.close()  # It has verified what the client signed.

    def _alert(self, direction: Direction, record: Record) -> None:
        """An alert of two bytes is in clear, also where the sender could encrypt: no protected one is as short."""
        fragment = record.fragment
        if fragment is None:
            return
        may_be_closed = direction.has_changed or direction.is_joined or self.negotiation.is_tls13
        if record.length == 2 or not (may_be_closed or is_closed_alert(fragment)):
            self.take_alerts(direction, fragment, record, Seen.CLEARTEXT)
        else:
            take_protected(self, direction, record)

    def take_alerts(self, direction: Direction, content: bytes, record: Record, seen: Seen) -> None:
        """Take the alerts in a record: one, or in TLS 1.2 and older several."""
        if len(content) % 2 or not content:
            self.problem(ProblemKind.MALFORMED, f"an alert of {len(content)} bytes", direction, record.offset)
        for at in range(0, len(content) - 1, 2):
            if len(self.alerts) < MAX_ALERTS:
                self._one_alert(direction, content[at], content[at + 1], record, seen)

    def _one_alert(self, direction: Direction, level: int, code: int, record: Record, seen: Seen) -> None:
        party = direction.party
        event = Event(
            direction.at,
            party,
            EventKind.ALERT,
            codepoints.alert_name(code),
            record.length,
            record.offset,
            direction.frame,
            seen is not Seen.CLEARTEXT,
        )
        if self.sink is not None:
            self.sink.append(event)
        else:
            self.timeline.add_last(event)
        is_early = not has_accepted(self, direction)
        self.alerts.append(SeenAlert(party, level, code, seen, event, is_early))
        if code == _CLOSE_NOTIFY:
            self.closings.append(Closing(party, CloseKind.CLOSE_NOTIFY, direction.at))
        is_fatal = level == _FATAL or (self.negotiation.is_tls13 and code not in _CLOSURES)
        self.is_refused |= is_fatal and (is_early or rejects_finished(self, direction, code))

    def close(self, direction: Direction, kind: CloseKind, at: float, frame: int | None) -> None:
        """Note that an end closes its direction."""
        if sum(closing.party is direction.party for closing in self.closings) >= MAX_CLOSINGS:
            return
        direction.at = at
        direction.frame = frame
        self.closings.append(Closing(direction.party, kind, at))
        ending = EventKind.RST if kind is CloseKind.RST else EventKind.FIN
        self.timeline.add_last(
            Event(
                at, direction.party, ending, ending.value, 0, direction.reader.total, frame, protected=False
            )
        )

    def problem(self, kind: ProblemKind, what: str, direction: Direction, offset: int | None) -> None:
        """Note what could not be read."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(kind, what, direction.party, offset, direction.frame, direction.at))

    def emit(self, event: Event) -> None:
        """Put an event where it belongs."""
        if self.sink is not None:
            self.sink.append(event)
        else:
            self.timeline.add(event)

    def _event(
        self,
        direction: Direction,
        kind: EventKind,
        name: str,
        length: int,
        offset: int,
        *,
        protected: bool = False,
    ) -> None:
        self.emit(
            Event(direction.at, direction.party, kind, name, length, offset, direction.frame, protected)
        )
