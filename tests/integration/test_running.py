"""The probe as a process: limits, draining, the HTTP port, the events."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import jsonschema
import pytest
from prometheus_client.parser import text_string_to_metric_families

from analyzers.report.schema import SCHEMA
from probe.outcome import ExitCode
from tests.integration.raw import dial, listening, read_all, read_exactly
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.members import Members
    from tests.integration.relaying import Relaying


def get(relay: Relaying, path: str) -> tuple[int, str]:
    """Ask the HTTP port; give status and body."""
    try:
        with urllib.request.urlopen(f"http://{relay.probe.web_address}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def key(name: str, *labels: str) -> tuple[str, ...]:
    """Name a sample by its name and label values, in no order."""
    return (name, *sorted(labels))


def samples(relay: Relaying) -> dict[tuple[str, ...], float]:
    """Give every sample by its key."""
    _, text = get(relay, "/metrics")
    return {
        key(sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def talk(members: Members, port: int) -> None:
    """Make one good connection."""
    with members.context(members.client, is_server=False).wrap_socket(dial(port)) as tls:
        tls.sendall(b"hello")
        assert tls.recv(100) == b"hello"


def test_http_port(members: Members) -> None:
    """Health, readiness, metrics, the list of connections and each of them can be read."""
    with listening(members.echo) as server, members.relay(server.port) as relay:
        assert get(relay, "/healthz") == (200, '{"status": "ok"}')
        assert get(relay, "/readyz") == (200, '{"status": "ready"}')
        before = samples(relay)
        talk(members, relay.port)
        seen = relay.seen()
        after = samples(relay)
        (listed,) = json.loads(get(relay, "/api/connections")[1])["connections"]
        status, text = get(relay, f"/api/connections/{seen.id}")
        assert get(relay, "/api/connections?failed=1")[1] == '{"connections": []}'
        assert get(relay, "/api/connections?limit=many")[0] == 400
        assert get(relay, "/api/connections/none")[0] == 404
    changed = {each for each in after if after[each] != before.get(each)}
    member = "IRISA"
    assert key("mirrorprobe_handshakes_total", "under-test", member, "established") in changed
    assert key("mirrorprobe_relayed_bytes_total", "under-test", "client") in changed
    assert key("mirrorprobe_certificate_not_after_timestamp_seconds", member, "client") in changed
    assert not [each for each in changed if each[0] == "mirrorprobe_handshake_failures_total"]
    failure = ("under-test", "upstream", "certificate-expired", "client")
    assert before[key("mirrorprobe_handshake_failures_total", *failure)] == 0
    assert (listed["id"], listed["root_cause"], listed["client_member"]) == (seen.id, None, member)
    record = json.loads(text)
    assert status == 200
    assert (
        record["legs"]["client"]["tls"]["version"]
        == record["legs"]["upstream"]["tls"]["version"]
        == "TLSv1.3"
    )


def test_records_fit_the_schema(members: Members) -> None:
    """Each leg of a relayed connection is a record of the published schema."""
    with listening(members.echo) as server, members.relay(server.port) as relay:
        talk(members, relay.port)
        record = relay.seen().record()
    validator = jsonschema.Draft202012Validator(
        {**SCHEMA, "$ref": "#/$defs/connection"} if "$defs" in SCHEMA else SCHEMA
    )
    for leg in record["legs"].values():
        validator.validate(json.loads(json.dumps(leg)))


def test_no_label_identifies_a_certificate(members: Members) -> None:
    """No label holds a distinguished name, a serial number or an address."""
    with listening(members.echo) as server, members.relay(server.port) as relay:
        talk(members, relay.port)
        relay.seen()
        _, text = get(relay, "/metrics")
    assert "CN=" not in text
    assert "127.0.0.1" not in text


def test_one_event_a_connection(members: Members, tmp_path: Path) -> None:
    """Each connection is one line of JSON, with the fields of the Elastic Common Schema before the record."""
    with listening(members.echo) as server, members.relay(server.port) as relay:
        talk(members, relay.port)
        seen = relay.seen()
        upstream = server.port
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    (event,) = [line for line in lines if line["event.action"] == "connection"]
    assert event["id"] == seen.id
    assert (event["destination.address"], event["destination.port"]) == ("127.0.0.1", upstream)
    assert event["event.outcome"] == "success"
    assert event["schema"] == "mirrorprobe/1"
    assert set(event["legs"]) == {"client", "upstream"}
    assert "PRIVATE KEY" not in json.dumps(lines)


def test_drains(members: Members) -> None:
    """A stop lets open connections end, takes no new ones, and is then clean."""
    with listening(members.echo) as server, members.relay(server.port) as relay:
        with members.context(members.client, is_server=False).wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"before")
            assert tls.recv(100) == b"before"
            relay.stop()
            while get(relay, "/readyz")[0] != 503:
                pass
            with pytest.raises(ConnectionRefusedError):
                dial(relay.port)
            tls.sendall(b"after")
            assert tls.recv(100) == b"after"
        relay.join()
        assert relay.outcome is ExitCode.CLEAN


def test_cuts_off_after_the_limit(members: Members) -> None:
    """A connection that does not end in time is reset, and the stop says that it was forced."""
    with (
        listening(answer_once) as server,
        members.relay(server.port, drain_seconds=0.1) as relay,
        dial(relay.port) as client,
    ):
        client.sendall(b"x")
        assert read_exactly(client, 1) == b"x"
        relay.stop()
        relay.join()
        assert relay.outcome is ExitCode.FINDINGS
        assert read_all(client)[1] == "rst"


def answer_once(connection: socket.socket) -> None:
    """Send one byte back, then wait for the end."""
    connection.sendall(read_exactly(connection, 1))
    read_all(connection)


def test_ceiling_of_connections(members: Members) -> None:
    """A connection above the ceiling is reset at once, and counted."""
    with (
        listening(answer_once) as server,
        members.relay(server.port, connections=1) as relay,
        dial(relay.port) as first,
    ):
        first.sendall(b"1")
        assert read_exactly(first, 1) == b"1"
        with pytest.raises(ConnectionResetError), dial(relay.port) as second:
            second.recv(1)
        assert samples(relay)[key("mirrorprobe_connections_refused_total", "under-test", "connections")] == 1


def test_ceiling_of_pending_handshakes(members: Members) -> None:
    """One source cannot hold more unfinished handshakes than it may."""
    with (
        listening(lambda connection: read_all(connection) and None) as server,
        members.relay(server.port, pending_per_source=1) as relay,
        dial(relay.port),
    ):
        with pytest.raises(ConnectionResetError), dial(relay.port) as second:
            second.recv(1)
        assert samples(relay)[key("mirrorprobe_connections_refused_total", "under-test", "pending")] == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_stops_on_signal(members: Members, tmp_path: Path, number: signal.Signals) -> None:
    """The command drains on SIGTERM and SIGINT, and leaves with 0."""
    path = tmp_path / "mirrorprobe.toml"
    path.write_text(_configuration(free_port()))
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", "run", "-c", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert json.loads(process.stdout.readline())["event.action"] == "started"
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err == ""
    assert json.loads(out.splitlines()[-1])["event.action"] == "stopped"


def test_port_in_use(members: Members, tmp_path: Path) -> None:
    """A port that is in use is one line for each, exit 2, and nothing is started."""
    path = tmp_path / "mirrorprobe.toml"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        path.write_text(_configuration(port))
        done = subprocess.run(
            [sys.executable, "-m", "probe", "run", "-c", str(path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"error: relay one: cannot listen on 127.0.0.1:{port}: the port is in use\n"


def _configuration(port: int) -> str:
    return f"""
[mirror]
name = "LAB"
[[relay]]
name = "one"
listen = "127.0.0.1:{port}"
upstream = "127.0.0.1:9"
serve_as = {{ certificate = "server/CertificateFile.pem", key = "server/PrivateKeyFile.pem" }}
connect_as = {{ certificate = "client/CertificateFile.pem", key = "client/PrivateKeyFile.pem" }}
ca = "client/CAFile.pem"
[web]
listen = "127.0.0.1:0"
"""
