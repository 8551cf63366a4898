"""What one mutual TLS connection costs the observer: `python -m tests.benchmarks.bench_observer`.

Real handshakes are recorded once and observed many times, so that certificates are in the cache as they are
for the second connection of a member. Times are CPU microseconds of this process, the best of several runs.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from analyzers.connection import CloseKind, Endpoint, Party, Road
from analyzers.observer import Observer
from tests.tls.dialogues import CLIENT, SERVER, TLS12, TLS13, Dialogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Connection
    from analyzers.tls.secrets import KeyLog
    from tests.tls.dialogues import Turn

HANDSHAKES = 20
"""Different ones: randoms and key shares are never the same twice."""

REPETITIONS = 25
RUNS = 5
SEGMENT_BYTES = 1448
BULK_BYTES = 1 << 26
ENDS = Endpoint("10.0.0.1", 50000), Endpoint("10.0.0.2", 2188)
SUITES = {TLS12: "ECDHE-RSA-AES256-GCM-SHA384", TLS13: "ALL"}


def observe(turns: list[Turn], keylog: KeyLog | None) -> Connection:
    """Observe a whole connection, a segment a turn."""
    watching = Observer(*ENDS, started=0.0, road=Road.PCAP, keylog=keylog)
    for number, (sender, data) in enumerate(turns, 1):
        watching.feed(sender, data, float(number), number)
    watching.closed(CLIENT, CloseKind.FIN, 99.0, 99)
    return watching.connection()


def recorded(version: int) -> list[tuple[list[Turn], KeyLog]]:
    """Record handshakes with a little data and a farewell."""
    found = []
    for _ in range(HANDSHAKES):
        dialogue = Dialogue(version, suite=SUITES[version]).handshake()
        dialogue.say(CLIENT, b"q" * 200).say(SERVER, b"a" * 400).close(CLIENT)
        found.append((dialogue.turns, dialogue.keylog))
    return found


def cpu_seconds(work: Callable[[], object]) -> float:
    """Give the CPU time of the best run."""
    best = float("inf")
    for _ in range(RUNS):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def handshakes(version: int, *, has_keys: bool) -> float:
    """Give the microseconds of one connection."""
    stories = recorded(version)

    def work() -> None:
        for _ in range(REPETITIONS):
            for turns, keylog in stories:
                observe(turns, keylog if has_keys else None)

    work()
    return cpu_seconds(work) / (REPETITIONS * HANDSHAKES) * 1e6


def bulk(*, skips: bool) -> float:
    """Give the megabytes of application data that pass in a second."""
    turns, _ = recorded(TLS12)[0]
    header = b"\x17\x03\x03\x40\x18"
    record = header + bytes(0x4018)
    stream = record * (BULK_BYTES // len(record))

    def work() -> None:
        watching = Observer(*ENDS, started=0.0, road=Road.PCAP)
        for sender, data in turns:
            watching.feed(sender, data, 0.0)
        at = 0
        while at < len(stream):
            passed = min(watching.skippable(Party.SERVER), len(stream) - at) if skips else 0
            if passed:
                watching.skip(Party.SERVER, passed, 1.0)
            at += passed
            watching.feed(Party.SERVER, stream[at : at + (len(header) if skips else SEGMENT_BYTES)], 1.0)
            at += len(header) if skips else SEGMENT_BYTES

    return len(stream) / cpu_seconds(work) / 1e6


def main() -> None:
    """Print the measures."""
    for version, name in ((TLS12, "TLS 1.2"), (TLS13, "TLS 1.3")):
        turns, _ = recorded(version)[0]
        for has_keys in (False, True):
            cost = handshakes(version, has_keys=has_keys)
            secrets = "with" if has_keys else "without"
            print(f"{name}, mutual, {len(turns)} segments, {secrets} secrets: {cost:6.1f} us a connection")
    print(f"application data in segments: {bulk(skips=False):8.0f} MB/s")
    print(f"application data passed over: {bulk(skips=True):8.0f} MB/s")


if __name__ == "__main__":
    main()
