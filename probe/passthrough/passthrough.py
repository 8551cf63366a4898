"""The relay that forwards bytes as they are: what becomes of each pair of ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Road
from analyzers.diagnosis.engine import diagnose

from ..account import Witnessed
from ..relay.forwarder import Forwarder
from ..worked import Worked
from .pair import Pair

if TYPE_CHECKING:
    from analyzers.connection import Endpoint

    from ..config import RelayConfig
    from ..relay.forwarder import Told

__all__ = ["Passthrough"]


class Passthrough(Forwarder[Pair]):
    """One `[[relay]]` in mode `passthrough`."""

    def __init__(self, config: RelayConfig, run_id: str, told: Told) -> None:
        """Prepare to accept, as every forwarder does."""
        super().__init__(config, run_id, told)
        self._worked = Worked()

    def _begin(self, identifier: str, source: Endpoint) -> Pair:
        return Pair(self, identifier, source)

    def _account(self, passage: Pair) -> Witnessed | None:
        connection = passage.connection()
        if connection is None:
            return None
        verdict = diagnose(connection, self.config.mirror, earlier=self._worked.before(connection))
        self._worked.remember(connection, verdict)
        return Witnessed(
            id=passage.id,
            relay=self.config.name,
            road=Road.PASSTHROUGH.value,
            connection=connection,
            verdict=verdict,
            handshake_seconds=passage.handshake_seconds,
            action=self.config.action.value,
        )
