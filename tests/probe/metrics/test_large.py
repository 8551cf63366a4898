"""A probe of a thousand relays and a thousand members begins few series at 0, and the others when they are seen."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Outcome, Road
from analyzers.mirror.definition import Member, Mirror, Role
from probe.metrics import FAMILIES, Metrics, Watched
from probe.metrics.families import SERIES_AT_START, too_large
from probe.metrics.scene import UNKNOWN_PEER, Scene
from probe.pairs import Pairs
from probe.shown import Shown
from tests.probe.accounts import mirror, told
from tests.probe.metrics.test_exposition import is_the_encoders_own

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HANDSHAKES = "mirrorprobe_handshakes_total"
FAILURES = "mirrorprobe_handshake_failures_total"
RELAYS = 1000


def watched(relays: int) -> tuple[Watched, ...]:
    """So many terminating relays."""
    return tuple(Watched(f"to-{number}", Road.RELAY, active=lambda: 0) for number in range(relays))


def large(relays: int, members: int) -> Scene:
    """So many relays in front of so many members."""
    return Scene(watched(relays), tuple(f"M{number}" for number in range(members)))


@pytest.mark.parametrize(
    ("relays", "members", "named"),
    [
        (50, 100, ()),
        (150, 100, ()),
        (1000, 10, (FAILURES,)),
        (200, 1000, (HANDSHAKES, FAILURES)),
        (1000, 1000, (HANDSHAKES, FAILURES)),
    ],
)
def test_families_that_are_too_large(relays: int, members: int, named: tuple[str, ...]) -> None:
    """They are named, and no other: what is as large as it may be still begins at 0."""
    assert too_large(large(relays, members)) == named


def test_start_is_bounded() -> None:
    """No family begins with more series than it may have, and those of nobody known begin for each relay."""
    scene = large(RELAYS, 1000)
    assert all(sum(1 for _ in spec.at_start(scene)) <= SERIES_AT_START for spec in FAMILIES)
    begun = set(next(spec for spec in FAMILIES if spec.sample == HANDSHAKES).at_start(scene))
    assert begun == {(name, UNKNOWN_PEER, outcome.value) for name in scene.names for outcome in Outcome}


@pytest.fixture
def metrics() -> Metrics:
    """Metrics of a thousand relays and a thousand members, of whom some are those of the captures."""
    added = tuple(Member(f"M{number}", Role.ASYNC, f"CN=m{number}") for number in range(1000))
    definition = Mirror("LARGE", True, (*mirror().members, *added))
    return Metrics("1", definition, watched(RELAYS), Pairs(definition), Shown())


def lines_of(metrics: Metrics, name: str) -> set[str]:
    """Give the lines of one family."""
    text = metrics.exposition("")[0].decode()
    return {line for line in text.splitlines() if line.startswith(f"{name}{{")}


def test_members_first_connection_begins_both_outcomes(metrics: Metrics) -> None:
    """Whoever worked once has a 0 from which his first failure can be told; others have no series."""
    before = lines_of(metrics, HANDSHAKES)
    metrics.count(told("healthy-tls12", relay="to-7", road="passthrough", seconds=0.01))
    assert lines_of(metrics, HANDSHAKES) - before == {
        f'{HANDSHAKES}{{outcome="established",peer="IRISA",relay="to-7"}} 1.0',
        f'{HANDSHAKES}{{outcome="failed",peer="IRISA",relay="to-7"}} 0.0',
    }
    assert is_the_encoders_own(metrics)


def test_cause_begins_when_it_is_seen(metrics: Metrics) -> None:
    """A failure has its series from the first one on, and is counted as ever."""
    assert lines_of(metrics, FAILURES) == set()
    for _ in range(3):
        metrics.count(told("client-eku-server-only-tls12", relay="to-7", road="passthrough"))
    assert lines_of(metrics, FAILURES) == {
        f'{FAILURES}{{cause="client-certificate-purpose",leg="direct",party="client",relay="to-7"}} 3.0'
    }


def test_series_end_with_their_relay(metrics: Metrics) -> None:
    """A reload that makes the probe small again begins everything at 0 and ends what is gone."""
    metrics.count(told("client-eku-server-only-tls12", relay="to-7", road="passthrough"))
    metrics.count(told("client-eku-server-only-tls12", relay="to-1", road="passthrough"))
    metrics.reconfigure(mirror(), watched(2))
    failures = lines_of(metrics, FAILURES)
    assert {line for line in failures if not line.endswith(" 0.0")} == {
        f'{FAILURES}{{cause="client-certificate-purpose",leg="direct",party="client",relay="to-1"}} 1.0'
    }
    assert not any("to-7" in line for line in failures)
    assert len(failures) > 400


def check(path: Path, *options: str) -> str:
    """Run `config check`, which must be content."""
    command = [sys.executable, "-m", "probe", "config", "check", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_config_check_names_them(write: Callable[..., Path]) -> None:
    """`config check` says which families do not begin at 0 under this configuration, and nothing where all do."""
    one = write().read_text()
    assert "note" not in check(write())
    assert json.loads(check(write(), "--json"))["series_begin_when_seen"] == []
    start = one.index("[[relay]]")
    relay = one[start : one.index("[web]")]
    more = "\n".join(relay.replace('"to-irisb"', f'"to-irisb-{number}"') for number in range(200))
    assert check(write(append=more)).splitlines()[-1] == (
        f"note     {FAILURES}: more than 50,000 series are possible, so they do not begin at 0 but when first seen; "
        "fewer relays for one probe would keep alerts on the first failure"
    )
    assert json.loads(check(write(append=more), "--json"))["series_begin_when_seen"] == [FAILURES]
