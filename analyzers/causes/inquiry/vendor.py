"""The vendor's documented rules for certificates, where OpenSSL asks for less."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.causes.entry import Bearing, State, Suspicion, of_party
from analyzers.connection import Party
from analyzers.x509.purposes import vendor_purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .case import Case

__all__ = ["vendor_suspicions"]


def vendor_suspicions(case: Case, extension: str) -> Iterator[Suspicion]:
    """Yield a suspicion for each end whose certificate breaks the rule about `extension` (as
    `vendor_purpose` names it).
    """
    for party in Party:
        leaf = next(iter(case.certificates(party)), None)
        if leaf is None:
            continue
        broken = [reason for reason in vendor_purpose(leaf).reasons if reason.startswith(f"the {extension} ")]
        if broken:
            text = "; ".join(broken)
            summary = f"the certificate of {case.name(party)} breaks the vendor's rule: {text}"
            exhibit = (case.exhibit(party, leaf, text),)
            yield Suspicion(of_party(party), summary, exhibit, 1.0, State.OBSERVED, Bearing.STANDS)
