"""The certificate is self-signed, and the verifying end does not have it among its trusted ones.

What it is:
    A self-signed certificate vouches for itself. It is as good as any if every other member holds that
    very certificate in its CA file, and worthless otherwise.

On the wire:
    A Certificate message with one certificate whose subject is its issuer, then the alert 48 unknown_ca
    (Go, GnuTLS, wolfSSL 42, a GnuTLS server 49, Java 46).

In the logs:
    Verifier: `self-signed certificate` (`self signed certificate` before OpenSSL 3), error 18 at depth 0.
    Presenter: `tlsv1 alert unknown ca` (14094418, 0A000418).

Why it happens in a mirror:
    A test certificate was made on one member, and not brought to the others; or it was made anew, and the
    others still hold the old one.

What to do:
    - Copy the certificate into the CA file of every other member.
    - Better: let one private authority certify all members, and put only its root into the CA files.

References:
    - InterSystems: Establishing the Required Certificate Chain
    - OpenSSL: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case

_UNKNOWN_TRUST = 0.93
"""Nobody tells what the verifier trusts, so it may be this very certificate."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect a self-signed leaf that the CA file lacks, or, where the CA file is not known, one that was
    refused.
    """
    for fault in case.faults(CAUSE.id, 18):
        if fault.is_refused or case.fit(CAUSE.id, fault.party):
            verifier = case.name(fault.party.other)
            summary = (
                f"{case.name(fault.party)} shows a self-signed certificate that {verifier} does not trust"
            )
            certainty = 1.0 if fault.is_refused else _UNKNOWN_TRUST
            yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit, certainty=certainty)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
