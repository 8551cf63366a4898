"""What can be named in labels: everything that is watched, and the members of the mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Road

__all__ = ["UNKNOWN_PEER", "Scene", "Watched"]

UNKNOWN_PEER = "unknown"
"""The peer of a connection that no member of the mirror made."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A relay, a check or a live capture."""

    name: str
    road: Road
    action: str = "observe"
    active: Callable[[], int] | None = None
    """How many connections it has now; None where it has none that stay open: only relays have."""
    member: str = ""
    """The member that its connections go to; empty where the definition names none, and for a live capture."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All names of one configuration."""

    watched: tuple[Watched, ...]
    members: tuple[str, ...]

    @property
    def relays(self) -> tuple[Watched, ...]:
        """The relays, in either mode."""
        return tuple(one for one in self.watched if one.active is not None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of everything that is watched."""
        return tuple(one.name for one in self.watched)

    @property
    def peers(self) -> tuple[str, ...]:
        """Who may have made a connection."""
        return (UNKNOWN_PEER, *self.members)
