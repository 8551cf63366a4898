"""What a check tells of a connection is what a capture of the same bytes tells (design section 1)."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from analyzers.capture.analysis import Analysis, Selection
from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose
from analyzers.report.json import connection_record
from analyzers.tls.secrets import KeyLog
from probe.captures.places import MirrorPlaces
from probe.checks.asking import Asking
from probe.lab.recording import recording
from tests.integration.playing import files_of
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from probe.account import Witnessed
    from probe.checks.asking import Question
    from probe.lab.cast import Cast


@pytest.fixture
def _tcpdump(require_program: Callable[[str], str]) -> None:
    """Ask for tcpdump, and for the right to capture."""
    require_program("tcpdump")
    if os.geteuid() != 0 and os.environ.get("CI"):
        pytest.fail("only root may capture, and CI leaves nothing out", pytrace=False)
    if os.geteuid() != 0:
        pytest.skip("only root may capture")


@contextmanager
def s_server(program: str, cast: Cast, directory: Path, *settings: str) -> Iterator[tuple[int, Path]]:
    """Run OpenSSL's server, which writes its secrets down; give its port and that file."""
    files, port, keylog = files_of(cast.server, directory), free_port(), directory / "keys"
    own = str(files.certificate)
    process = subprocess.Popen(
        [
            program, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", own, "-cert_chain", own, "-naccept", "1",
            "-key", str(files.key), "-CAfile", str(files.ca), "-keylogfile", str(keylog), *settings,
        ],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    with process:
        while b"ACCEPT" not in process.stdout.readline():
            assert process.poll() is None
        try:
            yield port, keylog
        finally:
            process.terminate()


def captured(file: Path, keylog: Path, question: Question, account: Witnessed) -> dict[str, Any]:
    """Read the one connection of a capture as `pcap` does, by the road of a check, and judge it."""
    secrets = KeyLog.parse(keylog.read_bytes())
    places = MirrorPlaces(None, frozenset({question.target.port}))
    with file.open("rb") as stream:
        analysis = Analysis(stream, keylog=secrets, places=places, selection=Selection(), road=Road.CHECK)
        (found,) = analysis.connections()
    verdict = diagnose(found.connection, question.mirror, at=account.connection.started)
    return connection_record(found.connection, verdict)


def comparable(record: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only one road has: packets' numbers, the clocks, and in whose name a check asks."""
    tls = record["tls"]
    findings = [(one["id"], one["state"], one["party"]) for one in record["findings"]]
    alerts = [{name: value for name, value in alert.items() if name != "frame"} for alert in tls["alerts"]]
    left_out = {"started", "ended", "findings", "tls", "checks"}
    rest = {name: value for name, value in record.items() if name not in left_out}
    rest["client"] = {**rest["client"], "member": None}
    checks = {name: check["status"] for name, check in record["checks"].items()}
    return {**rest, "tls": {**tls, "alerts": alerts}, "findings": findings, "checks": checks}


@pytest.mark.usefixtures("_tcpdump")
@pytest.mark.parametrize(
    "settings", [("-Verify", "3"), ("-verify", "3"), ()], ids=["required", "asked for", "not"]
)
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
async def test_same_record(
    settings: tuple[str, ...],
    version: str,
    cast: Cast,
    question: Callable[..., Question],
    tmp_path: Path,
    require_program: Callable[[str], str],
) -> None:
    """Record, findings and checks are the same, whichever way the bytes came."""
    file = tmp_path / "check.pcap"
    with s_server(require_program("openssl"), cast, tmp_path, version, *settings) as (port, keylog):
        asked = question(port)
        with recording(file, ("127.0.0.1", port)):
            account = await Asking(asked).ask("id", "check")
    told = account.record()["legs"]["direct"]
    assert comparable(told) == comparable(captured(file, keylog, asked, account))
    assert told["tls"]["server_certificates"]


@pytest.mark.usefixtures("_tcpdump")
async def test_same_refusal(
    cast: Cast, question: Callable[..., Question], tmp_path: Path, require_program: Callable[[str], str]
) -> None:
    """So are they where the server refuses a client without a certificate, under the encryption of TLS 1.3."""
    file = tmp_path / "check.pcap"
    with s_server(require_program("openssl"), cast, tmp_path, "-tls1_3", "-Verify", "3") as (port, keylog):
        asked = replace(question(port), identity=None)
        with recording(file, ("127.0.0.1", port)):
            account = await Asking(asked).ask("id", "check")
    told = account.record()["legs"]["direct"]
    assert told["root_cause"] == "client-certificate-missing"
    assert comparable(told) == comparable(captured(file, keylog, asked, account))
