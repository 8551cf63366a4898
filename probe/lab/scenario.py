"""Play one connection between two ends, and tell what both say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .ends import Account, Manner
from .stand_in import PATIENCE_SECONDS, StandIn, call

if TYPE_CHECKING:
    from .cast import Cast

__all__ = ["Played", "play"]


@dataclass(frozen=True, slots=True)
class Played:
    """One connection as both ends tell it."""

    client: Account
    server: Account | None
    """None: the server saw no connection."""


def play(
    cast: Cast,
    stand_in: StandIn,
    *,
    through: tuple[str, int] | None = None,
    source: str = "",
    patience: float = PATIENCE_SECONDS,
) -> Played:
    """Let the client call `stand_in`, which plays the server, or a relay `through` which it is reached.

    `patience` is how long the client waits for an answer, in seconds.
    """
    stand_in.become(cast.server)
    client = call(
        cast.client, through or stand_in.address, stand_in.channel, source=source, patience=patience
    )
    is_absent = cast.server.manner is Manner.ABSENT
    return Played(client, None if is_absent else stand_in.next_account(patience))
