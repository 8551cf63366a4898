"""Why a verifier may have found no path to a root that it trusts.

unknown_ca (48) and its kin say only that the path could not be built: the root is not in the verifier's CA
file, or a certificate between is missing, and from the alert alone nobody can tell which. The chain that
was sent can tell, together with what else is known of the public key infrastructure: the CA names that the
server sends in its CertificateRequest (IRIS sends the subjects of its CA file), the chain of the other end,
the certificates of the mirror definition and of earlier connections. Where nothing else speaks, the name of
the issuer does: most say whether they are a root.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes.entry import Evidence
from analyzers.connection import Party

from .wording import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.certificate import Certificate
    from analyzers.x509.names import DistinguishedName

    from .case import Case

__all__ = ["TrustReading", "explains_path", "is_known_by_name", "read_trust"]

_ROOT = re.compile(r"\broot\b", re.IGNORECASE)
_INTERMEDIATE = re.compile(r"\b(intermediate|issuing|issuer|sub(ordinate)?|policy)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TrustReading:
    """How likely each of the two causes is, and what says so."""

    unknown: float
    """That the root is not among the verifier's trusted certificates."""
    incomplete: float
    """That a certificate between the leaf and the root was not sent."""
    evidence: tuple[Evidence, ...]


def read_trust(case: Case, party: Party) -> TrustReading | None:
    """Weigh the two causes for the chain of `party`; None where its chain was not seen."""
    presented = case.certificates(party)
    report = case.chain(party)
    if report is None:
        return None
    sent = [certificate for certificate in report.path if certificate in presented]
    top = sent[-1]
    exhibit = case.exhibit(
        party, top, f"issued by {top.issuer.rfc4514()}, the last certificate that was sent"
    )
    if top.is_self_issued and len(sent) > 1:
        own = case.exhibit(
            party, top, "self-signed, sent as part of the chain, and not trusted by the verifier"
        )
        return TrustReading(0.95, 0.0, (own,))
    if case.trust and report.is_complete:
        note = Evidence(
            "the CA file of the mirror definition completes this chain", source="mirror definition"
        )
        return TrustReading(0.6, 0.05, (exhibit, note))
    gap = next((error for error in report.errors if error.kind == "incomplete-chain"), None)
    if gap is not None:
        return TrustReading(0.05, 0.93, (case.exhibit(party, top, gap.text),))
    return _by_names(case, party, top, exhibit, has_intermediates=len(sent) > 1)


def _by_names(
    case: Case, party: Party, top: Certificate, exhibit: Evidence, *, has_intermediates: bool
) -> TrustReading:
    authorities = tuple(_authority_names(case, party.other))
    evidence = (exhibit, *_quoted(case, top, authorities)) if authorities else (exhibit,)
    if top.issuer in authorities:
        # Who knows the authority by name refuses for another reason, such as a new key (ca-rekeyed).
        unknown = 0.55 if party is Party.SERVER else 0.4
        return TrustReading(unknown, 0.05, evidence)
    if has_intermediates:
        is_told = case.refusal is not None and case.refusal.alert_code == _UNKNOWN_CA
        # Stacks that say one thing for everything say it for a new key under the old name too.
        unknown = 0.92 if authorities else 0.87 if is_told else 0.75
        return TrustReading(unknown, 0.05, evidence)
    common = " ".join(top.issuer.values("CN"))
    if _INTERMEDIATE.search(common):
        is_kin = not authorities or any(_are_kin(top.issuer, authority) for authority in authorities)
        text = f"the issuer calls itself an intermediate authority: CN={common}"
        unknown, incomplete = (0.08, 0.92) if is_kin else (0.5, 0.4)
        return TrustReading(unknown, incomplete, (*evidence, Evidence(text, source="issuer's name")))
    if _ROOT.search(common):
        text = f"the issuer calls itself a root: CN={common}"
        unknown = 0.93 if authorities else 0.9
        return TrustReading(unknown, 0.05, (*evidence, Evidence(text, source="issuer's name")))
    return TrustReading(0.55, 0.4, evidence)


def is_known_by_name(case: Case, party: Party) -> bool:
    """Say whether the verifier of the chain of `party` knows the authority above it, as far as names tell."""
    report = case.chain(party)
    if report is None:
        return False
    presented = case.certificates(party)
    top = [certificate for certificate in report.path if certificate in presented][-1]
    return not top.is_self_issued and top.issuer in tuple(_authority_names(case, party.other))


def _authority_names(case: Case, verifier: Party) -> Iterator[DistinguishedName]:
    """Give the names of authorities that the verifier most probably trusts: those that the server names, those
    of the definition, and the one behind the verifier's own certificate.
    """
    request = None if case.connection.tls is None else case.connection.tls.certificate_request
    if request is not None:
        yield from request.authorities
    yield from (certificate.subject for certificate in case.trust)
    own = case.chain(verifier)
    if own is not None and not own.path[0].is_self_issued:
        yield own.path[-1].issuer


def _quoted(case: Case, top: Certificate, authorities: tuple[DistinguishedName, ...]) -> Iterator[Evidence]:
    names = sorted({name.rfc4514() for name in authorities})
    frame = case.frame_of(Party.SERVER, "CertificateRequest")
    is_in = "is among" if top.issuer in authorities else "is not among"
    text = f"{top.issuer.rfc4514()} {is_in} the authorities that are known here: {listing(names)}"
    yield Evidence(text, frame=frame, source=None if frame is not None else "mirror definition")


def _are_kin(name: DistinguishedName, other: DistinguishedName) -> bool:
    """Say whether two authorities are of the same organization, as far as their names tell."""
    return name.values("O") == other.values("O")


_UNKNOWN_CA = 48

_REFUSED_FROM = 0.3

_OTHER_FAULTS = frozenset(
    {
        *("self-signed-certificate", "issuer-not-a-ca", "path-length-exceeded"),
        *("ca-rekeyed", "signature-invalid", "decode-error"),
    }
)
"""What also keeps a path from being built, and shows in the chain."""


def explains_path(case: Case, party: Party) -> bool:
    """Say whether the chain of `party` was refused in a way that a missing path explains, and nothing else
    in it does.
    """
    refusal = case.refusal
    if refusal is None or refusal.alert_code is None or not case.certificates(party):
        return False
    if case.fit("unknown-ca", party) < _REFUSED_FROM:
        return False
    report = case.chain(party)
    errors = () if report is None else report.errors
    return not any(error.kind in _OTHER_FAULTS for error in errors)
