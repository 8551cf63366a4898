"""Alerts and closes as a conversation notes them, before the timeline is written out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..connection import CloseKind, Event, Party, Seen

__all__ = ["Closing", "SeenAlert"]


class SeenAlert(NamedTuple):
    """An alert, with its event, whose place in the timeline is known only when that is written out."""

    sender: Party
    level: int
    code: int
    seen: Seen
    event: Event
    while_handshaking: bool


class Closing(NamedTuple):
    """How an end closed its direction."""

    party: Party
    kind: CloseKind
    at: float
