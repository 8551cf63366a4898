"""One TLS end on memory BIOs, and the few steps that a relay takes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

if TYPE_CHECKING:
    from analyzers.tls.secrets import KeyLog

__all__ = ["Engine", "EngineFailed"]

READ_BYTES = 16 * 1024
"""The plaintext of one record at most; OpenSSL gives no more at a time."""

WIRE_BYTES = 16 * 1024
"""A flight of the handshake, or a record, fits in; a buffer that is much larger costs its page faults each time."""

RECORD_OVERHEAD = 64
"""More than header, nonce, padding and tag add to a record of any suite."""


class EngineFailed(Exception):
    """OpenSSL gave up on the peer's bytes; an alert for the peer waits in `Engine.wire`."""


class Engine:
    """One TLS connection in memory: bytes of the wire in and out on one side, plaintext on the other."""

    __slots__ = ("_connection", "_is_aligned", "failure", "has_ended", "verify_errors")

    def __init__(
        self, context: SSL.Context, keylog: KeyLog, *, is_server: bool, server_name: str | None = None
    ) -> None:
        """Begin a handshake as client or server; the secrets of the connection go to `keylog`."""
        self.verify_errors: list[tuple[int, int]] = []
        """What OpenSSL found wrong with the peer's chain: depth, and X509_V_ERR number."""
        self.has_ended = False
        """Whether the peer said close_notify."""
        self.failure: str | None = None
        """Why the peer's bytes can be read no further: its alert, or what OpenSSL found wrong."""
        self._is_aligned = True
        """Whether the peer's bytes have come as one whole record at a time, so that none waits behind another."""
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data((keylog, self.verify_errors))
        if is_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()
            if server_name is not None:
                self._connection.set_tlsext_host_name(server_name.encode("idna"))

    def change_context(self, context: SSL.Context) -> None:
        """Show another identity than the one that the handshake began with."""
        self._connection.set_context(context)

    @property
    def is_spent(self) -> bool:
        """Whether nothing that the peer still sends can be read."""
        return self.failure is not None

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Take bytes from the wire."""
        self._connection.bio_write(data)

    def wire(self, expected: int = WIRE_BYTES) -> bytes:
        """Give the bytes that are to go on the wire; `expected` is about how many there may be."""
        read = self._connection.bio_read
        parts: list[bytes] = []
        try:
            while True:
                part = read(expected)
                if len(part) < expected and not parts:
                    return part
                parts.append(part)
                if len(part) < expected:
                    break
        except SSL.WantReadError:
            pass
        return b"".join(parts)

    def handshake(self) -> bool:
        """Go on with the handshake as far as the bytes reach; tell whether it is complete.

        Raises:
            EngineFailed: OpenSSL refuses what the peer sent.
        """
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        except SSL.Error as error:
            raise EngineFailed(_reason(error)) from None
        return True

    def receive(self, data: bytes) -> list[bytes]:
        """Take bytes from the wire, give their plaintext; `has_ended` and `failure` tell whether more can come."""
        self._connection.bio_write(data)
        is_one_record = self._is_aligned and len(data) > 5 and len(data) == 5 + (data[3] << 8 | data[4])
        self._is_aligned = is_one_record
        parts: list[bytes] = []
        receive = self._connection.recv
        try:
            while True:
                parts.append(receive(READ_BYTES))
                if is_one_record:
                    return parts
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.has_ended = True
        except SSL.Error as error:
            self.failure = _reason(error)
        return parts

    def send(self, data: bytes) -> bytes:
        """Protect plaintext; give the bytes that are to go on the wire."""
        self._connection.send(data)
        size = len(data)
        return self.wire(size + (size // READ_BYTES + 2) * RECORD_OVERHEAD)

    def close(self) -> None:
        """Say close_notify."""
        self._connection.shutdown()


def _reason(error: SSL.Error) -> str:
    """Give OpenSSL's own words for what went wrong."""
    if isinstance(error, SSL.SysCallError):
        return str(error.args[-1])
    queue = error.args[0] if error.args else ()
    return "; ".join(str(entry[-1]) for entry in queue) or "unknown error"
