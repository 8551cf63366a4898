"""Dialling the upstream; why it cannot be reached, in the words of the record."""

from __future__ import annotations

import asyncio
import socket
from time import monotonic
from typing import TYPE_CHECKING

from analyzers.connection import NetworkError, NetworkErrorKind, Party

if TYPE_CHECKING:
    from analyzers.connection import Endpoint

__all__ = ["dial", "network_error"]

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


async def dial(meets: asyncio.Protocol, endpoint: Endpoint, deadline_seconds: float) -> NetworkError | None:
    """Connect `meets` to an endpoint, or say why that was not possible in time."""
    began = monotonic()
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline_seconds):
            await loop.create_connection(lambda: meets, endpoint.address, endpoint.port)
    except OSError as error:
        return network_error(error, monotonic() - began)
    except UnicodeError as error:  # no host can have this name
        return network_error(socket.gaierror(str(error)), monotonic() - began)
    return None
