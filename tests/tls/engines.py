"""Real TLS engines back to back in one process: their records, key log, and verdicts."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from analyzers.tls.secrets import KeyLog

CLIENT, SERVER = "client", "server"
NO_ENCRYPT_THEN_MAC = 1 << 19  # SSL_OP_NO_ENCRYPT_THEN_MAC: not exported by pyOpenSSL.
NO_EXTENDED_MASTER_SECRET = 1 << 0  # SSL_OP_NO_EXTENDED_MASTER_SECRET: nor is this.
TLS13 = 0x0304


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it passed between the engines."""

    sender: str
    content_type: int
    version: int
    fragment: bytes


@lru_cache(maxsize=8)
def credentials(authentication: str) -> tuple[object, x509.Certificate]:
    """Give a key and a self-signed certificate for suites that authenticate with RSA, ECDSA or DSS."""
    key = {
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "ECDSA": lambda: ec.generate_private_key(ec.SECP256R1()),
        "DSS": lambda: dsa.generate_private_key(2048),
    }[authentication]()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"engine {authentication}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))  # noqa: DTZ001  # the builder takes naive UTC
        .not_valid_after(datetime(2040, 1, 1))  # noqa: DTZ001
        .sign(key, hashes.SHA256())
    )
    return key, certificate


class Engines:
    """A client and a server engine, joined by memory BIOs, and every record between them."""

    def __init__(
        self,
        version: int,
        suite: str,
        authentication: str,
        *,
        encrypt_then_mac: bool = True,
        extended_master_secret: bool = True,
        empty_fragments: bool = False,
    ) -> None:
        """Set both up for one `version` and one `suite`, named as OpenSSL does.

        In CBC of TLS 1.0 OpenSSL puts an empty record before each one of data, if `empty_fragments` lets it.
        """
        self._options = 0 if encrypt_then_mac else NO_ENCRYPT_THEN_MAC
        self._options |= 0 if extended_master_secret else NO_EXTENDED_MASTER_SECRET
        self._options |= 0 if empty_fragments else SSL.OP_DONT_INSERT_EMPTY_FRAGMENTS
        self.keylog = KeyLog()
        self.records: list[Record] = []
        self._unread = {CLIENT: b"", SERVER: b""}
        self.ends = {side: self._end(side, version, suite, authentication) for side in (CLIENT, SERVER)}

    def _end(self, side: str, version: int, suite: str, authentication: str) -> SSL.Connection:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_min_proto_version(version)
        context.set_max_proto_version(version)
        if version == TLS13:
            context.set_tls13_ciphersuites(suite.encode())
        context.set_cipher_list(f"{'ALL' if version == TLS13 else suite}:@SECLEVEL=0".encode())
        context.set_keylog_callback(lambda _, line: self.keylog.add_line(line))
        context.set_options(self._options)
        if side == SERVER and authentication != "anon":
            key, certificate = credentials("RSA" if authentication == "any" else authentication)
            context.use_privatekey(key)
            context.use_certificate(certificate)
        connection = SSL.Connection(context, None)
        connection.set_connect_state() if side == CLIENT else connection.set_accept_state()
        return connection

    def carry(self, sender: str) -> None:
        """Carry what `sender` has written to the other end, and note its records."""
        other = SERVER if sender == CLIENT else CLIENT
        while True:
            try:
                data = self.ends[sender].bio_read(1 << 16)
            except SSL.WantReadError:
                return
            self._note(sender, data)
            self.ends[other].bio_write(data)

    def _note(self, sender: str, data: bytes) -> None:
        stream = self._unread[sender] + data
        while len(stream) >= 5 and len(stream) >= (end := 5 + int.from_bytes(stream[3:5], "big")):
            self.records.append(Record(sender, stream[0], int.from_bytes(stream[1:3], "big"), stream[5:end]))
            stream = stream[end:]
        self._unread[sender] = stream

    def handshake(self, rounds: int = 4) -> None:
        """Let both ends take turns until the handshake is complete."""
        for _ in range(rounds):
            for side in (CLIENT, SERVER):
                with contextlib.suppress(SSL.WantReadError):
                    self.ends[side].do_handshake()
                self.carry(side)

    def send(self, sender: str, data: bytes) -> None:
        """Let `sender` write application data, and the other end read it."""
        self.ends[sender].send(data)
        self.carry(sender)
        assert self.read(SERVER if sender == CLIENT else CLIENT) == data

    def read(self, side: str) -> bytes:
        """Read what `side` has received; nothing gives empty bytes."""
        try:
            return self.ends[side].recv(1 << 16)
        except SSL.WantReadError:
            return b""

    def close(self, sender: str) -> None:
        """Let `sender` send its close_notify."""
        self.ends[sender].shutdown()
        self.carry(sender)

    def deliver(self, receiver: str, record: bytes) -> str:
        """Give `receiver` a record of ours, and return what it says of it."""
        self.ends[receiver].bio_write(record)
        try:
            self.ends[receiver].recv(1 << 16)
        except SSL.ZeroReturnError:
            return "close notify"
        except SSL.Error as error:
            return str(error.args[0][0][2])
        return ""

    @property
    def client_random(self) -> bytes:
        """The random of the ClientHello."""
        return self._hello(CLIENT)[6:38]

    @property
    def server_random(self) -> bytes:
        """The random of the ServerHello."""
        return self._hello(SERVER)[6:38]

    @property
    def cipher_suite(self) -> int:
        """The suite that the ServerHello names."""
        hello = self._hello(SERVER)
        at = 39 + hello[38]
        return int.from_bytes(hello[at : at + 2], "big")

    def _hello(self, sender: str) -> bytes:
        return next(record.fragment for record in self.records if record.sender == sender)
