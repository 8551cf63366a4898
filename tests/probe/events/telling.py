"""Events for the tests of sinks: of real connections, and of the probe itself."""

from __future__ import annotations

import queue
from typing import TYPE_CHECKING, Any

from probe.events.event import CONNECTION, connection_fields, event_of
from probe.relayed import Leg, LegName, Origin, Relayed
from tests.probe.accounts import told

if TYPE_CHECKING:
    from probe.account import Account
    from probe.events import Event

WAIT_SECONDS = 20.0


def event_for(account: Account, at: float = 1_700_000_000.25) -> Event:
    """Give the event that tells of an account."""
    level = "warning" if account.has_failed else "info"
    return event_of(at, CONNECTION, level, connection_fields(account, "LAB"), account)


def event(identifier: str, story: str = "healthy-tls12") -> Event:
    """Give the event of a recorded connection."""
    return event_for(told(story, identifier=identifier))


def notice(kind: str = "started", **fields: Any) -> Event:  # noqa: ANN401
    """Give an event of the probe itself."""
    return event_of(1_700_000_000.5, kind, "info", fields)


def relayed(story: str) -> Relayed:
    """Tell of a connection of a capture as a relay would have, had both legs been alike."""
    account = told(story)
    leg = Leg(account.connection, account.verdict)
    return Relayed(
        "0a-one-1", "one", "observe", leg, leg, LegName.UPSTREAM, Origin.PEER, None, False, False, 0.01, None, None
    )  # fmt: skip


class Told:
    """What sinks told of themselves, and the wait for more of it. A mutable queue."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.heard: list[tuple[str, str, str]] = []
        self._coming: queue.Queue[tuple[str, str, str]] = queue.Queue()

    def __call__(self, kind: str, sink: str, reason: str) -> None:
        """Take what is told, in the sink's thread."""
        self._coming.put((kind, sink, reason))

    def until(self, kind: str) -> str:
        """Wait for what is told of this kind, and give the reason."""
        while True:
            self.heard.append(self._coming.get(timeout=WAIT_SECONDS))
            if self.heard[-1][0] == kind:
                return self.heard[-1][2]

    def kinds(self) -> list[str]:
        """Give the kind of everything that was told so far."""
        while not self._coming.empty():
            self.heard.append(self._coming.get())
        return [kind for kind, _, _ in self.heard]
