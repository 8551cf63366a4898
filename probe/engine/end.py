"""One TLS end on memory BIOs, and the few steps that a relay takes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

if TYPE_CHECKING:
    from analyzers.tls.secrets import KeyLog

__all__ = ["Engine", "EngineFailed"]

READ_BYTES = 16 * 1024
"""The plaintext of one record at most; OpenSSL gives no more at a time."""

WIRE_BYTES = 256 * 1024
"""One look into the outgoing BIO takes this much; what a busy read of the event loop becomes fits in."""


class EngineFailed(Exception):
    """OpenSSL gave up on the peer's bytes; an alert for the peer waits in `Engine.wire`."""


class Engine:
    """One TLS connection in memory: bytes of the wire in and out on one side, plaintext on the other."""

    __slots__ = ("_connection", "failure", "has_ended", "verify_errors")

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

    def wire(self) -> bytes:
        """Give the bytes that are to go on the wire."""
        parts: list[bytes] = []
        try:
            # A memory BIO gives all that it has: less than was asked for is the end, found without an exception.
            while not parts or len(parts[-1]) == WIRE_BYTES:
                parts.append(self._connection.bio_read(WIRE_BYTES))
        except SSL.WantReadError:
            pass
        return parts[0] if len(parts) == 1 else b"".join(parts)

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

    def receive(self) -> list[bytes]:
        """Give the plaintext that has come; `has_ended` and `failure` tell whether more can come."""
        parts: list[bytes] = []
        receive = self._connection.recv
        try:
            while True:
                parts.append(receive(READ_BYTES))
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.has_ended = True
        except SSL.Error as error:
            self.failure = _reason(error)
        return parts

    def send(self, data: bytes) -> None:
        """Protect plaintext."""
        self._connection.send(data)

    def close(self) -> None:
        """Say close_notify."""
        self._connection.shutdown()


def _reason(error: SSL.Error) -> str:
    """Give OpenSSL's own words for what went wrong."""
    if isinstance(error, SSL.SysCallError):
        return str(error.args[-1])
    queue = error.args[0] if error.args else ()
    return "; ".join(str(entry[-1]) for entry in queue) or "unknown error"
