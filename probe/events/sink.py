"""Where events go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .event import Event

__all__ = ["Reopening", "Sink"]


class Sink(Protocol):
    """One place to which events are told. It does its slow work in a thread of its own."""

    @property
    def name(self) -> str:
        """What it is called in metrics and notices."""

    def take(self, event: Event) -> None:
        """Take an event on the event loop: never waits, never raises; what finds no room is counted."""

    def dropped(self) -> int:
        """Give the number of events that were lost so far."""

    def close(self, seconds: float) -> None:
        """Finish what waits, as far as that is possible in that time."""


@runtime_checkable
class Reopening(Protocol):
    """A sink whose file another program may rename."""

    def reopen(self) -> None:
        """Open the file anew before the next event."""
