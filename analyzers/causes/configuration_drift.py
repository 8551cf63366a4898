"""One member shows one certificate when it dials and another one when it is called.

What it is:
    %MirrorClient and %MirrorServer of a member must use the same certificate and private key. Here they
    do not: the member showed different certificates in its two roles.

On the wire:
    In one connection the member is client and shows one certificate; in another one it is server and
    shows a different one. Each connection may work by itself.

In the logs:
    IRIS, when both are checked: `Names in SSL Server Configuration ... and Client Configuration ... are
    different` (#2069).

Why it happens in a mirror:
    A certificate was renewed in one of the two configurations only, with the general TLS page instead of
    the one for mirrors; or a proxy answers in the member's name.

What to do:
    - Use "Edit SSL/TLS Configurations for Mirror", which sets both configurations together.
    - Have the mirror connections made anew afterwards: old ones keep the old certificate.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "Special Considerations for Certificates
      for Mirror Members"
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES

from .entry import Bearing, Evidence, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.scope import member_of
from .inquiry.wording import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Compare what a member shows here with what it showed in the other role before."""
    for party in PARTIES:
        member = case.member(party)
        leaf = next(iter(case.certificates(party)), None)
        if member is None or leaf is None or case.mirror is None:
            continue
        for connection in reversed(case.earlier):
            shown = connection.certificates_of(party.other)
            if not shown or member_of(connection, party.other, case.mirror) != member:
                continue
            if shown[0] != leaf:
                then = f"as {party.other} at {moment(connection.started)} it showed {shown[0].sha256[:16]}"
                exhibits = (
                    case.exhibit(party, leaf, f"shown as {party}"),
                    Evidence(then, source="earlier connection"),
                )
                summary = f"{member.name} shows another certificate as {party} than as {party.other}"
                yield Suspicion(of_party(party), summary, exhibits, 1.0, State.OBSERVED, Bearing.STANDS)
            break


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
