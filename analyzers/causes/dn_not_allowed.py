"""The distinguished name in the certificate is none that the mirror lists.

What it is:
    After TLS has authenticated both ends, each compares the distinguished name (DN) of the other's
    certificate with those of the systems in its mirror configuration. A name that is not there is
    dropped, however good the certificate is. Host names and alternative names play no role.

On the wire:
    A complete handshake, and then the end that does not list the name closes, with no data of its own.
    There is no alert.

In the logs:
    The dropping side logs the refusal in messages.log; the dropped one sees the end of the connection in
    its first read, and tries again and again. The exact texts are not public.

Why it happens in a mirror:
    A new member has not been authorized on the primary yet (Pending New Members); or a certificate was
    renewed with another name, and the pending DN update has not been authorized; or a removed member
    still tries.

What to do:
    - Authorize the member on the primary: Pending New Members, or Authorize Pending DN Updates, on the
      Mirror Monitor page.
    - Or copy the name from the certificate into "ID listed as DN in member's X.509 credentials" of that
      member.
    - If the name is wrong, have the certificate reissued with the name that is listed.
    - Look at the other members too: one that was disconnected during the change still has the old name.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "About Mirroring and TLS"
    - InterSystems High Availability Guide: Authorize the Second Failover Member or Async; Authorize X.509
      DN updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES
from analyzers.x509.names import NameMatch

from .entry import CheckName, Evidence, Fact, Family, Severity, entry
from .inquiry.identity import accuse_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .entry import Suspicion
    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect each end whose name is neither listed nor nearly so."""
    for party in PARTIES:
        found = case.identity(party)
        if found is None or found.kind is not NameMatch.DIFFERENT:
            continue
        presented = found.certificate.subject
        summary = (
            f"the name of {case.name(party)}, {presented.rfc4514() or 'empty'}, is none that the mirror lists"
        )
        differences = "; ".join(found.differences)
        text = f"closest is the name of {found.member.name}, {found.listed.rfc4514()}: {differences}"
        closest = Evidence(text, source="mirror definition")
        exhibit = case.exhibit(party, found.certificate, "not listed for any member")
        yield accuse_name(case, party, summary, (exhibit, closest), confidence=0.95)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.IDENTITY,
    severity=Severity.CRITICAL,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
    fails=(CheckName.CLIENT_DN, CheckName.SERVER_DN),
)
