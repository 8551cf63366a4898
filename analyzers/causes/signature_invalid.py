"""A certificate's signature is not that of its issuer.

What it is:
    The signature over the certificate does not verify with the issuer's key, although key identifiers and
    names say that it is the issuer. The certificate was damaged or altered after it was signed.

On the wire:
    The alert 51 decrypt_error from OpenSSL and IRIS (Go, GnuTLS and wolfSSL 42, a GnuTLS server 49, Java
    42 or 46, mbedTLS 48).

In the logs:
    Verifier: `certificate signature failure`, error 7.
    Presenter: `tlsv1 alert decrypt error` (1409441B, 0A00041B).

Why it happens in a mirror:
    A certificate file was edited or converted with a faulty tool, or something in the path replaces
    certificates.

What to do:
    - Fetch the certificate from the authority again, and compare its fingerprint with the one in the
      evidence.
    - If it differs on the wire from the file on the member, look for a device that intercepts TLS.

References:
    - RFC 5280 section 4.1.1.3
    - OpenSSL: X509_V_ERR_CERT_SIGNATURE_FAILURE
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each certificate that its issuer's key did not sign."""
    for fault in case.faults(CAUSE.id, 7):
        summary = f"the signature of {fault.bearer} is not its issuer's"
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
