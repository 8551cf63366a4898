"""A certificate was signed with a hash that the verifying end no longer accepts.

What it is:
    OpenSSL refuses certificates that were signed with MD5 or SHA-1, from security level 1 on since
    OpenSSL 3.0. The root's own signature does not count.

On the wire:
    The alert 42 bad_certificate from an OpenSSL or IRIS peer, which says nothing about the hash.

In the logs:
    Verifier: `CA signature digest algorithm too weak`, error 68. A member whose own certificate is signed
    so does not even start: `ca md too weak` (0A00018E).

Why it happens in a mirror:
    A certificate of an old company authority outlives the next upgrade of one member's OpenSSL or
    operating system.

What to do:
    - Have the certificate signed anew with SHA-256 or better; the key may stay.
    - Let the authority sign with SHA-256 by default.

References:
    - OpenSSL: SSL_CTX_set_security_level, X509_V_ERR_CA_MD_TOO_WEAK
    - RFC 9155
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each certificate on the paths, but the root, whose signature is below the level of the
    policy.
    """
    for fault in case.faults(CAUSE.id, 68):
        signed = "" if fault.certificate is None else f" with {fault.certificate.signature}"
        yield case.blame(CAUSE.id, fault.party, f"{fault.bearer} is signed{signed}", fault.exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.STRENGTH,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
