"""Versions, suites and messages of TLS that are not the common ones pass the relay, too."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Outcome
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.members import Members
    from tests.integration.stacks.stack import Files

OPENSSL_CASES = {
    "key update": ([], [], b"hello\nK\nhello\n"),
    "hello retry request": (["-groups", "X25519:P-256"], ["-groups", "P-256"], b"hello\n"),
    "finite field": (["-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"], [], b"hello\n"),
    "CBC": (["-tls1_2", "-cipher", "ECDHE-RSA-AES256-SHA384"], [], b"hello\n"),
    "RSA key transport": (["-tls1_2", "-cipher", "AES128-SHA"], [], b"hello\n"),
    "ChaCha20": (["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], [], b"hello\n"),
    "TLS 1.1": (
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        b"hello\n",
    ),
    "TLS 1.0": (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], b"hello\n"),
    "ALPN": (["-alpn", "iris"], ["-alpn", "iris"], b"hello\n"),
}


@pytest.mark.parametrize("name", OPENSSL_CASES)
def test_kinds_of_tls(members: Members, require_program: Callable[[str], str], name: str) -> None:
    """Whatever the ends agree on, they agree on through the relay, and talk."""
    client_options, server_options, says = OPENSSL_CASES[name]
    program, port = require_program("openssl"), free_port()
    with s_server(program, port, members.server, server_options), members.relay(port) as relay:
        own = identity_of(members.client)
        done = subprocess.Popen(
            [program, "s_client", "-connect", f"127.0.0.1:{relay.port}", *own, "-CAfile", str(members.client.ca),
             "-verify_return_error", *client_options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.stdin
        assert done.stdout
        answers = []
        for line in says.splitlines(keepends=True):
            done.stdin.write(line)
            done.stdin.flush()
            answers.append(_until(done.stdout, b"olleh\n" if line.startswith(b"hello") else b"KEYUPDATE\n"))
        done.stdin.close()
        done.stdout.close()
        done.terminate()
        done.wait()
        relayed = relay.seen()
    assert all(answers)
    assert relayed.trouble is None
    assert relayed.client.connection.outcome is relayed.upstream.connection.outcome is Outcome.ESTABLISHED
    client, upstream = relayed.client.connection.tls, relayed.upstream.connection.tls
    assert client
    assert upstream
    assert (client.version, client.cipher_suite, client.group) == (
        upstream.version,
        upstream.cipher_suite,
        upstream.group,
    )


def identity_of(files: Files) -> list[str]:
    """Give the options with which openssl shows an identity."""
    certificate = str(files.certificate)
    return ["-cert", certificate, "-cert_chain", certificate, "-key", str(files.key)]


def _until(stream: object, wanted: bytes) -> bool:
    return any(line.endswith(wanted) for line in iter(stream.readline, b""))  # type: ignore[attr-defined]


class s_server:  # noqa: N801  it is that program
    """`openssl s_server -rev`."""

    def __init__(self, program: str, port: int, files: Files, options: list[str]) -> None:
        """Start it."""
        self._process = subprocess.Popen(
            [program, "s_server", "-accept", f"127.0.0.1:{port}", "-rev", *identity_of(files),
             "-CAfile", str(files.ca), "-Verify", "3", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout
        assert _until(self._process.stdout, b"ACCEPT\n")

    def __enter__(self) -> None:
        """Let it listen."""

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()
