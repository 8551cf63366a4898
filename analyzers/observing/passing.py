"""Application data that is told of instead of shown.

Once both ends have sent data and nobody can open it, a record of application data says no more than its length.
Whoever has the bytes at hand, as the reader of a capture, may then find the records itself and tell of whole
runs. What becomes of the record of the connection is the same as if every byte had been fed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..connection import EventKind
from ..tls.records import ReaderMode

if TYPE_CHECKING:
    from .conversation import Conversation
    from .direction import Direction

__all__ = ["PassedRun", "pass_over", "pass_run", "plain_lengths", "telling_lengths"]


class PassedRun(NamedTuple):
    """Records of application data of one end, one behind the other."""

    records: int
    length: int
    """Bytes of their fragments."""
    last_length: int
    ahead: int
    """How many bytes of the stream that were not told of yet stand before the first."""
    at: float
    frame: int | None
    """Where the first one began."""


def telling_lengths(conversation: Conversation, direction: Direction) -> tuple[int, ...] | None:
    """Give the lengths of records that still have to be fed, for they may be alerts; None: all have to."""
    if not (conversation.client.has_sent_data and conversation.server.has_sent_data):
        return None
    return plain_lengths(conversation, direction)


def plain_lengths(conversation: Conversation, direction: Direction) -> tuple[int, ...] | None:
    """Give the lengths of data records that say more than that data was sent; None: all may."""
    client, server, negotiation = conversation.client, conversation.server, conversation.negotiation
    reader = direction.reader
    if negotiation.version is None or direction.can_open or direction.pending:
        return None
    if reader.mode is not ReaderMode.READING or reader.is_partial:
        return None
    if not negotiation.is_tls13:
        return () if direction.has_changed else None
    is_over = client.is_flight_over and server.is_flight_over and server.reply is not None
    return direction.alert_lengths if is_over else None


def pass_run(conversation: Conversation, direction: Direction, run: PassedRun) -> None:
    """Note a run of records in the timeline; the bytes themselves are then passed over."""
    conversation.timeline.add_data(
        direction.party,
        EventKind.APPLICATION_DATA,
        run.length,
        run.at,
        direction.reader.total + run.ahead,
        run.frame,
        protected=True,
        count=run.records,
    )
    if conversation.negotiation.is_tls13:
        direction.last_length = run.last_length


def pass_over(direction: Direction, length: int, records: int, left: int) -> None:
    """Step over `length` bytes with the headers of `records` records, the last of which lacks `left` bytes."""
    direction.reader.pass_over(length, records, left)
