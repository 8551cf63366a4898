"""The HTTP port: metrics, health, and what the board holds. Nothing can be changed through it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from ..board import Board
    from ..metrics import Metrics

__all__ = ["WebServer"]

LISTED = 50
"""Connections in one list unless the query asks for more."""


def _json(value: Any, status: int = 200) -> web.Response:  # noqa: ANN401 (whatever JSON can hold)
    text = json.dumps(value, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type="application/json")


class WebServer:
    """The web side of one probe."""

    def __init__(self, board: Board, metrics: Metrics, is_ready: Callable[[], bool]) -> None:
        """Serve what the board and the metrics hold; `is_ready` tells whether the relays take connections."""
        self._board = board
        self._is_ready = is_ready
        self._families = metrics
        application = web.Application()
        application.add_routes(
            [
                web.get("/metrics", self._metrics),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/api/connections", self._connections),
                web.get("/api/connections/{id}", self._connection),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None, handle_signals=False, shutdown_timeout=1.0)

    async def start(self, listener: socket.socket) -> None:
        """Answer requests on a socket that is bound already."""
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()

    async def stop(self) -> None:
        """Answer no more."""
        await self._runner.cleanup()

    async def _metrics(self, request: web.Request) -> web.Response:
        body, content_type = self._families.exposition(request.headers.get("Accept", ""))
        return web.Response(body=body, headers={"Content-Type": content_type})

    async def _healthz(self, _request: web.Request) -> web.Response:
        return _json({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        if self._is_ready():
            return _json({"status": "ready"})
        return _json({"status": "stopping"}, status=503)

    async def _connections(self, request: web.Request) -> web.Response:
        wanted = request.query.get("limit", str(LISTED))
        if not (wanted.isascii() and wanted.isdigit()):
            return _json({"error": "limit is a whole number"}, status=400)
        failed_only = request.query.get("failed") in ("1", "true")
        kept = self._board.newest(int(wanted), failed_only=failed_only)
        return _json({"connections": [relayed.summary() for relayed in kept]})

    async def _connection(self, request: web.Request) -> web.Response:
        relayed = self._board.get(request.match_info["id"])
        if relayed is None:
            return _json({"error": "no such connection, or no longer kept"}, status=404)
        return _json(relayed.record())
