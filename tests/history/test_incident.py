"""One refused handshake between real members, seen by two probes that share a PostgreSQL history."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from probe.history import open_history
from probe.lab.authority import Authority
from probe.lab.cast import Cast
from probe.lab.faults import FAULTS
from probe.outcome import ExitCode
from tests.history.telling import WAIT_SECONDS, event_for
from tests.integration.members import Members
from tests.integration.playing import files_of
from tests.integration.raw import dial, listening
from tests.integration.test_passthrough import passing

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

    from probe.config.settings import HistorySettings


@pytest.fixture(scope="module")
def authority() -> Authority:
    """The lab's issuing authority."""
    return Authority.create()


@pytest.fixture
def members(authority: Authority, tmp_path: Path) -> Members:
    """Two members, of which IRISA has a certificate that is good for servers only."""
    faulty = Members(authority, tmp_path)
    faulty.cast = FAULTS["client-eku-server-only"].arrange(Cast.healthy(authority))
    faulty.client = files_of(faulty.cast.client, tmp_path / "faulty")
    return faulty


def call(members: Members, port: int, version: ssl.TLSVersion) -> None:
    """Dial as IRISA until IRISB refuses."""
    context = members.context(members.client, is_server=False)
    context.minimum_version = context.maximum_version = version
    with suppress(ssl.SSLError, ConnectionError), context.wrap_socket(dial(port)) as tls:
        tls.recv(1)


def ask(settings: HistorySettings, tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask the history by the command."""
    file = tmp_path / "url"
    file.write_text(settings.url)
    command = [sys.executable, "-m", "probe", "history", *arguments, "--url-file", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLSv1.2", "TLSv1.3"])
def incident(
    request: pytest.FixtureRequest, members: Members, on_postgres: HistorySettings, tmp_path: Path
) -> Iterator[HistorySettings]:
    """Gives a history in which a forwarding probe near IRISA and a relay near IRISB tell of the same refusal."""

    def serve(connection: socket.socket) -> None:
        with suppress(ssl.SSLError, ConnectionError):
            members.echo(connection)

    (tmp_path / "near-a").mkdir()
    with (
        listening(serve) as server,
        members.relay(server.port) as near_b,
        passing(members, near_b.port, tmp_path / "near-a") as near_a,
    ):
        call(members, near_a.port, request.param)
        accounts = {"probe-a": near_a.seen(), "probe-b": near_b.seen()}
    for name, account in accounts.items():
        sink = open_history(replace(on_postgres, spool=tmp_path / name), name)
        sink.take(event_for(account))
        sink.close(WAIT_SECONDS)
        assert sink.dropped() == 0
    return on_postgres


def test_both_halves_are_one_incident(incident: HistorySettings, tmp_path: Path) -> None:
    """The two records are joined by the handshake that both saw, and tell who presented what, who refused, and why."""
    answer = ask(incident, tmp_path, "incidents", "--json")
    assert answer.returncode == ExitCode.FINDINGS, answer.stderr
    (only,) = json.loads(answer.stdout)["incidents"]
    assert [half["probe"] for half in only["halves"]] == ["probe-a", "probe-b"]
    (join,) = only["joins"]
    assert (join["basis"], join["state"], join["legs"]) == ("handshake", "observed", ["direct", "client"])
    assert (only["client"], only["server"], only["refused_by"]) == ("IRISA", "IRISB", "server")
    assert only["root_cause"] == "client-certificate-purpose"
    assert not only["contradiction"]
    (presented,) = only["presented"]
    assert "IRISA" in presented["subject"]
    assert only["story"].startswith(f"IRISA presented {presented['subject']}")
    assert "IRISB refused; because client-certificate-purpose" in only["story"]


def test_an_incident_for_the_eye(incident: HistorySettings, tmp_path: Path) -> None:
    """The text names both probes and says on what the join rests."""
    answer = ask(incident, tmp_path, "incidents")
    assert answer.returncode == ExitCode.FINDINGS
    told = " ".join(answer.stdout.split())
    assert "probe-a/under-test (passthrough)" in told
    assert "probe-b/under-test (relay)" in told
    assert "both saw the same random bytes in the ClientHello (observed" in told
