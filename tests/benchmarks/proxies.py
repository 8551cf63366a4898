"""What is measured: our relay, HAProxy and stunnel, each ending mutual TLS and beginning it anew.

All three get the same two identities and the same CA, check the peers' certificates on both legs, resume no
session, and run as one process on one core's worth of event loop (stunnel: its threads). Our relay is the real
`mirrorprobe run` with its events going to a file; the two others write no log.

stunnel has no service that does both, so it gets two, one that ends TLS and one that begins it, joined over
loopback within its one process: there is no other way to have it re-originate.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from probe.lab.identity import IdentityFiles

__all__ = ["PROXIES", "Ends", "Running", "missing_programs", "running", "versions"]

SEARCHED = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
"""Debian keeps haproxy where a user's PATH does not reach."""

START_SECONDS = 30.0
POLL_SECONDS = 0.02
QUIET_POLLS = 25
_IDENTIFIES = re.compile("HAProxy version|stunnel |Running.* OpenSSL ")
"""What a proxy calls itself, and which OpenSSL it runs on."""

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Ends:
    """Between whom a proxy stands, and what it needs to stand for either."""

    upstream: int
    """The echo server's port."""
    serve_as: IdentityFiles
    connect_as: IdentityFiles
    version: str
    """`1.2` or `1.3`, the only one spoken."""
    client_dn: str
    server_dn: str


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy that listens."""

    pid: int
    port: int
    quiet_files: int
    """How many descriptors it has without a connection."""

    def cpu_seconds(self) -> float:
        """Give user and system time of the process with all its threads, also those that have ended."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_bytes(self) -> int:
        """Give the resident set."""
        for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise ProcessLookupError(f"process {self.pid} has ended")

    def settle(self) -> None:
        """Wait until it has closed every connection, and so has done all the work that they are."""
        until = time.monotonic() + START_SECONDS
        while _files(self.pid) > self.quiet_files:
            if time.monotonic() > until:
                raise TimeoutError(f"process {self.pid} does not close its connections")
            time.sleep(POLL_SECONDS)


def _files(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _quiet_files(pid: int) -> int:
    """Count the descriptors of a process that has none to open any more: some listen before they open their logs."""
    counts = [_files(pid)]
    while counts[-QUIET_POLLS:] != [counts[-1]] * QUIET_POLLS:
        time.sleep(POLL_SECONDS)
        counts.append(_files(pid))
    return counts[-1]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _mirrorprobe(ends: Ends, port: int, directory: Path) -> list[str]:
    (directory / "mirrorprobe.toml").write_text(
        f"""
[mirror]
name = "BENCH"
ca = "{ends.serve_as.ca}"
[[member]]
name = "IRISA"
dn = "{ends.client_dn}"
addresses = ["127.0.0.1"]
[[member]]
name = "IRISB"
dn = "{ends.server_dn}"
agent = "127.0.0.1:{ends.upstream}"
[events]
file = "events.jsonl"
[history]
enabled = false
[web]
listen = "127.0.0.1:0"
[[relay]]
name = "bench"
listen = "127.0.0.1:{port}"
upstream = "127.0.0.1:{ends.upstream}"
serve_as = {{ certificate = "{ends.serve_as.certificate}", key = "{ends.serve_as.key}" }}
connect_as = {{ certificate = "{ends.connect_as.certificate}", key = "{ends.connect_as.key}" }}
""",
        "utf-8",
    )
    return [sys.executable, "-m", "probe", "run", "-c", str(directory / "mirrorprobe.toml")]


def _haproxy(ends: Ends, port: int, directory: Path) -> list[str]:
    for name, files in (("serve", ends.serve_as), ("connect", ends.connect_as)):
        (directory / f"{name}.pem").write_bytes(files.certificate.read_bytes() + files.key.read_bytes())
    only = f"ssl-min-ver TLSv{ends.version} ssl-max-ver TLSv{ends.version}"
    (directory / "haproxy.cfg").write_text(
        f"""
global
    nbthread 1
    maxconn 4096
    tune.ssl.cachesize 0
defaults
    mode tcp
    timeout connect 10s
    timeout client 120s
    timeout server 120s
listen bench
    bind 127.0.0.1:{port} ssl crt {directory}/serve.pem verify required ca-file {ends.serve_as.ca} no-tls-tickets {only}
    server upstream 127.0.0.1:{ends.upstream} ssl crt {directory}/connect.pem verify required ca-file {ends.connect_as.ca} no-ssl-reuse {only}
""",  # noqa: E501 (a directive is one line)
        "utf-8",
    )
    return [_program("haproxy"), "-db", "-q", "-f", str(directory / "haproxy.cfg")]


def _stunnel(ends: Ends, port: int, directory: Path) -> list[str]:
    between = _free_port()

    def service(files: IdentityFiles) -> str:
        return f"cert = {files.certificate}\nkey = {files.key}\nCAfile = {files.ca}\nverifyChain = yes\n"

    (directory / "stunnel.conf").write_text(
        f"""
foreground = yes
pid =
debug = err
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
sslVersion = TLSv{ends.version}
sessionResume = no
options = NO_TICKET
[in]
accept = 127.0.0.1:{port}
connect = 127.0.0.1:{between}
{service(ends.serve_as)}
[out]
client = yes
accept = 127.0.0.1:{between}
connect = 127.0.0.1:{ends.upstream}
{service(ends.connect_as)}
""",
        "utf-8",
    )
    return [_program("stunnel"), str(directory / "stunnel.conf")]


PROXIES = {"mirrorprobe": _mirrorprobe, "haproxy": _haproxy, "stunnel": _stunnel}


def _program(name: str) -> str:
    return shutil.which(name, path=SEARCHED) or name


def missing_programs() -> list[str]:
    """Name what has to be installed before anything can be compared."""
    return [name for name in ("haproxy", "stunnel") if shutil.which(name, path=SEARCHED) is None]


def versions() -> list[str]:
    """Give what the two others say that they and their OpenSSL are."""
    said = []
    for name, option in (("haproxy", "-vv"), ("stunnel", "-version")):
        done = subprocess.run(
            [_program(name), option], capture_output=True, text=True, check=True, timeout=30
        )
        lines = [" ".join(line.split()) for line in (done.stdout + done.stderr).splitlines()]
        said.append("; ".join(line for line in lines if _IDENTIFIES.match(line)))
    return said


@contextmanager
def running(name: str, ends: Ends, directory: Path) -> Iterator[Running]:
    """Run a proxy for as long as the context lasts; what it says on standard error goes to a file."""
    directory.mkdir(parents=True)
    port = _free_port()
    command = PROXIES[name](ends, port, directory)
    with (directory / "stderr").open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        _wait_until_listening(process, port, directory)
        yield Running(process.pid, port, _quiet_files(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, directory: Path) -> None:
    """Look in the system's table of listening sockets, for a first connection would already be work."""
    until = time.monotonic() + START_SECONDS
    wanted = f":{port:04X} 00000000:0000 0A"
    while wanted not in Path("/proc/net/tcp").read_text("ascii"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(
                f"{process.args!r} does not listen: {(directory / 'stderr').read_text('utf-8')}"
            )
        time.sleep(POLL_SECONDS)
