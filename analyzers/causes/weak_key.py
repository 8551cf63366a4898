"""A certificate's key is shorter than the verifying end, or the mirror's policy, allows.

What it is:
    OpenSSL refuses keys below its security level: at level 1 RSA below 1024 bits, at level 2 below 2048
    and elliptic curves below 224. Level 2 is the default of OpenSSL 3.2 and of Debian, Ubuntu and others
    before it.

On the wire:
    The alert 42 bad_certificate from an OpenSSL or IRIS peer, which says nothing about the key.

In the logs:
    Verifier: `EE certificate key too weak`, error 66, or `CA certificate key too weak`, error 67. A
    member whose own key is too weak does not even start: `ee key too small` (0A00018F).

Why it happens in a mirror:
    Old certificates go on working until one member's operating system is upgraded: then that member
    refuses the others, and the others still accept it.

What to do:
    - Reissue the certificate with an RSA key of 2048 bits or more, or an elliptic curve key on P-256.
    - For an authority's key, reissue the authority and all that it certified.

References:
    - OpenSSL: SSL_CTX_set_security_level, X509_V_ERR_EE_KEY_TOO_SMALL
    - NIST SP 800-57 part 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each key on the paths that is below OpenSSL's level, and each leaf's that is below the policy."""
    found = set()
    for fault in case.faults(CAUSE.id, 66, 67):
        found.add((fault.party, fault.depth))
        key = "" if fault.certificate is None else f" ({fault.certificate.key})"
        summary = f"the key of {fault.bearer}{key} is too short"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit)
    least = {"RSA": case.policy.minimum_rsa_bits, "EC": case.policy.minimum_ec_bits}
    for party in PARTIES:
        for leaf in case.certificates(party)[:1]:
            wanted = least.get(leaf.key_type, 0)
            if leaf.key_bits is not None and leaf.key_bits < wanted and (party, 0) not in found:
                exhibit = case.exhibit(
                    party, leaf, f"{leaf.key_bits} bits, where the policy asks for {wanted}"
                )
                summary = (
                    f"the key of the {party}'s certificate ({leaf.key}) is shorter than the policy allows"
                )
                yield case.blame(CAUSE.id, party, summary, exhibit)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.STRENGTH,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CERTIFICATE}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
