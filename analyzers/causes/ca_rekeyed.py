"""An authority got a new key under its old name, and the verifying end still trusts the old one.

What it is:
    Two certificates of one authority bear the same name and different keys. The verifier finds the issuer
    by name in its CA file, tries the old key, and the signature is not right. With key identifiers in the
    certificates OpenSSL sees that the key is another one, and finds no issuer at all.

On the wire:
    The alert 51 decrypt_error without key identifiers, 48 unknown_ca with them (Go and GnuTLS 42, a
    GnuTLS server 49, Java 42 or 46). It looks like damaged cryptography, and is a change of keys that was
    not finished.

In the logs:
    Verifier: `certificate signature failure`, error 7, with `rsa routines::invalid padding` or `padding
    check failed`; or `unable to get local issuer certificate`, error 20.
    Presenter: `tlsv1 alert decrypt error` (1409441B, 0A00041B).

Why it happens in a mirror:
    The authority was set up anew, and the certificate file of one member renewed with it. The CA file of
    the other member still holds the root of the same name and the old key.

What to do:
    - Put the new root into the CA file of every member, beside the old one.
    - Remove the old root when the last certificate that it issued has been replaced.
    - Give a new authority a new name: then such a mix-up is at least visible.

References:
    - OpenSSL: X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_check_akid
    - RFC 5280 sections 4.2.1.1 and 4.2.1.2
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .entry import Bearing, CheckName, Fact, Family, Severity, entry
from .inquiry.trust import is_known_by_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Party

    from .entry import Evidence, Suspicion
    from .inquiry.case import Case


_FITS = 0.3
_PRESUMED, _SHOWN = 0.6, 0.9


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the verifier's copy of an authority whose name fits and whose key does not."""
    found = False
    for fault in case.faults(CAUSE.id):
        found = True
        verifier = fault.party.other
        summary = f"{case.name(verifier)} trusts another key of an authority than the one that signed for the {fault.party}"
        yield case.blame(CAUSE.id, fault.party, summary, fault.exhibit, at_fault=verifier)
    refusal = case.refusal
    if found or refusal is None or refusal.alert_code is None:
        return
    presenter = refusal.party.other
    report = case.chain(presenter)
    if report is None or report.errors or (case.trust and report.is_complete):
        return
    exhibits = _other_key(case, presenter)
    if not exhibits and not _excludes_unknown(case, presenter) and not is_known_by_name(case, presenter):
        return
    certainty = _SHOWN if exhibits else _PRESUMED
    summary = (
        f"{case.name(refusal.party)} may trust an older key of the authority behind {case.name(presenter)}"
    )
    suspicion = case.blame(
        CAUSE.id, presenter, summary, *exhibits, certainty=certainty, at_fault=refusal.party
    )
    if suspicion.bearing is Bearing.EXPLAINS:
        yield replace(suspicion, blames_unseen=not exhibits)


def _excludes_unknown(case: Case, presenter: Party) -> bool:
    """Say whether the alert cannot mean an unknown authority, which would be likelier."""
    return case.fit("unknown-ca", presenter) < _FITS <= case.fit(CAUSE.id, presenter)


def _other_key(case: Case, presenter: Party) -> tuple[Evidence, ...]:
    """Find an authority that signed with one key in the chain of `presenter`, and with another in that of the other end."""
    for own in case.certificates(presenter):
        for other in case.certificates(presenter.other):
            keys = own.authority_key_id, other.authority_key_id
            if own.issuer == other.issuer and None not in keys and keys[0] != keys[1]:
                text = f"both chains name the authority {own.issuer.rfc4514()}, and were signed with different keys of it"
                return case.exhibit(presenter, own, text), case.exhibit(presenter.other, other, text)
    return ()


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.TRUST,
    severity=Severity.HIGH,
    needs=frozenset({Fact.DOUBT}),
    check=check,
    fails=(CheckName.CERTIFICATES,),
)
