"""Sinks that hang, are gone, or are slow, beside a relay with traffic: the traffic goes on, and what is lost is counted."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from analyzers.connection import Endpoint
from probe.app import Probe
from probe.config.settings import NatsSettings, OtlpSettings, SinkSettings, SyslogSettings
from probe.events import worker
from tests.integration.raw import SECONDS, dial
from tests.integration.relaying import Relaying
from tests.probe.events.collector import collecting
from tests.tls.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from tests.integration.members import Members

CONNECTIONS = 60
WAITING = 20
"""How much each queue is allowed to hold, in place of thousands."""


@contextmanager
def telling(members: Members, upstream: int, sinks: tuple[SinkSettings, ...]) -> Iterator[Relaying]:
    """Run a relay that tells these sinks, too."""
    with members.relay(upstream) as plain:
        config = plain.probe.config
    running = Relaying(Probe(replace(config, sinks=sinks)))
    try:
        yield running
    finally:
        running.stop()
        running.join()


@contextmanager
def echoing(members: Members) -> Iterator[int]:
    """Serve connections one after the other; give the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    members.echo(connection)

        thread = threading.Thread(target=serve, name="echo")
        thread.start()
        stack.callback(thread.join, SECONDS)
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        yield listener.getsockname()[1]


def talk(members: Members, relay: Relaying) -> int:
    """Make connections through the relay, each with a round trip; give how many came back."""
    context = members.context(members.client, is_server=False)
    came_back = 0
    for _ in range(CONNECTIONS):
        with context.wrap_socket(dial(relay.port)) as tls:
            tls.sendall(b"hello")
            came_back += tls.recv(100) == b"hello"
        relay.seen()
    return came_back


def dropped(relay: Relaying) -> dict[str, float]:
    """Give how many events each sink lost, as the metrics have it."""
    with urllib.request.urlopen(f"http://{relay.probe.web_address}/metrics", timeout=SECONDS) as answer:
        text = answer.read().decode()
    return {
        sample.labels["sink"]: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "mirrorprobe_events_dropped_total"
    }


def test_dead_sinks(members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside sinks that hang or are gone, every round trip and every line of the log is there; their losses are counted."""
    monkeypatch.setattr(worker, "QUEUED", WAITING)
    with ExitStack() as stack:
        hanging = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        unread = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        unread.bind(str(tmp_path / "syslog"))
        upstream = stack.enter_context(echoing(members))
        sinks = (
            OtlpSettings("hanging", f"http://127.0.0.1:{hanging.getsockname()[1]}/v1/logs", (), None),
            OtlpSettings("gone", f"http://127.0.0.1:{free_port()}/v1/logs", (), None),
            NatsSettings(
                "nats-gone", (f"nats://127.0.0.1:{free_port()}",), "mirrorprobe.connections", None, None
            ),
            SyslogSettings("syslog-gone", Endpoint("127.0.0.1", free_port()), "tcp", 3),
            SyslogSettings("syslog-full", tmp_path / "syslog", "udp", 3),
        )
        with telling(members, upstream, sinks) as relay:
            came_back = talk(members, relay)
            lost = dropped(relay)
    lines = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    told = {line["sink"] for line in lines if line["event.action"] == "sink failing"}
    assert came_back == CONNECTIONS
    assert sum(line["event.action"] == "connection" for line in lines) == CONNECTIONS
    assert lost["log"] == 0
    for sink in ("hanging", "gone", "nats-gone", "syslog-gone", "syslog-full"):
        # What waits and what is in hand was taken from the same queue.
        assert CONNECTIONS - 2 * WAITING <= lost[sink] <= CONNECTIONS + len(sinks) * 2, sink
    # A sink that hangs says so only when its patience is over.
    assert {"gone", "nats-gone", "syslog-gone"} <= told


def test_living_sink_beside_dead_ones(members: Members, tmp_path: Path) -> None:
    """A sink that is well has every event, whatever becomes of the others."""
    with collecting() as collector, echoing(members) as upstream:
        sinks = (
            OtlpSettings("gone", f"http://127.0.0.1:{free_port()}/v1/logs", (), None),
            OtlpSettings("well", f"http://127.0.0.1:{collector.port}/v1/logs", (), None),
        )
        with telling(members, upstream, sinks) as relay:
            assert talk(members, relay) == CONNECTIONS
    lines = (tmp_path / "events.jsonl").read_text().splitlines()
    kinds = [json.loads(line)["event.action"] for line in lines]
    assert kinds.count("connection") == CONNECTIONS
    assert {"started", "stopped"} <= set(kinds)
    ours = lines[len(kinds) - kinds[::-1].index("started") - 1 :]
    assert sorted(collector.bodies) == sorted(ours)
