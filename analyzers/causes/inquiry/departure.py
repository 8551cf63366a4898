"""An end that leaves as soon as the handshake is complete, without having said anything.

That is how a peer drops the other one whose distinguished name it does not list, and how clients that look
at the server's certificate only after the handshake (Node.js) refuse it. It is also how a health check of a
load balancer ends, so it is never more than an inference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.causes.entry import State
from analyzers.connection import CloseKind, EventKind, Outcome

from .progress import Stage, read_progress
from .refusal import CLOSINGS, Refusal

if TYPE_CHECKING:
    from analyzers.connection import Connection

__all__ = ["AT_ONCE_SECONDS", "NEXT_TO_NOTHING", "read_departure"]

NEXT_TO_NOTHING = 512
"""Bytes of application data that the other end may have sent in vain: one request of a protocol like that
of the mirror."""

AT_ONCE_SECONDS = 2.0
"""Between the last record of the handshake and the close: more than a round trip and a look at a list of
names."""


def read_departure(connection: Connection) -> Refusal | None:
    """Tell which end left at once, without a byte of its own, after a handshake that it had completed; None
    where none did.
    """
    closer = connection.closed_by
    if (
        connection.outcome is not Outcome.ESTABLISHED
        or closer is None
        or connection.close_kind is CloseKind.NONE
    ):
        return None
    if connection.application_bytes(closer) or connection.application_bytes(closer.other) > NEXT_TO_NOTHING:
        return None
    progress = read_progress(connection)
    done = progress.completion if progress.completion is not None else progress.client_flight
    if done is None:
        return None
    closing = next(
        (event for event in connection.events[done:] if event.sender is closer and event.kind in _ENDS), None
    )
    at = connection.ended if closing is None else closing.at
    waited = at - connection.events[done].at
    if waited > AT_ONCE_SECONDS:
        return None
    text = (
        f"the {closer} closed the connection ({connection.close_kind}) {waited * 1000:.0f} ms after the handshake, "
        f"without a byte of its own"
    )
    frame = None if closing is None else closing.frame
    signal = CLOSINGS[connection.close_kind]
    return Refusal(closer, signal, None, Stage.AFTER_COMPLETION, State.INFERRED, at, frame, text)


_ENDS = frozenset({EventKind.FIN, EventKind.RST, EventKind.ALERT, EventKind.ENCRYPTED_ALERT})
