"""A connection that fails is compared with the last one between the same ends that worked."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from analyzers.capture.analysis import Analysis
from analyzers.connection import Endpoint
from analyzers.tls.secrets import KeyLog
from probe.captures.comparing import Comparing
from probe.captures.novelty import Novelty
from probe.captures.task import Ended, Judged, Known, Task, Wanted, judge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Connection

PCAPS = Path(__file__).parents[3] / "pcaps"
SERVER = Endpoint("10.0.0.12", 2188)
TASK = Task("joined", wanted=Wanted(record=True))


def recorded(story: str, client: str, started: float) -> Connection:
    """Give a recorded connection as if it had been between these ends, and then."""
    keys = PCAPS / f"{story}.keys"
    keylog = KeyLog.parse(keys.read_bytes()) if keys.exists() else None
    with (PCAPS / f"{story}.pcap").open("rb") as source:
        (captured,) = Analysis(source, keylog=keylog).connections()
    return replace(captured.connection, client=Endpoint(client, 40000), server=SERVER, started=started)


def sequence() -> list[Connection]:
    """Two clients: one works twice and then fails, the other fails at once, and fails again after it worked."""
    good, bad = "healthy-tls13", "client-eku-server-only-tls13"
    return [
        recorded(good, "10.0.0.11", 1000.0),
        recorded(bad, "10.0.0.13", 1500.0),
        recorded(good, "10.0.0.11", 2000.0),
        recorded(bad, "10.0.0.11", 3000.0),
        recorded(good, "10.0.0.13", 4000.0),
        recorded(bad, "10.0.0.13", 5000.0),
    ]


def judged(connections: list[Connection], shards: int) -> Iterator[Judged]:
    """Judge connections as so many workers would, each of which knows only its own."""
    novelties = [Novelty() for _ in range(shards)]
    for place, connection in enumerate(connections):
        yield judge((0, place), connection, TASK, novelty=novelties[place % shards])


def told(connections: list[Connection], shards: int) -> list[Judged | Ended]:
    """Compare connections that so many workers have judged; who gives them does not matter."""
    compared = Comparing().compared(TASK, judged(connections, shards))
    return [one._replace(connection=None, new=None) if isinstance(one, Judged) else one for one in compared]


def evidence(one: Judged | Ended) -> list[str]:
    """Give what the first finding quotes of earlier connections."""
    assert isinstance(one, Judged)
    findings = json.loads(b"{" + (one.record or b"}"))["findings"]
    quoted = findings[0]["evidence"] if findings else []
    return [each["text"] for each in quoted if each.get("source") == "earlier connection"]


def test_failure_after_success() -> None:
    """A failure says when it worked last and what has changed; one that never worked says nothing of it."""
    first, never, second, failed, third, again = map(evidence, told(sequence(), 1))
    assert (first, never, second, third) == ([], [], [], [])
    assert any(text.startswith("it worked at 1970-01-01 00:33:20 UTC; since then the client has another certificate")
               for text in failed)  # fmt: skip
    assert any("1970-01-01 01:06:40 UTC" in text for text in again)


@pytest.mark.parametrize("shards", [2, 3, 5])
def test_division_does_not_matter(shards: int) -> None:
    """However the connections were divided among workers, the answers are the same."""
    connections = sequence()
    whole = told(connections, 1)
    assert told(connections, shards) == whole


@pytest.mark.parametrize("shards", [2, 3])
def test_clients_that_take_turns(shards: int) -> None:
    """Where two clients of one address take turns, the last that worked is the last, however they were divided."""
    good, failing = (
        recorded("healthy-tls13", "10.0.0.11", 1000.0),
        recorded("client-eku-server-only-tls13", "10.0.0.11", 4000.0),
    )
    assert good.tls
    assert failing.tls
    other = replace(
        good, started=2000.0, tls=replace(good.tls, client_certificates=failing.tls.client_certificates)
    )
    connections = [good, other, replace(good, started=3000.0), failing]
    whole = told(connections, 1)
    assert isinstance(whole[-1], Judged)
    assert any("since then the client has another certificate" in text for text in evidence(whole[-1]))
    assert told(connections, shards) == whole


def test_only_failed() -> None:
    """What works is left out when nobody wants it, and still compared with."""
    task = replace(TASK, wanted=replace(TASK.wanted, only_failed=True))
    novelty = Novelty()
    found = [judge((0, place), one, task, novelty=novelty) for place, one in enumerate(sequence())]
    failures = [one for one in Comparing().compared(task, found) if isinstance(one, Judged)]
    assert [one.started for one in failures] == [1500.0, 3000.0, 5000.0]
    assert evidence(failures[1])


def test_only_what_may_be_compared_is_at_hand() -> None:
    """Connections that fail can be asked for, and those that work and show something new come along."""
    connections = sequence()
    found = list(judged(connections, 1))
    failed = [1, 3, 5]
    assert [one.connection for one in found] == [
        Known(one) if place in failed else None for place, one in enumerate(connections)
    ]
    assert [one.new for one in found] == [connections[0], None, None, None, connections[4], None]


def test_failures_are_asked_for_only_where_it_worked_before() -> None:
    """A connection that failed, and may be in another process, is not looked at where nothing is known to compare."""
    asked: list[float] = []

    def asking(one: Judged) -> Judged:
        def give() -> Connection:
            asked.append(one.started)
            assert one.connection
            return one.connection()

        return one._replace(connection=give) if one.kind.is_failed else one

    list(Comparing().compared(TASK, map(asking, judged(sequence(), 1))))
    assert asked == [3000.0, 5000.0]
