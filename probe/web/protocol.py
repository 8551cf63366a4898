"""HTTP on one connection, as aiohttp speaks it, with what we add: our own errors, and an end to unread answers.

What the peer does wrong is answered in one line and not logged: a port scanner would fill the log. What we do wrong is
told, once, with the error.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .answers import Refusal, refusal
from .bounds import LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from .bounds import Bounds

__all__ = ["Connection", "Connections"]

_SILENT = logging.Logger("probe.web", logging.CRITICAL)  # noqa: LOG001 (outside the hierarchy nothing can turn it on)
"""Takes the lines of an access log, which nobody reads."""

_LINGER_SECONDS = 1.0
"""How long a body that nobody asked for is read away, so that its sender can read why."""


class Connections(web.Server):
    """Makes the protocol of each connection, and knows those that are open; mutable."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        bounds: Bounds,
        report: Callable[[str], None],
        closed: Callable[[Connection], None],
    ) -> None:
        """Answer with `handler`; `report` is told of errors of our own, `closed` of each connection that is over."""
        super().__init__(handler, handler_cancellation=True)
        self.bounds, self.report, self.closed = bounds, report, closed

    def __call__(self) -> Connection:
        """Make what meets the next connection."""
        return Connection(self)


class Connection(web.RequestHandler):
    """One connection to the port."""

    __slots__ = ("_deadline", "_owner")

    def __init__(self, owner: Connections) -> None:
        """Begin, with the bounds of the owner."""
        super().__init__(
            owner,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=owner.bounds.idle_seconds,
            access_log=_SILENT,
            max_line_size=LINE_BYTES,
            max_field_size=LINE_BYTES,
            lingering_time=_LINGER_SECONDS,
            auto_decompress=False,
        )
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Set two limits that aiohttp, or an older one, has not.

        The first whole request has to come in time. And the kernel gives up a peer that does not read: no timer of
        ours sees what waits in its buffers.
        """
        handle = transport.get_extra_info("socket")
        milliseconds = int(self._owner.bounds.unsent_seconds * 1000)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        idle = self._owner.bounds.idle_seconds
        self._deadline = asyncio.get_running_loop().call_later(idle, self.abort)
        super().connection_made(transport)

    def begun(self) -> None:
        """Take note that a whole request has come; aiohttp watches over the next ones."""
        self._deadline.cancel()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the connection off."""
        self._deadline.cancel()
        super().connection_lost(exc)
        self._owner.closed(self)

    def abort(self) -> None:
        """Cut it off, with what it has not been sent."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 (aiohttp's words, which quote the request)
    ) -> web.StreamResponse:
        """Answer what is no request, or what we failed to answer."""
        if isinstance(exc, ConnectionError):
            raise exc  # the peer is gone
        if status >= 500:
            self._owner.report(repr(exc))
        if request.writer.output_size > 0:
            raise ConnectionError("a part of the answer is sent already")
        text = "internal error" if status >= 500 else "this is no HTTP/1.1 request that can be read here"
        response = refusal(Refusal(status, text))
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ANN401 (as it is declared)
        """Tell of an error that aiohttp would write to a logger."""
        self._owner.report(repr(kw.get("exc_info") or args))
