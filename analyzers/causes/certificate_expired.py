"""The certificate of one end has expired.

What it is:
    Every certificate ends at its notAfter time. The verifier compares it with its own clock when the
    connection is made, not later: a connection that is already open goes on.

On the wire:
    The alert 45 certificate_expired, sent by the end that verifies (Go and GnuTLS 42, a GnuTLS server 49,
    Java mostly 46). An expired authority gives the same alert: see issuer-expired.

In the logs:
    Verifier: `certificate verify failed`, in its trace `certificate has expired`, error 10 at depth 0.
    Presenter: `sslv3 alert certificate expired` (14094415, 0A000415).
    IRIS when it checks its files: `Certificate ... has expired`.

Why it happens in a mirror:
    Mirror connections live for months, so an expired certificate strikes at the next reconnection: after
    a restart, a network fault or a failover. Replacing the file is not enough: the new certificate counts
    for new connections only.

What to do:
    - Renew the certificate with the same subject, and with both clientAuth and serverAuth or neither.
    - Replace the file on the member, then let its mirror connections be made anew.
    - If the distinguished name has changed, authorize the pending DN update on the primary.
    - Compare the clocks of both members if the certificate is valid by the calendar.

References:
    - RFC 5280 section 4.1.2.5
    - OpenSSL: X509_V_ERR_CERT_HAS_EXPIRED
    - InterSystems High Availability Guide: Authorize X.509 DN updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry
from .inquiry.wording import moment, span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the own certificate of each end whose time is over."""
    for fault in case.faults("certificate-expired", 10):
        if fault.depth > 0:
            continue
        over = ""
        if fault.certificate is not None and case.at > fault.certificate.not_after:
            ended = fault.certificate.not_after
            over = f" on {moment(ended)}, {span(case.at - ended)} before this connection"
        yield case.blame(
            CAUSE.id, fault.party, f"the certificate of {case.name(fault.party)} expired{over}", fault.exhibit
        )


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.VALIDITY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
