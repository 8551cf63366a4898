"""The metrics of a running probe, as Prometheus has them and while connections still stand."""

from __future__ import annotations

import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.dashboards.programs import Prometheus, running, until
from tests.integration.raw import dial, listening
from tests.integration.test_passthrough import passing
from tests.integration.test_running import samples
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.members import Members
    from tests.integration.relaying import Relaying


def scraping(target: str, directory: Path) -> Path:
    """Write a configuration that scrapes one target, often."""
    path = directory / "prometheus.yml"
    job = {"job_name": "mirrorprobe", "static_configs": [{"targets": [target]}]}
    path.write_text(yaml.safe_dump({"global": {"scrape_interval": "200ms"}, "scrape_configs": [job]}))
    return path


def test_prometheus_keeps_the_exemplar(
    members: Members, require_program: Callable[[str], str], tmp_path: Path
) -> None:
    """A real Prometheus sees a failure rise from 0, and leads from it to the connection."""
    program, seen = require_program("prometheus"), "mirrorprobe_handshake_failures_total"
    chosen = f'{seen}{{cause="connection-refused",leg="upstream",party="server"}}'
    with members.relay(free_port()) as relay:
        command = [
            program,
            f"--config.file={scraping(str(relay.probe.web_address), tmp_path)}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            "--enable-feature=exemplar-storage",
        ]
        with running(command, tmp_path / "prometheus.log") as url:
            prometheus = Prometheus(url)
            until(lambda: prometheus.value(chosen) == 0, "the series at 0")
            began = time.time()
            with suppress(ConnectionResetError), dial(relay.port) as client:
                client.recv(1)
            account = relay.seen()
            until(lambda: prometheus.value(chosen) == 1, "the failure")
            times = {"start": str(began - 60), "end": str(time.time() + 60)}
            (found,) = prometheus.ask("query_exemplars", query=seen, **times)
            assert prometheus.value(f"increase({seen}[1m]) > 0")
    assert found["seriesLabels"]["cause"] == "connection-refused"
    (exemplar,) = found["exemplars"]
    assert exemplar["labels"] == {"connection_id": account.id}
    assert float(exemplar["value"]) == 1
    assert float(exemplar["timestamp"]) == pytest.approx(account.negotiated.ended, abs=0.001)


def stand(members: Members, relay: Relaying) -> dict[tuple[str, ...], float]:
    """Hold a connection open until the metrics tell of it."""
    context = members.context(members.client, is_server=False)
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # so that a forwarding relay sees the certificates, too
    with context.wrap_socket(dial(relay.port)) as tls:
        tls.sendall(b"hello")
        assert tls.recv(100) == b"hello"
        up = ("mirrorprobe_pair_up", *sorted(("IRISA", "IRISB", "other")))
        until(lambda: up in samples(relay), "the pair")
        found = samples(relay)
        assert found[up] == 1
        return found


@pytest.mark.parametrize("mode", ["terminate", "passthrough"])
def test_a_connection_that_stands_is_told_of(
    members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Pairs and certificates do not wait for the end of a connection, which is counted only then."""
    for module in ("relay.exchange", "passthrough.pair"):
        monkeypatch.setattr(f"probe.{module}.STANDS_SECONDS", 0.05)
    with listening(members.echo) as server:
        entered = (
            members.relay(server.port) if mode == "terminate" else passing(members, server.port, tmp_path)
        )
        with entered as relay:
            found = stand(members, relay)
            account = relay.seen()
            after = samples(relay)
    shown = {key[1:] for key in found if key[0] == "mirrorprobe_certificate_not_after_timestamp_seconds"}
    assert shown == {("IRISA", "client"), ("IRISB", "server")}
    counted = ("mirrorprobe_handshakes_total", *sorted(("under-test", "IRISA", "established")))
    assert (found[counted], after[counted]) == (0, 1)
    assert [row["connection"] for row in relay.probe.pairs.rows()] == [account.id]
    assert relay.probe.pairs.rows()[0]["up"]
