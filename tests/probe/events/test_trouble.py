"""A change of a sink's state is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.events import trouble
from probe.events.trouble import REPEATED_SECONDS, SINK_FAILING, SINK_WORKS, Health
from tests.probe.events.telling import Told

if TYPE_CHECKING:
    import pytest


def test_it_is_told_once_per_change() -> None:
    """A hundred failures of one kind are one event, another kind is another, and so is the recovery."""
    told = Told()
    health = Health("central", told)
    health.works()
    for number in range(100):
        health.failing("away", f"attempt {number}")
    health.failing("refused", "no")
    for _ in range(3):
        health.works("3 lost")
    told.kinds()
    assert told.heard == [
        (SINK_FAILING, "central", "attempt 0"),
        (SINK_FAILING, "central", "no"),
        (SINK_WORKS, "central", "3 lost"),
    ]


def test_a_sink_that_comes_and_goes_does_not_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same state is told again only after a minute."""
    now = 0.0
    monkeypatch.setattr(trouble, "monotonic", lambda: now)
    told = Told()
    health = Health("central", told)
    for _ in range(100):
        health.failing("away", "x")
        health.works()
    assert told.kinds() == [SINK_FAILING, SINK_WORKS]
    now = REPEATED_SECONDS
    health.failing("away", "x")
    assert told.kinds() == [SINK_FAILING, SINK_WORKS, SINK_FAILING]
