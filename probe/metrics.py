"""Prometheus families as one custom collector (design section 11).

The list of families and of label values is closed: members, relays and causes are known before the first
connection, so every series that can stand for a failure begins at 0, and no distinguished name, serial number
or address is a label.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.registry import Collector

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName, Family
from analyzers.connection import Outcome, Party
from analyzers.diagnosis.findings import CheckStatus
from analyzers.tls import codepoints

from .relayed import LegName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

    from analyzers.mirror.definition import Mirror

    from .account import Account

__all__ = ["BUCKETS", "UNDECIDED", "UNKNOWN_PEER", "Metrics"]

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Seconds: a handshake between neighbours takes single milliseconds, and the deadline is 5 seconds."""

UNDECIDED = "undecided"
"""The cause of a failure of which the evidence does not decide why."""

UNKNOWN_PEER = "unknown"
"""The peer of a connection that no member of the mirror made."""

_MEMBER_OUTCOMES = (Outcome.ESTABLISHED, Outcome.FAILED)
"""What begins at 0 for each member; with a hundred of them and fifty relays, all outcomes would be too many series."""

_ENDS = (Blamed.CLIENT, Blamed.SERVER)
_BLAMED = {Family.TRANSPORT: (*_ENDS, Blamed.NETWORK), Family.NEGOTIATION: (*_ENDS, Blamed.BOTH)}
"""Whose fault a cause of a family can be; of the other families, one end's."""


class Metrics(Collector):
    """All that is counted, and its exposition."""

    def __init__(self, version: str, mirror: Mirror, relays: Iterable[tuple[str, Callable[[], int]]]) -> None:
        """Begin every known series at 0.

        Args:
            version: of this program.
            mirror: whose members may be named in labels.
            relays: each relay's name, and how many connections it has now.
        """
        self._version = version
        self._mirror = mirror.name
        self._relays = tuple(relays)
        names = [name for name, _ in self._relays]
        peers = [UNKNOWN_PEER, *(member.name for member in mirror.members)]
        outcomes = dict.fromkeys(peers, _MEMBER_OUTCOMES) | {UNKNOWN_PEER: tuple(Outcome)}
        self._handshakes = Counter({(r, p, o.value): 0 for r in names for p in peers for o in outcomes[p]})
        self._failures = Counter({(r, *kind): 0 for r in names for kind in _failure_kinds()})
        self._violations = Counter({(r, c.value, a): 0 for r in names for c in CheckName for a in _ACTIONS})
        self._bytes = Counter({(r, p.value): 0 for r in names for p in Party})
        self._buckets = {name: [0] * (len(BUCKETS) + 1) for name in names}
        self._seconds: dict[str, float] = dict.fromkeys(names, 0.0)
        self._refused = Counter({(r, c): 0 for r in names for c in ("connections", "pending")})
        self._negotiated: Counter[tuple[str, str]] = Counter()
        self._not_after: dict[tuple[str, str], float] = {}
        self._certificates: dict[tuple[str, str], tuple[str, str]] = {}
        self._dropped: dict[str, Callable[[], int]] = {}

    def watch_sink(self, name: str, dropped: Callable[[], int]) -> None:
        """Expose how many events a sink had to drop."""
        self._dropped[name] = dropped

    def count_bytes(self, relay: str, sender: Party, length: int) -> None:
        """Add application bytes that `sender` had relayed."""
        self._bytes[relay, sender.value] += length

    def count_ceiling(self, relay: str, ceiling: str) -> None:
        """Add a connection that was turned away at a ceiling."""
        self._refused[relay, ceiling] += 1

    def count(self, account: Account) -> None:
        """Add one finished connection."""
        relay = account.relay
        peer = account.client_member or UNKNOWN_PEER
        self._handshakes[relay, peer, account.outcome.value] += 1
        if account.handshake_seconds is not None:
            self._buckets[relay][bisect_left(BUCKETS, account.handshake_seconds)] += 1
            self._seconds[relay] += account.handshake_seconds
        if account.has_failed:
            root = account.root
            cause, party = (root.id, root.party.value) if root else (UNDECIDED, Blamed.BOTH.value)
            self._failures[relay, account.leading_name, cause, party] += 1
        for check, status in account.checks.items():
            if status is CheckStatus.FAIL:
                self._violations[relay, check.value, account.action] += 1
        self._count_negotiation(account)

    def _count_negotiation(self, account: Account) -> None:
        tls = account.negotiated.tls
        if account.outcome is Outcome.ESTABLISHED and tls and tls.version and tls.cipher_suite is not None:
            names = codepoints.version_name(tls.version), codepoints.cipher_suite_name(tls.cipher_suite)
            self._negotiated[names] += 1
        for member, party, certificate in account.certificates():
            self._not_after[member, party.value] = certificate.not_after
            self._certificates[member, party.value] = (certificate.key, certificate.signature)

    def collect(self) -> Iterator[Metric]:
        """Give every family, with all its series."""
        yield from self._counters()
        yield from self._gauges()
        duration = HistogramMetricFamily(
            "mirrorprobe_handshake_duration_seconds",
            "Seconds from the ClientHello until both legs were established.",
            labels=["relay"],
        )
        for name, counts in self._buckets.items():
            duration.add_metric([name], _cumulative(counts), self._seconds[name])
        yield duration

    def _counters(self) -> Iterator[Metric]:
        for name, text, labels, counter in (
            ("handshakes", "Connections by the member that made them and how far they came.",
             ["relay", "peer", "outcome"], self._handshakes),
            ("handshake_failures", "Connections that failed, by root cause and the end whose fault it is.",
             ["relay", "leg", "cause", "party"], self._failures),
            ("policy_violations", "Failed checks, by what the relay does about them.",
             ["relay", "check", "action"], self._violations),
            ("relayed_bytes", "Application bytes that an end sent through the relay.",
             ["relay", "direction"], self._bytes),
            ("connections_refused", "Connections turned away at a ceiling.",
             ["relay", "ceiling"], self._refused),
            ("negotiated", "Established connections by protocol version and cipher suite.",
             ["version", "cipher_suite"], self._negotiated),
        ):  # fmt: skip
            family = CounterMetricFamily(f"mirrorprobe_{name}", text, labels=labels)
            for values, count in counter.items():
                family.add_metric(values, count)
            yield family
        dropped = CounterMetricFamily(
            "mirrorprobe_events_dropped", "Events that a sink lost.", labels=["sink"]
        )
        for sink, read in self._dropped.items():
            dropped.add_metric([sink], read())
        yield dropped

    def _gauges(self) -> Iterator[Metric]:
        active = GaugeMetricFamily("mirrorprobe_connections_active", "Open connections.", labels=["relay"])
        for name, read in self._relays:
            active.add_metric([name], read())
        yield active
        expiry = GaugeMetricFamily(
            "mirrorprobe_certificate_not_after_timestamp_seconds",
            "When the certificate that a member showed last ends, by the role in which it showed it.",
            labels=["member", "role"],
        )
        for key, not_after in self._not_after.items():
            expiry.add_metric(key, not_after)
        yield expiry
        certificate = InfoMetricFamily(
            "mirrorprobe_certificate", "The certificate that a member showed last.", labels=["member", "role"]
        )
        for key, (kind, signature) in self._certificates.items():
            certificate.add_metric(key, {"key": kind, "signature": signature})
        yield certificate
        build = InfoMetricFamily("mirrorprobe_build", "This program.")
        build.add_metric([], {"version": self._version, "mirror": self._mirror})
        yield build


_ACTIONS = ("observe", "shadow", "enforce")


def _failure_kinds() -> Iterator[tuple[str, str, str]]:
    """Give leg, cause and party of every failure that can be counted."""
    for leg in LegName:
        yield leg.value, UNDECIDED, Blamed.BOTH.value
        for cause in catalogue().values():
            for party in _BLAMED.get(cause.family, _ENDS):
                yield leg.value, cause.id, party.value


def _cumulative(counts: list[int]) -> list[tuple[str, float]]:
    total = 0
    buckets = []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    return buckets
