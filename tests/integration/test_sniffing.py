"""Live capture under `run`: connections that nobody sent through the probe are told like all others."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration.raw import dial, listening
from tests.integration.test_service import CONFIGURATION, service
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.members import Members
    from tests.integration.test_service import Service


@pytest.fixture(autouse=True)
def _privileged() -> None:
    """Capturing takes a privilege; in CI, where nothing may be left out, its lack is a failure."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        if os.environ.get("CI"):
            pytest.fail("capturing takes root or CAP_NET_RAW, and CI leaves nothing out", pytrace=False)
        pytest.skip("capturing takes root or CAP_NET_RAW")


def packet_sockets(probe: Service) -> int:
    """Count the packet sockets of a process."""
    _, *lines = Path("/proc/net/packet").read_text("ascii").splitlines()
    of_machine = {f"socket:[{line.split()[-1]}]" for line in lines}
    held = list(Path(f"/proc/{probe.process.pid}/fd").iterdir())
    return sum(str(file.readlink()) in of_machine for file in held)


def change(*arguments: str) -> None:
    """Change an interface of this machine."""
    subprocess.run(["ip", "link", *arguments], check=True, capture_output=True, timeout=20)


@pytest.fixture
def interface(require_program: Callable[[str], str]) -> Iterator[str]:
    """An interface of the test's own, which nothing passes."""
    require_program("ip")
    name = f"mp{os.getpid()}"
    try:
        change("add", name, "type", "veth", "peer", "name", f"{name}p")
    except subprocess.CalledProcessError:
        if os.environ.get("CI"):
            pytest.fail("making an interface takes CAP_NET_ADMIN, and CI leaves nothing out", pytrace=False)
        pytest.skip("making an interface takes CAP_NET_ADMIN")
    change("set", name, "up")
    yield name
    with suppress(subprocess.CalledProcessError):
        change("delete", name)


def test_sniffed_connections_are_told(members: Members, tmp_path: Path) -> None:
    """A connection past the probe is one event, by the road and the name of the live capture."""
    with listening(members.echo) as server:
        text = CONFIGURATION.format(port=free_port(), upstream=9)
        text += f'[[sniff]]\nname = "wire"\ninterface = "lo"\nports = [{server.port}]\n'
        with service(tmp_path / "mirrorprobe.toml", text) as probe:
            context = members.context(members.client, is_server=False)
            with context.wrap_socket(dial(server.port)) as tls:
                tls.sendall(b"hello")
                assert tls.recv(100) == b"hello"
            event = probe.event("connection")
    assert (event["relay"], event["road"], event["outcome"]) == ("wire", "sniff", "established")
    assert event["destination.port"] == server.port
    assert set(event["legs"]) == {"direct"}


def test_reload_with_an_unknown_interface(members: Members, tmp_path: Path) -> None:
    """A reload that names an interface that is not there is refused as a whole."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        wrong = text + '[[sniff]]\nname = "wire"\ninterface = "nowhere0"\nports = [1]\n'
        event = probe.reload(wrong, "reload failed")
    assert "nowhere0: no such interface" in event["problems"][0]


def test_failed_reload_gives_back_what_it_opened(members: Members, tmp_path: Path) -> None:
    """Where one of several interfaces cannot be had, none stays open, and every reason is told."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        probe.reload(text, "reloaded")
        before = packet_sockets(probe)
        wrong = text + "".join(
            f'[[sniff]]\nname = "{name}"\ninterface = "{interface}"\nports = [1]\n'
            for name, interface in (("wire", "lo"), ("here", "nowhere0"), ("there", "nowhere1"))
        )
        event = probe.reload(wrong, "reload failed")
        assert [problem.split(":")[0] for problem in event["problems"]] == [
            "nowhere0",
            "nowhere1",
        ]
        assert packet_sockets(probe) == before


def test_many_captures_hold_up_no_reload(members: Members, tmp_path: Path) -> None:
    """More captures than the event loop has threads leave those for what waits for them."""
    text = CONFIGURATION.format(port=free_port(), upstream=9) + "".join(
        f'[[sniff]]\nname = "wire-{number}"\ninterface = "lo"\nports = [1]\n'
        for number in range(min(32, (os.cpu_count() or 1) + 4) + 1)
    )
    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        assert probe.reload(text, "reloaded")


def test_interface_that_goes_and_comes(members: Members, interface: str, tmp_path: Path) -> None:
    """An interface that is taken away is told, and the next reload captures from the one that has come."""
    text = CONFIGURATION.format(port=free_port(), upstream=9)
    text += f'[[sniff]]\nname = "wire"\ninterface = "{interface}"\nports = [1]\n'
    with service(tmp_path / "mirrorprobe.toml", text) as probe:
        before = packet_sockets(probe)
        change("set", interface, "down")
        change("set", interface, "up")
        change("delete", interface)
        event = probe.event("watching failed")
        assert (event["name"], event["log.level"]) == ("wire", "error")
        assert f"{interface}: the interface is gone" in event["error"]
        assert packet_sockets(probe) == before - 1
        change("add", interface, "type", "veth", "peer", "name", f"{interface}p")
        change("set", interface, "up")
        probe.reload(text, "reloaded")
        assert packet_sockets(probe) == before
