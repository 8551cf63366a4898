"""Whether a sink works, told when that changes and not for every event that is lost.

A sink's thread finds out that its server is gone. It cannot tell that server, so it tells the publisher, who tells
every sink: the log, at least, will have it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

__all__ = ["SINK_FAILING", "SINK_WORKS", "Health", "Tell"]

SINK_FAILING = "sink failing"
SINK_WORKS = "sink works again"
"""The kinds of event that tell of a sink."""

Tell = Callable[[str, str, str], None]
"""Takes one of these kinds, the name of the sink, and one line that says why; may be called in any thread."""

REPEATED_SECONDS = 60.0
"""The same state is not told again before; a server that answers every other batch would fill the log."""


class Health:
    """The state of one sink. For its thread alone."""

    def __init__(self, sink: str, tell: Tell) -> None:
        """Take it to work until it says otherwise."""
        self._sink = sink
        self._tell = tell
        self._state = ""
        self._is_told = False
        self._told: dict[str, float] = {}

    def failing(self, state: str, reason: str) -> None:
        """Tell that it fails, where that is new.

        Args:
            state: in what way, in the same words as long as it is the same.
            reason: one line for a person; may differ from attempt to attempt.
        """
        if state == self._state:
            return
        self._state = state
        now = monotonic()
        if now >= self._told.get(state, now):
            self._told[state] = now + REPEATED_SECONDS
            self._is_told = True
            self._tell(SINK_FAILING, self._sink, reason)

    def works(self, how: str = "") -> None:
        """Tell that it works again, where it was told that it does not."""
        self._state = ""
        if self._is_told:
            self._is_told = False
            self._tell(SINK_WORKS, self._sink, how)
