"""An intermediate certificate between the member's certificate and the root was not sent.

What it is:
    Whoever shows a certificate must send every certificate between it and the root; the verifier has the
    root only. Here the certificate was issued by an intermediate authority, and that authority's
    certificate is missing.

On the wire:
    A Certificate message with the member's own certificate alone, then the alert 48 unknown_ca, as for an
    unknown authority (Go and GnuTLS 42, a GnuTLS server 49, Java 46).

In the logs:
    Verifier: `unable to get local issuer certificate` (20) or `unable to verify the first certificate`
    (21).
    Presenter: `tlsv1 alert unknown ca` (14094418, 0A000418).

Why it happens in a mirror:
    The certificate file holds the member's certificate only, because the authority delivered the
    intermediate in a file of its own; or the intermediates are split between certificate file and CA file
    so that neither is contiguous.

What to do:
    - Append the intermediate certificates to the member's certificate file, its own first, each followed
      by its issuer.
    - Or put them into the CA file of every other member.
    - Then reconnect: the file is read when a TLS configuration is used anew.

References:
    - InterSystems: Establishing the Required Certificate Chain
    - RFC 8446 section 4.4.2
    - OpenSSL: X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import CheckName, Fact, Family, Severity, entry
from .inquiry.trust import explains_path, read_trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Party

    from .entry import Suspicion
    from .inquiry.case import Case

_LEAST = 0.2
"""Below this the chain speaks for another cause."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it where a path was not found and an issuer is missing, and where the definition's CA file
    leaves a gap.
    """
    for party in PARTIES:
        reading = read_trust(case, party) if explains_path(case, party) else None
        if reading is not None:
            if reading.incomplete >= _LEAST:
                said, certainty = _summary(case, party), reading.incomplete
                yield case.blame(CAUSE.id, party, said, *reading.evidence, certainty=certainty)
            continue
        for fault in case.faults(CAUSE.id):
            if fault.party is party:
                yield case.blame(CAUSE.id, party, _summary(case, party), fault.exhibit)


def _summary(case: Case, party: Party) -> str:
    issuer = case.certificates(party)[0].issuer.rfc4514() if case.certificates(party) else ""
    return f"{case.name(party)} does not send the certificate of its issuer, {issuer}"


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
