"""`mirrorprobe lab`, run as a command."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-c", "from probe.cli import main; main()"]
ANY_PORTS = ["--agent-port", "0", "--superserver-port", "0"]


def run(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], input=stdin, capture_output=True, text=True, check=False
    )


@pytest.fixture
def running_lab(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A lab that runs in `tmp_path`; it has printed where."""
    command = [*COMMAND, "lab", "up", "-d", str(tmp_path), "--json", *ANY_PORTS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.kill()


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait for the line that says the lab is up."""
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_lab_runs_until_it_is_told_to_stop(
    running_lab: subprocess.Popen[str], tmp_path: Path, ending: signal.Signals
) -> None:
    """It prints its addresses, and either signal ends it in good order, taking its socket away."""
    members = json.loads(first_line(running_lab))["members"]
    assert [member["name"] for member in members] == ["IRISA", "IRISB", "IRISC"]
    running_lab.send_signal(ending)
    assert running_lab.wait(timeout=20) == 0
    assert not (tmp_path / "lab.sock").exists()


def test_a_fault_is_played_in_the_lab_that_runs(running_lab: subprocess.Popen[str], tmp_path: Path) -> None:
    """`lab fault` makes the running lab's own agent faulty once, and prints what both ends say."""
    first_line(running_lab)
    result = run("lab", "fault", "server-expired", "-d", tmp_path, "--json")
    record = json.loads(result.stdout)
    assert result.returncode == 0
    assert record["expects"] == "certificate-expired"
    assert record["client"]["sent_alerts"] == [{"code": 45, "description": "certificate_expired"}]
    assert record["server"]["received_alerts"] == record["client"]["sent_alerts"]


def test_a_directory_has_one_lab(running_lab: subprocess.Popen[str], tmp_path: Path) -> None:
    """A second lab in the directory is refused before it touches anything, and the first goes on."""
    first_line(running_lab)
    before = (tmp_path / "mirrorprobe.toml").read_bytes()
    result = run("lab", "up", "-d", tmp_path, *ANY_PORTS)
    why = "a lab runs here already; stop it, or give another --directory"
    assert (result.returncode, result.stdout, result.stderr) == (2, "", f"error: {tmp_path}: {why}\n")
    assert (tmp_path / "mirrorprobe.toml").read_bytes() == before
    assert run("lab", "fault", "server-expired", "-d", tmp_path, "--json").returncode == 0


def test_a_relay_that_does_not_run_is_told(running_lab: subprocess.Popen[str], tmp_path: Path) -> None:
    """A fault that was not played, because nobody listens at `--through`, is explained by no root cause."""
    first_line(running_lab)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        result = run("lab", "fault", "server-expired", "-d", tmp_path, "--through", address)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == f"error: --through {address}: connection refused: no relay runs there\n"


def test_a_second_lab_at_the_same_ports_does_not_start(
    running_lab: subprocess.Popen[str], tmp_path: Path
) -> None:
    """The address is in use: one line, exit code 2."""
    port = json.loads(first_line(running_lab))["members"][0]["agent"].rpartition(":")[2]
    result = run("lab", "up", "-d", tmp_path / "second", "--agent-port", port, "--superserver-port", "0")
    assert result.returncode == 2
    assert result.stderr.startswith("error: the lab cannot start: Address already in use")
    assert len(result.stderr.splitlines()) == 1


def test_the_configuration_fits_the_lab(running_lab: subprocess.Popen[str], tmp_path: Path) -> None:
    """It lists the members where they are, and files that exist, named relative to itself."""
    members = json.loads(first_line(running_lab))["members"]
    written = tomllib.loads((tmp_path / "mirrorprobe.toml").read_text())
    assert [member["agent"] for member in written["member"]] == [member["agent"] for member in members]
    assert [relay["upstream"] for relay in written["relay"]] == [member["agent"] for member in members]
    shown = [each for relay in written["relay"] for each in (*relay["serve_as"], *relay["connect_as"])]
    assert len(shown) > 40
    for each in shown:
        assert (tmp_path / each["certificate"]).is_file()
        assert (tmp_path / each["key"]).stat().st_mode & 0o777 == 0o600


def test_a_fault_without_a_running_lab(tmp_path: Path) -> None:
    """A lab is made for one connection; the text says who refused, and that these are stand-ins."""
    result = run("lab", "fault", "client-no-certificate", "-d", tmp_path, "--tls", "1.2")
    assert result.returncode == 0
    assert (
        "server: TLSv1.2; peer did not return a certificate; sent alert 40 handshake_failure" in result.stdout
    )
    assert "not InterSystems IRIS" in result.stdout


def test_the_list_of_faults() -> None:
    """Every fault is listed with its story, as text and as JSON."""
    records = json.loads(run("lab", "fault", "--list", "--json").stdout)
    text = run("lab", "fault", "--list").stdout
    assert len(records) > 50
    for record in records:
        assert f"  {record['name']}: {record['expects']}" in text
        assert record["story"] in text


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("fault",), "name a fault"),
        (("fault", "no-such"), "no fault is called 'no-such'"),
        (("fault", "client-falls-back", "--tls", "1.2"), "can be played in TLS 1.3"),
        (("fault", "client-expired", "--through", "nowhere"), "--through 'nowhere' is not HOST:PORT"),
        (("fault", "client-expired", "--through", "127.0.0.1:9"), "no lab runs in"),
        (
            ("authority", "--sign", "-", "--usage", "all"),
            "--usage all: give one of both, client, server, none",
        ),
    ],
)
def test_what_cannot_be_is_said_in_one_line(arguments: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    """A wrong command line ends with exit code 2 and one line."""
    result = run("lab", *arguments, "-d", tmp_path)
    assert result.returncode == 2
    assert problem in result.stderr
    assert len(result.stderr.splitlines()) == 1


def make_request(directory: Path) -> Path:
    """Let openssl make a key and a signing request."""
    request = directory / "request.pem"
    command = [
        "openssl",
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        r"/C=US/O=Example/CN=q\/IRISQ",
    ]
    command += ["-keyout", str(directory / "key.pem"), "-out", str(request)]
    subprocess.run(command, check=True, capture_output=True)
    return request


@pytest.mark.parametrize(
    ("usage", "purpose"), [("both", "sslclient"), ("server", "sslserver"), ("none", "sslclient")]
)
def test_the_authority_signs_a_request(tmp_path: Path, usage: str, purpose: str) -> None:
    """What it signed is verified by openssl against the root that it prints later."""
    request, signed, root = make_request(tmp_path), tmp_path / "signed.pem", tmp_path / "root.pem"
    result = run("lab", "authority", "-d", tmp_path, "--sign", request, "--out", signed, "--usage", usage)
    assert (result.returncode, result.stderr) == (0, "")
    root.write_text(run("lab", "authority", "-d", tmp_path).stdout)
    command = ["openssl", "verify", "-purpose", purpose, "-CAfile", root, "-untrusted", signed, signed]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_the_authority_signs_from_standard_input(tmp_path: Path) -> None:
    """With `-` the request is read from standard input, and the chain goes to standard output, leaf first."""
    result = run("lab", "authority", "-d", tmp_path, "--sign", "-", stdin=make_request(tmp_path).read_text())
    leaf, issuer = x509.load_pem_x509_certificates(result.stdout.encode())
    leaf.verify_directly_issued_by(issuer)


def test_what_is_no_request_is_unreadable_input(tmp_path: Path) -> None:
    """Garbage in place of a request ends with exit code 4."""
    result = run("lab", "authority", "-d", tmp_path, "--sign", "-", stdin="garbage")
    assert result.returncode == 4
    assert result.stderr == "error: -: is no certificate signing request in PEM\n"


def test_a_damaged_authority_is_not_replaced(tmp_path: Path) -> None:
    """If its files do not belong together it says so, and keeps them."""
    run("lab", "authority", "-d", tmp_path)
    key = tmp_path / "authority" / "issuing.key"
    key.write_bytes((tmp_path / "authority" / "root.key").read_bytes())
    result = run("lab", "authority", "-d", tmp_path)
    assert result.returncode == 2
    assert "issuing.key is not the key of issuing.pem" in result.stderr
    assert key.read_bytes() == (tmp_path / "authority" / "root.key").read_bytes()
