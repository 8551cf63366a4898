"""What the lengths of TLS 1.3 records tell that nobody opens (RFC 8446 section 5.2; domain: TLS 1.3 specifics).

A protected record is as long as what it holds, one byte of type, and the tag. So an alert and a Finished are
known by their lengths, and with them where a flight ends and what answers it. JSSE alone pads every record,
by sixteen zeros: how long a server's Finished is tells whether its alerts are longer too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import Party

if TYPE_CHECKING:
    from .conversation import Conversation
    from .direction import Direction

__all__ = ["PADDINGS", "expect_alerts", "miss_reply", "note_closed"]

PADDINGS = (0, 16)
"""Of the stacks that we know: none, and Java's."""

MAX_CLIENT_FLIGHT = 4
"""EndOfEarlyData, Certificate, CertificateVerify, Finished, each in a record of its own."""

MAX_FLIGHT_RECORDS = 16
"""Protected records of a flight that are told apart: one for each message, more for a long chain."""


def expect_alerts(conversation: Conversation) -> None:
    """Note, once the cipher suite is known, how long the alerts of both ends may be."""
    alert_length = conversation.negotiation.alert_length
    lengths = tuple([alert_length + padding for padding in PADDINGS]) if alert_length else ()
    conversation.client.alert_lengths = conversation.server.alert_lengths = lengths


def note_closed(conversation: Conversation, direction: Direction, length: int) -> bool:
    """Note what the length of a record tells; say whether it stands in the timeline by itself."""
    is_alert_sized = length in direction.alert_lengths
    if direction.party is Party.CLIENT:
        is_of_flight = _note_client(conversation, direction, length)
    else:
        is_of_flight = _note_server(conversation, direction, length)
    direction.last_length = length
    if is_of_flight or is_alert_sized:
        direction.handshake_bytes += length
    return is_alert_sized or (is_of_flight and len(direction.flight) <= MAX_FLIGHT_RECORDS)


def miss_reply(conversation: Conversation, direction: Direction) -> None:
    """Note that bytes are missing: where the server's answer to the client's flight was due, it was among them."""
    is_due = direction.party is Party.SERVER and bool(conversation.client.flight)
    if is_due and direction.reply is None:
        direction.reply = 0


def _note_client(conversation: Conversation, direction: Direction, length: int) -> bool:
    """Say whether a client's record belongs to its flight, which ends with one as long as a Finished."""
    if direction.is_flight_over:
        direction.has_sent_data |= length not in direction.alert_lengths
        return False
    if length not in direction.alert_lengths:
        direction.flight.append(length)
        if _is_finished(conversation, length) or len(direction.flight) == MAX_CLIENT_FLIGHT:
            _end_flight(conversation, direction)
    return True


def _note_server(conversation: Conversation, direction: Direction, length: int) -> bool:
    """Say whether a server's record belongs to its flight, which the client's flight answers."""
    client = conversation.client
    if client.flight:
        if not client.is_flight_over:
            _end_flight(conversation, client)
        if not direction.is_flight_over:
            _end_flight(conversation, direction)
        is_alert_sized = length in direction.alert_lengths
        if direction.reply is None:
            direction.reply = length
            direction.is_refusing = is_alert_sized and not conversation.has_client_closed
        direction.has_sent_data |= not is_alert_sized
        return False
    if len(direction.flight) <= MAX_FLIGHT_RECORDS:
        direction.flight.append(length)
    return True


def _is_finished(conversation: Conversation, length: int) -> bool:
    return length - conversation.negotiation.finished_length in PADDINGS


def _end_flight(conversation: Conversation, direction: Direction) -> None:
    """Learn from the record that ends a flight how its sender pads."""
    direction.is_flight_over = True
    negotiation = conversation.negotiation
    last = direction.flight[-1] if direction.flight else 0
    padding = last - negotiation.finished_length if _is_finished(conversation, last) else 0
    direction.alert_lengths = (negotiation.alert_length + padding,)
