"""GnuTLS as gnutls-cli and gnutls-serv drive it."""

from __future__ import annotations

import re
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.integration.stacks.stack import HELLO, VERSIONS, Output, end, evidence, finish, until_greeting
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stacks.stack import Files

EVIDENCE = r"^\*\*\* .*|^- Status: .*|^Error in handshake: .*|(?:Error|error): .*|^hello$"
MARK = rb"Error in handshake: The TLS connection was non-properly terminated\.\n"
"""What gnutls-serv says of a connection that is closed before its first byte."""


def _priority(version: int) -> str:
    return f"NORMAL:-VERS-ALL:+VERS-TLS{VERSIONS[version]}"


def _own(files: Files) -> list[str]:
    if files.certificate is None or files.key is None:
        return []
    return ["--x509certfile", str(files.certificate), "--x509keyfile", str(files.key)]


class _Server:
    def __init__(self, program: str, files: Files, version: int) -> None:
        arguments = [program, "--echo", "--priority", _priority(version), "--x509cafile", str(files.ca)]
        arguments += ["--require-client-cert", "--verify-client-cert", *_own(files)]
        is_bound = False
        while not is_bound:  # another program may be quicker with the port, and this one goes on without it
            self.port = free_port()
            self.process = subprocess.Popen(
                [*arguments, "--port", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            assert self.process.stdout is not None
            self.output = Output(self.process.stdout)
            found = self.output.wait_for(rb"listening on IPv4 .*\.\.\.(done|bind\(\) failed)")
            assert found, self.output.text()
            is_bound = found[1] == b"done"
            if not is_bound:
                self.process.terminate()
                finish(self.process)

    def said(self) -> tuple[str, ...]:
        """Give the evidence. It serves on, one event after the other: what it says of a mark comes after all else."""
        with socket.create_connection(("127.0.0.1", self.port)):
            pass
        self.output.wait_for(MARK)
        self.process.terminate()
        finish(self.process)
        return evidence(re.sub(MARK.decode(), "", self.output.text()), r"Error in handshake.*|^Error: .*")


class GnuTLS:
    """GnuTLS."""

    name = "gnutls"

    def __init__(self, client: str, server: str) -> None:
        """Run these programs."""
        self._client = client
        self._server = server

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:
        """Dial with gnutls-cli."""
        process = subprocess.Popen(
            [
                self._client, "--port", str(port), "--priority", _priority(version), "--x509cafile", str(files.ca),
                "--disable-sni", *_own(files), "127.0.0.1",
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        output = Output(process.stdout)
        if speaks and output.wait_for(rb"Handshake was completed|\*\*\* "):
            process.stdin.write(HELLO)
            process.stdin.flush()
            if output.wait_for(rb"\nhello|olleh|\*\*\* "):
                process.terminate()
        finish(process)
        return until_greeting(evidence(output.text(), EVIDENCE))

    @contextmanager
    def server(self, files: Files, version: int) -> Iterator[_Server]:
        """Answer with gnutls-serv."""
        server = _Server(self._server, files, version)
        try:
            yield server
        finally:
            end(server.process)
