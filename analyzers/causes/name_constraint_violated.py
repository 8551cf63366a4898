"""An authority in the chain may not certify names like the one in the certificate.

What it is:
    An authority may be limited to names below a domain, a directory subtree or an address range
    (nameConstraints). A certificate with a name outside is not valid, although the authority signed it.

On the wire:
    The alert 46 certificate_unknown from OpenSSL and IRIS, and from Java; GnuTLS, Go, mbedTLS and wolfSSL
    42, a GnuTLS server 49.

In the logs:
    Verifier: `permitted subtree violation` (47) or `excluded subtree violation` (48).
    Presenter: `sslv3 alert certificate unknown` (14094416, 0A000416).

Why it happens in a mirror:
    The company's authority is limited to its own domain, and the common name or an alternative name of
    the member, such as a cloud provider's host name, lies outside. IRIS compares no host names, but
    OpenSSL still applies the constraint.

What to do:
    - Reissue the member's certificate with names that the authority may certify.
    - Or have the authority's constraints widened, or use another authority.

References:
    - RFC 5280 section 4.2.1.10
    - OpenSSL: X509_V_ERR_PERMITTED_VIOLATION, alert by default certificate_unknown
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each name that an authority on the path may not certify."""
    for fault in case.faults(CAUSE.id, 47, 48, 49, 50, 51, 52):
        summary = f"{fault.bearer} bears a name that an authority above it may not certify"
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
