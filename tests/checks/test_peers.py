"""Checks of servers of other makes, and of what is no TLS server at all."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.connection import Endpoint, Outcome, Party
from analyzers.mirror.definition import Channel
from analyzers.report.text import verdict_block
from probe.checks.asking import Asking
from probe.checks.call import LISTEN_SECONDS
from probe.lab import words
from probe.lab.faults import FAULTS
from probe.lab.stand_in import StandIn
from tests.integration.playing import files_of
from tests.integration.raw import listening, read_all, read_record, reset
from tests.integration.stacks.gnutls import GnuTLS
from tests.integration.stacks.openssl import OpenSSL
from tests.integration.stacks.python import Python
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from probe.account import Witnessed
    from probe.checks.asking import Question
    from probe.lab.cast import Cast
    from tests.integration.stacks.stack import Answering


@pytest.fixture(params=["openssl", "gnutls", "python"])
def stack(request: pytest.FixtureRequest, require_program: Callable[[str], str]) -> Answering:
    """One make of server."""
    if request.param == "openssl":
        return OpenSSL(require_program("openssl"))
    if request.param == "gnutls":
        return GnuTLS(require_program("gnutls-cli"), require_program("gnutls-serv"))
    return Python()


async def ask(question: Question) -> Witnessed:
    """Ask once."""
    return await Asking(question).ask("id", "check")


@pytest.mark.parametrize("version", [0x0303, 0x0304])
async def test_healthy(
    stack: Answering, version: int, cast: Cast, question: Callable[..., Question], tmp_path: Path
) -> None:
    """Every make of server takes the member, and its whole side of the handshake is seen."""
    with stack.server(files_of(cast.server, tmp_path), version) as server:
        account = await ask(question(server.port))
    tls = account.connection.tls
    assert tls is not None
    assert (account.outcome, account.root, tls.version) == (Outcome.ESTABLISHED, None, version)
    assert tls.certificate_requested
    assert tls.server_certificates
    assert tls.client_certificates
    assert tls.signature_scheme is not None


@pytest.mark.parametrize("version", [0x0303, 0x0304])
async def test_without_certificate(
    stack: Answering, version: int, cast: Cast, question: Callable[..., Question], tmp_path: Path
) -> None:
    """Who shows none is refused, and has read the server's certificate and CA names by then, where it names any."""
    with stack.server(files_of(cast.server, tmp_path), version) as server:
        account = await ask(replace(question(server.port), identity=None))
    assert account.verdict.refused_by is Party.SERVER
    assert account.verdict.root_cause == "client-certificate-missing"
    request = account.connection.tls and account.connection.tls.certificate_request
    assert request is not None
    assert bool(request.authorities) is (stack.name != "python")
    assert account.connection.certificates_of(Party.SERVER)


@contextmanager
def old_server(program: str, cast: Cast, directory: Path) -> Iterator[int]:
    """Run a server of TLS 1.0 alone."""
    files, port = files_of(cast.server, directory), free_port()
    process = subprocess.Popen(
        [
            program, "s_server", "-accept", f"127.0.0.1:{port}", "-tls1", "-cipher", "ALL:@SECLEVEL=0", "-Verify", "3",
            "-cert", str(files.certificate), "-cert_chain", str(files.certificate), "-key", str(files.key),
            "-CAfile", str(files.ca),
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        while b"ACCEPT" not in process.stdout.readline():
            assert process.poll() is None
        try:
            yield port
        finally:
            process.terminate()


async def test_old_server(
    cast: Cast, question: Callable[..., Question], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """A server of TLS 1.0 has no version in common with a member; one that is asked for TLS 1.0 speaks it."""
    with old_server(require_program("openssl"), cast, tmp_path) as port:
        refused = await ask(question(port))
        taken = await ask(replace(question(port), versions=(0x0301, 0x0304)))
    assert refused.verdict.root_cause == "no-common-version"
    assert taken.verdict.root_cause == "protocol-below-policy"
    assert taken.connection.tls is not None
    assert taken.connection.tls.version == 0x0301


async def test_nothing_listens(question: Callable[..., Question]) -> None:
    """A closed port is told as refused, with the address from where it was dialled."""
    account = await ask(question(free_port()))
    assert (account.outcome, account.verdict.root_cause) == (Outcome.REFUSED, "connection-refused")
    assert account.connection.client.address == "127.0.0.1"
    assert account.client_member == "IRISA"


@pytest.mark.parametrize("name", ["nobody.invalid", "a" * 64 + ".invalid"])
async def test_name_that_does_not_resolve(name: str, question: Callable[..., Question]) -> None:
    """A name without an address, or that no host can have, is told as that."""
    account = await ask(question(Endpoint(name, 2188)))
    assert account.outcome is Outcome.TIMEOUT
    assert account.connection.network_error is not None
    assert account.connection.network_error.kind == "name"
    assert "Errno" not in account.connection.network_error.text
    assert f"  the client -> {name}:2188 (server)  TIMEOUT" in verdict_block(
        account.connection, replace(account.verdict, client_member=None)
    )


async def test_second_address_answers(
    cast: Cast, question: Callable[..., Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a name with several addresses each is tried, and the connection bears the name that was asked for."""

    async def resolve(_host: str, port: int, **_: object) -> list[Any]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in ("127.0.0.9", "127.0.0.1")
        ]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    with StandIn(cast.server, Channel.AGENT) as server:
        account = await ask(question(Endpoint("irisb.example.com", server.address[1])))
        server.become(FAULTS["server-absent"].arrange(cast).server)
        refused = await ask(question(Endpoint("irisb.example.com", server.address[1])))
    assert account.outcome is Outcome.ESTABLISHED
    assert account.connection.server.address == "irisb.example.com"
    assert refused.verdict.root_cause == "connection-refused"


def silent(connection: socket.socket) -> None:
    """Read, and say nothing."""
    read_all(connection)


def plain(connection: socket.socket) -> None:
    """Answer whatever comes in plaintext."""
    read_record(connection)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def banner(connection: socket.socket) -> None:
    """Speak first, as many protocols do."""
    connection.sendall(b"220 ready\r\n")
    read_all(connection)


def resetting(connection: socket.socket) -> None:
    """Reset on the ClientHello."""
    read_record(connection)
    reset(connection)


def closing(connection: socket.socket) -> None:
    """Close on the ClientHello."""
    read_record(connection)


@pytest.mark.parametrize(
    ("serve", "outcome", "cause"),
    [
        (silent, Outcome.TIMEOUT, "handshake-timeout"),
        (plain, Outcome.FAILED, "not-tls-server"),
        (resetting, Outcome.FAILED, "tls-not-started"),
        (closing, Outcome.FAILED, "tls-not-started"),
    ],
    ids=["silent", "plain", "reset", "closed"],
)
async def test_no_tls(
    serve: Callable[[socket.socket], None], outcome: Outcome, cause: str, question: Callable[..., Question]
) -> None:
    """What does not speak TLS is told for what it does."""
    with listening(serve) as server:
        account = await ask(replace(question(server.port), deadline_seconds=0.5))
    assert (account.outcome, account.verdict.root_cause) == (outcome, cause)


async def test_banner(question: Callable[..., Question]) -> None:
    """A server that greets in plaintext is seen to, and is no failure of certificates."""
    with listening(banner) as server:
        account = await ask(replace(question(server.port), deadline_seconds=0.5))
    assert account.connection.preamble.server_bytes == len(b"220 ready\r\n")
    assert account.outcome is not Outcome.ESTABLISHED
    assert "certificate" not in str(account.verdict.root_cause)


HOSTILE = {
    "noise": bytes(range(256)) * 16,
    "empty records": bytes.fromhex("1603030000") * 5000,
    "alert of no kind": bytes.fromhex("1503030002ffff") * 100,
    "warnings": bytes.fromhex("15030300020129") * 1000,
    "a ServerHello that ends too early": bytes.fromhex("160303000802000004030300ff"),
    "a message that never ends": bytes.fromhex("1603034000 0bffffff".replace(" ", "")) + bytes(16380),
    "application data": bytes.fromhex("1703030010") + bytes(16),
    "a ClientHello": bytes.fromhex("160301002d010000290301") + bytes(32) + bytes.fromhex("000002002f0100"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
async def test_hostile(data: bytes, question: Callable[..., Question]) -> None:
    """Whatever a server sends, there is an answer: it has failed, and no certificate is blamed that was not seen."""

    def serve(connection: socket.socket) -> None:
        read_record(connection)
        with suppress(OSError):
            connection.sendall(data)
            read_all(connection)

    with listening(serve) as server:
        account = await ask(replace(question(server.port), deadline_seconds=0.5))
    assert account.outcome in {Outcome.FAILED, Outcome.TIMEOUT}
    assert account.has_failed
    assert "certificate" not in str(account.verdict.root_cause)


async def test_preamble(cast: Cast, question: Callable[..., Question]) -> None:
    """An agent that wants plaintext first closes on a bare ClientHello, and shakes hands after the bytes it wants."""
    waiting = cast.with_preamble().server
    with StandIn(waiting, Channel.AGENT) as server:
        bare = await ask(question(server.address))
        greeting = words.greeting("IRISA", Channel.AGENT)
        told = await ask(replace(question(server.address), preamble=greeting))
    assert bare.verdict.root_cause == "tls-not-started"
    assert told.outcome is Outcome.ESTABLISHED
    assert told.root is None
    assert told.connection.preamble.client_bytes == len(greeting)
    assert told.connection.preamble.server_bytes == len(words.welcome())


async def test_flood(cast: Cast, question: Callable[..., Question], tmp_path: Path) -> None:
    """A server that sends data without end after the handshake is left, all the same, when the moment is over."""
    files = files_of(cast.server, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    assert files.certificate
    context.load_cert_chain(files.certificate, files.key)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            try:
                while True:
                    tls.sendall(bytes(65536))
            except OSError:
                return

    with listening(serve) as server:
        account = await ask(question(server.port))
    assert account.connection.ended - account.connection.started < LISTEN_SECONDS + 2
    assert account.connection.server_application_bytes < 4 * 1024 * 1024


def open_sockets() -> set[str]:
    """What sockets this process has open."""
    found = set()
    for path in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # what listed the directory is gone by now
            found.add(str(path.readlink()))
    return {target for target in found if target.startswith("socket:")}


async def test_many_at_once(cast: Cast, question: Callable[..., Question]) -> None:
    """Twenty checks at the same time do not disturb each other, nor leave a socket behind."""
    before = open_sockets()
    with StandIn(cast.server, Channel.AGENT) as server:
        asking = Asking(question(server.address))
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(asking.ask(str(number), "check")) for number in range(20)]
    assert {task.result().outcome for task in tasks} == {Outcome.ESTABLISHED}
    assert len({task.result().connection.client.port for task in tasks}) == 20
    async with asyncio.timeout(20):  # asyncio closes a socket in a later turn of its loop
        while open_sockets() - before:  # noqa: ASYNC110 (nothing tells when the loop has closed one)
            await asyncio.sleep(0)
