"""A start that fails: everything that was opened before is given back, and every reason is told."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from probe.app import Probe
from probe.config import load_config
from probe.outcome import CommandFailed, ExitCode
from tests.tls.peers import free_port

TABLES = """
[mirror]
name = "LAB"
tls_required = false
[history]
file = "history.db"
[web]
listen = "127.0.0.1:{web}"
[events]
file = "events.jsonl"
[[syslog]]
name = "far"
address = "127.0.0.1:9"
[[relay]]
name = "one"
listen = "127.0.0.1:{one}"
upstream = "127.0.0.1:9"
mode = "passthrough"
[[relay]]
name = "two"
listen = "127.0.0.1:{two}"
upstream = "127.0.0.1:9"
mode = "passthrough"
"""

NOWHERE = """
[[sniff]]
name = "eyes"
interface = "nowhere0"
ports = [2188]
[[sniff]]
name = "ears"
interface = "nowhere1"
ports = [2188]
"""


def open_files() -> set[str]:
    """Name what this process has open."""
    return {str(place.readlink()) for place in Path("/proc/self/fd").iterdir() if place.is_symlink()}


def at_work() -> set[str]:
    """Name the threads of this process."""
    return {thread.name for thread in threading.enumerate()}


def assert_is_free(port: int) -> None:
    """Insist that a port can be had, which the system refuses as long as somebody listens."""
    with socket.socket() as handle:
        handle.bind(("127.0.0.1", port))


def test_missing_interface_leaves_nothing_open(tmp_path: Path) -> None:
    """Where an interface is not there, the ports, the sinks and their threads that came before it are closed."""
    web, one, two = free_port(), free_port(), free_port()
    path = tmp_path / "mirrorprobe.toml"
    path.write_text(TABLES.format(web=web, one=one, two=two) + NOWHERE)
    config = load_config(path)
    files, threads = open_files(), at_work()
    with pytest.raises(CommandFailed) as failed:
        Probe(config)
    assert [problem.partition(":")[0] for problem in failed.value.problems] == ["nowhere0", "nowhere1"]
    for thread in threading.enumerate():
        if thread.name not in threads:
            thread.join(20)
    assert at_work() <= threads
    assert open_files() <= files
    for port in (web, one, two):
        assert_is_free(port)


def test_port_that_another_has_leaves_nothing_open(tmp_path: Path) -> None:
    """Where a port is in use, the ports that came before it are closed."""
    web, one = free_port(), free_port()
    with socket.create_server(("127.0.0.1", 0)) as other:
        two = other.getsockname()[1]
        path = tmp_path / "mirrorprobe.toml"
        path.write_text(TABLES.format(web=web, one=one, two=two))
        files = open_files()
        with pytest.raises(CommandFailed) as failed:
            Probe(load_config(path))
        assert failed.value.problems == (f"relay two: cannot listen on 127.0.0.1:{two}: the port is in use",)
        assert open_files() <= files
    for port in (web, one):
        assert_is_free(port)


def test_run_says_what_is_missing(tmp_path: Path) -> None:
    """The command names each interface that is not there, in one line each, and leaves at once."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_text(TABLES.format(web=0, one=free_port(), two=free_port()) + NOWHERE)
    done = subprocess.run(
        [sys.executable, "-m", "probe", "run", "-c", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == ExitCode.USAGE
    assert [line.split(":")[1].strip() for line in done.stderr.splitlines()] == ["nowhere0", "nowhere1"]
