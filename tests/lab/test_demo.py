"""`mirrorprobe demo`: the whole probe in front of the lab, every verdict right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from analyzers.causes import catalogue
from probe.documents import DOCUMENTS
from probe.ending import STOPPING
from probe.lab.ends import TLS_1_2, TLS_1_3
from probe.lab.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMAND = [sys.executable, "-c", "from probe.cli import main; main()", "demo"]

HEALTHY_SCENES = 7
"""Each of three members calls each other one, and once there is a preamble."""

VERSIONS = {"1.2": TLS_1_2, "1.3": TLS_1_3}


@pytest.fixture(scope="module", params=VERSIONS)
def tls(request: pytest.FixtureRequest) -> str:
    """The newest version that the members speak."""
    version: str = request.param
    return version


@pytest.fixture(scope="module")
def document(tls: str) -> dict[str, Any]:
    """What one demo says as JSON; its exit code was 0."""
    result = subprocess.run([*COMMAND, "--json", "--tls", tls], capture_output=True, text=True, check=False)
    told: dict[str, Any] = json.loads(result.stdout)
    assert (result.returncode, _wrong(told)) == (0, [])
    return told


def _wrong(told: dict[str, Any]) -> list[str]:
    return [f"{scene['name']}: {scene['root_cause']}" for scene in told["scenes"] if not scene["right"]]


@pytest.fixture(scope="module")
def scenes(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The scenes by name."""
    return {scene["name"]: scene for scene in document["scenes"]}


def test_document_is_of_its_schema(document: dict[str, Any]) -> None:
    """What is printed is what `mirrorprobe schema demo` says."""
    Draft202012Validator(DOCUMENTS["demo"]).validate(document)


def test_every_fault_is_played_once_after_a_healthy_round(scenes: dict[str, dict[str, Any]]) -> None:
    """The healthy connections come first, then each fault of the table in its order."""
    assert list(scenes)[HEALTHY_SCENES:] == list(FAULTS)
    assert all(scenes[name]["expects"] is None for name in list(scenes)[:HEALTHY_SCENES])


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_as_its_row_says(scenes: dict[str, dict[str, Any]], tls: str, name: str) -> None:
    """Root cause, refusing end and alert are those of the table, in the version that was played."""
    fault, scene = FAULTS[name], scenes[name]
    if fault.fails and fault.is_decidable:
        assert scene["root_cause"] == fault.expects
    if fault.refused_by is not None:
        assert scene["refused_by"] == fault.refused_by
    alert = fault.alert_in(VERSIONS[tls] if VERSIONS[tls] in fault.versions else fault.versions[-1])
    assert (scene["alert"] or {"code": None})["code"] == alert


def test_a_failure_says_what_has_changed_since_it_worked(scenes: dict[str, dict[str, Any]]) -> None:
    """After the healthy round the relay knows the certificate with which the same client was let in."""
    leading = scenes["client-eku-server-only"]["connection"]["legs"]["upstream"]["findings"][0]
    said = [each["text"] for each in leading["evidence"] if each.get("source") == "earlier connection"]

    assert len(said) == 1
    assert "extended key usage clientAuth, serverAuth became serverAuth" in said[0]


def test_every_expectation_is_in_the_catalogue() -> None:
    """What the table of faults expects are ids of root causes."""
    assert {fault.expects for fault in FAULTS.values()} <= set(catalogue())


def test_the_record_of_each_connection_is_there(scenes: dict[str, dict[str, Any]]) -> None:
    """Each scene carries the record of its connection, with both legs."""
    for scene in scenes.values():
        assert set(scene["connection"]["legs"]) == {"client", "upstream"}
        assert scene["connection"]["relay"].startswith("to-iris")


def test_the_metrics_counted_every_connection(document: dict[str, Any]) -> None:
    """The handshakes that were counted are as many as the scenes."""
    counted = sum(
        change["after"] - change["before"]
        for name, change in document["metrics"].items()
        if name.startswith("mirrorprobe_handshakes_total")
    )
    assert counted == len(document["scenes"])


def test_the_text_shows_one_case_in_full() -> None:
    """The case that was asked for is printed with its evidence and its remedy, and the lab says what it is."""
    result = subprocess.run(
        [*COMMAND, "--show", "client-dn-other-case"], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    case = result.stdout[result.stdout.index("One case in full: client-dn-other-case") :]
    assert "dn-near-miss" in case
    assert "What to do:" in case
    assert "Metrics that changed" in case
    assert f"{HEALTHY_SCENES + len(FAULTS)} of {HEALTHY_SCENES + len(FAULTS)} verdicts were right." in case
    assert "not InterSystems IRIS" in case


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--show", "none"], "--show: no fault is called 'none'; `mirrorprobe lab fault --list` lists them"),
        (["--tls", "1.1"], "--tls 1.1: give one of 1.2, 1.3"),
    ],
)
def test_what_cannot_be_played_is_a_usage_failure(arguments: list[str], problem: str) -> None:
    """Exit code 2 and one line, before anything is started."""
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (2, f"error: {problem}\n")


@contextmanager
def playing(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a demo that goes on, and end it where the test did not."""
    command = [*COMMAND, *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def kept(process: subprocess.Popen[str]) -> dict[str, str]:
    """Wait until a demo that is kept says where everything is."""
    assert process.stderr is not None
    said = iter(process.stderr.readline, "The members go on calling each other; stop with Ctrl-C\n")
    return {
        name: place.strip() for name, place in (line.split(None, 1) for line in said if "http://" in line)
    }


@pytest.mark.parametrize("ending", STOPPING)
def test_it_can_be_kept_running(ending: signal.Signals) -> None:
    """With --keep the page, the metrics and the API answer, and members go on calling, until a signal ends it."""
    with playing("--keep") as process:
        addresses = kept(process)
        with urllib.request.urlopen(addresses["page:"]) as answer:
            assert answer.headers["Content-Type"].startswith("text/html")
        with urllib.request.urlopen(addresses["metrics:"]) as answer:
            assert b"mirrorprobe_handshakes_total" in answer.read()
        seen: set[str] = set()
        while len(seen) < 2:
            with urllib.request.urlopen(f"{addresses['API:']}?limit=1") as answer:
                seen.add(json.load(answer)["connections"][0]["id"])
        process.send_signal(ending)
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("ending", "in_background"),
    [*((ending, False) for ending in STOPPING), (signal.SIGTERM, True), (signal.SIGHUP, True)],
)
@pytest.mark.parametrize("reached", ["mirrorprobe-*", "mirrorprobe-*/events.jsonl"])
def test_a_signal_that_ends_it_leaves_nothing_behind(
    tmp_path: Path, reached: str, ending: signal.Signals, *, in_background: bool
) -> None:
    """While certificates are made and while scenes are played: no directory, no word, the exit code of the signal."""
    # What a shell starts in its background does not hear SIGINT, and is ended by the others nevertheless.
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    shell = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh"] if in_background else []
    with subprocess.Popen(
        [*shell, *COMMAND], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as process:
        while not list(tmp_path.glob(reached)):
            assert process.poll() is None
        process.send_signal(ending)
        output = process.communicate(timeout=60)
    assert (process.returncode, output) == (128 + ending, (b"", b""))
    assert list(tmp_path.iterdir()) == []


def test_a_real_prometheus_scrapes_it(require_program: Callable[[str], str]) -> None:
    """With --prometheus the program that is installed scrapes the probe, and its rules load."""
    require_program("prometheus")
    with playing("--keep", "--prometheus") as process:
        place = kept(process)["Prometheus:"]
        answered: list[Any] = []
        while not answered:
            try:
                with urllib.request.urlopen(f"{place}api/v1/query?query=mirrorprobe_build_info") as answer:
                    answered = json.load(answer)["data"]["result"]
            except OSError:
                continue
        with urllib.request.urlopen(f"{place}api/v1/rules") as answer:
            groups = json.load(answer)["data"]["groups"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert groups
    assert all(rule["health"] != "err" for group in groups for rule in group["rules"])


def test_prometheus_goes_with_keep() -> None:
    """Without --keep there is nothing to scrape, and the command says so."""
    done = subprocess.run([*COMMAND, "--prometheus"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "error: --prometheus goes with --keep: without it there is nothing left to scrape\n"


def test_output_that_is_lost_is_a_line() -> None:
    """Where nothing can be printed, the relays still end in good order, and what is wrong is said."""
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(COMMAND, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.endswith("error: standard output cannot be written: no space left on device\n")
