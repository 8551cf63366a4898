"""The chain leads to a certificate authority that the verifying end does not trust.

What it is:
    The verifier builds a path from the certificate to a root in its CA file. The chain is in order, and
    its root is not there: another authority, or a CA file that was never brought to this member.

On the wire:
    The alert 48 unknown_ca (Go and GnuTLS 42, a GnuTLS server 49, Java 46). A missing intermediate
    certificate gives the same alert: see incomplete-chain. A server says in its CertificateRequest which
    authorities it trusts.

In the logs:
    Verifier: `certificate verify failed`; in its trace `unable to get local issuer certificate` (20) or
    `self-signed certificate in certificate chain` (19).
    Presenter: `tlsv1 alert unknown ca` (14094418, 0A000418).

Why it happens in a mirror:
    A member was added or renewed with a certificate from another authority than the rest, and the new
    root was not put into the CA file of the others; or the CA file of one member holds its own
    certificate in place of the root.

What to do:
    - Put the root that issued the refused certificate into the CA file of the end that refuses, and of
      every other member.
    - Keep the old root in the file as long as any member still shows a certificate from it.
    - Or reissue the certificate from the authority that the mirror already trusts.

References:
    - InterSystems: Establishing the Required Certificate Chain
    - RFC 8446 section 6.2, unknown_ca
    - OpenSSL: X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import CheckName, Fact, Family, Severity, entry
from .inquiry.trust import explains_path, read_trust

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case

_ENGINE_ERRORS = (2, 19, 20, 21, 27)


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it where a path was not found and the chain looks whole, and where the definition's CA file
    lacks the root.
    """
    for party in PARTIES:
        reading = read_trust(case, party) if explains_path(case, party) else None
        if reading is not None:
            top = case.certificates(party)[0].issuer.rfc4514()
            verifier = case.name(party.other)
            summary = f"{verifier} does not trust the authority behind the certificate of {case.name(party)}, issued by {top}"
            yield case.blame(CAUSE.id, party, summary, *reading.evidence, certainty=reading.unknown)
            continue
        for fault in case.faults(CAUSE.id, *_ENGINE_ERRORS):
            if fault.party is party:
                summary = f"the chain of {case.name(party)} leads to no trusted root"
                yield case.blame(CAUSE.id, party, summary, fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
