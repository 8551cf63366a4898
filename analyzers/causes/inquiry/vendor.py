"""The vendor's documented rules for certificates, where OpenSSL asks for less."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.causes.entry import Bearing, State, Suspicion, of_party
from analyzers.connection import PARTIES
from analyzers.x509.purposes import vendor_purpose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.certificate import Certificate

    from .case import Case

__all__ = ["vendor_suspicions"]

_CERTIFICATES_KEPT = 512


def vendor_suspicions(case: Case, extension: str) -> Iterator[Suspicion]:
    """Yield a suspicion for each end whose certificate breaks the rule about `extension` (as
    `vendor_purpose` names it).
    """
    for party in PARTIES:
        leaf = next(iter(case.certificates(party)), None)
        text = "" if leaf is None else _broken_rule(leaf, extension)
        if leaf is not None and text:
            summary = f"the certificate of {case.name(party)} breaks the vendor's rule: {text}"
            exhibit = (case.exhibit(party, leaf, text),)
            yield Suspicion(of_party(party), summary, exhibit, 1.0, State.OBSERVED, Bearing.STANDS)


@lru_cache(maxsize=_CERTIFICATES_KEPT)
def _broken_rule(leaf: Certificate, extension: str) -> str:
    """Say how `leaf` breaks the rule; the same certificates are shown in every connection."""
    reasons = vendor_purpose(leaf).reasons
    return "; ".join(reason for reason in reasons if reason.startswith(f"the {extension} "))
