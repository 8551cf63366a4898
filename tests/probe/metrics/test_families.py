"""The metrics are a closed contract: families, labels, their values, and a 0 for every failure that can happen."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzers.causes import catalogue
from analyzers.causes.entry import CheckName
from analyzers.connection import Road
from probe.metrics import BUCKETS, FAMILIES, UNDECIDED, UNKNOWN_PEER
from probe.metrics.families import Kind
from probe.metrics.labels import OTHER, cipher_suite_of, key_of, signature_of, version_of
from probe.metrics.scene import Scene
from tests.probe.accounts import mirror, recorded, told
from tests.probe.metrics.conftest import WATCHED

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import Metric

    from tests.probe.metrics.conftest import Watching

ROOT = Path(__file__).parents[3]

CONTRACT = {
    "handshakes_total": {"relay", "peer", "outcome"},
    "handshake_failures_total": {"relay", "leg", "cause", "party"},
    "handshake_duration_seconds": {"relay"},
    "connections_active": {"relay"},
    "connections_refused_total": {"relay", "ceiling"},
    "relayed_bytes_total": {"relay", "direction"},
    "policy_violations_total": {"relay", "check", "action"},
    "negotiated_total": {"version", "cipher_suite"},
    "pair_up": {"from", "to", "channel"},
    "certificate_not_before_timestamp_seconds": {"member", "role"},
    "certificate_not_after_timestamp_seconds": {"member", "role"},
    "certificate_info": {"member", "role", "key", "signature"},
    "certificate_renewal_loses_client_auth": {"member"},
    "last_check_timestamp_seconds": {"relay"},
    "config_last_reload_successful": set(),
    "config_last_reload_success_timestamp_seconds": set(),
    "events_dropped_total": {"sink"},
    "history_rows": set(),
    "relay_info": {"relay", "road", "action", "member"},
    "build_info": {"version", "mirror"},
}

UNITS = {"seconds", "bytes"}
SPOKEN_OF = ("healthy-tls12", "client-eku-server-only-tls12", "server-expired-tls13", "both-plaintext-tls13",
             "client-plaintext-tls13", "server-protocol-below-policy-tls12")  # fmt: skip


def seen_by_all(watching: Watching) -> None:
    """Let every road see some connections."""
    for watched in WATCHED[1:]:
        for name in SPOKEN_OF:
            watching.see(told(name, road=watched.road.value, relay=watched.name, seconds=0.01))


def families(watching: Watching) -> dict[str, Metric]:
    """Give the families by name."""
    return {family.name: family for family in watching.metrics.collect()}


def test_families_are_closed() -> None:
    """The table has the families and labels of the contract, and no other."""
    named = {spec.sample: {label.name for label in spec.labels} for spec in FAMILIES}
    assert named == {f"mirrorprobe_{name}": labels for name, labels in CONTRACT.items()}


def test_what_is_collected_is_in_the_table(watching: Watching) -> None:
    """Every series belongs to a family of the table, and every label value is one that the table allows."""
    seen_by_all(watching)
    scene = Scene(WATCHED, tuple(member.name for member in mirror().members))
    specs = {spec.family: spec for spec in FAMILIES}
    assert set(families(watching)) == set(specs)
    for name, family in families(watching).items():
        assert family.samples, name
        for sample in family.samples:
            labels = {label: value for label, value in sample.labels.items() if label != "le"}
            key = tuple(labels[label.name] for label in specs[name].labels)
            assert len(key) == len(labels)
            assert specs[name].allows(scene)(key), sample


def test_names_are_prometheus_own_style() -> None:
    """Counters end in `_total`, measures in their base unit, and no family has a suffix of another kind."""
    for spec in FAMILIES:
        assert spec.family.startswith("mirrorprobe_")
        assert (spec.kind is Kind.COUNTER) == spec.sample.endswith("_total")
        assert spec.unit in UNITS | {""}
        assert spec.family.endswith(f"_{spec.unit}" if spec.unit else "")
        assert not spec.family.endswith(("_count", "_sum", "_bucket", "_created", "_milliseconds", "_ms"))
        assert spec.text.endswith(".")
        assert "\n" not in spec.text


def test_nothing_of_the_network_is_a_label(watching: Watching) -> None:
    """No DN, serial number or address becomes a label value."""
    seen_by_all(watching)
    chain = recorded("healthy-tls12").tls
    assert chain
    assert chain.client_certificates
    leaf = chain.client_certificates[0]
    values = {
        value
        for family in families(watching).values()
        for sample in family.samples
        for value in sample.labels.values()
    }
    for hidden in (leaf.subject.rfc4514(), leaf.serial, leaf.sha256, "127.0.0.11", "CN="):
        assert not any(hidden in value for value in values)


def test_every_cause_begins_at_zero(watching: Watching) -> None:
    """No series never means no failures: every cause stands at 0 on the legs that its road has."""
    samples = families(watching)["mirrorprobe_handshake_failures"].samples
    assert {sample.value for sample in samples} == {0}
    for watched in WATCHED:
        mine = [sample.labels for sample in samples if sample.labels["relay"] == watched.name]
        legs = {"client", "upstream"} if watched.road is Road.RELAY else {"direct"}
        assert {labels["leg"] for labels in mine} == legs
        for leg in legs:
            assert {labels["cause"] for labels in mine if labels["leg"] == leg} == {UNDECIDED, *catalogue()}


def test_members_checks_and_ceilings_begin_at_zero(watching: Watching) -> None:
    """Every member and those who are none, every check, and the ceilings of relays have their series from the start."""
    found = families(watching)
    peers = {sample.labels["peer"] for sample in found["mirrorprobe_handshakes"].samples}
    assert peers == {UNKNOWN_PEER, "IRISA", "IRISB", "IRISC"}
    violations = found["mirrorprobe_policy_violations"].samples
    assert len(violations) == len(WATCHED) * len(CheckName)
    assert {s.labels["action"] for s in violations if s.labels["relay"] == "one"} == {"enforce"}
    for family in ("connections_refused", "relayed_bytes", "connections_active"):
        relays = {sample.labels["relay"] for sample in found[f"mirrorprobe_{family}"].samples}
        assert relays == {"one", "two"}
    assert {s.labels["relay"] for s in found["mirrorprobe_handshake_duration_seconds"].samples} == {
        "one", "two", "asked", "heard"
    }  # fmt: skip


def test_made_up_codes_have_one_name() -> None:
    """A peer that makes up versions, suites or keys adds no series of its own."""
    assert {version_of(code) for code in (0x7F17, 0xFB1A, 0x0999, 0x3A3A)} == {OTHER}
    assert {cipher_suite_of(code) for code in (0x3A3A, 0xFEDC)} == {OTHER}
    assert (version_of(0x0304), cipher_suite_of(0x1302)) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    tls = recorded("healthy-tls12").tls
    assert tls
    assert tls.client_certificates
    leaf = tls.client_certificates[0]
    assert key_of(leaf) == leaf.key
    assert signature_of(leaf) == leaf.signature
    assert key_of(replace(leaf, key_type="1.2.3", key_bits=None)) == OTHER
    assert key_of(replace(leaf, key_type="EC", key_bits=None, curve="1.2.3")) == OTHER
    assert key_of(replace(leaf, key_type="EC", key_bits=None, curve="explicit")) == OTHER
    assert signature_of(replace(leaf, signature="1.2.3")) == OTHER


def test_buckets_ascend() -> None:
    """The histogram's bounds ascend, and the last one is the handshake deadline."""
    assert list(BUCKETS) == sorted(set(BUCKETS))
    assert BUCKETS[-1] == 5.0


def test_the_documentation_is_current() -> None:
    """docs/metrics.md is what scripts/update_metrics.py makes of the table."""
    command = [sys.executable, "scripts/update_metrics.py", "--check"]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("has_seen", [False, True], ids=["at the start", "with traffic"])
def test_promtool_finds_nothing(
    watching: Watching, require_program: Callable[[str], str], has_seen: bool
) -> None:
    """Prometheus' own linter has nothing to say."""
    if has_seen:
        seen_by_all(watching)
    body, _ = watching.metrics.exposition("")
    command = [require_program("promtool"), "check", "metrics"]
    checked = subprocess.run(command, input=body, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")
