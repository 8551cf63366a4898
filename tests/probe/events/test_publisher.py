"""The publisher renders once, tells everyone, and ends within its limit whatever a sink does."""

from __future__ import annotations

import json
import threading
from time import monotonic
from typing import TYPE_CHECKING

from probe.events import publisher as publishing
from probe.events.publisher import CLOSING_SECONDS, Publisher
from probe.events.trouble import SINK_FAILING, SINK_WORKS
from tests.probe.accounts import told
from tests.probe.events.telling import WAIT_SECONDS

if TYPE_CHECKING:
    import pytest

    from probe.events import Event


class Keeping:
    """A sink that keeps what it takes. Mutable."""

    def __init__(self, name: str = "keeping", closes_in: float = 0.0) -> None:
        """Keep nothing yet."""
        self.name = name
        self.taken: list[Event] = []
        self.closed: float | None = None
        self.reopened = 0
        self._closes_in = closes_in

    def take(self, event: Event) -> None:
        """Keep an event."""
        self.taken.append(event)

    def dropped(self) -> int:
        """Lose nothing."""
        return 0

    def reopen(self) -> None:
        """Count."""
        self.reopened += 1

    def close(self, seconds: float) -> None:
        """End within the limit, or as late as it allows."""
        threading.Event().wait(min(seconds, self._closes_in))
        self.closed = seconds


def publisher_to(*sinks: Keeping) -> Publisher:
    """Give a publisher that tells these."""
    publisher = Publisher("LAB")
    for sink in sinks:
        publisher.add(sink)
    return publisher


def test_all_sinks_get_the_same_event() -> None:
    """A connection is rendered once: every sink takes the very same line, with the account."""
    first, second = Keeping(), Keeping()
    publisher = publisher_to(first, second)
    account = told("client-dn-not-listed-tls12")
    given = publisher.connection(account)
    publisher.connection(told("healthy-tls12"))
    assert first.taken == second.taken
    assert first.taken[0] is given is second.taken[0]
    assert given.account is account
    assert [event.level for event in first.taken] == ["warning", "info"]


def test_what_a_sink_tells_reaches_all() -> None:
    """The failing of one is an error in the log, its recovery a notice, and both name it."""
    log, other = Keeping("log"), Keeping("central")
    publisher = publisher_to(log, other)
    sender = threading.Thread(target=publisher.sink_told, args=(SINK_FAILING, "central", "gone"))
    sender.start()
    sender.join(WAIT_SECONDS)
    publisher.sink_told(SINK_WORKS, "central", "back")
    failing, works = (json.loads(event.line) for event in log.taken)
    assert (failing["event.action"], failing["log.level"], failing["sink"], failing["reason"]) == (
        SINK_FAILING, "error", "central", "gone",
    )  # fmt: skip
    assert (works["event.action"], works["log.level"]) == (SINK_WORKS, "info")
    assert failing["mirror.name"] == "LAB"
    assert other.taken == log.taken


def test_it_closes_all_at_once_and_the_log_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two sinks that take all the time they get do not add up, and the log still has its part."""
    monkeypatch.setattr(publishing, "CLOSING_SECONDS", 1.0)
    monkeypatch.setattr(publishing, "LOG_SECONDS", 0.4)
    log, slow, slower = Keeping("log"), Keeping("slow", 60), Keeping("slower", 60)
    publisher = publisher_to(log, slow, slower)
    begun = monotonic()
    publisher.close()
    assert monotonic() - begun < CLOSING_SECONDS
    assert slow.closed == slower.closed == 0.6
    assert log.closed is not None
    assert log.closed > 0


def test_threads_tell_one_after_another() -> None:
    """A sink is never called by two threads at once."""
    within = threading.Lock()

    class Alone(Keeping):
        def take(self, event: Event) -> None:
            assert within.acquire(blocking=False)
            super().take(event)
            within.release()

    sink = Alone()
    publisher = publisher_to(sink)
    threads = [
        threading.Thread(target=lambda: [publisher.sink_told(SINK_WORKS, "x", "") for _ in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_SECONDS)
    assert len(sink.taken) == 800


def test_it_reopens_those_that_have_a_file() -> None:
    """Only a sink that can reopen is asked to."""

    class Fixed:
        name = "fixed"

        def take(self, event: Event) -> None:
            """Ignore it."""

        def dropped(self) -> int:
            return 0

        def close(self, seconds: float) -> None:
            """Do nothing."""

    log = Keeping("log")
    publisher = publisher_to(log)
    publisher.add(Fixed())
    publisher.reopen()
    assert log.reopened == 1
