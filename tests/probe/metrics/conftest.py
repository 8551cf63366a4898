"""Metrics of a probe that watches by every road."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from analyzers.connection import Road
from probe.metrics import Metrics, Watched
from probe.pairs import Pairs
from probe.shown import Shown
from tests.probe.accounts import mirror

if TYPE_CHECKING:
    from probe.account import Account

WATCHED = (
    Watched("one", Road.RELAY, "enforce", active=lambda: 3, member="IRISA"),
    Watched("two", Road.PASSTHROUGH, active=lambda: 0),
    Watched("asked", Road.CHECK),
    Watched("heard", Road.SNIFF),
)


class Watching:
    """Metrics, with what they read from."""

    def __init__(self) -> None:
        """Have seen nothing."""
        self.pairs, self.shown = Pairs(mirror()), Shown()
        self.metrics = Metrics("1.2.3", mirror(), WATCHED, self.pairs, self.shown)
        self.metrics.watch_sink("log", lambda: 2)
        self.metrics.watch_history(lambda: 17)

    def see(self, account: Account) -> None:
        """Take a finished connection as the probe does."""
        self.pairs.see(account)
        self.shown.see(account)
        self.metrics.count(account)

    def value(self, name: str, **labels: str) -> float | None:
        """Give the value of one series, None where there is none; labels that are Python's words end in `_`."""
        wanted = {label.rstrip("_"): value for label, value in labels.items()}
        return next(
            (
                sample.value
                for family in self.metrics.collect()
                for sample in family.samples
                if sample.name == f"mirrorprobe_{name}" and sample.labels == wanted
            ),
            None,
        )


@pytest.fixture
def watching() -> Watching:
    """Metrics of a probe that has seen nothing."""
    return Watching()
