"""Reloads while there is traffic, again and again, and while the probe stops."""

from __future__ import annotations

import json
import signal
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from probe.lab.authority import Authority
from tests.integration.raw import dial, listening, read_exactly
from tests.integration.test_service import service
from tests.tls.peers import free_port

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.integration.test_service import Service

FORWARDING = """
[mirror]
name = "LAB"
tls_required = false
[history]
enabled = false
[web]
listen = "127.0.0.1:0"
[limits]
connections = {connections}
"""

RELAY = """
[[relay]]
name = "{name}"
listen = "127.0.0.1:{port}"
upstream = "127.0.0.1:{upstream}"
mode = "passthrough"
"""


CHECK = """
[[check]]
name = "asking"
target = "127.0.0.1:{target}"
connect_as = {{ certificate = "irisa/CertificateFile.pem", key = "irisa/PrivateKeyFile.pem" }}
interval_seconds = 1
"""


def forwarding(*relays: tuple[str, int, int], connections: int = 100) -> str:
    """Write a configuration with relays by name, port and upstream."""
    tables = (RELAY.format(name=name, port=port, upstream=upstream) for name, port, upstream in relays)
    return FORWARDING.format(connections=connections) + "".join(tables)


def echo(connection: socket.socket) -> None:
    """Send back all that comes."""
    while data := connection.recv(65536):
        connection.sendall(data)


def assert_echoes(connection: socket.socket) -> None:
    """Insist that the connection is alive."""
    connection.sendall(b"ping")
    assert read_exactly(connection, 4) == b"ping"


@pytest.fixture
def upstream() -> Iterator[int]:
    """An upstream that sends one connection's bytes back."""
    with listening(echo) as server:
        yield server.port


def files_of(probe: Service) -> int:
    """Count the open files of a process."""
    return len(list(Path(f"/proc/{probe.process.pid}/fd").iterdir()))


def test_another_name_at_the_same_port(upstream: int, tmp_path: Path) -> None:
    """A relay whose name changes goes on at its port, and what is open there lasts."""
    port = free_port()
    with service(tmp_path / "mirrorprobe.toml", forwarding(("one", port, upstream))) as probe:
        with dial(port) as old:
            assert_echoes(old)
            event = probe.reload(forwarding(("two", port, upstream)), "reloaded")
            assert event["relays"] == [f"127.0.0.1:{port}"]
            assert_echoes(old)
        assert probe.event("connection")["relay"] == "one"


def test_two_relays_change_places(tmp_path: Path) -> None:
    """Two relays may take each other's port in one reload."""
    first, second = free_port(), free_port()
    with ExitStack() as stack:
        up, other = (stack.enter_context(listening(echo)).port for _ in range(2))
        text = forwarding(("one", first, up), ("two", second, other))
        probe = stack.enter_context(service(tmp_path / "mirrorprobe.toml", text))
        probe.reload(forwarding(("one", second, up), ("two", first, other)), "reloaded")
        for port, name in ((first, "two"), (second, "one")):
            with dial(port) as connection:
                assert_echoes(connection)
            assert probe.event("connection")["relay"] == name


def test_ceiling_holds_over_a_reload(upstream: int, tmp_path: Path) -> None:
    """Connections that began before a reload count against the ceiling after it."""
    port = free_port()
    text = forwarding(("one", port, upstream), connections=1)
    with service(tmp_path / "mirrorprobe.toml", text) as probe, dial(port) as old:
        assert_echoes(old)
        probe.reload(text, "reloaded")
        probe.reload(text, "reloaded")
        with pytest.raises(ConnectionResetError), dial(port) as new:
            new.recv(1)


def test_reload_while_stopping(upstream: int, tmp_path: Path) -> None:
    """A reload that is asked for while connections drain changes nothing, and does not hold up the end."""
    port, other = free_port(), free_port()
    with service(tmp_path / "mirrorprobe.toml", forwarding(("one", port, upstream))) as probe:
        with dial(port) as open_one:
            assert_echoes(open_one)
            probe.process.send_signal(signal.SIGTERM)
            probe.path.write_text(forwarding(("one", port, upstream), ("two", other, upstream)))
            probe.process.send_signal(signal.SIGHUP)
            probe.process.send_signal(signal.SIGHUP)
            assert_echoes(open_one)
        assert probe.process.stdout
        events = [json.loads(line)["event.action"] for line in probe.process.stdout]
        assert events[-1] == "stopped"
        assert "reloaded" not in events
        assert probe.process.wait(20) == 0


def test_storm_of_reloads(tmp_path: Path) -> None:
    """Two hundred reloads during traffic drop nothing and leave no file open."""
    port = free_port()
    with ExitStack() as stack:
        lasting = stack.enter_context(listening(echo))
        text = forwarding(("one", port, lasting.port))
        probe = stack.enter_context(service(tmp_path / "mirrorprobe.toml", text))
        old = stack.enter_context(dial(port))
        assert_echoes(old)
        probe.reload(text, "reloaded")
        before = files_of(probe)
        for number in range(200):
            probe.process.send_signal(signal.SIGHUP)
            assert_echoes(old)
            if number % 10 == 0:
                probe.event("reloaded")
        assert files_of(probe) <= before + 1  # the configuration may be open at this moment


def test_reload_leaves_a_check_alone_that_did_not_change(tmp_path: Path) -> None:
    """A check whose table and files are the same goes on where it was; one whose files changed begins anew."""
    issuing = Authority.create()
    issuing.member("IRISA").write(tmp_path / "irisa")
    text = forwarding(("one", free_port(), 9)) + CHECK.format(target=free_port())

    def rounds(probe: Service) -> tuple[str, int]:
        run, _, number = probe.event("connection")["id"].rpartition("-")
        return run, int(number)

    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        run, number = rounds(probe)
        probe.reload(text, "reloaded")
        assert rounds(probe) == (run, number + 1)
        issuing.member("IRISA").write(tmp_path / "irisa")
        probe.reload(text, "reloaded")
        another, first = rounds(probe)
        assert (another != run, first) == (True, 1)
