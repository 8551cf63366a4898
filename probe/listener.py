"""Sockets that listen: bound before anything starts, with every failure told at once."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from analyzers.connection import Endpoint

from .outcome import UsageFailure

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

__all__ = ["bind_all", "keep_alive", "source_of", "where"]

BACKLOG = 1024
"""Connections that may wait to be accepted: a retry storm of all members at once, many times over."""

KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 6))
"""Seconds of silence, seconds between probes, probes: a dead peer is noticed after two minutes."""


def keep_alive(handle: socket.socket) -> None:
    """Let TCP notice a peer that is gone; accepted sockets inherit it from the listening one (Linux)."""
    handle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in KEEPALIVE:
        handle.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def source_of(transport: asyncio.BaseTransport) -> Endpoint:
    """Give where a connection came from; an IPv4 address as such, also where an IPv6 socket accepted it."""
    peer = transport.get_extra_info("peername")
    if not peer:  # it is gone already
        return Endpoint("", 0)
    address = str(peer[0])
    return Endpoint(address.removeprefix("::ffff:") if "." in address else address, peer[1])


def where(listener: socket.socket) -> str:
    """Give the address at which a socket listens, as it is usually written."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _bind(endpoint: Endpoint) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(
        endpoint.address, endpoint.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    # The protocol is named because asyncio sets TCP_NODELAY on accepted sockets only where it is.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    keep_alive(listener)
    listener.setblocking(False)  # noqa: FBT003 (the socket module takes it by position only)
    return listener


def _explain(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is in use"
    if error.errno == errno.EACCES:
        return "a port below 1024 needs the capability CAP_NET_BIND_SERVICE"
    if error.errno == errno.EADDRNOTAVAIL:
        return "no interface of this machine has that address"
    return (error.strerror or str(error)).lower()


def bind_all(wanted: Iterable[tuple[str, Endpoint]]) -> tuple[socket.socket, ...]:
    """Bind every endpoint, each given with what it is for.

    Raises:
        UsageFailure: some could not be bound; then none is.
    """
    bound: list[socket.socket] = []
    problems: list[str] = []
    for purpose, endpoint in wanted:
        try:
            bound.append(_bind(endpoint))
        except OSError as error:
            problems.append(f"{purpose}: cannot listen on {endpoint}: {_explain(error)}")
    if problems:
        for listener in bound:
            listener.close()
        raise UsageFailure(*problems)
    return tuple(bound)
