"""What is known of one direction of a connection while it is observed."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ..connection import Party
from ..tls.reassembly import HandshakeReader
from ..tls.records import RecordReader

if TYPE_CHECKING:
    from ..tls.compression import Inflater
    from ..tls.protection import RecordProtection
    from ..tls.records import Record
    from .timeline import Slot

__all__ = ["MAX_PENDING_BYTES", "MAX_PENDING_RECORDS", "Direction", "Pending"]

MAX_PENDING_BYTES = 1 << 16
"""Protected bytes that wait for their secrets: a flight with a long chain, and the tickets behind it."""

MAX_PENDING_RECORDS = 256
"""The same in records, for records may be small."""


class Pending(NamedTuple):
    """A protected record that waits for its secret."""

    record: Record
    at: float
    frame: int | None
    slot: Slot | None
    """Its place in the timeline; None for application data, which only counts."""
    is_of_flight: bool = False
    """Whether its bytes were taken for a part of the handshake."""


class Direction:
    """One end's stream, and how far its sender has come in the handshake."""

    __slots__ = (
        "alert_lengths",
        "at",
        "can_open",
        "failures",
        "finished",
        "flight",
        "frame",
        "handshake_bytes",
        "has_changed",
        "has_gap",
        "has_opened",
        "has_sent_data",
        "inflater",
        "is_flight_over",
        "is_joined",
        "is_refusing",
        "last_length",
        "messages",
        "opened_bytes",
        "party",
        "pending",
        "pending_bytes",
        "plain_counted",
        "protection",
        "reader",
        "reply",
        "uses_application_keys",
    )

    def __init__(self, party: Party, *, has_start: bool, can_open: bool) -> None:
        """Begin a direction of which nothing was seen."""
        self.party = party
        self.reader = RecordReader(is_client=party is Party.CLIENT, has_start=has_start)
        self.messages = HandshakeReader()
        self.at = 0.0
        """When the bytes that are being read came."""
        self.frame: int | None = None
        """The packet that they came in."""
        self.plain_counted = 0
        """Bytes before TLS that the timeline knows of."""
        self.is_joined = not has_start
        """Whether a ChangeCipherSpec may have been missed, so that encrypted and clear must be told apart."""
        self.has_gap = False
        self.has_changed = False
        """Whether its ChangeCipherSpec passed, in TLS 1.2 and older."""
        self.finished = False
        """Whether its Finished passed: seen as such, or as the record behind the ChangeCipherSpec."""
        self.has_sent_data = False
        """Whether it sent application data after the ServerHello, or a message of after the handshake."""
        self.protection: RecordProtection | None = None
        self.inflater: Inflater | None = None
        """What its records are decompressed with, where compression was negotiated."""
        self.can_open = can_open
        """Whether secrets may still come."""
        self.has_opened = False
        self.failures = 0
        """Records that their secrets did not open."""
        self.uses_application_keys = False
        """Whether its Finished passed in TLS 1.3, and the next records have the application traffic keys."""
        self.pending: deque[Pending] = deque()
        self.pending_bytes = 0
        self.opened_bytes = 0
        """Application data that was opened, or that passed without being stepped over."""
        self.handshake_bytes = 0
        """Protected bytes that were stepped over and belong to the handshake."""
        self.flight: list[int] = []
        """Lengths of the protected TLS 1.3 records of its part of the handshake that nobody opens."""
        self.is_flight_over = False
        self.last_length = 0
        """Length of its last protected TLS 1.3 record that nobody opened."""
        self.reply: int | None = None
        """Length of the server's first protected record after the client's flight, 0 where that is missing."""
        self.is_refusing = False
        """Whether that is an alert by its length, and the client had not closed before."""
        self.alert_lengths: tuple[int, ...] = ()
        """How long its protected TLS 1.3 alerts may be."""

    @property
    def sent_bytes(self) -> int:
        """How many bytes of application data it sent, also where none of it was TLS."""
        return max(self.counted_bytes, 0)

    @property
    def counted_bytes(self) -> int:
        """The same as it is counted: negative, where more was taken for the handshake than has passed yet."""
        if self.reader.start is None:
            return self.reader.total
        return self.reader.passed + self.opened_bytes - self.handshake_bytes
