"""tcpdump records just the connection, whole."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

import pytest

from probe.lab.faults import FAULTS
from probe.lab.recording import NotRecorded, recording
from probe.lab.scenario import play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from probe.lab.cast import Cast
    from probe.lab.stand_in import StandIn

SYN, FIN = 0x02, 0x01


@pytest.fixture
def _tcpdump(require_program: Callable[[str], str]) -> None:
    """Ask for tcpdump, and for the right to capture."""
    require_program("tcpdump")
    if os.geteuid() != 0:
        pytest.skip("only root may capture")


def flags_of(file: Path) -> Iterator[int]:
    """Give the TCP flags of each packet of a pcap of Ethernet frames with IPv4 headers of 20 bytes."""
    data, offset = file.read_bytes(), 24
    while offset < len(data):
        (length,) = struct.unpack_from("=8xI", data, offset)
        yield data[offset + 16 + 14 + 20 + 13]
        offset += 16 + length


@pytest.mark.usefixtures("_tcpdump")
def test_a_connection_is_recorded_from_syn_to_fin(cast: Cast, stand_in: StandIn, tmp_path: Path) -> None:
    """The file begins with the SYN, holds the FIN of both ends, and nothing of the recording's own end."""
    file = tmp_path / "one.pcap"
    with recording(file, stand_in.address):
        played = play(FAULTS["client-expired"].arrange(cast), stand_in)
    flags = list(flags_of(file))
    assert played.client.received_alerts == (45,)
    assert flags[0] == SYN
    assert sum(bool(flag & FIN) for flag in flags) == 2
    assert b"certificate" not in file.read_bytes()[-200:]


@pytest.mark.usefixtures("_tcpdump")
def test_two_recordings_do_not_mix(cast: Cast, stand_in: StandIn, tmp_path: Path) -> None:
    """Each file holds its own connection only."""
    for name in ("first.pcap", "second.pcap"):
        with recording(tmp_path / name, stand_in.address):
            play(cast, stand_in)
        assert sum(flag == SYN for flag in flags_of(tmp_path / name)) == 1


def test_without_tcpdump_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing program is named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(NotRecorded, match="tcpdump cannot be run"),
        recording(tmp_path / "none.pcap", ("127.0.0.1", 9)),
    ):
        pass


def test_a_recording_that_may_not_be_made_says_so(
    tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """What tcpdump says against it is passed on."""
    require_program("tcpdump")
    with (
        pytest.raises(NotRecorded, match="tcpdump does not capture"),
        recording(tmp_path / "none.pcap", ("no such host.invalid", 9)),
    ):
        pass
