"""The HTTP port: it accepts, checks who asks, and answers. Nothing can be changed through it.

Connections are accepted here and not by asyncio's own server, because that one has no ceiling: each TLS handshake that
nobody continues would hold a quarter of a megabyte.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from .access import Access
from .addresses import Addresses
from .answers import Refusal, refusal
from .bounds import Bounds
from .protocol import Connection, Connections
from .stream import Stream

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Coroutine

    from aiohttp import web

    from ..config.settings import WebSettings
    from .overview import Sources

__all__ = ["WebServer"]

_METHODS = ("GET", "HEAD")

_OUT_OF_FILES_SECONDS = 1.0
"""How long no connection is accepted when the system has no descriptor left."""


class WebServer:
    """The web side of one probe."""

    def __init__(
        self,
        settings: WebSettings,
        sources: Sources,
        report: Callable[[str], None],
        context: ssl.SSLContext | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        """Know what there is to tell.

        Args:
            settings: the token, and the address that the configuration gives.
            sources: what is told.
            report: is told of errors of our own.
            context: makes the port speak TLS, see `server_context`.
            bounds: other ceilings and deadlines than the usual ones.
        """
        self._settings, self._report = settings, report
        self._bounds = bounds or Bounds()
        self._context = context
        self._stream = Stream(sources.board, settings.connections, self._bounds)
        self._addresses = Addresses(sources, self._stream)
        self._open: set[Connection] = set()
        self._is_empty = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, listener: socket.socket, group: asyncio.TaskGroup) -> None:
        """Answer requests on a socket that is bound already; `group` owns the tasks, which end with `stop`."""
        self._listener, self._group = listener, group
        settings = self._settings
        bound = listener.getsockname()[0]
        self._access = Access(bound, settings.listen.address, settings.token, settings.hosts)
        self._connections = Connections(self._answer, self._bounds, self._report, self._closed)
        self._spawn(self._accept(), "web")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Answer no more: streams end, answers on their way have a moment."""
        for task in tuple(self._tasks):
            task.cancel()
        self._listener.close()
        self._stream.close()
        self._connections.pre_shutdown()
        await self._connections.shutdown(self._bounds.stop_seconds)
        try:
            async with asyncio.timeout(self._bounds.stop_seconds):
                while self._open:
                    self._is_empty.clear()
                    await self._is_empty.wait()
        except TimeoutError:
            for connection in self._open:
                connection.abort()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                handle, _ = await loop.sock_accept(self._listener)
            except ConnectionError:
                continue  # it was gone before we came to it
            except OSError as error:
                self._report(f"the HTTP port accepts nothing for a second: {error}")
                await asyncio.sleep(_OUT_OF_FILES_SECONDS)
                continue
            if len(self._open) >= self._bounds.connections:
                handle.close()
                continue
            connection = self._connections()
            self._open.add(connection)
            self._spawn(self._meet(handle, connection), "web connection")

    async def _meet(self, handle: socket.socket, connection: Connection) -> None:
        """Hand an accepted socket to HTTP, after TLS where the port speaks it."""
        deadline = None if self._context is None else self._bounds.handshake_seconds
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection, handle, ssl=self._context, ssl_handshake_timeout=deadline
            )
        except OSError:  # also of TLS, and of a handshake that took too long
            self._closed(connection)
        except asyncio.CancelledError:
            self._closed(connection)
            raise

    def _closed(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._is_empty.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if isinstance(request.protocol, Connection):
            request.protocol.begun()
        try:
            return await self._checked(request)
        except Refusal as refused:
            response = refusal(refused)
        if request.method not in _METHODS:
            response.force_close()  # what follows may be a body, which nobody reads
        return response

    async def _checked(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.version < (1, 0):
            raise Refusal(505, "HTTP/1.1 is spoken here")
        self._access.check_host(request.headers.getall("Host", []), is_required=request.version >= (1, 1))
        if request.method not in _METHODS:
            raise Refusal(
                405, "nothing can be changed here: GET and HEAD only", {"Allow": ", ".join(_METHODS)}
            )
        address, found = self._addresses.find(request.path)
        if address.needs_token:
            self._access.check_token(request.headers.get("Authorization"))
        return await address.answer(request, found)
