"""The certificate's Key Usage does not follow the vendor's rule.

What it is:
    The vendor asks that Key Usage, where present, has digitalSignature (for clients) and keyEncipherment
    (for servers). OpenSSL enforces less: digitalSignature alone passes in every combination that was
    measured. So this breaks a documented rule, and is not why a connection fails; a usage that OpenSSL
    refuses has entries of its own.

On the wire:
    Nothing fails.

In the logs:
    Nothing.

Why it happens in a mirror:
    Modern authorities leave keyEncipherment out, since current TLS does not need it; elliptic curve keys
    cannot encipher at all.

What to do:
    - At the next renewal ask for Key Usage digitalSignature and keyEncipherment, or for no Key Usage
      extension.
    - Do not look here for the cause of a failure.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
    - RFC 5280 section 4.2.1.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import Fact, Family, Severity, entry
from .inquiry.vendor import vendor_suspicions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Report each end whose Key Usage lacks one of the two."""
    return vendor_suspicions(case, "key usage")


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
