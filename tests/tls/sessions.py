"""Opens what two real engines said to each other, with their own key log, as the observer would."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzers.tls.protection import RecordProtection, tls12_protection, tls13_protection
from tests.tls.engines import CLIENT, SERVER, TLS13, Engines

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA = 20, 21, 22, 23
FINISHED = 20
TLS10, TLS11, TLS12 = 0x0301, 0x0302, 0x0303
REPRESENTATIVE = [
    (TLS13, "TLS_AES_128_GCM_SHA256", "any"),
    (TLS13, "TLS_CHACHA20_POLY1305_SHA256", "any"),
    (TLS12, "ECDHE-RSA-AES256-GCM-SHA384", "RSA"),
    (TLS12, "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDSA"),
    (TLS12, "DHE-RSA-AES128-CCM8", "RSA"),
    (TLS12, "AES128-SHA256", "RSA"),
    (TLS11, "ECDHE-RSA-AES256-SHA", "RSA"),
    (TLS10, "ECDHE-RSA-AES128-SHA", "RSA"),
    (TLS12, "NULL-SHA256", "RSA"),
]
"""One suite of each kind of protection, in each kind of version: version, OpenSSL's name, authentication."""
_SIDES = {CLIENT: "CLIENT", SERVER: "SERVER"}


@dataclass(slots=True)
class Session:
    """The protections of both directions, and what they opened."""

    engines: Engines
    version: int
    encrypt_then_mac: bool = True
    protections: dict[str, RecordProtection] = field(default_factory=dict)
    opened: list[tuple[str, int, bytes]] = field(default_factory=list)
    """Sender, content type and plaintext of each protected record."""
    _read: int = 0

    def read(self) -> None:
        """Open all records that have passed since the last time."""
        records = self.engines.records[self._read :]
        self._read += len(records)
        for record in records:
            if self.version == TLS13:
                self._read13(record.sender, record.content_type, record.version, record.fragment)
            else:
                self._read12(record.sender, record.content_type, record.version, record.fragment)

    def _read12(self, sender: str, content_type: int, version: int, fragment: bytes) -> None:
        if content_type == CHANGE_CIPHER_SPEC:
            self.protections[sender] = self._protection12(sender)
        elif sender in self.protections:
            self.opened.append((sender, *self.protections[sender].open(content_type, version, fragment)))

    def _protection12(self, sender: str) -> RecordProtection:
        engines = self.engines
        return tls12_protection(
            engines.cipher_suite,
            self.version,
            engines.keylog.secrets_for(engines.client_random)["CLIENT_RANDOM"],
            engines.client_random,
            engines.server_random,
            for_client=sender == CLIENT,
            encrypt_then_mac=self.encrypt_then_mac,
        )

    def _read13(self, sender: str, content_type: int, version: int, fragment: bytes) -> None:
        if content_type != APPLICATION_DATA:
            return
        if sender not in self.protections:
            self.protections[sender] = self.protection13(f"{_SIDES[sender]}_HANDSHAKE_TRAFFIC_SECRET")
        inner, plaintext = self.protections[sender].open(content_type, version, fragment)
        self.opened.append((sender, inner, plaintext))
        if inner == HANDSHAKE and plaintext[:1] == bytes((FINISHED,)):
            self.protections[sender] = self.protection13(f"{_SIDES[sender]}_TRAFFIC_SECRET_0")

    def protection13(self, label: str) -> RecordProtection:
        """Give the protection of the secret that the key log has under `label`."""
        secret = self.engines.keylog.secrets_for(self.engines.client_random)[label]
        return tls13_protection(self.engines.cipher_suite, secret)

    def texts(self, sender: str, content_type: int) -> list[bytes]:
        """Give the plaintexts of one direction and type."""
        return [text for who, kind, text in self.opened if (who, kind) == (sender, content_type)]


def connected(version: int, suite: str, authentication: str, **options: bool) -> Session:
    """Give two engines that have finished their handshake, all records opened; `options` as for `Engines`."""
    engines = Engines(version, suite, authentication, **options)
    engines.handshake()
    session = Session(engines, version, options.get("encrypt_then_mac", True))
    session.read()
    return session
