"""The end that verifies must check revocation, and has no current list to check against.

What it is:
    With revocation checking on, OpenSSL needs a certificate revocation list (CRL) of the issuing
    authority. Without one, or with one whose nextUpdate has passed, it refuses every certificate of that
    authority, good or bad.

On the wire:
    A missing list gives the alert 48 unknown_ca, an expired one 45 certificate_expired, one of the future
    42 bad_certificate: each points at the certificate, and none of them is about it.

In the logs:
    Verifier: `unable to get certificate CRL`, error 3; `CRL has expired`, error 12; `CRL is not yet
    valid`, error 11.
    Presenter: `tlsv1 alert unknown ca` or `sslv3 alert certificate expired`.

Why it happens in a mirror:
    IRIS does not check revocation unless CRLFile or OCSP is set. Where it is, somebody must replace the
    file before each nextUpdate; the mirror stops when that job fails.

What to do:
    - Fetch the current CRL of the issuing authority, put it where CRLFile points, and reconnect.
    - Automate the fetch, and alert on nextUpdate as on a certificate's end.
    - Or switch revocation checking off, as it is by default.

References:
    - RFC 5280 section 5.1.2.5
    - OpenSSL: X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED
    - InterSystems: Security.SSLConfigs, property CRLFile
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .entry import CheckName, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_ENGINE_ERRORS = (3, 11, 12, 33)
"""X509_V_ERR_UNABLE_TO_GET_CRL, CRL_NOT_YET_VALID, CRL_HAS_EXPIRED, UNABLE_TO_GET_CRL_ISSUER."""

_BY_ELIMINATION = {45: 0.35, 48: 0.15}
"""The alert speaks of time or trust, and the chain that we see is valid in both: rare, for IRIS checks no
revocation."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it where our own engine says so, and by elimination where the chain is good in what the alert
    speaks of.
    """
    for fault in case.faults(CAUSE.id, *_ENGINE_ERRORS):
        summary = f"revocation of {fault.bearer} cannot be checked"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit, at_fault=fault.party.other)
    refusal = case.refusal
    if refusal is None or refusal.alert_code not in _BY_ELIMINATION:
        return
    presenter = refusal.party.other
    report = case.chain(presenter)
    if (
        report is None
        or report.errors
        or case.stack(refusal.party).stack not in (Stack.OPENSSL, Stack.UNKNOWN)
    ):
        return
    confidence = _BY_ELIMINATION[refusal.alert_code]
    summary = f"{case.name(refusal.party)} may lack a current revocation list: the chain of the {presenter} is in order"
    yield Suspicion(
        of_party(refusal.party), summary, (refusal.evidence,), confidence, State.INFERRED, blames_unseen=True
    )


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.VALIDITY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
