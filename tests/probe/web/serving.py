"""A real HTTP port on loopback, before a board that a test fills, and raw bytes to and from it."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from analyzers.connection import Endpoint
from probe.board import Board
from probe.config import Action, Config, Limits, Mode, RelayConfig
from probe.config.settings import EventsSettings, SniffConfig, WebSettings
from probe.listener import bind_all
from probe.metrics import Metrics
from probe.pairs import Pairs
from probe.shown import Shown
from probe.web.encryption import server_context
from probe.web.overview import Sources
from probe.web.server import WebServer
from tests.probe.accounts import mirror, told

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from probe.account import Account
    from probe.identity import Identity
    from probe.web.bounds import Bounds

SECONDS = 20.0
BEGAN = 1_800_000_000.0
"""When the probe of these tests began, where a test does not say."""

LIMITS = Limits(100, 50, 5.0, 60.0, 5.0)


def configuration(web: WebSettings) -> Config:
    """Give a configuration with a relay and a live capture."""
    relay = RelayConfig(
        "one", Endpoint("127.0.0.1", 0), Endpoint("10.0.0.12", 2188), Mode.PASSTHROUGH, Action.OBSERVE, (), (),
        mirror(), 1024, LIMITS,
    )  # fmt: skip
    return Config(
        Path("mirrorprobe.toml"),
        mirror(),
        (relay,),
        LIMITS,
        web,
        EventsSettings("json", "-", 1, 1),
        sniffs=(SniffConfig("heard", "eth0", (2188,), (), mirror()),),
    )


@dataclass
class Serving:
    """A port at work."""

    address: Endpoint
    server: WebServer
    sources: Sources
    session: aiohttp.ClientSession
    is_ready: bool = True
    bugs: list[str] = field(default_factory=list)
    """Errors of our own that the port told of."""

    def see(self, account: Account) -> None:
        """Take a finished connection as the probe does."""
        self.sources.pairs.see(account)
        self.sources.shown.see(account)
        self.sources.metrics.count(account)
        self.sources.board.add(account)

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, dict[str, str]]:
        """Ask; give status, body (read, where it is JSON) and headers by their names in lower case."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, headers=named) as answer:
            body = await answer.read()
            given = {name.lower(): value for name, value in answer.headers.items()}
            is_json = body and answer.content_type == "application/json"
            return answer.status, json.loads(body) if is_json else body, given

    async def dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a plain connection."""
        return await asyncio.open_connection(self.address.address, self.address.port)

    async def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are and give all that comes until the end; a reset is an end, too."""
        reader, writer = await self.dial()
        writer.write(sent)
        received = b""
        try:
            async with asyncio.timeout(SECONDS):
                while piece := await reader.read(65536):
                    received += piece
        except ConnectionError:
            pass
        finally:
            writer.close()
        return received


@asynccontextmanager
async def serving(
    *,
    token: bytes | None = None,
    identity: Identity | None = None,
    bounds: Bounds | None = None,
    listen: Endpoint | None = None,
    size: int = 200,
    began: float = BEGAN,
) -> AsyncIterator[Serving]:
    """Serve for as long as the context lasts; then stop, and insist that nothing broke."""
    web = WebSettings(listen or Endpoint("127.0.0.1", 0), size, token, identity)
    (listener,) = bind_all([("[web]", web.listen)])
    config, pairs, shown = configuration(web), Pairs(mirror()), Shown()
    sources = Sources(
        version="1.2.3",
        config=lambda: config,
        listens=lambda _: Endpoint("127.0.0.1", 12188),
        active=lambda _: 3,
        is_ready=lambda: port.is_ready,
        board=Board(size, began),
        pairs=pairs,
        shown=shown,
        metrics=Metrics("1.2.3", mirror(), (), pairs, shown),
    )
    bugs: list[str] = []
    context = None if identity is None else server_context(identity)
    server = WebServer(web, sources, bugs.append, context, bounds)
    address = Endpoint(*listener.getsockname()[:2])
    scheme = "http" if identity is None else "https"
    async with (
        asyncio.TaskGroup() as group,
        aiohttp.ClientSession(
            f"{scheme}://{address}/",
            timeout=aiohttp.ClientTimeout(SECONDS),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
            connector=aiohttp.TCPConnector(ssl=False),
        ) as session,
    ):
        port = Serving(address, server, sources, session, bugs=bugs)
        await server.start(listener, group)
        try:
            yield port
        finally:
            await server.stop()
    assert bugs == []


def numbered(number: int, capture: str = "healthy-tls12") -> Account:
    """Give one of many connections, each with its own identifier."""
    return replace(told(capture), id=f"0a-{number}")
