"""There are more authorities below one in the chain than it allows.

What it is:
    basicConstraints may limit how many intermediate authorities may follow below a certificate: pathlen:0
    allows members' certificates only, no further authority.

On the wire:
    The alert 48 unknown_ca from OpenSSL and IRIS (Go, GnuTLS and wolfSSL 42, a GnuTLS server 49, Java
    46).

In the logs:
    Verifier: `path length constraint exceeded`, error 25.
    Presenter: `tlsv1 alert unknown ca`.

Why it happens in a mirror:
    A department made an authority of its own below the one that the company gave it, which was meant to
    issue certificates for machines only.

What to do:
    - Have the members' certificates issued by the authority with the limit itself, not by one below it.
    - Or have the upper authority reissued without the limit, or with a higher one.

References:
    - RFC 5280 section 4.2.1.9
    - OpenSSL: X509_V_ERR_PATH_LENGTH_EXCEEDED
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each authority whose limit the path exceeds."""
    for fault in case.faults(CAUSE.id, 25):
        summary = f"{fault.bearer} allows fewer authorities below it than there are"
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
