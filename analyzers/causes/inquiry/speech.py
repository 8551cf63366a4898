"""What an end said at all, and what of it could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence
from analyzers.connection import EventKind, Party, ProblemKind

if TYPE_CHECKING:
    from analyzers.connection import Connection, Event

__all__ = [
    "alert_in_place_of_hello",
    "disturbed",
    "has_spoken",
    "is_damaged_hello",
    "malformed",
    "may_be_tls",
    "plain_words",
]

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


def is_damaged_hello(connection: Connection, party: Party) -> bool:
    """Say whether an end's first bytes are those of its hello but for one of those that every one begins with."""
    preamble = connection.preamble
    is_client = party is Party.CLIENT
    head = bytes.fromhex(preamble.client_hex if is_client else preamble.server_hex)[:_HELLO_HEAD]
    own, other = (_CLIENT_HELLO, _SERVER_HELLO) if is_client else (_SERVER_HELLO, _CLIENT_HELLO)
    if len(head) < _HELLO_HEAD or head[5] == other or (preamble.client_bytes and not is_client):
        return False
    length, inner = int.from_bytes(head[3:5]), int.from_bytes(head[6:9])
    fits = (head[0] == _HANDSHAKE, head[1] == _MAJOR, head[2] <= _LAST_MINOR, head[5] == own)
    return sum((*fits, inner + 4 <= length, head[9:11] == b"\x03\x03")) == len(fits) + 1


_HELLO_HEAD = 11
"""The header of a record, that of a message, and the version."""

_HANDSHAKE, _CLIENT_HELLO, _SERVER_HELLO, _LAST_MINOR = 22, 1, 2, 4


def disturbed(connection: Connection, sender: Party) -> Evidence | None:
    """Quote what a sender cannot have meant: a message that comes twice, or bytes between the hello and its answer."""
    if is_damaged_hello(connection, sender):
        answer = plain_words(connection, sender)
        frame = None if answer is None else answer.frame
        hello = "ClientHello" if sender is Party.CLIENT else "ServerHello"
        text = f"from the {sender}: a {hello} but for one byte of its headers"
        return Evidence(text, frame=frame, offset=0 if frame is None else None)
    seen: set[str] = set()
    has_begun = has_hello = False
    stray: Event | None = None
    for event in connection.events:
        has_hello |= event.name == "ClientHello"
        if event.sender is not sender or event.kind in _QUIET:
            continue
        if event.kind is EventKind.PLAINTEXT:
            stray = event if sender is Party.SERVER and has_hello and not has_begun else stray
            continue
        if stray is not None and event.kind is EventKind.HANDSHAKE:
            text = f"from the {sender}: {stray.length} bytes that are no TLS, between the ClientHello and its answer"
            return Evidence(text, frame=stray.frame, offset=stray.offset if stray.frame is None else None)
        has_begun = True
        if event.kind is EventKind.HANDSHAKE and event.name in _ONCE and not event.protected:
            if event.name in seen:
                text = f"from the {sender}: {event.name} comes twice"
                return Evidence(text, frame=event.frame, offset=event.offset if event.frame is None else None)
            seen.add(event.name)
    return None


_ONCE = frozenset(
    {
        *("Certificate", "ServerKeyExchange", "CertificateRequest", "ServerHelloDone"),
        *("ClientKeyExchange", "CertificateVerify"),
    }
)
"""Messages in clear that no handshake has twice."""


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
