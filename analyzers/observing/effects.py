"""What a handshake message changes beside the facts that it states: which keys come next, and who may speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import Party
from ..tls.records import ReaderMode
from .flights import expect_alerts
from .opening import limit_kept

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conversation import Conversation
    from .direction import Direction

__all__ = ["EFFECTS", "began_hello"]


def began_hello(conversation: Conversation, direction: Direction) -> None:
    """After a ClientHello the server may answer, also behind a preamble of its own."""
    if direction.party is not Party.CLIENT:
        return
    direction.is_joined = False
    server = conversation.server
    server.reader.may_start = True
    if server.reader.mode is ReaderMode.SEARCHING and server.reader.total:
        conversation.feed(server, b"", server.at, server.frame)
    conversation.retry()


def _server_hello(conversation: Conversation, direction: Direction) -> None:
    """From here on it is known which records are protected."""
    direction.is_joined = False
    expect_alerts(conversation)
    limit_kept(conversation, conversation.client)
    limit_kept(conversation, conversation.server)
    if conversation.negotiation.is_tls13 and not direction.can_open:
        conversation.negotiation.transcript.close()  # No signature will show.


def _new_session_ticket(conversation: Conversation, direction: Direction) -> None:
    """In TLS 1.3 a ticket says that the server has accepted the client's Finished."""
    if conversation.negotiation.is_tls13 and conversation.client.finished:
        direction.has_sent_data = True
        conversation.negotiation.transcript.close()


def _finished(conversation: Conversation, direction: Direction) -> None:
    """In TLS 1.3 the next record of the sender has other keys (RFC 8446 section 7.1)."""
    direction.finished = True
    if not conversation.negotiation.is_tls13:
        return
    direction.uses_application_keys = True
    direction.protection = None
    limit_kept(conversation, direction)
    if direction.party is Party.SERVER:
        conversation.negotiation.is_server_done = True


def _key_update(conversation: Conversation, direction: Direction) -> None:
    """RFC 8446 section 4.6.3."""
    if conversation.negotiation.is_tls13 and direction.protection is not None:
        direction.protection.next_generation()


EFFECTS: dict[int, Callable[[Conversation, Direction], None]] = {
    1: began_hello,
    2: _server_hello,
    4: _new_session_ticket,
    20: _finished,
    24: _key_update,
}
"""By the message's type."""
