"""The probe as a service: what it tells the service manager, and reloads that drop nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.raw import dial, listening
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.integration.members import Members

CONFIGURATION = """
[mirror]
name = "LAB"
[[relay]]
name = "one"
listen = "127.0.0.1:{port}"
upstream = "127.0.0.1:{upstream}"
serve_as = {{ certificate = "server/CertificateFile.pem", key = "server/PrivateKeyFile.pem" }}
connect_as = {{ certificate = "client/CertificateFile.pem", key = "client/PrivateKeyFile.pem" }}
ca = "client/CAFile.pem"
[history]
enabled = false
[web]
listen = "127.0.0.1:0"
"""


class Manager:
    """What systemd is to a service: a socket that takes its messages."""

    def __init__(self, directory: Path) -> None:
        """Listen in a directory."""
        self.path = directory / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._socket.settimeout(20)

    def hears(self) -> dict[str, str]:
        """Wait for one message."""
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().splitlines())

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A service manager that listens."""
    listens = Manager(tmp_path)
    yield listens
    listens.close()


class Service:
    """A probe that runs as a process."""

    def __init__(self, path: Path, process: subprocess.Popen[str]) -> None:
        """Take over a process that was just started."""
        self.path = path
        self.process = process

    def event(self, name: str) -> dict[str, Any]:
        """Wait for an event of that name."""
        assert self.process.stdout
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            if event["event.action"] == name:
                return event
        raise AssertionError(f"the probe ended without {name}")

    def reload(self, text: str, outcome: str) -> dict[str, Any]:
        """Write another configuration and have it read; give the event that tells of it."""
        self.path.write_text(text)
        self.process.send_signal(signal.SIGHUP)
        return self.event(outcome)


@contextmanager
def service(path: Path, text: str, **variables: str) -> Iterator[Service]:
    """Run the command for as long as the context lasts."""
    path.write_text(text)
    with subprocess.Popen(
        [sys.executable, "-m", "probe", "run", "-c", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | variables,
    ) as process:
        running = Service(path, process)
        try:
            running.event("started")
            yield running
        finally:
            process.terminate()
            _, err = process.communicate(timeout=20)
    assert err == ""


def test_service_manager(members: Members, manager: Manager, tmp_path: Path) -> None:
    """The manager hears that the probe is ready, reloads, is ready again, lives, and stops."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    with service(tmp_path / "mirrorprobe.toml", text, NOTIFY_SOCKET=str(manager.path)) as probe:
        ready = manager.hears()
        assert ready["READY"] == "1"
        assert ready["STATUS"].startswith("1 relay, page on http://127.0.0.1:")
        probe.reload(text, "reloaded")
        reloading = manager.hears()
        assert reloading["RELOADING"] == "1"
        assert int(reloading["MONOTONIC_USEC"]) > 0
        assert manager.hears()["READY"] == "1"
        probe.process.terminate()
        assert manager.hears()["STOPPING"] == "1"


def test_watchdog(members: Members, manager: Manager, tmp_path: Path) -> None:
    """With a watchdog the manager hears again and again that the event loop turns."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    variables = {"NOTIFY_SOCKET": str(manager.path), "WATCHDOG_USEC": "100000"}
    with service(tmp_path / "mirrorprobe.toml", text, **variables):
        heard = [manager.hears() for _ in range(6)]
        assert sum("WATCHDOG" in message for message in heard) >= 5


def test_abstract_socket(members: Members, tmp_path: Path) -> None:
    """A manager may listen at an abstract address, written with @."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listens:
        name = f"mirrorprobe-test-{os.getpid()}"
        listens.bind(f"\0{name}")
        listens.settimeout(20)
        text = CONFIGURATION.format(port=free_port(), upstream=9)
        with service(tmp_path / "mirrorprobe.toml", text, NOTIFY_SOCKET=f"@{name}"):
            assert listens.recv(4096).startswith(b"READY=1")


def test_reload_keeps_connections(members: Members, tmp_path: Path) -> None:
    """A connection lasts over a reload that replaces its relay, and the next one meets the new configuration."""
    port = free_port()
    with listening(members.echo) as server, listening(members.echo) as other:
        text = CONFIGURATION.format(port=port, upstream=server.port)
        context = members.context(members.client, is_server=False)
        with service(tmp_path / "mirrorprobe.toml", text) as probe:
            with context.wrap_socket(dial(port)) as old:
                old.sendall(b"before")
                assert old.recv(100) == b"before"
                event = probe.reload(text.replace(f":{server.port}", f":{other.port}"), "reloaded")
                assert event["needs_restart"] == []
                old.sendall(b"after")
                assert old.recv(100) == b"after"
                with context.wrap_socket(dial(port)) as new:
                    new.sendall(b"new")
                    assert new.recv(100) == b"new"
                assert probe.event("connection")["destination.port"] == other.port
            assert probe.event("connection")["destination.port"] == server.port


def test_reload_moves_a_relay(members: Members, tmp_path: Path) -> None:
    """A relay that listens elsewhere after a reload is reached there, and no longer at the old port."""
    before, after = free_port(), free_port()
    with listening(members.echo) as server:
        text = CONFIGURATION.format(port=before, upstream=server.port)
        context = members.context(members.client, is_server=False)
        with service(tmp_path / "mirrorprobe.toml", text) as probe:
            moved = probe.reload(text.replace(f":{before}", f":{after}"), "reloaded")
            assert moved["relays"] == [f"127.0.0.1:{after}"]
            with pytest.raises(ConnectionRefusedError):
                dial(before)
            with context.wrap_socket(dial(after)) as tls:
                tls.sendall(b"here")
                assert tls.recv(100) == b"here"


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda text, _: text.replace("[mirror]", "[miror]"), "unknown key 'miror'"),
        (lambda text, _: text.replace("server/PrivateKeyFile", "client/PrivateKeyFile", 1), "is not the key of"),
        (lambda text, taken: text + f'[[relay]]\nname = "two"\nlisten = "127.0.0.1:{taken}"\n'
         'upstream = "127.0.0.1:9"\nmode = "passthrough"\n', "the port is in use"),
    ],
)  # fmt: skip
def test_wrong_reload_keeps_the_old(
    members: Members, tmp_path: Path, spoil: Callable[[str, int], str], problem: str
) -> None:
    """A configuration that is wrong is told with every reason, and the old one goes on."""
    port = free_port()
    with listening(members.echo) as server, socket.create_server(("127.0.0.1", 0)) as taken:
        text = CONFIGURATION.format(port=port, upstream=server.port)
        with service(tmp_path / "mirrorprobe.toml", text) as probe:
            event = probe.reload(spoil(text, taken.getsockname()[1]), "reload failed")
            assert event["log.level"] == "error"
            assert any(problem in each for each in event["problems"])
            with members.context(members.client, is_server=False).wrap_socket(dial(port)) as tls:
                tls.sendall(b"still")
                assert tls.recv(100) == b"still"


def test_what_waits_for_a_restart(members: Members, tmp_path: Path) -> None:
    """A reload says which changed tables are read at the start alone."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        event = probe.reload(text + 'connections = 7\n[events]\nfile = "events.jsonl"\n', "reloaded")
        assert event["needs_restart"] == ["[web]", "[events]"]


def test_what_is_said_beside_a_file_of_events(members: Members, tmp_path: Path) -> None:
    """Where events go to a file, standard error says where the page is, and why a reload failed."""
    path = tmp_path / "mirrorprobe.toml"
    text = CONFIGURATION.format(port=free_port(), upstream=9) + '[events]\nfile = "events.jsonl"\n'
    path.write_text(text)
    with subprocess.Popen(
        [sys.executable, "-m", "probe", "run", "-c", str(path)], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr
            assert process.stderr.readline().startswith("1 relay, page on http://127.0.0.1:")
            path.write_text(text.replace("[mirror]", "[miror]"))
            process.send_signal(signal.SIGHUP)
            assert process.stderr.readline().startswith(f"reload failed: {path}: unknown key 'miror'")
        finally:
            process.terminate()
    assert process.returncode == 0
