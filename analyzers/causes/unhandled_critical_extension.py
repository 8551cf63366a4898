"""A certificate holds a critical extension that the verifying end does not know.

What it is:
    An extension that is marked critical must be understood, or the certificate refused (RFC 5280).
    Private extensions of a company or of an appliance are the usual case.

On the wire:
    The alert 46 certificate_unknown from OpenSSL and IRIS, and from Java; Go, GnuTLS and mbedTLS 42, a
    GnuTLS server 49; wolfSSL closes with close_notify.

In the logs:
    Verifier: `unhandled critical extension`, error 34.
    Presenter: `sslv3 alert certificate unknown` (14094416, 0A000416).

Why it happens in a mirror:
    The certificate template of the authority adds an extension for another product and marks it critical.

What to do:
    - Reissue the certificate without the extension, or with it marked as not critical.

References:
    - RFC 5280 section 4.2
    - OpenSSL: X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each certificate with a critical extension that nobody knows."""
    for fault in case.faults(CAUSE.id, 34):
        summary = f"{fault.bearer} holds a critical extension that OpenSSL does not know"
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
