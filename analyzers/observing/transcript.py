"""The handshake messages that a signature covers, while somebody may still refuse it.

TLS 1.2 signs randoms and parameters in ServerKeyExchange (RFC 5246 section 7.4.3), and everything so far in a
client's CertificateVerify (7.4.8); TLS 1.3 signs everything so far (RFC 8446 section 4.4.3). So the bodies of
messages are kept as they were sent, of each end in its order, until the other end has accepted them: there is
nothing left to explain then, and the bytes go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..connection import Party
    from ..tls.reassembly import RawMessage

__all__ = ["Kept", "Transcript"]

MAX_KEPT_BYTES = 1 << 16
"""Of both ends: chains of eight certificates and a long list of authorities take half of it."""

MAX_KEPT_MESSAGES = 32
"""A handshake has a dozen."""

_HELLO_REQUEST = 0
"""It is in no transcript (RFC 5246 section 7.4.1.1)."""


class Kept(NamedTuple):
    """One handshake message."""

    kind: int
    body: bytes

    @property
    def whole(self) -> bytes:
        """The message with its header."""
        return bytes((self.kind,)) + len(self.body).to_bytes(3) + self.body


class Transcript:
    """The messages of the first handshake, as far as they are kept."""

    __slots__ = ("_left", "_messages", "is_open")

    def __init__(self) -> None:
        """Begin before the first message."""
        self._left = MAX_KEPT_BYTES
        self._messages: list[tuple[Party, Kept]] = []
        self.is_open = True
        """Whether all messages so far are here."""

    def take(self, party: Party, raw: RawMessage) -> None:
        """Keep a message; where it does not fit, none is kept any more."""
        body = raw.body
        if body is None:
            self.close()
        elif raw.kind != _HELLO_REQUEST:
            self._left -= len(body)
            self._messages.append((party, Kept(raw.kind, body)))
            if self._left < 0 or len(self._messages) > MAX_KEPT_MESSAGES:
                self.close()

    def close(self) -> None:
        """Let all go: they were accepted, or one is missing."""
        self.is_open = False
        self._messages.clear()

    def of(self, party: Party) -> list[Kept]:
        """Give the messages of one end, in its order."""
        return [kept for sender, kept in self._messages if sender is party]
