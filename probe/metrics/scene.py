"""What can be named in labels: everything that is watched, and the members of the mirror."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.connection import Road

from ..config import Mode

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzers.connection import Endpoint
    from analyzers.mirror.definition import Mirror

    from ..config import Config

__all__ = ["UNKNOWN_PEER", "Scene", "Watched", "watched_by"]

_ROADS = {Mode.TERMINATE: Road.RELAY, Mode.PASSTHROUGH: Road.PASSTHROUGH}

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

    @classmethod
    def of(cls, config: Config) -> Scene:
        """Give the names of a configuration of which nothing runs."""
        members = tuple(member.name for member in config.mirror.members)
        return cls(tuple(watched_by(config, lambda _relay: lambda: 0)), members)


def watched_by(config: Config, active: Callable[[str], Callable[[], int]]) -> list[Watched]:
    """Name all that tells of connections; `active` gives what counts the open ones of a relay."""
    return [
        *(
            Watched(
                one.name,
                _ROADS[one.mode],
                one.action.value,
                active(one.name),
                _called(one.upstream, one.mirror),
            )
            for one in config.relays
        ),
        *(Watched(one.name, Road.CHECK, member=_called(one.target, one.mirror)) for one in config.checks),
        *(Watched(one.name, Road.SNIFF) for one in config.sniffs),
    ]


def _called(endpoint: Endpoint, mirror: Mirror) -> str:
    """Name the member that connections to an endpoint go to, where the definition knows it."""
    member = mirror.member_at(endpoint)
    return "" if member is None else member.name
