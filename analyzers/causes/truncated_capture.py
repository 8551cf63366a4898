"""The capture does not hold the whole connection.

What it is:
    Packets are missing: the capture began later, ended earlier, lost some, was cut to a snap length, or
    saw one direction only. What is not there cannot be judged, and is not taken for healthy.

On the wire:
    Gaps in the sequence numbers, no SYN, no end, or only one direction.

In the logs:
    tcpdump: `packets dropped by kernel`.

Why it happens in a mirror:
    The capture runs on a host that sees one of two paths, or writes to a disk that is too slow.

What to do:
    - Capture with a full snap length (`-s 0`) and a large buffer (`-B`), on one of the two hosts
      themselves.
    - Start the capture before the connection is made: mirror connections live long, so restart one
      member's connection.

References:
    - tcpdump(8), options -s and -B
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES, Outcome, ProblemKind, Road

from .entry import Bearing, Blamed, Evidence, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_PASSIVE = frozenset({Road.PCAP, Road.SNIFF})


def check(case: Case) -> Iterator[Suspicion]:
    """Report what is missing, where it keeps the connection from being judged."""
    connection = case.connection
    if connection.road not in _PASSIVE or connection.outcome is not Outcome.INCOMPLETE:
        return
    missing = tuple(_missing(case))
    if missing:
        summary = "the capture does not hold the whole connection: " + "; ".join(
            each.text for each in missing[:3]
        )
        yield Suspicion(Blamed.NETWORK, summary, missing, 1.0, State.OBSERVED, Bearing.STANDS)


def _missing(case: Case) -> Iterator[Evidence]:
    connection = case.connection
    if not connection.has_start:
        yield Evidence("its beginning was not captured", source="capture")
    for party in PARTIES:
        if party not in connection.directions_seen:
            yield Evidence(f"nothing that the {party} sent was captured", source="capture")
    for problem in connection.problems:
        if problem.kind is ProblemKind.GAP:
            yield Evidence(
                problem.what, frame=problem.frame, offset=problem.offset if problem.frame is None else None
            )
    if connection.closed_by is None:
        yield Evidence("its end was not captured", source="capture")


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRANSPORT,
    severity=Severity.INFO,
    needs=frozenset(),
    check=check,
)
