"""The certificates were sent in the wrong order.

What it is:
    A chain begins with the sender's own certificate, and each certificate is followed by its issuer. Here
    they are all there, and not in that order. TLS 1.3 and OpenSSL tolerate it, as long as the first one
    is the sender's own; older and stricter peers do not, and the vendor's documentation asks for
    contiguous files.

On the wire:
    A Certificate message whose issuers do not follow one another. Most peers sort it and go on; others
    answer with unknown_ca (48) or bad_certificate (42).

In the logs:
    Verifier, if it minds: `unable to get local issuer certificate` or `bad certificate`.

Why it happens in a mirror:
    The files that the authority delivered were put together by hand. The documentation's own example of
    an invalid split is the member's certificate with the second intermediate in one file, and the first
    with the root in the other.

What to do:
    - Rewrite the certificate file: the member's own certificate, then its issuer, then that one's issuer,
      up to the root.
    - Do not split a chain so that a file has a gap.

References:
    - InterSystems: Establishing the Required Certificate Chain
    - RFC 5246 section 7.4.2, RFC 8446 section 4.4.2
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each chain that its sender did not put in order."""
    for fault in case.faults(CAUSE.id):
        summary = f"{case.name(fault.party)} sends its certificates in the wrong order"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.LOW,
    needs=frozenset({Fact.DOUBT}),
    check=check,
)
