"""Python's own ssl module, each end a process of its own."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.integration.stacks.stack import DEADLINE_SECONDS, end, evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stacks.stack import Files

PROGRAM = Path(__file__).with_name("python_peer.py")
EVIDENCE = r"^[a-zA-Z]+:? .*"


def _arguments(files: Files, version: int) -> list[str]:
    own = (
        []
        if files.certificate is None
        else ["--certificate", str(files.certificate), "--key", str(files.key)]
    )
    return ["--version", str(version), "--ca", str(files.ca), *own]


class _Server:
    def __init__(self, files: Files, version: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "server", *_arguments(files, version)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def said(self) -> tuple[str, ...]:
        text, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return evidence(text, EVIDENCE)


class Python:
    """The ssl module."""

    name = "python"

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:
        """Dial once."""
        command = [sys.executable, str(PROGRAM), "client", "--port", str(port), *_arguments(files, version)]
        done = subprocess.run(
            [*command, *(["--speaks"] if speaks else [])],
            capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False,
        )  # fmt: skip
        return evidence(done.stdout + done.stderr, EVIDENCE)

    @contextmanager
    def server(self, files: Files, version: int) -> Iterator[_Server]:
        """Answer once."""
        server = _Server(files, version)
        try:
            yield server
        finally:
            end(server.process)
