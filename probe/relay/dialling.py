"""What the operating system says when the upstream cannot be reached, in the words of the record."""

from __future__ import annotations

import socket

from analyzers.connection import NetworkError, NetworkErrorKind, Party

__all__ = ["network_error"]

KINDS: tuple[tuple[type[OSError], NetworkErrorKind], ...] = (
    (ConnectionRefusedError, NetworkErrorKind.REFUSED),
    (ConnectionResetError, NetworkErrorKind.RESET),
    (TimeoutError, NetworkErrorKind.TIMEOUT),
    (socket.gaierror, NetworkErrorKind.NAME),
)


def network_error(error: OSError, after_seconds: float) -> NetworkError:
    """Describe why the upstream could not be dialled, `after_seconds` into the attempt."""
    kind = next((kind for cls, kind in KINDS if isinstance(error, cls)), NetworkErrorKind.UNREACHABLE)
    return NetworkError(kind, str(error) or kind.value, Party.SERVER, after_seconds)
