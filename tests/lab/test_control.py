"""The socket over which `lab fault` asks a running lab."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import pytest

from probe.lab.box import Box
from probe.lab.control import LabRefused, ask, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probe.lab.authority import Authority

PATIENCE_SECONDS = 10.0


@pytest.fixture
def directory(issuing: Authority, tmp_path: Path) -> Iterator[Path]:
    """Where a lab runs and answers."""
    with Box(issuing, patience=1.0) as box, serving(box, tmp_path):
        yield tmp_path


def raw(directory: Path, line: bytes) -> dict[str, object]:
    """Send one line as it is, and give the answer."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(str(directory / "lab.sock"))
        connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
        answer: dict[str, object] = json.loads(connection.makefile("rb").readline())
        return answer


def test_a_fault_is_played_on_request(directory: Path) -> None:
    """Both ends' accounts come back, in the version that was asked for."""
    played = ask(directory, "client-expired", version=0x0303, through=None, patience=PATIENCE_SECONDS)
    assert played is not None
    assert played["client"]["received_alerts"] == [{"code": 45, "description": "certificate_expired"}]
    assert played["server"]["verify_error"] == 10
    assert played["client"]["version"] == "TLSv1.2"


def test_a_fault_can_go_through_another_address(directory: Path) -> None:
    """With `through` the client dials there: here nobody listens, so the server sees nothing."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        through = unused.getsockname()
        played = ask(directory, "client-expired", version=None, through=through, patience=PATIENCE_SECONDS)
    assert played is not None
    assert played["client"]["error"] == "connection refused"
    assert played["server"] is None


def test_without_a_lab_there_is_no_answer(tmp_path: Path) -> None:
    """Where no lab runs, the answer is that there is none."""
    assert ask(tmp_path, "client-expired", version=None, through=None, patience=1.0) is None


@pytest.mark.parametrize(
    "line",
    [b"", b"\n", b"no JSON\n", b"[]\n", b"{}\n", b'{"fault": "none such"}\n', b"\xff\xfe\n", b"x" * 100_000],
)
def test_a_request_that_cannot_be_read_is_answered(directory: Path, line: bytes) -> None:
    """Whatever is sent, an error comes back and the lab goes on."""
    assert "error" in raw(directory, line)
    assert ask(directory, "client-expired", version=None, through=None, patience=PATIENCE_SECONDS)


def test_an_error_of_the_lab_is_raised(directory: Path) -> None:
    """The asker is told what the lab said."""
    with pytest.raises(LabRefused, match="cannot be read"):
        ask(directory, "none such", version=None, through=None, patience=PATIENCE_SECONDS)


def test_only_the_owner_may_ask(directory: Path) -> None:
    """The socket's mode is 0600."""
    assert (directory / "lab.sock").stat().st_mode & 0o777 == 0o600
