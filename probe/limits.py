"""Every bound of the relay, with the reason for its number, and the ceilings that count against them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "CONNECTIONS",
    "DRAIN_SECONDS",
    "HANDSHAKE_SECONDS",
    "HELD_BYTES",
    "HIGH_WATER_BYTES",
    "LOW_WATER_BYTES",
    "MIRROR_QOS_SECONDS",
    "PENDING_PER_SOURCE",
    "PREAMBLE_BYTES",
    "RECENT_CONNECTIONS",
    "SILENCE_SECONDS",
    "STANDS_SECONDS",
    "Ceilings",
]

MIRROR_QOS_SECONDS = 8.0
"""The default QoS timeout of an IRIS mirror: a member that waits longer for its partner gives up."""

HANDSHAKE_SECONDS = 5.0
"""Dial and handshake end before the mirror's QoS timeout does, so that a member sees our close and not its
own timeout."""

SILENCE_SECONDS = 60.0
"""A connection on which neither end ever said a byte holds a slot this long; an agent's client speaks within
a second."""

STANDS_SECONDS = 2.0
"""A connection is told of as standing this long after its handshake: an end that refuses the other one by its name,
or in TLS 1.3 by its certificate, does so with its next message."""

DRAIN_SECONDS = 30.0
"""systemd waits 90 seconds before it kills; most agent exchanges end within one."""

CONNECTIONS = 4096
"""A mirror has at most 16 members with a handful of connections each; this leaves room for retry storms at 2
descriptors each."""

PENDING_PER_SOURCE = 64
"""Unfinished handshakes that one address may hold; a member opens a few at a time."""

PREAMBLE_BYTES = 64 * 1024
"""Where the observer stops looking for TLS after plaintext (design section 12)."""

HELD_BYTES = 256 * 1024
"""What may wait on one side of a handshake: the largest message (128 KiB), its flight, and some application
data behind it."""

HIGH_WATER_BYTES = 256 * 1024
"""A sender is paused when this much waits for the other side; one read of the event loop is as large."""

LOW_WATER_BYTES = 64 * 1024
"""A paused sender goes on when no more than this is left."""

UNSEEN_BYTES = 64 * 1024
"""The most that is passed on before an observer is shown it: of bulk data each read, of messages a good many."""

UNSEEN_SECONDS = 0.01
"""How long it may wait: an answer comes within less, and finds the event loop free."""

RECENT_CONNECTIONS = 200
"""How many finished connections the API keeps: about 20 KiB each with both legs."""


class Ceilings:
    """How many connections one relay holds, and how many unfinished handshakes each source has."""

    def __init__(self, connections: int, pending_per_source: int) -> None:
        """Allow so many connections in all, and so many pending handshakes for each source address."""
        self._connections = connections
        self._pending_per_source = pending_per_source
        self._pending: Counter[str] = Counter()
        self._before: tuple[Ceilings, ...] = ()
        self.active = 0

    def follow(self, before: Iterable[Ceilings]) -> None:
        """Count in what stands under earlier ceilings of the same port: a reload frees no connection."""
        self._before = tuple(before)

    def pending(self, source: str) -> int:
        """Give how many handshakes of a source are unfinished."""
        return self._pending[source]

    def refusal(self, source: str) -> str | None:
        """Say which ceiling a new connection from `source` would break: `connections`, `pending`, or None."""
        counted = (self, *self._before)
        if sum(one.active for one in counted) >= self._connections:
            return "connections"
        if sum(one.pending(source) for one in counted) >= self._pending_per_source:
            return "pending"
        return None

    def opened(self, source: str) -> None:
        """Count a connection that was let in and has not shaken hands yet."""
        self.active += 1
        self._pending[source] += 1

    def settled(self, source: str) -> None:
        """Count off a handshake that is no longer pending, whichever way it went."""
        self._pending[source] -= 1
        if self._pending[source] <= 0:
            del self._pending[source]

    def closed(self) -> None:
        """Count off a connection that is gone."""
        self.active -= 1
