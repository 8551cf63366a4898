"""Python's own ssl as a client in memory, with the face of the lab's engine; it compares host names."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

    from probe.lab.ends import End

HOST = "mirror.example.net"
"""What it believes to have dialled, and asks for: no certificate of the lab is for it."""


class PythonClient:
    """A TLS connection in memory."""

    def __init__(self, end: End) -> None:
        self.key_log: list[str] = []
        context = ssl.create_default_context(cadata=end.ca_pem.decode())
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._from_wire, self._to_wire = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_wire, self._to_wire, server_hostname=HOST)

    @property
    def peer_chain(self) -> tuple[x509.Certificate, ...] | None:
        """It leaves the comparison of names to nobody: it has compared already."""
        return None

    def handshake(self) -> bool:
        """Go on with the handshake; tell whether it is complete."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def put(self, wire: bytes) -> None:
        """Take bytes from the network."""
        self._from_wire.write(wire)

    def end_of_wire(self) -> None:
        """Learn that the peer will send no more."""
        self._from_wire.write_eof()

    def take(self) -> bytes:
        """Give the bytes that are to go to the network."""
        return self._to_wire.read()

    def write(self, words: bytes) -> None:
        """Encrypt application data."""
        self._tls.write(words)

    def read(self) -> bytes | None:
        """Give decrypted application data; empty at the end, None when bytes from the network are missing."""
        try:
            return self._tls.read(16384)
        except ssl.SSLWantReadError:
            return None

    def say_goodbye(self) -> None:
        """It closes without close_notify, as many programs do."""
