"""An authority in the chain is restricted to a purpose other than the role that was played.

What it is:
    Extended Key Usage in an authority's certificate restricts all that it issues. The member's own
    certificate may be perfect, with both clientAuth and serverAuth: if the authority above it names
    serverAuth alone, OpenSSL refuses the chain in the client's role. The fault is one step above where
    everybody looks.

On the wire:
    The same as a wrong purpose of the certificate itself: the alert 43 unsupported_certificate from an
    OpenSSL or IRIS peer (GnuTLS and Go 42; Java, mbedTLS and wolfSSL do not look at an authority's
    purpose and accept).

In the logs:
    `certificate verify failed`, in the trace `unsuitable certificate purpose` with error 26 at depth 1 or
    higher, and the subject of the authority, not of the member.

Why it happens in a mirror:
    The issuing authority of a company or of a cloud service was set up for web servers only. Members that
    dial are refused, members that are called are accepted, so the mirror works in one direction.

What to do:
    - Have the members' certificates issued by an authority whose certificate has no Extended Key Usage,
      or both purposes.
    - Print Extended Key Usage of every certificate in the chain, not of the first one only.

References:
    - RFC 5280 section 4.2.1.12
    - OpenSSL issue 20090; X509_V_ERR_INVALID_PURPOSE at depth 1
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect every authority on the path, those of the trust store too."""
    for fault in case.faults(CAUSE.id, 26):
        if fault.depth > 0:
            summary = f"{fault.bearer} is not allowed to certify a TLS {fault.party}"
            yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.PURPOSE,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
