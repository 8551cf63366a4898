"""How far a connection came, judged by what both ends showed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..connection import NetworkErrorKind, Outcome, Party

if TYPE_CHECKING:
    from ..connection import NetworkError
    from .conversation import Conversation
    from .direction import Direction

__all__ = ["has_accepted", "is_complete", "read_outcome", "rejects_finished"]

_BEFORE_TCP = {
    NetworkErrorKind.REFUSED: Outcome.REFUSED,
    NetworkErrorKind.TIMEOUT: Outcome.TIMEOUT,
    NetworkErrorKind.UNREACHABLE: Outcome.TIMEOUT,
    NetworkErrorKind.NAME: Outcome.TIMEOUT,
}


_OF_FINISHED = frozenset({20, 21, 51})
"""bad_record_mac, decryption_failed, decrypt_error: what a Finished is refused with that does not fit."""


def _has_finished(conversation: Conversation, direction: Direction) -> bool:
    """Whether an end sent its Finished, as far as the wire shows.

    Where TLS 1.3 is not opened, a protected record at least as long as a Finished must be it, or hold it: all
    that an end sends under protection before its Finished is shorter only where it is an alert or
    EndOfEarlyData.
    """
    negotiation = conversation.negotiation
    if direction.finished:
        return True
    if negotiation.is_tls13:
        is_long = any(length >= negotiation.finished_length for length in direction.flight)
        return is_long or conversation.server.has_sent_data
    return direction.has_sent_data and negotiation.version is not None


def is_complete(conversation: Conversation) -> bool:
    """Whether both ends sent their Finished."""
    if conversation.negotiation.version is None:
        return False
    client, server = conversation.client, conversation.server
    return _has_finished(conversation, client) and _has_finished(conversation, server)


def rejects_finished(conversation: Conversation, direction: Direction, code: int) -> bool:
    """Whether a fatal alert is the answer to the other end's Finished.

    Up to TLS 1.2 the server's Finished comes last in a full handshake: it has passed, and the client has not
    accepted it before it sends data.
    """
    negotiation = conversation.negotiation
    is_last = direction.party is Party.CLIENT and negotiation.has_full_handshake
    return is_last and not negotiation.is_tls13 and not direction.has_sent_data and code in _OF_FINISHED


def has_accepted(conversation: Conversation, direction: Direction) -> bool:
    """Whether an end has taken the handshake for complete, as far as the wire shows.

    In TLS 1.3 the client's Finished comes last, and the server has accepted it, with the certificate before
    it, only when it sends something else than an alert afterwards (domain: rejection as the first read after
    success).
    """
    if conversation.negotiation.version is None:
        return direction.is_joined and direction.has_sent_data
    if not conversation.negotiation.is_tls13:
        return is_complete(conversation)
    if direction.party is Party.CLIENT:
        return _has_finished(conversation, direction)
    return direction.has_sent_data


def _is_answered_by_alert(conversation: Conversation) -> bool:
    """Whether a TLS 1.3 server answered the client's flight with what is as long as an alert, and nothing else.

    The client must not have closed before, for then the alert is a close_notify in return.
    """
    server = conversation.server
    return server.is_refusing and not server.has_sent_data


def _without_tls(client: Direction, server: Direction) -> Outcome:
    """Say how far a connection came in which no TLS was found."""
    if not (client.reader.total or server.reader.total):
        return Outcome.NO_DATA
    return Outcome.INCOMPLETE if client.reader.may_have_started else Outcome.PLAINTEXT


def read_outcome(
    conversation: Conversation, network_error: NetworkError | None, seen: frozenset[Party]
) -> Outcome:
    """Say how far the connection came.

    Args:
        conversation: all that was observed.
        network_error: what the operating system said, where we are an end.
        seen: the ends of which packets were seen.
    """
    if network_error is not None and network_error.kind in _BEFORE_TCP:
        return _BEFORE_TCP[network_error.kind]
    client, server = conversation.client, conversation.server
    is_silent = network_error is not None and network_error.kind is NetworkErrorKind.HANDSHAKE_TIMEOUT
    if client.reader.start is None and server.reader.start is None:
        return Outcome.TIMEOUT if is_silent else _without_tls(client, server)
    if is_complete(conversation) and not conversation.is_refused:
        return Outcome.FAILED if _is_answered_by_alert(conversation) else Outcome.ESTABLISHED
    is_unseen = client.has_gap or server.has_gap or client.is_joined or server.is_joined
    has_closed = bool(conversation.closings) and not is_unseen and len(seen) == len(Party)
    if conversation.is_refused or has_closed or (network_error is not None and not is_silent):
        return Outcome.FAILED
    return Outcome.TIMEOUT if is_silent else Outcome.INCOMPLETE
