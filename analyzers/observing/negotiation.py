"""What the handshake's messages settle: hellos, chains, requests, and what follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..connection import Party
from ..tls import codepoints
from ..tls.ciphers import suite
from ..tls.compression import DEFLATE
from ..tls.handshake import parse_message
from ..tls.hellos import parse_client_hello, parse_hello_retry_request, parse_server_hello
from ..x509.certificate import parse_certificate
from .transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..tls.messages import (
        CertificateMessage,
        CertificateRequest,
        CertificateVerify,
        ClientHello,
        ClientKeyExchange,
        EncryptedExtensions,
        Extension,
        ServerHello,
        ServerKeyExchange,
    )
    from ..tls.reassembly import RawMessage
    from ..x509.certificate import Certificate

__all__ = ["Negotiation"]

_CLIENT_HELLO, _SERVER_HELLO, _DRAFT_RETRY = 1, 2, 6
_CERTIFICATE_REQUEST, _SERVER_HELLO_DONE = 13, 14
_FULL_HANDSHAKE = frozenset((11, 12, 14))
"""Certificate, ServerKeyExchange, ServerHelloDone: no resumed handshake of TLS 1.2 has them."""

_TLS12 = 0x0303
_CERTIFICATE_TYPES = {19: Party.CLIENT, 20: Party.SERVER}
_RAW_PUBLIC_KEY = b"\x02"
_ENCRYPT_THEN_MAC, _EXTENDED_MASTER_SECRET = 22, 23
_ALERT_BYTES, _TYPE_BYTES, _HEADER_BYTES = 2, 1, 4
_DIGESTS = {"SHA384": 48, "SHA512": 64}


class Negotiation:
    """The facts of one handshake, message by message."""

    __slots__ = (
        "alert_length",
        "alpn",
        "certificate_request",
        "client_certificates",
        "client_hello",
        "client_random",
        "client_signature_scheme",
        "encrypted_premaster",
        "finished_length",
        "first_client_hello",
        "group",
        "has_full_handshake",
        "hello_retry_request",
        "is_request_seen",
        "is_server_done",
        "problems",
        "raw_public_keys",
        "renegotiations",
        "server_certificates",
        "server_hello",
        "server_random",
        "signature_scheme",
        "suite",
        "transcript",
        "version",
    )

    def __init__(self) -> None:
        """Begin without any message."""
        self.client_hello: ClientHello | None = None
        self.first_client_hello: ClientHello | None = None
        self.hello_retry_request: ServerHello | None = None
        self.server_hello: ServerHello | None = None
        self.version: int | None = None
        self.suite = 0
        self.group: int | None = None
        self.alpn: str | None = None
        self.signature_scheme: int | None = None
        self.client_signature_scheme: int | None = None
        self.certificate_request: CertificateRequest | None = None
        self.is_request_seen = False
        self.client_certificates: tuple[Certificate, ...] | None = None
        self.server_certificates: tuple[Certificate, ...] | None = None
        self.is_server_done = False
        """Whether the server's part is over: ServerHelloDone, or its Finished in TLS 1.3."""
        self.has_full_handshake = False
        """Whether a message was seen that no resumed handshake of TLS 1.2 has."""
        self.raw_public_keys: frozenset[Party] = frozenset()
        self.renegotiations = 0
        self.client_random = b""
        """Of the handshake that is under way: a renegotiation brings new ones."""
        self.server_random = b""
        self.encrypted_premaster = b""
        self.alert_length = 0
        """Length of a protected record of TLS 1.3 that holds an alert."""
        self.finished_length = 0
        """Length of one that holds a Finished."""
        self.transcript = Transcript()
        self.problems: list[str] = []
        """What was wrong with the last message, although it could be read."""

    @property
    def is_tls13(self) -> bool:
        """Whether the version is known to be TLS 1.3 or a draft of it."""
        return self.alert_length > 0

    @property
    def encrypts_then_macs(self) -> bool:
        """Whether CBC records have their MAC outside (RFC 7366)."""
        return self.server_hello is not None and self.server_hello.extension(_ENCRYPT_THEN_MAC) is not None

    @property
    def is_compressed(self) -> bool:
        """Whether records are compressed before they are encrypted (RFC 3749)."""
        return self.server_hello is not None and self.server_hello.compression_method == DEFLATE

    @property
    def has_extended_master_secret(self) -> bool:
        """Whether the master secret depends on the transcript (RFC 7627)."""
        return (
            self.server_hello is not None and self.server_hello.extension(_EXTENDED_MASTER_SECRET) is not None
        )

    @property
    def echoes_session(self) -> bool:
        """Whether the server took up the session id that the client named (RFC 5246 section 7.4.1.3)."""
        client, server = self.client_hello, self.server_hello
        return (
            client is not None
            and server is not None
            and not self.is_tls13
            and bool(server.session_id)
            and server.session_id == client.session_id
        )

    def take(self, party: Party, raw: RawMessage) -> str:
        """Note what a message that `party` sent says, and give its name.

        Raises:
            MalformedInput: it cannot be read; that it was sent is noted all the same.
        """
        kind, body = raw.kind, raw.body
        self.problems = []
        if self.transcript.is_open:
            self.transcript.take(party, raw)
        if body is None:
            if party is Party.SERVER:
                self._note_server_message(kind)
            return codepoints.message_name(kind)
        if party is Party.CLIENT:
            if kind == _CLIENT_HELLO:
                self._client_hello(parse_client_hello(body))
                return "ClientHello"
        elif kind == _SERVER_HELLO:
            return self._server_hello(parse_server_hello(body))
        elif kind == _DRAFT_RETRY:
            return self._server_hello(parse_hello_retry_request(body))
        else:
            self._note_server_message(kind)
        note = _NOTES.get(kind)
        if note is not None:
            note(self, party, parse_message(kind, body, 0, self.version or _TLS12, self.suite))
        return codepoints.message_name(kind)

    def take_client_hello(self, hello: ClientHello) -> None:
        """Note a ClientHello that came in another form."""
        self._client_hello(hello)

    def _client_hello(self, hello: ClientHello) -> None:
        self.client_random = hello.random
        self.problems.extend(hello.problems)
        if self.server_hello is not None:
            self.renegotiations += 1
            return
        # The HelloRetryRequest itself may not have been captured.
        self.first_client_hello = self.first_client_hello or self.client_hello
        self.client_hello = hello

    def _server_hello(self, hello: ServerHello) -> str:
        self.problems.extend(hello.problems)
        if hello.is_hello_retry_request:
            self.hello_retry_request = hello
            return "HelloRetryRequest"
        self.server_random = hello.random
        self.suite = hello.cipher_suite
        if self.server_hello is None:
            self.server_hello = hello
            self.version = hello.version
            self.group = hello.group
            self.alpn = hello.alpn
            if codepoints.is_tls13(hello.version):
                self._measure()
        self.note_extensions(hello.extensions)
        return "ServerHello"

    def _measure(self) -> None:
        """Find how long alerts and Finished are under TLS 1.3 protection without padding (RFC 8446 5.2)."""
        properties = suite(self.suite)
        tag = properties.tag_bytes if properties else 16
        digest = _DIGESTS.get(properties.prf_hash, 32) if properties else 32
        self.alert_length = _ALERT_BYTES + _TYPE_BYTES + tag
        self.finished_length = _HEADER_BYTES + digest + _TYPE_BYTES + tag

    def note_extensions(self, extensions: tuple[Extension, ...]) -> None:
        """Note who, as the server says, shows a bare key instead of a certificate (RFC 7250)."""
        for extension in extensions:
            party = _CERTIFICATE_TYPES.get(extension.type)
            if party is not None and extension.data == _RAW_PUBLIC_KEY:
                self.raw_public_keys |= {party}

    def _note_server_message(self, kind: int) -> None:
        """Note that a message passed, whether or not it can be read."""
        if kind in _FULL_HANDSHAKE:
            self.has_full_handshake = True
            self.is_server_done |= kind == _SERVER_HELLO_DONE
        elif kind == _CERTIFICATE_REQUEST:
            self.is_request_seen = True


def _note_certificate(negotiation: Negotiation, party: Party, message: CertificateMessage) -> None:
    if party in negotiation.raw_public_keys:
        negotiation.problems.append("a raw public key in place of a certificate is not read")
        return
    if message.problem is not None:
        negotiation.problems.append(message.problem)
        if not message.chain:
            return
    chain = tuple([parse_certificate(der) for der in message.chain])
    if party is Party.CLIENT:
        negotiation.client_certificates = chain
    else:
        negotiation.server_certificates = chain


def _note_request(negotiation: Negotiation, party: Party, message: CertificateRequest) -> None:
    if party is Party.SERVER:
        negotiation.certificate_request = message


def _note_verify(negotiation: Negotiation, party: Party, message: CertificateVerify) -> None:
    if party is Party.CLIENT:
        negotiation.client_signature_scheme = message.signature_scheme
    else:
        negotiation.signature_scheme = message.signature_scheme


def _note_server_key(negotiation: Negotiation, _party: Party, message: ServerKeyExchange) -> None:
    negotiation.group, negotiation.signature_scheme = message.group, message.signature_scheme


def _note_client_key(negotiation: Negotiation, _party: Party, message: ClientKeyExchange) -> None:
    negotiation.encrypted_premaster = message.body[2:]


def _note_encrypted(negotiation: Negotiation, _party: Party, message: EncryptedExtensions) -> None:
    negotiation.alpn = message.alpn
    negotiation.note_extensions(message.extensions)


_NOTES: dict[int, Callable[[Negotiation, Party, Any], None]] = {
    8: _note_encrypted,
    11: _note_certificate,
    12: _note_server_key,
    13: _note_request,
    15: _note_verify,
    16: _note_client_key,
    25: _note_certificate,
}
"""What is noted of a message, by its type; nothing of the others but that they passed."""
