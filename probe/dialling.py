"""Opening TCP to a target that may be a name with several addresses; why it cannot be, in the words of the record."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic

from analyzers.connection import Endpoint, NetworkError, NetworkErrorKind, Party

__all__ = ["Dialled", "connect", "dial"]

KINDS: tuple[tuple[type[OSError], NetworkErrorKind], ...] = (
    (ConnectionRefusedError, NetworkErrorKind.REFUSED),
    (ConnectionResetError, NetworkErrorKind.RESET),
    (TimeoutError, NetworkErrorKind.TIMEOUT),
    (socket.gaierror, NetworkErrorKind.NAME),
)


def _network_error(error: OSError, after_seconds: float) -> NetworkError:
    """Describe why the upstream could not be dialled, `after_seconds` into the attempt."""
    kind = next((kind for cls, kind in KINDS if isinstance(error, cls)), NetworkErrorKind.UNREACHABLE)
    return NetworkError(kind, _words(error) or kind.value, Party.SERVER, after_seconds)


def _words(error: OSError) -> str:
    """Give the system's text, without what Python and asyncio put around it; a resolver has numbers of its own."""
    if isinstance(error, socket.gaierror) or not error.errno:
        return (error.strerror or str(error)).lower()
    return os.strerror(error.errno).lower()


Found = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]
"""One address of a target, as the resolver gives it."""

UNKNOWN = Endpoint("unknown", 0)
"""Our own end, where the name did not resolve and so nothing says from where we would have dialled."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """What became of an attempt to open TCP."""

    handle: socket.socket | None
    """The connected socket; None where nothing answered as it should."""
    local: Endpoint
    remote: Endpoint
    """The address that was dialled; the target itself where its name did not resolve."""
    error: NetworkError | None = None


async def dial(target: Endpoint, deadline_seconds: float) -> Dialled:
    """Try every address of the target in the resolver's order, each for its share of the time that is left."""
    loop, began = asyncio.get_running_loop(), monotonic()
    until = began + deadline_seconds
    try:
        async with asyncio.timeout(deadline_seconds):
            found = _numeric(target) or await loop.getaddrinfo(
                target.address, target.port, type=socket.SOCK_STREAM
            )
    except OSError as error:  # a TimeoutError is one
        return Dialled(None, UNKNOWN, target, _network_error(error, monotonic() - began))
    except UnicodeError as error:  # no host can have this name
        return Dialled(None, UNKNOWN, target, _network_error(socket.gaierror(str(error)), 0.0))
    first: Dialled | None = None
    for number, (family, _, _, _, address) in enumerate(found):
        share = max(0.0, until - monotonic()) / (len(found) - number)
        dialled = await _try(family, address, share, began)
        if dialled.handle is not None:
            return dialled
        first = first or dialled
    return first or Dialled(None, UNKNOWN, target, _network_error(OSError("no address"), 0.0))


def _numeric(target: Endpoint) -> list[Found]:
    """Give what the resolver would say of an address, which need not wait for a thread; of a name, nothing."""
    try:
        version = ip_address(target.address).version
    except ValueError:
        return []
    if "%" in target.address:  # the resolver knows the number of that interface
        return []
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (target.address, target.port))]


async def _try(family: int, address: tuple[str | int | bytes, ...], seconds: float, began: float) -> Dialled:
    remote = Endpoint(str(address[0]), int(address[1]))
    try:
        handle = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:  # no IPv6 here, or no descriptor left
        return Dialled(None, UNKNOWN, remote, _network_error(error, monotonic() - began))
    is_open = False
    try:
        handle.setblocking(False)  # noqa: FBT003 (the socket module takes it by position only)
        async with asyncio.timeout(seconds):
            await asyncio.get_running_loop().sock_connect(handle, address)
        is_open = True
        return Dialled(handle, _local(handle), remote)
    except OSError as error:
        return Dialled(None, _local(handle), remote, _network_error(error, monotonic() - began))
    finally:
        if not is_open:
            handle.close()


def _local(handle: socket.socket) -> Endpoint:
    """Give our own end; the kernel has chosen it before it sends anything, and remembers it after a failure."""
    name = handle.getsockname()
    return Endpoint(name[0], name[1])


async def connect(meets: asyncio.Protocol, target: Endpoint, deadline_seconds: float) -> NetworkError | None:
    """Connect `meets` to the target, or say why that was not possible in time."""
    dialled = await dial(target, deadline_seconds)
    if dialled.handle is not None:
        await asyncio.get_running_loop().create_connection(lambda: meets, sock=dialled.handle)
    return dialled.error
