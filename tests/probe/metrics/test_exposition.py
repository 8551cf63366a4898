"""The text is prometheus-client's to the byte, however little of it is written anew."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families

from analyzers.connection import Party, Road
from analyzers.mirror.definition import Member, Mirror, Role
from probe.metrics import Metrics, Watched
from probe.metrics.negotiation import OPENMETRICS, prefers_openmetrics
from probe.pairs import Pairs
from probe.shown import Shown
from tests.probe.accounts import mirror, told
from tests.probe.metrics.conftest import WATCHED, Watching

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED_OPEN = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


def is_the_encoders_own(metrics: Metrics) -> bool:
    """Compare both formats with what prometheus-client's encoders write of the same families."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(metrics)
    encoders = {accept: choose_encoder(accept)[0] for accept in ("", ASKED_OPEN)}
    return all(metrics.exposition(accept)[0] == encode(registry) for accept, encode in encoders.items())


def test_every_change_is_written(watching: Watching) -> None:
    """After each event of a life the text is that of the encoders."""
    metrics = watching.metrics
    events: list[Callable[[], object]] = [
        lambda: None,
        lambda: watching.see(told("healthy-tls12", relay="heard", seconds=0.0123)),
        lambda: watching.see(told("healthy-tls12", relay="heard", seconds=123.4)),
        lambda: watching.see(told("client-eku-server-only-tls12", relay="two", road="passthrough")),
        lambda: watching.see(told("client-weak-key-tls12", relay="asked", road="check")),
        lambda: watching.see(told("client-eku-server-only-tls12", relay="two", road="passthrough")),
        lambda: metrics.count_bytes("one", Party.SERVER, 12_345_678_901),
        lambda: metrics.count_ceiling("two", "connections"),
        lambda: metrics.reloaded(ok=False, at=1e9),
        lambda: metrics.watch_sink("syslog", lambda: 10**15),
        lambda: metrics.reconfigure(replace(mirror(), members=mirror().members[1:]), WATCHED[1:]),
        lambda: metrics.reconfigure(mirror(), WATCHED),
        lambda: watching.see(told("client-eku-server-only-tls12", relay="two", road="passthrough")),
    ]
    for number, happens in enumerate(events):
        happens()
        assert is_the_encoders_own(metrics), number


@given(names=st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3, unique=True))
def test_any_name_is_escaped(names: list[str]) -> None:
    """Whatever a member is called, its lines are the encoders', and there is one for each series."""
    definition = Mirror("LAB", True, tuple(Member(name, Role.ASYNC) for name in names))
    metrics = Metrics("1", definition, [Watched("one", Road.SNIFF)], Pairs(definition), Shown())
    assert is_the_encoders_own(metrics)
    lines = metrics.exposition("")[0].split(b"\n")
    assert len(lines) == len(set(lines))


def test_failures_name_their_last_connection(watching: Watching) -> None:
    """In OpenMetrics a failure counter bears the last connection's identifier and time."""
    for number in (1, 2):
        account = told(
            "client-eku-server-only-tls12",
            relay="heard",
            identifier=f"0a-heard-{number}",
            lasted=(number, number + 0.5),
        )
        watching.see(account)
    body, content_type = watching.metrics.exposition(ASKED_OPEN)
    assert content_type == OPENMETRICS
    (sample,) = (
        sample
        for family in openmetrics_families(body.decode())
        for sample in family.samples
        if sample.exemplar
    )
    assert (sample.name, sample.value) == ("mirrorprobe_handshake_failures_total", 2)
    assert sample.exemplar
    assert sample.exemplar.labels == {"connection_id": "0a-heard-2"}
    assert float(sample.exemplar.timestamp or 0) == 2.5
    assert b"connection_id" not in watching.metrics.exposition("")[0]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        (ASKED_OPEN, True),
        ("application/openmetrics-text", True),
        ("Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", True),
        ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;q=0.4", True),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=2.0.0", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=nan", False),
        ("application/openmetrics-text;q=x", False),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.4", False),
    ],
)
def test_negotiation(accept: str, expected: bool) -> None:
    """OpenMetrics 1.0 is for those who ask for it and do not prefer the text format."""
    assert prefers_openmetrics(accept) is expected


@given(st.text(max_size=60) | st.text("application/openmetrics-text;=,q.0189 ", max_size=60))
def test_any_header_is_answered(accept: str) -> None:
    """Whatever a request accepts, it gets one of the two formats."""
    assert isinstance(prefers_openmetrics(accept), bool)
