"""Live capture under `run`: connections that nobody sent through the probe are told like all others."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.integration.raw import dial, listening
from tests.integration.test_service import CONFIGURATION, service
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.members import Members


@pytest.fixture(autouse=True)
def _privileged() -> None:
    """Capturing takes a privilege; in CI, where nothing may be left out, its lack is a failure."""
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except PermissionError:
        if os.environ.get("CI"):
            pytest.fail("capturing takes root or CAP_NET_RAW, and CI leaves nothing out", pytrace=False)
        pytest.skip("capturing takes root or CAP_NET_RAW")


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
