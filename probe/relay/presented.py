"""Up to TLS 1.2 the upstream has the last word of the handshake, and the client waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engine.end import EngineFailed
from ..relayed import LegName
from .opened import Opened
from .stage import ALERT, Stage

if TYPE_CHECKING:
    from .side import Side

__all__ = ["Presented"]


class Presented(Stage):
    """Until the upstream accepts with its Finished, or refuses with an alert in cleartext."""

    __slots__ = ()

    waits_for = LegName.UPSTREAM

    def begin(self) -> None:
        """Take what the upstream may have sent already."""
        self._take(self.exchange.upstream)

    def received(self, side: Side, data: bytes) -> None:
        """Take the upstream's records; what the client sends ahead is kept."""
        side.keep(data)
        if side is self.exchange.upstream:
            self._take(side)

    def _take(self, side: Side) -> None:
        engine = side.engine
        if engine is None:
            return
        for record in side.records():
            if record[0] == ALERT:
                if self.carry_cleartext(side, record):
                    return
                continue
            engine.feed(record)
            try:
                is_done = engine.handshake()
            except EngineFailed as failure:
                self.engine_failed(side, str(failure))
                return
            if is_done:
                self.exchange.enter(Opened(self.exchange))
                return
