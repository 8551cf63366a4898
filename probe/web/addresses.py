"""Every address that the port answers at: a closed table. None of them changes anything.

What takes long (a search through thousands of connections, a report, compression) runs in a thread, on values that no
longer change, so that no relay waits for a browser.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import time
from typing import TYPE_CHECKING

from analyzers.causes import catalogue

from .answers import Refusal, answer, compressed, json_answer
from .assets import PAGE, load_assets
from .causes import cause_record
from .overview import overview
from .queries import no_parameters, read_wanted, shown
from .records import listed, record_of, report_answer, report_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from ..account import Account
    from .overview import Sources
    from .queries import Wanted
    from .stream import Stream

__all__ = ["Address", "Addresses"]

_JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Address:
    """One address, or a family of them that differ in one segment."""

    path: str
    """A segment in braces stands for any text."""
    answer: Callable[[web.BaseRequest, str], Awaitable[web.StreamResponse]]
    """Is given the request, and the text of the segment in braces."""
    needs_token: bool = True
    """Health is for service managers, and the page holds no data: it asks for the token itself."""

    def match(self, path: str) -> str | None:
        """Give the text of the segment in braces (empty where there is none), or None: it is another address."""
        found = ""
        wanted, given = self.path.split("/"), path.split("/")
        if len(wanted) != len(given):
            return None
        for want, have in zip(wanted, given, strict=True):
            if want.startswith("{") and have:
                found = have
            elif want != have:
                return None
        return found


class Addresses:
    """The answers of one probe."""

    def __init__(self, sources: Sources, stream: Stream) -> None:
        """Read the page's files, and know where the data is."""
        self._sources, self._stream = sources, stream
        self._assets = load_assets()
        self.table = (
            Address("/", self._page, needs_token=False),
            Address("/static/{file}", self._static, needs_token=False),
            Address("/api/mirror", self._mirror),
            Address("/api/connections", self._connections),
            Address("/api/connections/{id}", self._connection),
            Address("/api/connections/{id}/report.html", self._report),
            Address("/api/causes/{id}", self._cause),
            Address("/api/stream", self._events),
            Address("/metrics", self._metrics),
            Address("/healthz", self._healthz, needs_token=False),
            Address("/readyz", self._readyz, needs_token=False),
        )

    def find(self, path: str) -> tuple[Address, str]:
        """Give the address of a path, and the text of its segment in braces.

        Raises:
            Refusal: 404 where there is none.
        """
        for address in self.table:
            found = address.match(path)
            if found is not None:
                return address, found
        raise Refusal(404, f"{shown(path)}: there is nothing here")

    async def _page(self, request: web.BaseRequest, _: str) -> web.Response:
        return await self._static(request, PAGE)

    async def _static(self, request: web.BaseRequest, file: str) -> web.Response:
        asset = self._assets.get(file)
        if asset is None:
            raise Refusal(404, f"{shown(file)}: there is no such file")
        # A browser keeps the file and asks each time whether it is the same: after an upgrade it is not.
        headers = {"Cache-Control": "no-cache", "ETag": asset.tag}
        if asset.is_held(request.headers.get("If-None-Match", "")):
            return answer(b"", asset.content_type, 304, headers)
        return answer(asset.body, asset.content_type, headers=headers)

    async def _mirror(self, request: web.BaseRequest, _: str) -> web.Response:
        no_parameters(request.query)
        return json_answer(overview(self._sources, time()))

    async def _connections(self, request: web.BaseRequest, _: str) -> web.Response:
        wanted = read_wanted(request.query)
        self._check_names(wanted)
        board = self._sources.board
        entries, newest = board.entries(), board.last
        body = await asyncio.to_thread(listed, entries, wanted)
        # A client that opens the stream with it misses nothing that ended in between.
        return await self._sent(request, body, _JSON, {"Last-Event-ID": str(newest)})

    def _check_names(self, wanted: Wanted) -> None:
        """Refuse names that neither the configuration has nor any connection that is kept."""
        config = self._sources.config()
        if wanted.member is None and wanted.relay is None:
            return
        accounts = [entry.account for entry in self._sources.board.entries()]
        if wanted.member is not None and wanted.member not in {
            *(member.name for member in config.mirror.members),
            *(name for account in accounts for name in (account.client_member, account.server_member)),
        }:
            raise Refusal(400, f"member: {shown(wanted.member)} is no member of the mirror")
        if wanted.relay is not None and wanted.relay not in {
            *(relay.name for relay in config.relays),
            *(check.name for check in config.checks),
            *(sniff.name for sniff in config.sniffs),
            *(account.relay for account in accounts),
        }:
            raise Refusal(400, f"relay: {shown(wanted.relay)} is no relay, check or live capture")

    def _kept(self, identifier: str) -> Account:
        account = self._sources.board.get(identifier)
        if account is None:
            raise Refusal(404, "no such connection, or no longer kept")
        return account

    async def _connection(self, request: web.BaseRequest, identifier: str) -> web.Response:
        no_parameters(request.query)
        body = await asyncio.to_thread(record_of, self._kept(identifier))
        return await self._sent(request, body, _JSON)

    async def _report(self, request: web.BaseRequest, identifier: str) -> web.Response:
        no_parameters(request.query)
        account = self._kept(identifier)
        return report_answer(account, await asyncio.to_thread(report_of, account))

    async def _cause(self, request: web.BaseRequest, identifier: str) -> web.Response:
        no_parameters(request.query)
        cause = catalogue().get(identifier)
        if cause is None:
            raise Refusal(404, f"{shown(identifier)}: there is no such root cause")
        return json_answer(cause_record(cause))

    async def _events(self, request: web.BaseRequest, _: str) -> web.StreamResponse:
        no_parameters(request.query)
        return await self._stream.answer(request)

    async def _metrics(self, request: web.BaseRequest, _: str) -> web.Response:
        accepted = ", ".join(request.headers.getall("Accept", []))
        body, content_type = self._sources.metrics.exposition(accepted)
        return await self._sent(request, body, content_type)

    async def _healthz(self, _request: web.BaseRequest, _: str) -> web.Response:
        return json_answer({"status": "ok"})

    async def _readyz(self, _request: web.BaseRequest, _: str) -> web.Response:
        if self._sources.is_ready():
            return json_answer({"status": "ready"})
        return json_answer({"status": "stopping"}, 503)

    async def _sent(
        self, request: web.BaseRequest, body: bytes, content_type: str, headers: dict[str, str] | None = None
    ) -> web.Response:
        """Answer with what may be large."""
        accepted = ", ".join(request.headers.getall("Accept-Encoding", []))
        sent, added = await asyncio.to_thread(compressed, body, accepted)
        return answer(sent, content_type, headers={**(headers or {}), **added})
