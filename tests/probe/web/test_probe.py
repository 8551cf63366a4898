"""The port of a whole probe, as a configuration file sets it up."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import TYPE_CHECKING

import aiohttp
import pytest

from probe.app import Probe
from probe.config import load_config
from probe.lab.keys import KeyKind
from probe.outcome import ExitCode, UsageFailure

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from probe.lab.authority import Authority

TOKEN = "correct-horse-battery-staple"
CLOSED = """
token_file = "token"
tls = { certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }

[events]
file = "events.jsonl"
"""


async def test_token_and_tls(write: Callable[..., Path], tmp_path: Path) -> None:
    """With both in the configuration, data comes to those with the token and over TLS; a stop ends what watches."""
    path = write(append=CLOSED)
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    context = ssl.create_default_context(cafile=str(tmp_path / "irisa" / "CAFile.pem"))
    context.check_hostname = False
    probe, stop = Probe(load_config(path)), asyncio.Event()
    assert probe.page.startswith("https://127.0.0.1:")
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        served = group.create_task(probe.serve(stop, ready=lambda: ready.set_result(None)))
        await ready
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(probe.page, connector=connector) as session:
            assert (await session.get("/api/mirror")).status == 401
            assert (await session.get("/healthz")).status == 200
            session.headers["Authorization"] = f"Bearer {TOKEN}"
            async with session.get("/api/stream") as stream:
                assert await stream.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
                relay = probe.address_of("to-irisb")
                _, writer = await asyncio.open_connection(relay.address, relay.port)
                writer.write(b"hello")
                event = (await stream.content.readuntil(b"\n\n")).decode()
                writer.close()
                summary = json.loads(event.splitlines()[2].removeprefix("data: "))
                listed = await (await session.get("/api/connections?outcome=refused&relay=to-irisb")).json()
                mirror = await (await session.get("/api/mirror")).json()
                stop.set()
                assert await stream.content.read() == b""
    assert served.result() is ExitCode.CLEAN
    assert listed == {"connections": [summary]}
    assert summary["root_cause"] == "connection-refused"
    assert (mirror["mirror"], mirror["counts"]["failed"]) == ("LAB", 1)
    assert [each["listen"] for each in mirror["watched"]] == [str(relay)]
    assert TOKEN not in (tmp_path / "events.jsonl").read_text()


def test_a_certificate_that_openssl_does_not_serve_with(
    write: Callable[..., Path], tmp_path: Path, authority: Authority
) -> None:
    """A key that is too weak for TLS is one line, before any port is bound."""
    authority.member("WEAK", key=KeyKind.RSA_1024).write(tmp_path / "weak")
    path = write(append=CLOSED.replace("irisa/", "weak/"))
    (tmp_path / "token").write_text(TOKEN)
    with pytest.raises(UsageFailure, match="ee key too small"):
        Probe(load_config(path))
