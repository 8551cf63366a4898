"""All that is counted, and its exposition.

`_created` series are not exposed. Prometheus takes them for families of their own, which doubles the series and is of
use to no query; and a reset shows without them, since every counter that stands for a failure begins at 0.
"""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from prometheus_client.core import Exemplar
from prometheus_client.registry import Collector

from analyzers.causes.entry import Blamed
from analyzers.connection import Outcome, Road
from analyzers.diagnosis.findings import CheckStatus

from . import labels
from .families import FAMILIES, UNDECIDED, Kind
from .negotiation import OPENMETRICS, PLAIN, prefers_openmetrics
from .scene import UNKNOWN_PEER, Scene
from .series import Durations, Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prometheus_client import Metric

    from analyzers.connection import Party
    from analyzers.mirror.definition import Mirror

    from ..account import Account
    from ..pairs import Pairs
    from ..shown import Shown, ShownCertificate
    from .families import Key
    from .scene import Watched

__all__ = ["Metrics"]


class Metrics(Collector):
    """The families of one probe, counted and read on the event loop; mutable."""

    def __init__(
        self, version: str, mirror: Mirror, watched: Iterable[Watched], pairs: Pairs, shown: Shown
    ) -> None:
        """Begin every known series at 0; the configuration counts as read just now.

        Args:
            version: of this program.
            mirror: whose members may be named in labels.
            watched: every relay, check and live capture.
            pairs: is read when the metrics are.
            shown: the same.
        """
        self._version, self._pairs, self._shown = version, pairs, shown
        self._durations = Durations(next(spec for spec in FAMILIES if spec.kind is Kind.HISTOGRAM))
        self._values = {spec.name: Values(spec) for spec in FAMILIES if spec.kind is not Kind.HISTOGRAM}
        self._all = (*self._values.values(), self._durations)
        self._dropped: dict[str, Callable[[], int]] = {}
        self._history: Callable[[], int] | None = None
        self._counted = self._failed = 0
        self._scene = Scene((), ())
        self.reconfigure(mirror, watched)
        self.reloaded(ok=True, at=time())
        self.exposition("")  # every line is written once before anybody waits for it

    def reconfigure(self, mirror: Mirror, watched: Iterable[Watched]) -> None:
        """Go on with another configuration: what stays is kept, what is new begins at 0, what is gone ends."""
        self._scene = Scene(tuple(watched), tuple(member.name for member in mirror.members))
        self._known = frozenset(self._scene.names)
        for series in self._all:
            series.enter(self._scene)
        self._values["relay"].replace(
            {(one.name, one.road.value, one.action, one.member): 1 for one in self._scene.watched}
        )
        self._values["build"].replace({(self._version, mirror.name): 1})

    def reloaded(self, *, ok: bool, at: float) -> None:
        """Note that the configuration was read at `at`, in epoch seconds, and whether it could be taken."""
        self._values["config_last_reload_successful"].set((), int(ok))
        if ok:
            self._values["config_last_reload_success_timestamp_seconds"].set((), at)

    def watch_sink(self, name: str, dropped: Callable[[], int]) -> None:
        """Expose how many events a sink had to drop."""
        self._dropped[name] = dropped

    def watch_history(self, rows: Callable[[], int]) -> None:
        """Expose how many connections the history holds; `rows` must answer at once."""
        self._history = rows

    def totals(self) -> dict[str, int]:
        """Give how many connections there were, how many of them failed, and how many events were dropped."""
        dropped = sum(read() for read in self._dropped.values())
        return {"connections": self._counted, "failed": self._failed, "dropped_events": dropped}

    def count_bytes(self, relay: str, sender: Party, length: int) -> None:
        """Add application bytes that `sender` had relayed."""
        if relay in self._known:
            self._values["relayed_bytes"].add((relay, sender.value), length)

    def count_ceiling(self, relay: str, ceiling: str) -> None:
        """Add a connection that was turned away at a ceiling."""
        if relay in self._known:
            self._values["connections_refused"].add((relay, ceiling))

    def count(self, account: Account) -> None:
        """Add one finished connection; one of a relay that a reload has removed is in the totals only."""
        self._counted += 1
        self._failed += account.has_failed
        relay, outcome = account.relay, account.outcome
        if relay not in self._known:
            return
        self._values["handshakes"].add((relay, account.client_member or UNKNOWN_PEER, outcome.value))
        if account.handshake_seconds is not None:
            self._durations.observe((relay,), account.handshake_seconds)
        if account.has_failed:
            self._count_failure(account)
        for check, status in account.checks.items():
            if status is CheckStatus.FAIL:
                self._values["policy_violations"].add((relay, check.value, account.action))
        tls = account.negotiated.tls
        if outcome is Outcome.ESTABLISHED and tls and tls.version and tls.cipher_suite is not None:
            suite = labels.cipher_suite_of(tls.cipher_suite)
            self._values["negotiated"].add((labels.version_of(tls.version), suite))
        if account.road == Road.CHECK:
            self._values["last_check_timestamp_seconds"].set((relay,), account.negotiated.ended)

    def _count_failure(self, account: Account) -> None:
        root = account.root
        cause, party = (root.id, root.party.value) if root else (UNDECIDED, Blamed.BOTH.value)
        self._values["handshake_failures"].add(
            (account.relay, account.leading_name, cause, party),
            exemplar=Exemplar({"connection_id": account.id}, 1.0, account.negotiated.ended),
        )

    def collect(self) -> Iterator[Metric]:
        """Give every family, with all its series."""
        self._take_stock()
        for series in self._all:
            yield series.family()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """Give the text of all families, and its Content-Type.

        Args:
            accept: the request's Accept header; OpenMetrics is given to those who prefer it.
        """
        is_open = prefers_openmetrics(accept)
        return "".join(self._text(is_open=is_open)).encode(), OPENMETRICS if is_open else PLAIN

    def _text(self, *, is_open: bool) -> Iterator[str]:
        self._take_stock()
        for series in self._all:
            yield from series.text(is_open=is_open)
        if is_open:
            yield "# EOF\n"

    def _take_stock(self) -> None:
        """Set what is read when it is asked for."""
        values, members = self._values, frozenset(self._scene.members)
        values["connections_active"].replace(
            {(one.name,): one.active() for one in self._scene.watched if one.active}
        )
        values["events_dropped"].replace({(sink,): read() for sink, read in self._dropped.items()})
        values["history_rows"].replace({} if self._history is None else {(): self._history()})
        values["pair_up"].replace(
            {pair.key: int(pair.up) for pair in self._pairs if members.issuperset(pair.key[:2])}
        )
        shown = [one for one in self._shown if one.member in members]
        for name, given in _certificates(shown).items():
            values[name].replace(given)


def _certificates(shown: list[ShownCertificate]) -> dict[str, dict[Key, float]]:
    """Give the series of every family of certificates; a time that could not be read is 0 and left out."""
    loses: dict[Key, float] = {}
    for one in shown:
        loses[(one.member,)] = max(int(one.loses_client_auth), loses.get((one.member,), 0))
    return {
        "certificate_not_before_timestamp_seconds": {
            (one.member, one.role.value): one.certificate.not_before
            for one in shown
            if one.certificate.not_before
        },
        "certificate_not_after_timestamp_seconds": {
            (one.member, one.role.value): one.certificate.not_after
            for one in shown
            if one.certificate.not_after
        },
        "certificate": {
            (
                one.member,
                one.role.value,
                labels.key_of(one.certificate),
                labels.signature_of(one.certificate),
            ): 1
            for one in shown
        },
        "certificate_renewal_loses_client_auth": loses,
    }
