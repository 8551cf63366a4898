"""A certificate in the chain was issued by a certificate that is no authority.

What it is:
    An authority says of itself that it is one: basicConstraints with CA true, and, where Key Usage is
    present, keyCertSign. What a certificate without both has signed is not valid, whoever holds the key.

On the wire:
    The alert 48 unknown_ca from OpenSSL and IRIS, mbedTLS and wolfSSL; Go and GnuTLS 42, a GnuTLS server
    49, Java 46.

In the logs:
    Verifier: `invalid CA certificate`, error 79 (24 before OpenSSL 3), with the subject of the would-be
    authority.
    Presenter: `tlsv1 alert unknown ca` (14094418, 0A000418).

Why it happens in a mirror:
    A root was made by hand without the extensions of an authority, or a member's own key was used to sign
    another member's certificate.

What to do:
    - Make the authority's certificate anew with basicConstraints CA:TRUE and Key Usage keyCertSign,
      cRLSign.
    - Reissue the members' certificates from it, and put its root into every CA file.

References:
    - RFC 5280 sections 4.2.1.3 and 4.2.1.9
    - OpenSSL: X509_V_ERR_INVALID_CA
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each issuer on the path that may not issue."""
    for fault in case.faults(CAUSE.id, 24, 32, 79):
        summary = f"{fault.bearer} issues certificates, and is no certificate authority"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
