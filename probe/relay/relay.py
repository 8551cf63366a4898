"""The relay that ends TLS on both legs: the contexts of its engines, and what becomes of each exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.diagnosis.engine import diagnose

from ..engine.contexts import Contexts
from ..relayed import Leg, LegName, Relayed, shows_the_same
from ..worked import Worked
from .afterwards import Afterwards
from .exchange import Exchange
from .forwarder import Forwarder

if TYPE_CHECKING:
    from analyzers.connection import Endpoint

    from ..config import RelayConfig
    from .forwarder import Told

__all__ = ["Relay"]


class Relay(Forwarder[Exchange]):
    """One `[[relay]]` in mode `terminate`."""

    def __init__(self, config: RelayConfig, run_id: str, told: Told) -> None:
        """Prepare to accept, as every forwarder does."""
        super().__init__(config, run_id, told)
        self.contexts = Contexts([certificate.der for certificate in config.mirror.trust])
        self.afterwards = Afterwards()
        self._worked = {leg: Worked() for leg in LegName}

    def _begin(self, identifier: str, source: Endpoint) -> Exchange:
        exchange = Exchange(self, identifier, source)
        exchange.start()
        return exchange

    def _account(self, passage: Exchange) -> Relayed:
        leading = passage.leading or LegName.CLIENT
        client, upstream = self._judged(passage, leading)
        return Relayed(
            id=passage.id,
            relay=self.config.name,
            action=self.config.action.value,
            client=client,
            upstream=upstream,
            leading=leading,
            origin=passage.origin,
            carried=passage.carried,
            stand_in=passage.stand_in,
            is_untouched=passage.is_untouched,
            handshake_seconds=passage.handshake_seconds,
            enforcement=passage.gate.found,
            trouble=passage.trouble,
        )

    def _judged(self, exchange: Exchange, leading: LegName) -> tuple[Leg, Leg]:
        """Judge both legs, the leading one first: where it shows nothing, the other has often been judged with it."""
        mirror = self.config.mirror
        sides = (exchange.client, exchange.upstream)
        lead, other = (
            side.observer.connection() for side in (sides if leading is LegName.CLIENT else sides[::-1])
        )
        verdict = diagnose(lead, mirror, earlier=self._worked[leading].before(lead))
        if lead.outcome is other.outcome:
            self._worked[leading].remember(lead, verdict)
            self._worked[leading.other].remember(other, verdict)
        is_shared = not verdict.findings and shows_the_same(lead, other)
        legs = Leg(lead, verdict), Leg(other, verdict if is_shared else diagnose(other, mirror))
        return legs if leading is LegName.CLIENT else legs[::-1]
