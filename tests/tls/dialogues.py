"""Mutual TLS between two real engines, written down as an observer sees it: who sent which bytes, in turn."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from OpenSSL import SSL

from analyzers.connection import CloseKind, Endpoint, Party, Road
from analyzers.observer import Observer
from analyzers.tls.secrets import KeyLog
from tests.tls.engines import credentials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from analyzers.connection import Connection

CLIENT, SERVER = Party.CLIENT, Party.SERVER
CLIENT_END, SERVER_END = Endpoint("10.0.0.1", 50000), Endpoint("10.0.0.2", 2188)
TLS10, TLS11, TLS12, TLS13 = 0x0301, 0x0302, 0x0303, 0x0304
STARTED = 1_700_000_000.0

Turn = tuple[Party, bytes]
"""Bytes of one end, sent at once."""


class Dialogue:
    """A client and a server engine; each of them shows a certificate and asks for the other's."""

    def __init__(
        self,
        version: int = TLS12,
        *,
        suite: str = "ALL",
        shows_client: bool = True,
        asks_client: bool = True,
        trusts: Iterable[Party] = (CLIENT, SERVER),
        curve: object = None,
        alpn: tuple[bytes, ...] = (),
    ) -> None:
        """Set the engines up.

        Args:
            version: the only one that both speak.
            suite: OpenSSL's cipher list, for TLS 1.2 and older.
            shows_client: whether the client has a certificate.
            asks_client: whether the server wants one, and will not go on without.
            trusts: the ends that accept the other's certificate.
            curve: the only curve of the server.
            alpn: what the client offers; the server takes the last of it.
        """
        self.keylog = KeyLog()
        contexts = {party: self._context(party, version, suite, accepts=party in trusts) for party in Party}
        client, server = contexts[CLIENT], contexts[SERVER]
        if asks_client:
            demand = SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT
            server.set_verify(demand, _verdict(accepts=SERVER in trusts))
        if curve is not None:
            server.set_tmp_ecdh(curve)
        if alpn:
            client.set_alpn_protos(list(alpn))
            server.set_alpn_select_callback(lambda _, offered: offered[-1])
        if shows_client:
            self._certify(client, "ECDSA")
        self._connect(contexts)

    def _connect(self, contexts: dict[Party, SSL.Context]) -> None:
        self.turns: list[Turn] = []
        self.errors: dict[Party, str] = {}
        self.ends = {party: SSL.Connection(context, None) for party, context in contexts.items()}
        self.ends[CLIENT].set_connect_state()
        self.ends[SERVER].set_accept_state()

    def again(self) -> Dialogue:
        """Begin another connection that takes up this one's session."""
        self.close(CLIENT).close(SERVER)  # OpenSSL lets nobody take up the session of a broken connection.
        session = self.ends[CLIENT].get_session()
        self._connect({party: end.get_context() for party, end in self.ends.items()})
        self.ends[CLIENT].set_session(session)
        return self

    def _context(self, party: Party, version: int, suite: str, *, accepts: bool) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        context.set_cipher_list(f"{suite}:@SECLEVEL=0".encode())
        context.set_session_id(b"dialogue")
        context.set_keylog_callback(lambda _, line: self.keylog.add_line(line))
        if party is SERVER:
            self._certify(context, "RSA")
        else:
            context.set_verify(SSL.VERIFY_PEER, _verdict(accepts=accepts))
        return context

    def _certify(self, context: SSL.Context, authentication: str) -> None:
        key, certificate = credentials(authentication)
        context.use_privatekey(key)
        context.use_certificate(certificate)

    def carry(self, sender: Party) -> None:
        """Carry what `sender` has written to the other end."""
        written = b""
        with contextlib.suppress(SSL.WantReadError):
            while True:
                written += self.ends[sender].bio_read(1 << 16)
        if written:
            self.turns.append((sender, written))
            self.ends[sender.other].bio_write(written)

    def handshake(self) -> Dialogue:
        """Let the ends take turns until both are done or one has failed."""
        for _ in range(5):
            for party in Party:
                try:
                    if party not in self.errors:
                        self.ends[party].do_handshake()
                except SSL.WantReadError:
                    pass
                except SSL.Error as error:
                    self.errors[party] = str(error)
                self.carry(party)
        return self

    def say(self, sender: Party, data: bytes) -> Dialogue:
        """Let `sender` send data, and the other end read it."""
        self.ends[sender].send(data)
        self.carry(sender)
        self.read(sender.other)
        return self

    def read(self, party: Party) -> None:
        """Let an end read what came, and send what it has to say to that."""
        with contextlib.suppress(SSL.WantReadError, SSL.ZeroReturnError, SSL.Error):
            self.ends[party].recv(1 << 16)
        self.carry(party)

    def close(self, sender: Party) -> Dialogue:
        """Let `sender` send its close_notify."""
        self.ends[sender].shutdown()
        self.carry(sender)
        return self

    def renegotiate(self, party: Party = SERVER) -> Dialogue:
        """Let `party` ask for another handshake, and both complete it."""
        self.ends[party].renegotiate()
        for _ in range(4):
            for end in (party, party.other):
                with contextlib.suppress(SSL.WantReadError):
                    self.ends[end].do_handshake()
                self.carry(end)
                self.read(end)
        return self


def _verdict(*, accepts: bool) -> Callable[..., bool]:
    return lambda *_: accepts


def observer(*, keylog: KeyLog | None = None, has_start: bool = True) -> Observer:
    """Give an observer that has seen nothing."""
    return Observer(
        CLIENT_END, SERVER_END, started=STARTED, road=Road.PCAP, keylog=keylog, has_start=has_start
    )


def observe(
    turns: Iterable[Turn],
    keylog: KeyLog | None = None,
    *,
    closed_by: Party | None = None,
    kind: CloseKind = CloseKind.FIN,
    has_start: bool = True,
) -> Connection:
    """Observe whole turns, a frame each, and the end of the connection."""
    watching = observer(keylog=keylog, has_start=has_start)
    number = 0
    for number, (sender, data) in enumerate(turns, 1):
        watching.feed(sender, data, STARTED + number, number)
    if closed_by is not None:
        watching.closed(closed_by, kind, STARTED + number + 1, number + 1)
    return watching.connection()


def record(content_type: int, fragment: bytes, version: int = TLS12) -> bytes:
    """Give a record."""
    return bytes((content_type,)) + version.to_bytes(2, "big") + len(fragment).to_bytes(2, "big") + fragment


def message(kind: int, body: bytes) -> bytes:
    """Give a handshake message."""
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def stream(turns: Iterable[Turn], party: Party) -> bytes:
    """Give all that one end sent."""
    return b"".join(data for sender, data in turns if sender is party)
