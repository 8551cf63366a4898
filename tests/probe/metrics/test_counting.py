"""What each connection adds, whichever road it was seen by."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Party, Road
from probe.metrics import Watched
from tests.probe.accounts import mirror, recorded, told
from tests.probe.metrics.conftest import WATCHED

if TYPE_CHECKING:
    from tests.probe.metrics.conftest import Watching

ROADS = [("two", "passthrough"), ("asked", "check"), ("heard", "sniff")]
HEALTHY, REFUSED = "healthy-tls12", "client-eku-server-only-tls12"


@pytest.mark.parametrize(("relay", "road"), ROADS)
def test_an_established_connection(watching: Watching, relay: str, road: str) -> None:
    """It counts by its member and outcome, what was negotiated, and how long the handshake took."""
    watching.see(told(HEALTHY, road=road, relay=relay, seconds=0.03))
    assert watching.value("handshakes_total", relay=relay, peer="IRISA", outcome="established") == 1
    version, suite = "TLSv1.2", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
    assert watching.value("negotiated_total", version=version, cipher_suite=suite) == 1
    for bound, count in (("0.025", 0), ("0.05", 1), ("+Inf", 1)):
        assert watching.value("handshake_duration_seconds_bucket", relay=relay, le=bound) == count
    assert watching.value("handshake_duration_seconds_sum", relay=relay) == 0.03
    assert watching.metrics.totals() == {"connections": 1, "failed": 0, "dropped_events": 2}


@pytest.mark.parametrize(("relay", "road"), ROADS)
def test_a_failed_connection(watching: Watching, relay: str, road: str) -> None:
    """It counts by its root cause and whose fault that is, and by the rules that it breaks."""
    watching.see(told(REFUSED, road=road, relay=relay))
    labels = {"relay": relay, "leg": "direct", "cause": "client-certificate-purpose", "party": "client"}
    assert watching.value("handshake_failures_total", **labels) == 1
    assert watching.value("handshakes_total", relay=relay, peer="IRISA", outcome="failed") == 1
    assert watching.value("handshake_duration_seconds_count", relay=relay) == 0
    violated = {"relay": relay, "check": "certificates", "action": "observe"}
    assert watching.value("policy_violations_total", **violated) == 1
    assert watching.metrics.totals() == {"connections": 1, "failed": 1, "dropped_events": 2}


def test_what_is_not_decided(watching: Watching) -> None:
    """A failure whose cause the evidence does not decide counts as such."""
    failed = told(REFUSED, relay="heard")
    watching.see(replace(failed, verdict=replace(failed.verdict, root_cause=None)))
    labels = {"relay": "heard", "leg": "direct", "cause": "undecided", "party": "both"}
    assert watching.value("handshake_failures_total", **labels) == 1


def test_checks_have_a_time(watching: Watching) -> None:
    """When a check was last made is told, and of nothing else."""
    watching.see(told(REFUSED, road="check", relay="asked", lasted=(10.0, 12.5)))
    watching.see(told(REFUSED, relay="heard", lasted=(20.0, 22.5)))
    assert watching.value("last_check_timestamp_seconds", relay="asked") == 12.5
    assert watching.value("last_check_timestamp_seconds", relay="heard") is None


def test_pairs_and_certificates(watching: Watching) -> None:
    """Pairs and certificates are those that were seen, and a certificate that is replaced ends its series."""
    assert watching.value("pair_up", from_="IRISA", to="IRISB", channel="agent") is None
    watching.see(told(HEALTHY, relay="heard", lasted=(1.0, 2.0)))
    assert watching.value("pair_up", from_="IRISA", to="IRISB", channel="agent") == 1
    tls = recorded(HEALTHY).tls
    assert tls
    assert tls.client_certificates
    leaf, shown = tls.client_certificates[0], {"member": "IRISA", "role": "client"}
    assert watching.value("certificate_not_before_timestamp_seconds", **shown) == leaf.not_before
    assert watching.value("certificate_not_after_timestamp_seconds", **shown) == leaf.not_after
    described = {**shown, "key": leaf.key, "signature": leaf.signature}
    assert watching.value("certificate_info", **described) == 1
    assert watching.value("certificate_renewal_loses_client_auth", member="IRISA") == 0
    assert watching.value("certificate_renewal_loses_client_auth", member="IRISC") is None
    watching.see(told("client-weak-key-tls12", relay="heard", lasted=(3.0, 4.0)))
    assert watching.value("certificate_info", **described) is None
    assert watching.value("pair_up", from_="IRISA", to="IRISB", channel="agent") == 0


def test_what_is_read_when_asked(watching: Watching) -> None:
    """Open connections, lost events and rows of the history are read when they are asked for."""
    assert watching.value("connections_active", relay="one") == 3
    assert watching.value("events_dropped_total", sink="log") == 2
    assert watching.value("history_rows") == 17


def test_bytes_and_ceilings(watching: Watching) -> None:
    """Bytes are counted by their sender, turned away connections by their ceiling."""
    watching.metrics.count_bytes("one", Party.CLIENT, 10)
    watching.metrics.count_bytes("one", Party.CLIENT, 5)
    watching.metrics.count_ceiling("one", "pending")
    assert watching.value("relayed_bytes_total", relay="one", direction="client") == 15
    assert watching.value("connections_refused_total", relay="one", ceiling="pending") == 1


def test_reloads(watching: Watching) -> None:
    """The time of the configuration at work stays when a reload fails."""
    started = watching.value("config_last_reload_success_timestamp_seconds")
    assert started
    assert time.time() - 60 < started <= time.time()
    assert watching.value("config_last_reload_successful") == 1
    watching.metrics.reloaded(ok=False, at=5.0)
    assert watching.value("config_last_reload_successful") == 0
    assert watching.value("config_last_reload_success_timestamp_seconds") == started
    watching.metrics.reloaded(ok=True, at=6.0)
    assert watching.value("config_last_reload_successful") == 1
    assert watching.value("config_last_reload_success_timestamp_seconds") == 6.0


def test_another_configuration(watching: Watching) -> None:
    """What stays keeps its counts, what is new begins at 0, what is gone ends, and late accounts do not bring it back."""
    for relay, road in ROADS:
        watching.see(told(REFUSED, road=road, relay=relay))
    members = tuple(member for member in mirror().members if member.name != "IRISB")
    added = Watched("three", Road.RELAY, active=lambda: 1)
    watching.metrics.reconfigure(replace(mirror(), members=members, name="NEW"), (*WATCHED[2:], added))
    assert watching.value("build_info", version="1.2.3", mirror="NEW") == 1
    assert watching.value("handshakes_total", relay="heard", peer="IRISA", outcome="failed") == 1
    assert watching.value("handshakes_total", relay="heard", peer="IRISB", outcome="failed") is None
    assert watching.value("handshakes_total", relay="three", peer="IRISA", outcome="failed") == 0
    assert watching.value("handshake_duration_seconds_count", relay="three") == 0
    assert watching.value("connections_active", relay="three") == 1
    assert watching.value("pair_up", from_="IRISA", to="IRISB", channel="agent") is None
    watching.see(told(HEALTHY, road="passthrough", relay="two", seconds=0.1))
    watching.metrics.count_bytes("two", Party.CLIENT, 10)
    watching.metrics.count_ceiling("two", "pending")
    names = {
        sample.labels["relay"]
        for family in watching.metrics.collect()
        for sample in family.samples
        if "relay" in sample.labels
    }
    assert names == {"asked", "heard", "three"}
    assert watching.metrics.totals()["connections"] == 4


def test_who_is_called(watching: Watching) -> None:
    """What is watched says which member its connections go to, as far as the definition names one."""
    assert watching.value("relay_info", relay="one", road="relay", action="enforce", member="IRISA") == 1
    assert watching.value("relay_info", relay="heard", road="sniff", action="observe", member="") == 1
