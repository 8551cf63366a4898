"""What an end said at all, and what of it could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence
from analyzers.connection import EventKind, Party, ProblemKind

if TYPE_CHECKING:
    from analyzers.connection import Connection, Event

__all__ = ["alert_in_place_of_hello", "has_spoken", "malformed", "may_be_tls", "plain_words"]

_QUIET = frozenset({EventKind.FIN, EventKind.RST, EventKind.GAP})

_QUOTED = 3
"""Problems that are quoted: the first ones tell, the rest follows from them."""


def has_spoken(connection: Connection, party: Party) -> bool:
    """Say whether `party` sent any byte at all."""
    before = connection.preamble.client_bytes if party is Party.CLIENT else connection.preamble.server_bytes
    if before > 0 or any(event.sender is party and event.kind not in _QUIET for event in connection.events):
        return True
    return any(problem.kind is ProblemKind.CUT and problem.sender is party for problem in connection.problems)


def plain_words(connection: Connection, party: Party) -> Event | None:
    """Give the first thing that `party` sent and that is no TLS."""
    for event in connection.events:
        if event.sender is party and event.kind is EventKind.PLAINTEXT:
            return event
    return None


def may_be_tls(connection: Connection, party: Party) -> bool:
    """Say whether what `party` sent first begins as a TLS record does, as far as it goes (RFC 8446 section 5.1)."""
    preamble = connection.preamble
    head = bytes.fromhex(preamble.client_hex if party is Party.CLIENT else preamble.server_hex)[:2]
    return all(byte in allowed for byte, allowed in zip(head, _RECORD_HEAD, strict=False))


_RECORD_HEAD = (range(20, 25), range(3, 4))
"""The content types, and the first byte of every version since SSL 3.0."""


def alert_in_place_of_hello(connection: Connection) -> int | None:
    """Give the alert that is all that the client sent, where it sent one and no ClientHello.

    OpenSSL says internal_error (80) so when its own settings leave it without a version or a cipher suite.
    """
    if connection.tls is not None and connection.tls.client_hello is not None:
        return None
    said = bytes.fromhex(connection.preamble.client_hex)
    is_alone = connection.preamble.client_bytes == len(said) == _ALERT_BYTES
    is_alert = is_alone and said[0] == _ALERT and said[1] == _MAJOR and said[3:5] == b"\x00\x02"
    return said[6] if is_alert else None


_ALERT, _MAJOR, _ALERT_BYTES = 21, 3, 7
"""A record in clear: its type, the first byte of its version, its length with the header."""


def malformed(connection: Connection) -> tuple[Evidence, ...]:
    """Quote what in the stream breaks the rules of TLS, or does not decrypt although we hold a key."""
    kinds = (ProblemKind.MALFORMED, ProblemKind.DECRYPTION)
    found = [problem for problem in connection.problems if problem.kind in kinds]
    return tuple(
        Evidence(
            f"from the {problem.sender}: {problem.what}" if problem.sender else problem.what,
            frame=problem.frame,
            offset=problem.offset if problem.frame is None else None,
        )
        for problem in found[:_QUOTED]
    )
