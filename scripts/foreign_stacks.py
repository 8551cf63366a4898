"""TLS stacks other than the lab's own: OpenSSL's tools, GnuTLS, NSS, Go, Java, Node, mbed TLS, wolfSSL.

Each is a program that takes one connection in one role, with the files of a lab identity. A stack whose
program is missing is not there, and whoever asks for it is told so.
"""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

from analyzers.connection import Party
from probe.lab.identity import Identity, pem_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from probe.lab.ends import End

__all__ = ["SOURCES", "STACKS", "Missing", "Peer", "Stack", "connecting", "listening", "program"]

SOURCES = Path(__file__).parent / "foreign"

START_SECONDS = 20.0
"""How long a program may need until it listens: a JVM takes seconds on a busy machine."""

END_SECONDS = 10.0
"""How long a program may need to end by itself before it is ended."""

TLS_1_3 = 0x0304

ANSWER = b"MIRRORPROBE-LAB OK"
"""How the lab's server begins its answer."""


class Missing(Exception):
    """A program that a stack needs is not installed."""


@dataclass(frozen=True, slots=True)
class Files:
    """An end's files; certificate and key are None where it has none."""

    directory: Path
    certificate: Path | None
    key: Path | None
    ca: Path
    identity: Identity | None
    ca_pem: bytes

    @classmethod
    def write(cls, end: End, directory: Path) -> Files:
        """Write what `end` has into `directory`."""
        directory.mkdir(parents=True, exist_ok=True)
        ca = directory / "ca.pem"
        ca.write_bytes(end.ca_pem)
        if end.identity is None:
            return cls(directory, None, None, ca, None, end.ca_pem)
        files = end.identity.write(directory)
        return cls(directory, files.certificate, files.key, ca, end.identity, end.ca_pem)


class Stack(Protocol):
    """A TLS stack that can be one end of a connection."""

    name: str

    def title(self) -> str:
        """Give name and version, as the program itself says.

        Raises:
            Missing: it is not installed.
        """
        ...

    def command(self, party: Party, address: tuple[str, int], files: Files, version: int) -> list[str]:
        """Give the program that plays `party` at `address`, speaking at most `version`."""
        ...


def _output(*command: str) -> str:
    if shutil.which(command[0]) is None:
        raise Missing(f"{command[0]} is not installed")
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own words
    return (run.stdout or run.stderr).strip()


class OpenSsl:
    """The system's `openssl s_client` and `s_server`."""

    name = "openssl"

    def title(self) -> str:
        """Give the version."""
        return " ".join(_output("openssl", "version").split()[:2])

    def command(self, party: Party, address: tuple[str, int], files: Files, version: int) -> list[str]:
        """Verify the peer, and refuse it where it cannot be verified."""
        host, port = address
        command = ["openssl", "s_client", "-connect", f"{host}:{port}", "-bind", "127.0.0.11:0"]
        if party is Party.SERVER:
            command = [
                "openssl",
                "s_server",
                "-accept",
                f"{host}:{port}",
                "-naccept",
                "1",
                "-rev",
                "-Verify",
                "9",
            ]
        command += ["-CAfile", str(files.ca), "-verify_return_error"]
        command += [] if version == TLS_1_3 else ["-tls1_2"]
        if files.identity is not None:
            leaf, others = files.directory / "leaf.pem", files.directory / "others.pem"
            leaf.write_bytes(pem_of(files.identity.chain[:1]))
            others.write_bytes(pem_of(files.identity.chain[1:]))
            command += ["-cert", str(leaf), "-key", str(files.key)]
            command += ["-cert_chain", str(others)] if others.stat().st_size else []
        return command


class GnuTls:
    """`gnutls-cli` and `gnutls-serv`."""

    name = "gnutls"

    def title(self) -> str:
        """Give the version."""
        return "GnuTLS " + _output("gnutls-cli", "--version").split("\n", 1)[0].split()[-1]

    def command(self, party: Party, address: tuple[str, int], files: Files, version: int) -> list[str]:
        """The server listens on every address: it has no option for one."""
        host, port = address
        command = ["gnutls-cli", "--verify-hostname=irisb.example.com", host]
        if party is Party.SERVER:
            command = ["gnutls-serv", "--quiet", "--echo", "--require-client-cert", "--verify-client-cert"]
        priority = "NORMAL" if version == TLS_1_3 else "NORMAL:-VERS-ALL:+VERS-TLS1.2"
        command += [f"--port={port}", f"--x509cafile={files.ca}", f"--priority={priority}"]
        if files.identity is not None:
            command += [f"--x509certfile={files.certificate}", f"--x509keyfile={files.key}"]
        return command


class Nss:
    """NSS's own tools, `tstclnt` and `selfserv`, with a database made for each end."""

    name = "nss"

    def title(self) -> str:
        """Give the version of Debian's package, for the tools do not say theirs."""
        _output("tstclnt", "-h")
        return (
            "NSS "
            + _output("dpkg-query", "-W", "-f", "${Version}", "libnss3").split("-", 1)[0].split(":")[-1]
        )

    def command(self, party: Party, address: tuple[str, int], files: Files, version: int) -> list[str]:
        """The server listens on every address: it has no option for one."""
        host, port = address
        newest = "tls1.3" if version == TLS_1_3 else "tls1.2"
        command = ["-d", f"sql:{self._database(files)}", "-p", str(port), "-V", f"tls1.2:{newest}"]
        command += ["-n", "own"] if files.identity is not None else []
        if party is Party.SERVER:
            return ["selfserv", *command, "-r", "-r", "-w", "password"]
        return ["tstclnt", *command, "-h", host, "-w", "password"]

    def _database(self, files: Files) -> Path:
        database = files.directory / "nss"
        database.mkdir()
        password = files.directory / "password"
        password.write_text("password")
        access = ["-d", f"sql:{database}", "-f", str(password)]
        _run("certutil", "-N", *access)
        for place, authority in enumerate(x509.load_pem_x509_certificates(files.ca_pem)):
            trusted = files.directory / f"authority-{place}.pem"
            trusted.write_bytes(pem_of((authority,)))
            _run("certutil", "-A", *access, "-n", f"authority {place}", "-t", "CT,,", "-i", str(trusted))
        if files.identity is not None:
            bundle = files.directory / "own.p12"
            bundle.write_bytes(_pkcs12(files.identity))
            _run(
                "pk12util", "-d", f"sql:{database}", "-k", str(password), "-i", str(bundle), "-W", "password"
            )
        return database


def _pkcs12(identity: Identity) -> bytes:
    key = load_pem_private_key(identity.key_pem, password=None)
    leaf, *others = identity.chain
    if not isinstance(key, pkcs12.PKCS12PrivateKeyTypes):
        raise TypeError("this kind of key does not go into PKCS#12")
    return pkcs12.serialize_key_and_certificates(
        b"own", key, leaf, others, BestAvailableEncryption(b"password")
    )


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  our own words


@dataclass(frozen=True, slots=True)
class Peer:
    """One of the programs beside this file: `peer ROLE HOST PORT CERTIFICATE KEY CA VERSION`."""

    name: str
    language: str
    version: tuple[str, ...]
    """The command that prints the version, in its first line."""
    start: tuple[str, ...]
    """The command that runs the program."""
    build: tuple[str, ...] = ()
    """The command that makes it, once."""

    def title(self) -> str:
        """Give the version."""
        words = _output(*self.version).split("\n", 1)[0].replace('"', " ").split()
        return (
            f"{self.language} {next(word.strip('gov') for word in words if any(c.isdigit() for c in word))}"
        )

    def command(self, party: Party, address: tuple[str, int], files: Files, version: int) -> list[str]:
        """Build the program if need be."""
        if self.build and not Path(self.start[0]).exists():
            _run(*self.build)
        host, port = address
        identity = [str(files.certificate or "-"), str(files.key or "-")]
        newest = "1.3" if version == TLS_1_3 else "1.2"
        return [*self.start, party, host, str(port), *identity, str(files.ca), newest]


def program(stack: str) -> str:
    """Say where the program of a stack is built."""
    return str(Path(tempfile.gettempdir()) / f"mirrorprobe-{stack}-peer")


def _in_c(stack: str, language: str, *libraries: str) -> Peer:
    """Give a stack whose program is in C; its version is that of Debian's package."""
    built, source = program(stack), str(SOURCES / f"peer_{stack}.c")
    return Peer(
        stack,
        language,
        version=("dpkg-query", "-W", "-f", "${Version}", f"lib{stack}-dev"),
        start=(built,),
        build=("gcc", "-O1", "-o", built, source, *libraries),
    )


STACKS: Mapping[str, Stack] = {
    stack.name: stack
    for stack in (
        OpenSsl(),
        GnuTls(),
        Nss(),
        Peer(
            "go",
            "Go",
            version=("go", "version"),
            start=(program("go"),),
            build=("go", "build", "-o", program("go"), str(SOURCES / "peer.go")),
        ),
        Peer("java", "Java", version=("java", "-version"), start=("java", str(SOURCES / "Peer.java"))),
        Peer("node", "Node", version=("node", "--version"), start=("node", str(SOURCES / "peer.js"))),
        _in_c("mbedtls", "mbed TLS", "-lmbedtls", "-lmbedx509", "-lmbedcrypto"),
        _in_c("wolfssl", "wolfSSL", "-lwolfssl"),
    )
}
"""By name."""


@contextmanager
def listening(
    stack: Stack, end: End, address: tuple[str, int], version: int, directory: Path
) -> Iterator[None]:
    """Let `stack` listen at `address` as `end` meanwhile.

    Raises:
        Missing: it is not installed.
        TimeoutError: it does not listen in time.
    """
    stack.title()
    command = stack.command(Party.SERVER, address, Files.write(end, directory), version)
    log = (directory / "server.log").open("wb")
    with log, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log) as process:  # noqa: S603
        try:
            _wait_for_listener(process, address[1])
            yield
            process.wait(0 if stack.name in _STAYING else END_SECONDS)
        except subprocess.TimeoutExpired:
            pass  # It waits for another connection, or for an end of its input.
        finally:
            process.terminate()


_STAYING = frozenset({"gnutls", "nss"})
"""Servers that go on listening after a connection."""


def connecting(stack: Stack, end: End, address: tuple[str, int], version: int, directory: Path) -> str:
    """Let `stack` call `address` as `end`, and give what its program printed.

    Raises:
        Missing: it is not installed.
    """
    stack.title()
    command = stack.command(Party.CLIENT, address, Files.write(end, directory), version)
    with subprocess.Popen(  # noqa: S603  our own words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        said = _ask(process)
        try:
            # A line that begins with Q ends s_client; the others end with their input.
            return (said + process.communicate(b"Q\n", timeout=END_SECONDS)[0]).decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            process.kill()
            return (said + process.communicate()[0]).decode("utf-8", "replace")


def _ask(process: subprocess.Popen[bytes]) -> bytes:
    """Give the program a line for its peer, and read what it prints until the peer has answered."""
    said = b""
    deadline = time.monotonic() + END_SECONDS
    if process.stdin is None or process.stdout is None:
        raise ValueError("the program was started without pipes")
    process.stdin.write(b"STATUS\n")
    process.stdin.flush()
    while ANSWER not in said and (left := deadline - time.monotonic()) > 0:
        if not select.select([process.stdout], [], [], left)[0]:
            break
        chunk = os.read(process.stdout.fileno(), 65536)
        if not chunk:
            break
        said += chunk
    return said


def _wait_for_listener(process: subprocess.Popen[bytes], port: int) -> None:
    """Look for the port among the listening sockets, for a connection made to find out would be recorded."""
    deadline = time.monotonic() + START_SECONDS
    while not _listens(port):
        if process.poll() is not None:
            raise ConnectionRefusedError(
                f"{process.args!r} ended with {process.returncode} before it listened"
            )
        if time.monotonic() > deadline:
            raise TimeoutError(f"{process.args!r} does not listen")
        time.sleep(0.02)


def _listens(port: int) -> bool:
    """Read proc_net_tcp(5): the local address is the second column, the state the fourth, 0A for LISTEN."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            columns = row.split()
            if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                return True
    return False
