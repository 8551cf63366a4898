"""How far one end has come, for who has to tell two connections apart, or to see that they are the same so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..connection import Party

__all__ = ["Standing"]


class Standing(NamedTuple):
    """What of an end's stream so far decides how its next bytes are taken."""

    sender: Party
    version: int | None
    """The negotiated version; None before the ServerHello."""
    has_changed: bool
    """Whether its ChangeCipherSpec has passed, in TLS 1.2 and older."""
    start: int | None = None
    """Where in its stream TLS began."""
    is_reading: bool = False
    """Whether its records are being read."""
    plain_lengths: tuple[int, ...] | None = None
    """Lengths of data records that say more than that data was sent; None: all may."""
    telling_lengths: tuple[int, ...] | None = None
    """Lengths of data records that have to be shown; None: all have to."""
    counted_bytes: int = 0
    """Application data so far, as the observer counts it."""
