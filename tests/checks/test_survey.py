"""A survey finds what a server was told to accept, neither more nor less."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from analyzers.mirror.definition import Channel, Policy
from analyzers.tls import codepoints
from analyzers.tls.ciphers import openssl_name
from probe.checks.bare import SSL30, greet
from probe.checks.call import Call
from probe.checks.member import member_context
from probe.checks.offering import BARE_SUITES
from probe.checks.pace import Pace, Spent
from probe.checks.records import survey_record
from probe.checks.survey import Insistence, Survey, survey
from probe.checks.words import survey_text
from probe.lab.stand_in import StandIn
from tests.integration.playing import files_of
from tests.integration.raw import read_record
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from probe.checks.asking import Question
    from probe.lab.cast import Cast

TLS10, TLS11, TLS12, TLS13 = 0x0301, 0x0302, 0x0303, 0x0304


@contextmanager
def s_server(program: str, cast: Cast, directory: Path, *settings: str) -> Iterator[int]:
    """Run OpenSSL's server with these settings until the end."""
    files, port = files_of(cast.server, directory), free_port()
    own = str(files.certificate)
    process = subprocess.Popen(
        [
            program, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", own, "-cert_chain", own,
            "-key", str(files.key), "-CAfile", str(files.ca), *settings,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    reading = threading.Thread(target=_drain, args=(process,))
    with process:
        while b"ACCEPT" not in process.stdout.readline():
            assert process.poll() is None
        reading.start()
        try:
            yield port
        finally:
            process.terminate()
            reading.join()


def _drain(process: subprocess.Popen[bytes]) -> None:
    """Read what it prints, so that it never waits for a reader."""
    assert process.stdout is not None
    while process.stdout.read1(65536):  # type: ignore[attr-defined]  # a buffered pipe
        pass


def suites_of(found: Survey, version: int) -> set[str]:
    """OpenSSL's names of what is accepted in a version."""
    return {openssl_name(code) for code in found.suites[version].accepted}


async def test_what_openssl_was_told(
    cast: Cast, question: Callable[..., Question], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """Versions, suites with their order, groups, schemes, and a certificate that is required."""
    settings = (
        "-no_tls1", "-no_tls1_1", "-Verify", "3", "-serverpref", "-groups", "P-384:X25519",
        "-cipher", "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA256", "-sigalgs", "RSA-PSS+SHA384:RSA+SHA256",
        "-ciphersuites", "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
    )  # fmt: skip
    with s_server(require_program("openssl"), cast, tmp_path, *settings) as port:
        found = await survey(question(port))
    assert found.problems == ()
    assert found.versions == (TLS13, TLS12)
    assert suites_of(found, TLS13) == {"TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256"}
    assert suites_of(found, TLS12) == {"ECDHE-RSA-AES256-GCM-SHA384", "AES128-SHA256"}
    assert openssl_name(found.suites[TLS12].accepted[0]) == "ECDHE-RSA-AES256-GCM-SHA384"
    assert found.suites[TLS12].has_own_order
    for version in (TLS12, TLS13):
        assert set(map(codepoints.group_name, found.groups[version].accepted)) == {"secp384r1", "x25519"}
    schemes = {
        version: set(map(codepoints.signature_scheme_name, found.schemes[version].accepted))
        for version in (TLS12, TLS13)
    }
    assert schemes == {TLS12: {"rsa_pss_rsae_sha384", "rsa_pkcs1_sha256"}, TLS13: {"rsa_pss_rsae_sha384"}}
    assert found.client_certificate is Insistence.REQUIRED
    assert all(support.is_complete for support in found.suites.values())


async def test_old_and_weak(
    cast: Cast, question: Callable[..., Question], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """Old versions, suites without encryption, and a certificate that is asked for and not insisted on."""
    settings = ("-cipher", "AES128-SHA:NULL-SHA:ADH-AES128-SHA:@SECLEVEL=0", "-no_tls1_3", "-verify", "3")
    with s_server(require_program("openssl"), cast, tmp_path, *settings) as port:
        found = await survey(question(port))
    assert found.versions == (TLS12, TLS11, TLS10)
    for version in found.versions:
        assert suites_of(found, version) == {"AES128-SHA", "NULL-SHA", "ADH-AES128-SHA"}
    assert found.client_certificate is Insistence.OPTIONAL
    text = survey_text(found, Policy())
    assert "below the policy: TLSv1.0 is accepted" in text
    assert "TLS_RSA_WITH_NULL_SHA is accepted: it does not encrypt" in text
    assert "not accepted: TLSv1.3, SSLv3" in text
    record = survey_record(found, Policy())
    assert {entry["cause"] for entry in record["below_policy"]} == {
        "protocol-below-policy",
        "cipher-below-policy",
    }


@contextmanager
def gnutls_serv(program: str, cast: Cast, directory: Path, priority: str) -> Iterator[int]:
    """Run GnuTLS's server with this priority string, and no wish for a client's certificate."""
    files, port = files_of(cast.server, directory), free_port()
    process = subprocess.Popen(
        [
            program, "--port", str(port), "--echo", "--priority", priority, "--disable-client-cert",
            "--x509certfile", str(files.certificate), "--x509keyfile", str(files.key),
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        while b"Echo Server listening" not in process.stdout.readline():
            assert process.poll() is None
        reading = threading.Thread(target=_drain, args=(process,))
        reading.start()
        try:
            yield port
        finally:
            process.terminate()
            reading.join()


async def test_suites_that_our_engine_lacks(
    cast: Cast, question: Callable[..., Question], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """Triple DES and RC4 of GnuTLS are found, though our own OpenSSL has neither."""
    priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC:+3DES-CBC:+ARCFOUR-128"
    with gnutls_serv(require_program("gnutls-serv"), cast, tmp_path, priority) as port:
        found = await survey(question(port))
    names = set(map(codepoints.cipher_suite_name, found.suites[TLS12].accepted))
    expected = {"TLS_RSA_WITH_3DES_EDE_CBC_SHA", "TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA"}
    assert expected <= names
    assert all("3DES" in name or "RC4" in name or "AES_128_CBC" in name for name in names)
    assert found.client_certificate is Insistence.NOT_REQUESTED


async def test_members_of_the_lab(cast: Cast, question: Callable[..., Question]) -> None:
    """An agent of the lab accepts what the vendor's defaults say, and requires a certificate."""
    with StandIn(cast.server, Channel.AGENT) as server:
        found = await survey(question(server.address))
    assert found.versions == (TLS13, TLS12)
    assert suites_of(found, TLS13) == {
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_GCM_SHA256",
    }
    assert found.client_certificate is Insistence.REQUIRED


def endless(listener: socket.socket, answers: list[bytes]) -> None:
    """Answer every ClientHello with the same bytes until the listener is closed."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                read_record(connection)
                connection.sendall(answers[0])
            except (OSError, AssertionError):
                continue


@contextmanager
def answering(data: bytes) -> Iterator[int]:
    """Run a server that says one thing to everybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=endless, args=(listener, [data]))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def server_hello(suite: int) -> bytes:
    """A ServerHello of TLS 1.2 with this suite, and nothing after it."""
    body = b"\x03\x03" + bytes(32) + b"\x00" + suite.to_bytes(2) + b"\x00"
    message = b"\x02" + len(body).to_bytes(3) + body
    return b"\x16\x03\x03" + len(message).to_bytes(2) + message


async def test_server_that_always_chooses_the_same(question: Callable[..., Question]) -> None:
    """A server that chooses what is no longer offered ends the list, and not the survey's patience."""
    with answering(server_hello(0x002F)) as port:
        found = await survey(question(port), Pace(gap_seconds=0.0))
    assert found.suites[TLS12].accepted == (0x002F,)
    assert found.connections < 40


async def test_server_that_refuses_everything(question: Callable[..., Question]) -> None:
    """Of a server that answers each hello with an alert nothing is accepted, and that is certain."""
    with answering(bytes.fromhex("15030300020228")) as port:
        found = await survey(question(port), Pace(gap_seconds=0.0))
    assert found.versions == ()
    assert all(support.is_complete for support in found.suites.values())
    assert found.client_certificate is Insistence.UNKNOWN


async def test_server_that_goes_away(question: Callable[..., Question]) -> None:
    """Where nobody answers any more nothing is claimed, and the problems say so."""
    found = await survey(question(free_port()), Pace(gap_seconds=0.0))
    assert found.versions == ()
    assert not any(support.is_complete for support in found.suites.values())
    assert found.problems
    assert "not accepted: nothing that was asked for" in survey_text(found, Policy())


async def test_ceiling(cast: Cast, question: Callable[..., Question]) -> None:
    """A survey makes no more connections than it may, and says that it was ended."""
    with StandIn(cast.server, Channel.AGENT) as server:
        found = await survey(question(server.address), Pace(gap_seconds=0.0, most=10))
    assert found.connections == 10
    assert any("ended" in problem for problem in found.problems)


async def test_pace() -> None:
    """No more are at work at once than may be."""
    pace, working, most = Pace(at_once=3, gap_seconds=0.0, most=20), 0, 0

    async def work() -> None:
        nonlocal working, most
        async with pace.slot():
            working += 1
            most = max(most, working)
            await asyncio.sleep(0)
            working -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(work())
    assert most <= 3
    with pytest.raises(Spent):
        async with pace.slot():
            pass


@pytest.mark.parametrize("version", [SSL30, TLS10, TLS12])
async def test_bare_hello_is_what_it_says(version: int, question: Callable[..., Question]) -> None:
    """The hello of our own making is read back by the observer with the version and the suites that were meant."""
    asked = question(free_port())
    with answering(bytes.fromhex("15030000020228")) as port:
        asked = question(port)
        call = Call(asked.target, member_context(asked.mirror, None), asked.mirror, 5.0)
        connection = await greet(call, version, BARE_SUITES)
    assert connection.tls is not None
    hello = connection.tls.client_hello
    assert hello is not None
    assert (hello.legacy_version, hello.cipher_suites) == (version, BARE_SUITES)
    assert bool(hello.groups) is (version != SSL30)
