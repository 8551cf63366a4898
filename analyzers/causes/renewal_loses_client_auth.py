"""The certificate comes from a public authority, and its renewal will lack clientAuth.

What it is:
    Public authorities stop certifying clientAuth, because the programs of the browsers no longer allow it
    in their roots. This certificate still has it, or has no Extended Key Usage to lose; the next one from
    the same authority will be a web server's, and a mirror member that dials with it is refused.

On the wire:
    Nothing fails now. After the renewal the alert 43 unsupported_certificate.

In the logs:
    Nothing now.

Why it happens in a mirror:
    Members got their certificates from the same public authority as the web servers, often by an
    automatic renewal. Let's Encrypt dropped clientAuth from its default on 11 February 2026 and ends its
    last profile with it in the course of that year; others follow.

What to do:
    - Move the mirror to a private authority before the next renewal, and put its root into every member's
      CA file.
    - Switch automatic renewal off for the members' certificates until then.

References:
    - Chrome Root Program Policy, dedicated TLS server authentication hierarchies
    - Let's Encrypt: Ending TLS Client Authentication Certificate Support in 2026
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import Bearing, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.wording import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.certificate import Certificate
    from analyzers.x509.names import DistinguishedName

    from .inquiry.case import Case

_PUBLIC = re.compile(
    r"let's encrypt|digicert|sectigo|globalsign|godaddy|starfield|entrust|google trust services|amazon|comodo|geotrust"
    r"|thawte|identrust|buypass|ssl corporation|zerossl|microsoft corporation|certum|swisssign|actalis|quovadis|rapidssl",
    re.IGNORECASE,
)
"""Organizations that certify web servers for the public; subordinate authorities bear the organization's
name."""

_ISSUERS_KEPT = 512


def check(case: Case) -> Iterator[Suspicion]:
    """Report each end whose issuer is such an organization and whose certificate a client may use."""
    for party in PARTIES:
        leaf = next(iter(case.certificates(party)), None)
        if leaf is not None and will_lose_client_auth(leaf):
            issuer = leaf.issuer.rfc4514()
            exhibit = (case.exhibit(party, leaf, f"issued by {issuer}, until {moment(leaf.not_after)}"),)
            summary = f"the next certificate of {case.name(party)} from {issuer} will not allow it to dial"
            yield Suspicion(of_party(party), summary, exhibit, 0.8, State.INFERRED, Bearing.STANDS)


def will_lose_client_auth(leaf: Certificate) -> bool:
    """Tell whether the certificate that its issuer makes after this one will not allow a client."""
    return _is_public(leaf.issuer) and _allows_client(leaf)


@lru_cache(maxsize=_ISSUERS_KEPT)
def _is_public(issuer: DistinguishedName) -> bool:
    return _PUBLIC.search(" ".join((*issuer.values("O"), *issuer.values("CN")))) is not None


def _allows_client(leaf: Certificate) -> bool:
    return leaf.extended_key_usage is None or "clientAuth" in leaf.extended_key_usage


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
