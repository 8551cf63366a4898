"""A certificate authority in the chain has expired.

What it is:
    A chain is valid only while every certificate in it is. OpenSSL checks from the root down, so an
    expired authority is reported before an expired member certificate.

On the wire:
    The alert 45 certificate_expired, exactly as for the member's own certificate (Go and GnuTLS 42,
    GnuTLS server 49, Java mostly 46). Where the authority is in the verifier's CA file and was not sent,
    the wire does not show it.

In the logs:
    Verifier: `certificate verify failed`, in its trace `certificate has expired`, error 10 at depth 1 or
    higher, with the authority's subject.
    Presenter: `sslv3 alert certificate expired`.

Why it happens in a mirror:
    An authority made for the mirror ten years ago ends on one day for all members. Every member's own
    certificate looks valid, and all of them fail at their next reconnection.

What to do:
    - Renew the authority's certificate with the same key and name: the members' certificates then stay
      valid.
    - Put the renewed certificate into the CA file of every member, and into the chain that members send.
    - Remove the expired one, lest it be found first.

References:
    - RFC 5280 section 6.1.3
    - OpenSSL: X509_V_ERR_CERT_HAS_EXPIRED at depth 1, internal_verify
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect every authority on the path whose time is over."""
    for kind in ("issuer-expired", "certificate-expired"):
        for fault in case.faults(kind, 10):
            if fault.depth > 0:
                yield case.blame(CAUSE.id, fault.party, f"{fault.bearer} has expired", fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.VALIDITY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
