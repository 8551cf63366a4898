"""JSSE, the TLS of Java, each end a virtual machine of its own."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tests.integration.stacks.stack import DEADLINE_SECONDS, VERSIONS, end, evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.stacks.stack import Files

SOURCE = Path(__file__).parents[1] / "java" / "MirrorPeer.java"
PASSWORD = "password"
EVIDENCE = r"^[A-Za-z]+:? .*"


def compile_peer(javac: str, directory: Path) -> Path:
    """Compile the peer into `directory`."""
    subprocess.run([javac, "-d", str(directory), str(SOURCE)], check=True)
    return directory


def _store(files: Files) -> str:
    """Write the identity as PKCS#12 beside its PEM files; `-` where there is none."""
    if files.certificate is None or files.key is None:
        return "-"
    chain = x509.load_pem_x509_certificates(files.certificate.read_bytes())
    key = load_pem_private_key(files.key.read_bytes(), None)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    path = files.certificate.with_suffix(".p12")
    path.write_bytes(serialize_key_and_certificates(b"own", key, chain[0], chain[1:], encryption))  # type: ignore[arg-type]  # any key that a member has
    return str(path)


class _Server:
    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def said(self) -> tuple[str, ...]:
        text, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return evidence(text, EVIDENCE)


class Java:
    """JSSE."""

    name = "java"

    def __init__(self, java: str, classes: Path) -> None:
        """Run the peer that was compiled into `classes`."""
        self._java = java
        self._classes = classes

    def _command(self, role: str, port: int, files: Files, version: int, *, speaks: bool) -> list[str]:
        protocol = f"TLSv{VERSIONS[version]}"
        manner = "speaks" if speaks else "listens"
        machine = [self._java, "-XX:TieredStopAtLevel=1", "-cp", str(self._classes), "MirrorPeer"]
        return [*machine, role, str(port), protocol, str(files.ca), _store(files), PASSWORD, manner]

    def client(self, port: int, files: Files, version: int, *, speaks: bool) -> tuple[str, ...]:
        """Dial once."""
        command = self._command("client", port, files, version, speaks=speaks)
        done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_SECONDS, check=False)
        return evidence(done.stdout + done.stderr, EVIDENCE)

    @contextmanager
    def server(self, files: Files, version: int) -> Iterator[_Server]:
        """Answer once."""
        server = _Server(self._command("server", 0, files, version, speaks=False))
        try:
            yield server
        finally:
            end(server.process)
