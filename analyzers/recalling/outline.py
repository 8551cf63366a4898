"""What of a flight of TLS records can show in the record of a connection.

Members of a mirror open the same connection again and again. Two handshakes between the same ends differ in
randoms, session ids, key shares, signatures and ciphertext, and nothing that is reported looks into these. An
outline says which bytes of a flight are left when they are taken out. It is read off one flight; another one
of the same length that agrees in the bytes that are left has the same structure, since every type and every
length is among them.

What is not understood is kept, so that an outline never leaves out too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..connection import Party
from ..errors import MalformedInput
from ..tls.ciphers import suite
from ..tls.codepoints import is_tls13
from ..tls.hellos import parse_client_hello, parse_server_hello
from ..tls.messages import HELLO_RETRY_REQUEST_RANDOM
from ..tls.search import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..observing.standing import Standing

__all__ = ["DOWNGRADES", "Outline", "Shown", "read_outline"]

Shown = tuple[bytes, bytes, bool]
"""The bytes of a flight that show, what a server's random says, and whether both session ids are the same."""

_TLS12 = 0x0303
_MESSAGE_HEADER = 4
_RANDOM_AT, _SESSION_AT = 2, 34
_NAMED_CURVE = 3
_TICKET, _DRAFT_KEY_SHARE, _PSK, _KEY_SHARE = 35, 40, 41, 51

DOWNGRADES = frozenset((b"DOWNGRD\x00", b"DOWNGRD\x01"))
"""How the random of a server may end, with a meaning (RFC 8446 section 4.1.3)."""


class Outline(NamedTuple):
    """Which bytes of a flight show."""

    kept: tuple[tuple[int, int], ...]
    session_id: tuple[int, int] | None = None
    """Where the session id of the hello stands."""
    server_random: int | None = None
    """Where the random of a ServerHello begins."""

    def apply(self, flight: bytes, session_id: bytes) -> Shown:
        """Give what shows of a flight as long as the one that the outline was read off.

        Args:
            flight: its bytes.
            session_id: that of the ClientHello, which the server may have taken up.
        """
        shown = b"".join([flight[begin:end] for begin, end in self.kept])
        begin = self.server_random
        if begin is None or self.session_id is None:
            return shown, b"", False
        random = flight[begin : begin + 32]
        if random[24:] not in DOWNGRADES and random != HELLO_RETRY_REQUEST_RANDOM:
            random = b""
        first, last = self.session_id
        return shown, random, flight[first:last] == session_id


def read_outline(flight: bytes, begin: int, standing: Standing) -> Outline | None:
    """Read the outline of a flight.

    Args:
        flight: what one end sent until the other one answered.
        begin: where its first record stands; what is before is no TLS.
        standing: of its sender.

    Returns:
        None where it does not end with a record, or a record not with a message.
    """
    return _Reading(flight, standing).read(begin)


class _Reading:
    """Goes through one flight."""

    def __init__(self, flight: bytes, standing: Standing) -> None:
        self._flight = flight
        self._is_client = standing.sender is Party.CLIENT
        self._version = standing.version
        self._has_changed = standing.has_changed
        self._suite = 0
        self._kept: list[tuple[int, int]] = []
        self._session_id: tuple[int, int] | None = None
        self._server_random: int | None = None

    def read(self, begin: int) -> Outline | None:
        flight, at, end = self._flight, begin, len(self._flight)
        self._keep(0, begin)
        while at < end:
            if end - at < HEADER_BYTES:
                return None
            body = at + HEADER_BYTES
            following = body + self._u16(at + 3)
            if flight[at + 1] != 3 or following > end:
                return None
            self._keep(at, body)
            if not self._record(flight[at], body, following):
                return None
            at = following
        return Outline(tuple(self._kept), self._session_id, self._server_random)

    def _record(self, kind: int, body: int, end: int) -> bool:
        """Keep what shows of a record; whether it is understood to its end."""
        is_13 = self._version is not None and is_tls13(self._version)
        if kind == HANDSHAKE and not self._has_changed:
            return self._messages(body, end)
        if kind == CHANGE_CIPHER_SPEC:
            self._keep(body, end)
            self._has_changed |= self._version is not None and not is_13
        elif kind == ALERT:
            is_closed = end - body != 2 and (self._has_changed or is_13)
            self._keep(body, body if is_closed else end)
        elif kind not in (HANDSHAKE, APPLICATION_DATA):
            self._keep(body, end)
        return True

    def _messages(self, at: int, end: int) -> bool:
        while end - at >= _MESSAGE_HEADER:
            kind = self._flight[at]
            body = at + _MESSAGE_HEADER
            following = body + (self._flight[at + 1] << 16) + self._u16(at + 2)
            if following > end:
                return False
            self._keep(at, body)
            _MESSAGES.get(kind, _Reading.whole)(self, body, following)
            at = following
        return at == end

    def whole(self, body: int, end: int) -> None:
        """Everything else."""
        self._keep(body, end)

    def length_only(self, body: int, end: int) -> None:
        """NewSessionTicket and ClientKeyExchange: of the one nothing is read, of the other only with secrets."""

    def client_hello(self, body: int, end: int) -> None:
        """RFC 8446 section 4.1.2."""
        try:
            hello = parse_client_hello(self._flight[body:end])
        except MalformedInput:
            hello = None
        if not self._is_client or hello is None or hello.problems:
            self._keep(body, end)
            return
        at = self._hello(body)
        at += 2 + self._u16(at)
        self._keep_to(at + 1 + self._flight[at])
        self._extensions(end, _CLIENT_EXTENSIONS)

    def server_hello(self, body: int, end: int) -> None:
        """RFC 8446 section 4.1.3."""
        try:
            hello = parse_server_hello(self._flight[body:end])
        except MalformedInput:
            hello = None
        is_first = self._server_random is None and self._version is None
        is_usual = hello is not None and hello.legacy_version <= _TLS12 and not hello.is_hello_retry_request
        if self._is_client or hello is None or hello.problems or not is_usual or not is_first:
            self._keep(body, end)
            return
        self._version, self._suite = hello.version, hello.cipher_suite
        self._server_random = body + _RANDOM_AT
        at = self._hello(body)
        self._keep_to(at + 3)
        self._extensions(end, _SERVER_EXTENSIONS)

    def _hello(self, body: int) -> int:
        """Take out random and session id; give where the session id ends."""
        begin = body + _SESSION_AT + 1
        end = begin + self._flight[begin - 1]
        self._keep(body, body + _RANDOM_AT)
        self._keep(begin - 1, begin)
        self._session_id = (begin, end)
        self._kept.append((end, end))
        return end

    def _extensions(self, end: int, table: dict[int, Callable[[_Reading, int, int], None]]) -> None:
        """Keep an extension block, but for what stands in the extensions of `table`."""
        at = self._kept[-1][1]
        self._keep(at, min(at + 2, end))
        at += 2
        while at < end:
            body = at + 4
            following = body + self._u16(at + 2)
            self._keep(at, body)
            table.get(self._u16(at), _Reading.whole)(self, body, following)
            at = following

    def client_shares(self, body: int, end: int) -> None:
        """RFC 8446 section 4.2.8."""
        self._keep(body, body + 2)
        at = body + 2
        while at < end:
            self._keep(at, at + 4)
            at += 4 + self._u16(at + 2)

    def server_share(self, body: int, _end: int) -> None:
        """RFC 8446 section 4.2.8."""
        self._keep(body, body + 4)

    def identities(self, body: int, end: int) -> None:
        """RFC 8446 section 4.2.11."""
        identities_end = body + 2 + self._u16(body)
        self._keep(body, body + 2)
        at = body + 2
        while at < identities_end:
            self._keep(at, at + 2)
            at += 2 + self._u16(at) + 4
        self._keep(at, min(at + 2, end))

    def server_key(self, body: int, end: int) -> None:
        """RFC 8422 section 5.4, in TLS 1.2, where the signature's scheme is named."""
        properties = suite(self._suite)
        exchange = properties.key_exchange if properties else ""
        signed = body + 4 + self._flight[body + 3] if end - body > 4 else end
        if (
            self._version != _TLS12
            or not exchange.startswith("ECDHE")
            or "PSK" in exchange
            or signed + 4 > end
            or self._flight[body] != _NAMED_CURVE
        ):
            self._keep(body, end)
            return
        self._keep(body, body + 4)
        self._signature(signed, end)

    def verify(self, body: int, end: int) -> None:
        """RFC 5246 section 7.4.8."""
        if self._version != _TLS12 or end - body < 4:
            self._keep(body, end)
        else:
            self._signature(body, end)

    def _signature(self, at: int, end: int) -> None:
        """Keep scheme and length; the signature itself fills the message, or it is kept, too."""
        is_whole = at + 4 + self._u16(at + 2) == end
        self._keep(at, at + 4 if is_whole else end)

    def _u16(self, at: int) -> int:
        return self._flight[at] << 8 | self._flight[at + 1]

    def _keep_to(self, end: int) -> None:
        self._keep(self._kept[-1][1], end)

    def _keep(self, begin: int, end: int) -> None:
        kept = self._kept
        if kept and kept[-1][1] == begin:
            kept[-1] = (kept[-1][0], end)
        elif begin < end:
            kept.append((begin, end))


_CLIENT_EXTENSIONS: dict[int, Callable[[_Reading, int, int], None]] = {
    _TICKET: _Reading.length_only,
    _DRAFT_KEY_SHARE: _Reading.client_shares,
    _PSK: _Reading.identities,
    _KEY_SHARE: _Reading.client_shares,
}
_SERVER_EXTENSIONS: dict[int, Callable[[_Reading, int, int], None]] = {
    _DRAFT_KEY_SHARE: _Reading.server_share,
    _KEY_SHARE: _Reading.server_share,
}
_MESSAGES: dict[int, Callable[[_Reading, int, int], None]] = {
    1: _Reading.client_hello,
    2: _Reading.server_hello,
    4: _Reading.length_only,
    12: _Reading.server_key,
    15: _Reading.verify,
    16: _Reading.length_only,
}
"""How the messages are kept that differ from one handshake to the next; others are kept whole."""
