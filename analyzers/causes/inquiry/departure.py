"""An end that leaves as soon as the handshake is complete, without having said anything.

That is how a peer drops the other one whose distinguished name it does not list, and how clients that look
at the server's certificate only after the handshake (Node.js) refuse it. It is also how a health check of a
load balancer ends, so it is never more than an inference.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from analyzers.causes.entry import State
from analyzers.connection import EventKind, Outcome, Party
from analyzers.tls.codepoints import is_tls13

from .progress import AT_ONCE_SECONDS, Stage
from .refusal import Refusal, Signal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzers.connection import Connection, Event

    from .progress import Progress

__all__ = ["NEXT_TO_NOTHING", "read_departure"]

NEXT_TO_NOTHING = 512
"""Bytes of application data that the other end may have sent in vain: one request of a protocol like that
of the mirror."""

MOST_TICKETS = 2
"""Records in the first run of a server after the client's part that may be tickets: OpenSSL and GnuTLS send two."""


def read_departure(connection: Connection, progress: Progress) -> Refusal | None:
    """Tell which end left at once after a complete handshake, and without a byte of its own; None where
    none did.
    """
    if connection.outcome is not Outcome.ESTABLISHED:
        return None
    # A TLS 1.3 client is through with its own flight, and may leave before the server has answered it.
    done = progress.client_flight if _is_tls13(connection) else progress.completion
    if done is None:
        return None
    closing = next((event for event in connection.events[done:] if event.kind in _ENDS), None)
    if closing is None or closing.at - connection.events[done].at > AT_ONCE_SECONDS:
        return None
    closer = closing.sender
    if (
        _own_bytes(connection, progress, closer)
        or connection.application_bytes(closer.other) > NEXT_TO_NOTHING
    ):
        return None
    waited = (closing.at - connection.events[done].at) * 1000
    signal = _ENDS[closing.kind]
    text = f"the {closer} left ({signal}) {waited:.0f} ms after the handshake, without a byte of its own"
    stage = Stage.AFTER_COMPLETION
    return Refusal(closer, signal, None, stage, State.INFERRED, closing.at, closing.frame, text)


def _own_bytes(connection: Connection, progress: Progress, closer: Party) -> int:
    """Count the application data of the end that left; a server's session tickets are none, which TLS 1.3 hides."""
    tls = connection.tls
    sent = connection.application_bytes(closer)
    is_hidden = closer is Party.SERVER and tls is not None and not tls.has_secrets and _is_tls13(connection)
    if not is_hidden or progress.completion is None:
        return sent
    run = list(takewhile(_continues, connection.events[progress.completion :]))
    is_of_tickets = sum(event.count for event in run) <= MOST_TICKETS
    return sent - sum(event.length for event in run) if is_of_tickets else sent


def _continues(event: Event) -> bool:
    """Whether an event goes on with the server's data; records that waited for their secrets stand alone."""
    return event.sender is Party.SERVER and event.kind is EventKind.APPLICATION_DATA


def _is_tls13(connection: Connection) -> bool:
    tls = connection.tls
    return tls is not None and tls.version is not None and is_tls13(tls.version)


_ENDS: Mapping[EventKind, Signal] = {
    EventKind.FIN: Signal.FIN,
    EventKind.RST: Signal.RST,
    EventKind.ALERT: Signal.CLOSE_NOTIFY,
    EventKind.ENCRYPTED_ALERT: Signal.CLOSE_NOTIFY,
}
