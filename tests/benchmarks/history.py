"""What the history costs: `python -m tests.benchmarks.history URL [CONNECTIONS]` on an empty database.

It prints what `take` costs the event loop, connections written a second, bytes a connection, and what questions take.
"""

from __future__ import annotations

import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter, time

from probe.config.settings import HistorySettings
from probe.history import open_history
from probe.history.database import Place
from probe.history.entry import Rows, entry_of, rows_of
from probe.history.queries import Reader
from probe.history.store import Store
from probe.history.wanted import Wanted
from tests.history.telling import event, event_for
from tests.probe.accounts import PCAPS, told

CONNECTIONS = 1_000_000
TIMES = re.compile(rb"\b\d{10}\.\d+\b")
PORT = re.compile(rb'"port":\d{5}')
BATCH = 500
HEALTHY = 95
"""Of 100 connections; the others are one story after the other."""


def measure_taking(url: str) -> None:
    """Print what the event loop pays."""
    with tempfile.TemporaryDirectory() as spool:
        sink = open_history(HistorySettings(url, Path(spool), 10**9, 1e12, 10**13), "bench")
        events = [event(f"take-{number}") for number in range(5000)]
        begun = perf_counter()
        for each in events:
            sink.take(each)
        taken = perf_counter()
        sink.close(60)
        written = perf_counter()
    print(
        f"take: {(taken - begun) / len(events) * 1e6:.2f} us; {len(events) / (written - begun):.0f} a second through"
    )


def rows_for(templates: list[Rows], number: int, at: float) -> Rows:
    """Give the rows of one more connection."""
    healthy, *stories = templates
    template = healthy if number % 100 < HEALTHY else stories[number // 100 % len(stories)]
    identifier = f"{number:x}-bench"
    legs = tuple(
        {**leg, "id": identifier, "started": at, "ended": at + 1, "client_port": number % 60_000,
         "client_random": number.to_bytes(32, "big")}
        for leg in template.legs
    )  # fmt: skip
    told_of = {**template.connection, "id": identifier, "started": at, "ended": at + 1}
    showings = tuple((*showing[:3], at) for showing in template.showings)
    line = TIMES.sub(f"{at:.6f}".encode(), template.line).replace(
        template.connection["id"].encode(), identifier.encode()
    )
    line = PORT.sub(b'"port":%d' % (number % 60_000), line)
    return replace(template, connection=told_of, legs=legs, showings=showings, line=line)


def measure_writing(place: Place, number: int) -> None:
    """Fill the history, and print how fast."""
    accounts = [
        told(name, identifier=name)
        for name in ["healthy-tls12", *sorted(p.stem for p in PCAPS.glob("*.pcap"))]
    ]
    templates = [rows_of(entry_of(event_for(account), account), "bench") for account in accounts]
    store = Store(place, "bench")
    store.open()
    before, begin, longest = store.used_bytes(), time() - number, 0.0
    begun = perf_counter()
    for at in range(0, number, BATCH):
        batch = [rows_for(templates, each, begin + each) for each in range(at, at + BATCH)]
        one = perf_counter()
        store.write(batch)
        longest = max(longest, perf_counter() - one)
    seconds = perf_counter() - begun
    print(f"write: {number / seconds:.0f} a second; longest batch {longest * 1e3:.0f} ms")
    print(f"size: {(store.used_bytes() - before) / number:.0f} bytes a connection")
    begun = perf_counter()
    store.remove_oldest(BATCH)
    print(f"retention: {(perf_counter() - begun) * 1e3:.0f} ms for {BATCH}")
    store.close()


def measure_asking(place: Place, number: int) -> None:
    """Print what questions take."""
    now = time()
    questions = {
        "newest 50": Wanted(limit=50),
        "failed, newest 50": Wanted(is_failed=True, limit=50),
        "one member, newest 50": Wanted(member="IRISA", limit=50),
        "an unknown member": Wanted(member="nobody", limit=50),
        "one cause, newest 50": Wanted(cause="client-certificate-purpose", limit=50),
        "an unknown cause": Wanted(cause="none", limit=50),
        "an unknown relay": Wanted(relay="none", limit=50),
        "the last hour": Wanted(since=now - 3600),
    }
    with Reader(place) as reader:
        for name, wanted in questions.items():
            begun = perf_counter()
            found = sum(1 for _ in reader.connections(wanted))
            print(f"ask: {name}: {(perf_counter() - begun) * 1e3:.1f} ms, {found} found")
        begun = perf_counter()
        size = sum(len(line) for _, line in reader.events(Wanted(limit=100_000)))
        seconds = perf_counter() - begun
        print(
            f"export: {min(number, 100_000) / seconds:.0f} events a second, {size / seconds / 1e6:.0f} MB/s"
        )
        begun = perf_counter()
        failed = reader.halves(Wanted(is_failed=True, limit=100))
        others = reader.others(failed, 2.0)
        print(
            f"incidents: {(perf_counter() - begun) * 1e3:.1f} ms for {len(failed)} and {len(others)} others"
        )
        begun = perf_counter()
        print(f"certificates: {len(reader.showings())} days in {(perf_counter() - begun) * 1e3:.1f} ms")


if __name__ == "__main__":
    asked = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else CONNECTIONS
    measure_taking(asked)
    measure_writing(Place(asked), count)
    measure_asking(Place(asked), count)
