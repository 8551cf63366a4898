"""Periodic checks: rounds at their interval, none of which ends the check, and what `run` tells of them."""

from __future__ import annotations

import asyncio
import urllib.request
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from analyzers.connection import Outcome
from analyzers.mirror.definition import Channel
from probe.checks.asking import Asking
from probe.checks.checker import Checker
from probe.config import CheckConfig
from probe.lab.faults import FAULTS
from probe.lab.stand_in import StandIn
from tests.integration.playing import files_of
from tests.integration.raw import listening, read_all
from tests.integration.test_service import service
from tests.tls.peers import free_port

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import pytest

    from probe.account import Account, Witnessed
    from probe.checks.asking import Question
    from probe.lab.cast import Cast

WAIT_SECONDS = 20.0

CONFIGURATION = """
[mirror]
name = "LAB"
ca = "client/trusted.pem"
[[member]]
name = "IRISA"
dn = "{dn_a}"
addresses = ["127.0.0.9"]
[[member]]
name = "IRISB"
dn = "{dn_b}"
agent = "{target}"
[[check]]
name = "a-to-b"
target = "{target}"
connect_as = {{ certificate = "client/CertificateFile.pem", key = "client/PrivateKeyFile.pem" }}
interval_seconds = 1
deadline_seconds = 2
[history]
enabled = false
[web]
listen = "127.0.0.1:0"
"""


def config_of(question: Question, interval_seconds: float = 0.05) -> CheckConfig:
    """The table of a question."""
    assert question.identity is not None
    return CheckConfig(
        "a-to-b",
        question.target,
        question.identity,
        question.mirror,
        interval_seconds,
        question.deadline_seconds,
    )


class Running:
    """A check at work, and what it tells."""

    def __init__(self, config: CheckConfig) -> None:
        """Prepare it."""
        self.accounts: asyncio.Queue[Account] = asyncio.Queue()
        self.failures: asyncio.Queue[tuple[str, Exception]] = asyncio.Queue()
        self.checker = Checker(
            config, "run", self.accounts.put_nowait, lambda *failed: self.failures.put_nowait(failed)
        )
        self.stop = asyncio.Event()

    async def next(self) -> Account:
        """Wait for the next connection."""
        async with asyncio.timeout(WAIT_SECONDS):
            return await self.accounts.get()


@asynccontextmanager
async def running(config: CheckConfig) -> AsyncIterator[Running]:
    """Run a check for as long as the context lasts."""
    check = Running(config)
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(check.checker.run(check.stop))
        try:
            yield check
        finally:
            check.stop.set()


async def test_rounds(question: Callable[..., Question]) -> None:
    """Round follows round, each with an identifier of its own, though nothing answers."""
    async with running(config_of(question(free_port()))) as check:
        accounts = [await check.next() for _ in range(3)]
    assert [account.id for account in accounts] == ["run-a-to-b-1", "run-a-to-b-2", "run-a-to-b-3"]
    assert {account.outcome for account in accounts} == {Outcome.REFUSED}
    assert {(account.relay, account.road) for account in accounts} == {("a-to-b", "check")}


async def test_one_round_at_a_time(question: Callable[..., Question]) -> None:
    """A round that takes longer than the interval is not overtaken."""
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await reader.read()
        open_now -= 1
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked = replace(question(port), deadline_seconds=0.3)
    async with server, running(config_of(asked, 0.05)) as check:
        accounts = [await check.next() for _ in range(3)]
    assert {account.outcome for account in accounts} == {Outcome.TIMEOUT}
    assert most == 1


async def test_error_of_our_own(question: Callable[..., Question], monkeypatch: pytest.MonkeyPatch) -> None:
    """A round that breaks down is told of, and the next one comes."""
    ask, calls = Asking.ask, 0

    async def break_once(self: Asking, *arguments: object) -> Witnessed:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise RuntimeError("nobody expected this")
        return await ask(self, *arguments)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(Asking, "ask", break_once)
    async with running(config_of(question(free_port()))) as check:
        name, failure = await check.failures.get()
        account = await check.next()
    assert (name, str(failure)) == ("a-to-b", "nobody expected this")
    assert account.id == "run-a-to-b-2"


async def test_stop_in_a_round(question: Callable[..., Question]) -> None:
    """A check that is told to stop gives up the round that is under way."""

    def serve(connection: socket.socket) -> None:
        read_all(connection)

    began = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(connection: socket.socket) -> None:
        loop.call_soon_threadsafe(began.set)
        serve(connection)

    with listening(silent) as server:
        asked = replace(question(server.port), deadline_seconds=60.0)
        async with running(config_of(asked, 0.01)) as check:
            async with asyncio.timeout(WAIT_SECONDS):
                await began.wait()
            check.stop.set()
    assert check.accounts.empty()
    assert check.failures.empty()


async def test_what_has_changed(cast: Cast, question: Callable[..., Question]) -> None:
    """A failure is compared with the last round that worked."""
    with StandIn(cast.server, Channel.AGENT) as server:
        async with running(config_of(question(server.address))) as check:
            worked = await check.next()
            server.become(FAULTS["server-expired"].arrange(cast).server)
            failed = await check.next()
            while not failed.has_failed:  # a round had begun before the change
                failed = await check.next()
    assert worked.outcome is Outcome.ESTABLISHED
    assert failed.root is not None
    assert failed.root.id == "certificate-expired"
    assert any("changed" in evidence.text or "since" in evidence.text for evidence in failed.root.evidence)


def configuration(cast: Cast, directory: Path, target: str) -> str:
    """Write the files of the client, and give a configuration with one check."""
    files_of(cast.client, directory / "client")
    client, server = cast.client.identity, cast.server.identity
    assert client is not None
    assert server is not None
    return CONFIGURATION.format(dn_a=client.dn, dn_b=server.dn, target=target)


def samples(place: str) -> dict[str, float]:
    """Ask for the metrics; give what has the check's name or the pair's."""
    with urllib.request.urlopen(f"http://{place}/metrics", timeout=WAIT_SECONDS) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {
            sample.name: sample.value
            for family in families
            for sample in family.samples
            if sample.labels.get("relay") == "a-to-b" or sample.labels.get("from") == "IRISA"
        }


def test_under_run(cast: Cast, tmp_path: Path) -> None:
    """The events tell of each round, the pair is up and then down, and a reload with other tables takes hold."""
    with StandIn(cast.server, Channel.AGENT) as server:
        host, port = server.address
        text = configuration(cast, tmp_path, f"{host}:{port}")
        with service(
            tmp_path / "mirrorprobe.toml", text.replace("127.0.0.1:0", f"127.0.0.1:{(web := free_port())}")
        ) as probe:
            first = probe.event("connection")
            up = samples(f"127.0.0.1:{web}")
            server.become(FAULTS["server-eku-client-only"].arrange(cast).server)
            second = probe.event("connection")
            while not second["failed"]:  # a round had begun before the change
                second = probe.event("connection")
            down = samples(f"127.0.0.1:{web}")
            probe.reload(text.replace("a-to-b", "renamed"), "reloaded")
            third = probe.event("connection")
            while third["relay"] == "a-to-b":
                third = probe.event("connection")
    assert (first["road"], first["relay"], first["outcome"], first["failed"]) == (
        "check",
        "a-to-b",
        "established",
        False,
    )
    assert (second["root_cause"], second["refused_by"]) == ("server-certificate-purpose", "client")
    assert (second["client_member"], second["server_member"]) == ("IRISA", "IRISB")
    assert third["relay"] == "renamed"
    assert up["mirrorprobe_pair_up"] == 1
    assert down["mirrorprobe_pair_up"] == 0
    assert up["mirrorprobe_last_check_timestamp_seconds"] > 0
