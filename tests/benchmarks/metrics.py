"""What metrics cost with fifty relays and a hundred members: an exposition, and one connection more.

Ours is measured beside prometheus-client's encoders on the same families, and after as many changes as a scrape may
find. Times are CPU milliseconds (for a connection, microseconds), the median of several runs.
"""

from __future__ import annotations

import time
from functools import partial
from itertools import cycle, islice
from statistics import median
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from analyzers.connection import Party, Road
from analyzers.mirror.definition import Member, Mirror, Role
from probe.metrics import Metrics, Watched
from probe.pairs import Pairs
from probe.shown import Shown
from tests.probe.accounts import mirror, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from probe.account import Account

__all__ = ["run"]

RELAYS, MEMBERS, RUNS = 50, 100, 15
CONNECTIONS = 5000
CHANGES = (0, 100, 1000, 10_000)
FORMATS = {"text": "", "OpenMetrics": "application/openmetrics-text"}
STORIES = ("healthy-tls12", "client-eku-server-only-tls12", "server-protocol-below-policy-tls12")


def cpu_seconds(work: Callable[[], object], between: Callable[[], object] = lambda: None) -> float:
    """Give the CPU time of a run; `between` is not counted."""
    times = []
    for _ in range(RUNS):
        between()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return median(times)


class Large:
    """The metrics of a large probe."""

    def __init__(self) -> None:
        """Begin every series."""
        added = tuple(Member(f"M{number}", Role.ASYNC, f"CN=m{number}") for number in range(MEMBERS))
        definition = Mirror("LARGE", True, (*mirror().members, *added)[:MEMBERS])
        names = [f"to-{number}" for number in range(RELAYS)]
        roads = [Road.PASSTHROUGH, *[Road.RELAY] * (RELAYS - 1)]
        watched = [Watched(name, road, active=lambda: 0) for name, road in zip(names, roads, strict=True)]
        self.pairs, self.shown = Pairs(definition), Shown()
        self.metrics = Metrics("1", definition, watched, self.pairs, self.shown)
        self.names = names

    def count(self, account: Account, times: int) -> None:
        """Count one connection again and again."""
        for _ in range(times):
            self.metrics.count(account)

    def take(self, account: Account, times: int) -> None:
        """Do the same with all that a finished connection touches."""
        for _ in range(times):
            self.pairs.see(account)
            self.shown.see(account)
            self.metrics.count(account)

    def change(self, series: int) -> None:
        """Change so many counters of failures, and what every relay counts with each connection."""
        values = self.metrics._values["handshake_failures"]
        for key in islice(cycle(tuple(values._values)), series):
            values.add(key)
        for name in self.names if series else ():
            self.metrics.count_bytes(name, Party.CLIENT, 1000)
            self.metrics._durations.observe((name,), 0.004)


def run() -> None:
    """Print both tables."""
    large = Large()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(large.metrics)
    body, _ = large.metrics.exposition("")
    lines = body.count(b"\n")
    print(f"{RELAYS} relays, {MEMBERS} members: {lines} lines, {len(body) / 1e6:.1f} MB, CPU ms")
    print(
        f"{'format':<14}{'encoder alone':>15}" + "".join(f"{f'{number} changed':>15}" for number in CHANGES)
    )
    for name, accept in FORMATS.items():
        encode, _ = choose_encoder(accept)
        ours = partial(large.metrics.exposition, accept)
        figures = [cpu_seconds(partial(encode, registry))]
        figures += [cpu_seconds(ours, partial(large.change, number)) for number in CHANGES]
        print(f"{name:<14}" + "".join(f"{1000 * figure:>15.1f}" for figure in figures))
    print(f"\n{'connection':<40}{'count, us':>12}{'with pair and certificates, us':>32}")
    for story in STORIES:
        account = told(story, road="passthrough", relay=large.names[0], seconds=0.004)
        alone, whole = (
            cpu_seconds(partial(work, account, CONNECTIONS)) / CONNECTIONS * 1e6
            for work in (large.count, large.take)
        )
        print(f"{story:<40}{alone:>12.1f}{whole:>32.1f}")
