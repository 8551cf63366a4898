"""The metrics are a closed contract: families, labels, and a 0 for every failure that can happen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from analyzers.causes import catalogue
from analyzers.connection import Party
from analyzers.mirror.definition import Member, Mirror, Role
from probe.metrics import BUCKETS, UNDECIDED, UNKNOWN_PEER, Metrics

if TYPE_CHECKING:
    from prometheus_client import Metric

FAMILIES = {
    "mirrorprobe_handshakes": {"relay", "peer", "outcome"},
    "mirrorprobe_handshake_failures": {"relay", "leg", "cause", "party"},
    "mirrorprobe_policy_violations": {"relay", "check", "action"},
    "mirrorprobe_relayed_bytes": {"relay", "direction"},
    "mirrorprobe_connections_refused": {"relay", "ceiling"},
    "mirrorprobe_negotiated": {"version", "cipher_suite"},
    "mirrorprobe_events_dropped": {"sink"},
    "mirrorprobe_connections_active": {"relay"},
    "mirrorprobe_certificate_not_after_timestamp_seconds": {"member", "role"},
    "mirrorprobe_certificate": {"member", "role", "key", "signature"},
    "mirrorprobe_build": {"version", "mirror"},
    "mirrorprobe_handshake_duration_seconds": {"relay", "le"},
}

MIRROR = Mirror("LAB", True, (Member("IRISA", Role.FAILOVER, "CN=a"), Member("IRISB", Role.FAILOVER, "CN=b")))


@pytest.fixture
def metrics() -> Metrics:
    """The metrics of one relay that has seen nothing."""
    made = Metrics("1.2.3", MIRROR, [("one", lambda: 3)])
    made.watch_sink("log", lambda: 2)
    return made


def families(metrics: Metrics) -> dict[str, Metric]:
    """Give the families by name."""
    return {family.name: family for family in metrics.collect()}


def test_families_are_closed(metrics: Metrics) -> None:
    """There is no family and no label beyond the contract."""
    found = families(metrics)
    assert set(found) == set(FAMILIES)
    for name, family in found.items():
        labels = {label for sample in family.samples for label in sample.labels}
        assert labels <= FAMILIES[name], name


def test_every_cause_begins_at_zero(metrics: Metrics) -> None:
    """No series never means no failures: every cause stands at 0 on both legs, the undecided one with them."""
    samples = families(metrics)["mirrorprobe_handshake_failures"].samples
    assert {sample.value for sample in samples} == {0}
    for leg in ("client", "upstream"):
        causes = {sample.labels["cause"] for sample in samples if sample.labels["leg"] == leg}
        assert causes == {UNDECIDED, *catalogue()}


def test_members_and_unknown_peers_begin_at_zero(metrics: Metrics) -> None:
    """Every member has its series from the start, and so have those who are none."""
    peers = {sample.labels["peer"] for sample in families(metrics)["mirrorprobe_handshakes"].samples}
    assert peers == {UNKNOWN_PEER, "IRISA", "IRISB"}


def test_what_is_read_when_asked(metrics: Metrics) -> None:
    """Open connections and lost events are read when they are asked for."""
    found = families(metrics)
    assert [sample.value for sample in found["mirrorprobe_connections_active"].samples] == [3]
    assert [sample.value for sample in found["mirrorprobe_events_dropped"].samples] == [2]


def test_counts_bytes_and_ceilings(metrics: Metrics) -> None:
    """Bytes are counted by their sender, turned away connections by their ceiling."""
    metrics.count_bytes("one", Party.CLIENT, 10)
    metrics.count_bytes("one", Party.CLIENT, 5)
    metrics.count_ceiling("one", "pending")
    registry = CollectorRegistry()
    registry.register(metrics)
    assert (
        registry.get_sample_value("mirrorprobe_relayed_bytes_total", {"relay": "one", "direction": "client"})
        == 15
    )
    assert (
        registry.get_sample_value(
            "mirrorprobe_connections_refused_total", {"relay": "one", "ceiling": "pending"}
        )
        == 1
    )


def test_buckets_ascend() -> None:
    """The histogram's bounds ascend, and the last one is the handshake deadline."""
    assert list(BUCKETS) == sorted(set(BUCKETS))
    assert BUCKETS[-1] == 5.0


def test_large_exposition_is_whole() -> None:
    """With many relays and members everything is still exposed, once."""
    members = tuple(Member(f"M{number}", Role.ASYNC, f"CN=m{number}") for number in range(100))
    metrics = Metrics("1", Mirror("BIG", True, members), [(f"r{number}", lambda: 0) for number in range(50)])
    registry = CollectorRegistry()
    registry.register(metrics)
    began = time.perf_counter()
    text = generate_latest(registry)
    print(f"{len(text)} bytes in {time.perf_counter() - began:.3f} s")
    lines = text.splitlines()
    assert len(lines) == len(set(lines))
