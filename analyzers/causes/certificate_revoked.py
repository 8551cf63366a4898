"""The end that verifies says that the other one's certificate has been revoked.

What it is:
    An authority takes a certificate back before its end by listing its serial number in a certificate
    revocation list (CRL) or by answering so over OCSP. Whether a certificate is revoked is not written in
    it: only the verifier's alert tells.

On the wire:
    The alert 44 certificate_revoked (mbedTLS 44, GnuTLS 42 or 49, Go and Java 42 or 46).

In the logs:
    Verifier: `certificate revoked`, error 23.
    Presenter: `sslv3 alert certificate revoked` (14094414, 0A000414).

Why it happens in a mirror:
    IRIS does not check revocation by default (CRLFile is deprecated, OCSP is off), so the sender is
    either an instance with a CRL file or OCSP configured, or a proxy in the path. Typical is a
    certificate that was replaced, and whose old file is still in use on one member.

What to do:
    - Look up the serial number in the authority's CRL: it names the date and the reason.
    - Install the certificate that replaced it, or have a new one issued, and reconnect.
    - If the serial number is not in the current CRL, the verifier uses a wrong or forged list.

References:
    - RFC 5280 section 5
    - OpenSSL: X509_V_ERR_CERT_REVOKED
    - InterSystems: Security.SSLConfigs, properties CRLFile and OCSP
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case

_CERTIFICATE_REVOKED = 44


def check(case: Case) -> Iterator[Suspicion]:
    """Take the verifier at its word: no other fault is called so."""
    for fault in case.faults(CAUSE.id, 23):
        yield case.blame(CAUSE.id, fault.party, f"{fault.bearer} is revoked", fault.exhibit)
    refusal = case.refusal
    if refusal is None or refusal.alert_code != _CERTIFICATE_REVOKED:
        return
    presenter = refusal.party.other
    summary = f"{case.name(refusal.party)} holds the certificate of {case.name(presenter)} for revoked"
    seen = case.certificates(presenter)[:1]
    exhibits = [case.exhibit(presenter, leaf, f"serial number {leaf.serial}") for leaf in seen]
    suspicion = case.blame(CAUSE.id, presenter, summary, *exhibits)
    yield replace(suspicion, blames_unseen=not seen)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.VALIDITY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.SERVER_HELLO}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
