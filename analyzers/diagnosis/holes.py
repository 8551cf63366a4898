"""What a capture with holes proves no longer.

Some entries argue from what was not there: no alert before the end, no answer, no TLS. Where packets are missing,
or the connection was joined midway, or one direction was not captured, it may have been in the hole. Then they say
what may be, and are not the verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analyzers.causes.entry import Bearing
from analyzers.causes.inquiry.refusal import Signal
from analyzers.connection import PARTIES, ProblemKind

if TYPE_CHECKING:
    from analyzers.causes.entry import Cause, Suspicion
    from analyzers.causes.inquiry.refusal import Refusal
    from analyzers.connection import Connection

    Suspected = tuple[Cause, Suspicion]

__all__ = ["has_holes", "with_holes"]

FROM_ABSENCE: Final = frozenset(
    {
        "client-configuration",
        "closed-during-handshake",
        "decode-error",
        "handshake-timeout",
        "not-tls-client",
        "not-tls-server",
        "plaintext-where-tls-required",
        "reset-during-handshake",
        "tls-not-started",
    }
)
"""Entries that rest on something not being there. An alert that says decode_error is among them: it answers what the
other end sent, or that it sent nothing more."""

_WORDS: Final = frozenset({Signal.ALERT, Signal.ENCRYPTED_ALERT})

IN_A_HOLE: Final = 0.6
"""What is left of such a suspicion."""


def has_holes(connection: Connection) -> bool:
    """Whether something was not captured that the ends sent from the ClientHello on."""
    is_late = not connection.has_start and (connection.tls is None or connection.tls.client_hello is None)
    is_partial = is_late or len(connection.directions_seen) < len(PARTIES)
    return is_partial or any(problem.kind is ProblemKind.GAP for problem in connection.problems)


def with_holes(suspected: list[Suspected], refusal: Refusal | None) -> list[Suspected]:
    """Weaken what rests on something not being there, for a connection that has holes.

    Where an end left without a word, the word may be in the hole, so no explanation of its leaving decides.
    """
    is_wordless = refusal is not None and refusal.signal not in _WORDS
    return [
        (cause, suspicion.weaker(IN_A_HOLE))
        if cause.id in FROM_ABSENCE or (is_wordless and suspicion.bearing is Bearing.EXPLAINS)
        else (cause, suspicion)
        for cause, suspicion in suspected
    ]
