"""The `openssl` program of the system: s_client and s_server."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.integration.stacks.stack import HELLO, VERSIONS, Output, end, evidence, finish, until_greeting
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stacks.stack import Files

EVIDENCE = (
    r"error:[0-9A-F]{8}:[^:\n]*:[^:\n]*:[^:\n]*|verify error:.*|(?:read|write):errno=\d+|^olleh$|^hello$"
)


def _version(version: int) -> str:
    return f"-tls{VERSIONS[version].replace('.', '_')}".replace("tls1_0", "tls1")


def _own(files: Files) -> list[str]:
    if files.certificate is None or files.key is None:
        return []
    own = str(files.certificate)
    return ["-cert", own, "-cert_chain", own, "-key", str(files.key)]


class _Server:
    def __init__(self, program: str, files: Files, version: int, extra: tuple[str, ...]) -> None:
        self.port = free_port()
        self.process = subprocess.Popen(
            [
                program, "s_server", "-accept", f"127.0.0.1:{self.port}", "-naccept", "1", "-rev", _version(version),
                "-CAfile", str(files.ca), *_own(files), *extra,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.output = Output(self.process.stdout)
        assert self.output.wait_for(rb"ACCEPT"), self.output.text()

    def said(self) -> tuple[str, ...]:
        finish(self.process)
        return evidence(self.output.text(), EVIDENCE)


class OpenSSL:
    """OpenSSL as its own command line drives it."""

    name = "openssl"

    def __init__(self, program: str, *extra: str, careless: bool = False) -> None:
        """Run this program, with further arguments for both ends; a careless server takes any certificate."""
        self._program = program
        self._extra = extra
        self._verify = ("-verify", "9") if careless else ("-Verify", "9", "-verify_return_error")

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:
        """Dial with s_client."""
        process = subprocess.Popen(
            [
                self._program, "s_client", "-connect", f"127.0.0.1:{port}", _version(version), "-quiet",
                "-CAfile", str(files.ca), "-verify", "9", "-verify_return_error", *_own(files), *self._extra,
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        output = Output(process.stdout)
        if speaks:
            process.stdin.write(HELLO)
            process.stdin.flush()
            if output.wait_for(rb"olleh|hello|errno|error"):
                process.terminate()
        finish(process)
        return until_greeting(evidence(output.text(), EVIDENCE))

    @contextmanager
    def server(self, files: Files, version: int) -> Iterator[_Server]:
        """Answer with s_server."""
        server = _Server(self._program, files, version, (*self._verify, *self._extra))
        try:
            yield server
        finally:
            end(server.process)
