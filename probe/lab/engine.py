"""One end's TLS engine: an OpenSSL connection in memory, which writes down what happens to it.

The bytes are carried by whoever holds the engine, so that a fault can be put between engine and wire, and so
that the alert of a failed handshake is still there to be sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto

from .keys import PrivateKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .ends import End
    from .identity import Identity

__all__ = ["Engine"]

_READ_ALERT = SSL.SSL_CB_READ_ALERT
_WRITE_ALERT = SSL.SSL_CB_WRITE_ALERT

_SEND_FALLBACK_SCSV = 0x80
"""SSL_MODE_SEND_FALLBACK_SCSV, which the library has no name for (OpenSSL's ssl.h)."""

_RECORD_MOST = 16384 + 2048 + 5
"""The longest record that TLS 1.2 allows (RFC 5246 section 6.2.3)."""

_CURVES: Mapping[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1()}


class Engine:
    """A TLS connection in memory, and its diary."""

    def __init__(self, end: End, *, is_server: bool) -> None:
        """Configure OpenSSL as `end` says.

        Raises:
            SSL.Error: the certificate, the key or the cipher list do not fit together.
        """
        self.sent_alerts: list[int] = []
        self.received_alerts: list[int] = []
        self.key_log: list[str] = []
        self.verify_error: tuple[int, int] | None = None
        """Number and depth of the first error."""
        context = self._context(end, is_server=is_server)
        self._connection = SSL.Connection(context, None)
        if is_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()

    @property
    def version(self) -> str:
        """The negotiated protocol version."""
        return self._connection.get_protocol_version_name()

    @property
    def cipher(self) -> str | None:
        """The negotiated cipher in OpenSSL's words."""
        return self._connection.get_cipher_name()

    @property
    def peer_chain(self) -> tuple[x509.Certificate, ...] | None:
        """The peer's certificates, leaf first."""
        leaf = self._connection.get_peer_certificate(as_cryptography=True)
        if leaf is None:
            return None
        sent = self._connection.get_peer_cert_chain(as_cryptography=True) or []
        return (leaf, *(certificate for certificate in sent if certificate != leaf))

    def handshake(self) -> bool:
        """Go on with the handshake; tell whether it is complete, or needs more bytes.

        Raises:
            SSL.Error: it failed; the alert, if any, is among the bytes to send.
        """
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        return True

    def put(self, wire: bytes) -> None:
        """Take bytes from the network."""
        self._connection.bio_write(wire)

    def end_of_wire(self) -> None:
        """Learn that the peer will send no more."""
        self._connection.bio_shutdown()

    def take(self) -> bytes:
        """Give the bytes that are to go to the network."""
        wire = bytearray()
        while True:
            try:
                wire += self._connection.bio_read(_RECORD_MOST)
            except SSL.WantReadError:
                return bytes(wire)

    def write(self, words: bytes) -> None:
        """Encrypt application data.

        Raises:
            SSL.Error: the connection is already broken.
        """
        self._connection.sendall(words)

    def read(self) -> bytes | None:
        """Give application data; empty at the peer's close_notify, None when bytes are missing.

        Raises:
            SSL.Error: the peer sent a fatal alert, or ended without close_notify.
        """
        try:
            return self._connection.recv(_RECORD_MOST)
        except SSL.WantReadError:
            return None
        except SSL.ZeroReturnError:
            return b""

    def say_goodbye(self) -> None:
        """Write close_notify."""
        self._connection.shutdown()

    def _context(self, end: End, *, is_server: bool) -> SSL.Context:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(end.minimum_version)
        context.set_max_proto_version(end.maximum_version)
        context.set_cipher_list(f"{end.ciphers}:@SECLEVEL={end.security_level}".encode())
        context.set_tls13_ciphersuites(end.cipher_suites.encode())
        if end.curve is not None:
            context.set_tmp_ecdh(_CURVES[end.curve])
        if end.falls_back:
            context.set_mode(_SEND_FALLBACK_SCSV)
        if end.identity is not None:
            _load_identity(context, end.identity)
        self._trust(context, end, is_server=is_server)
        context.set_info_callback(self._note_event)
        context.set_keylog_callback(self._note_secret)
        return context

    def _trust(self, context: SSL.Context, end: End, *, is_server: bool) -> None:
        store = context.get_cert_store()
        if store is None:
            raise RuntimeError("OpenSSL gives no certificate store")
        for authority in x509.load_pem_x509_certificates(end.ca_pem):
            store.add_cert(crypto.X509.from_cryptography(authority))
            if is_server:
                context.add_client_ca(authority)
        if end.revocation_list is not None:
            store.add_crl(end.revocation_list)
        if end.checks_revocation:
            store.set_flags(crypto.X509StoreFlags.CRL_CHECK)
        if is_server and not end.requests_certificate:
            context.set_verify(SSL.VERIFY_NONE)
        else:
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, self._note_verification)

    def _note_verification(
        self, _connection: SSL.Connection, _certificate: object, code: int, depth: int, ok: int
    ) -> bool:
        if not ok and self.verify_error is None:
            self.verify_error = code, depth
        return bool(ok)

    def _note_event(self, _connection: SSL.Connection, where: int, value: int) -> None:
        if where == _READ_ALERT:
            self.received_alerts.append(value & 0xFF)
        elif where == _WRITE_ALERT:
            self.sent_alerts.append(value & 0xFF)

    def _note_secret(self, _connection: SSL.Connection, line: bytes) -> None:
        self.key_log.append(line.decode("ascii"))


def _load_identity(context: SSL.Context, identity: Identity) -> None:
    leaf, *others = identity.chain
    context.use_certificate(leaf)
    for certificate in others:
        context.add_extra_chain_cert(certificate)
    # The library made this key a moment ago: to prove its primes again takes longer than the handshake.
    key = load_pem_private_key(identity.key_pem, password=None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, PrivateKey):
        raise TypeError("the lab makes RSA and elliptic curve keys only")
    context.use_privatekey(key)
    context.check_privatekey()
