"""Bytes that are passed on as they are: there is no TLS, or a kind of TLS that our engine does not speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stage import Stage

if TYPE_CHECKING:
    from .side import Side

__all__ = ["Untouched"]


class Untouched(Stage):
    """Forward first, look second; the observers see what a capture would show."""

    __slots__ = ()

    def received(self, side: Side, data: bytes) -> None:
        """Pass the bytes on."""
        side.other.send(data)
        side.look(data)
