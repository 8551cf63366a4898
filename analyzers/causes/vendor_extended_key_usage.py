"""The certificate's Extended Key Usage names one role only, and a mirror member plays both.

What it is:
    The vendor asks that Extended Key Usage, where present, names clientAuth and serverAuth, because
    %MirrorClient and %MirrorServer use one certificate. This one names only the role that was played
    here, so the connection works in this direction, and will fail in the other.

On the wire:
    Nothing fails now. When the other end dials, the alert 43 unsupported_certificate.

In the logs:
    Nothing now; then `error:14094413:SSL routines:SSL3_READ_BYTES:sslv3 alert unsupported certificate`,
    the vendor's own example.

Why it happens in a mirror:
    The certificate was ordered from a template for web servers, or for clients. The fault sleeps until
    roles change.

What to do:
    - Reissue the certificate with Extended Key Usage clientAuth and serverAuth, or without it, before the
      next failover.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
    - RFC 5280 section 4.2.1.12
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
    """Report each end whose Extended Key Usage lacks one of the two."""
    return vendor_suspicions(case, "extended key usage")


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
