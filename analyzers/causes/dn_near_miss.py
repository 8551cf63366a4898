"""The distinguished name in the certificate equals a listed one only after normalization.

What it is:
    The certificate's name and the listed one mean the same, and are not written the same: another order
    of the parts, capital letters, spaces, an alias of an attribute, an escape, another string type.
    Whether IRIS compares names character by character or normalizes them first is not public, so such a
    pair may work in one release and fail in another.

On the wire:
    As for a name that is not listed: a complete handshake, and then the end that does not accept the name
    closes.

In the logs:
    As for a name that is not listed.

Why it happens in a mirror:
    The name was typed instead of copied; it was copied from a tool that prints it in another notation
    (OpenSSL prints the country first, IRIS the common name first); or the certificate was renewed by a
    tool that encodes or orders it otherwise.

What to do:
    - Copy the name from "X.509 Distinguished Name" on the Join as Async page of the member itself, and
      list exactly that.
    - Or have the certificate reissued with the very name that is listed.

References:
    - RFC 4514, RFC 4518
    - InterSystems: %SYS.X509Credentials, method NormalizeDN
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
    """Suspect each end whose name is nearly a listed one."""
    for party in PARTIES:
        found = case.identity(party)
        if found is None or found.kind is not NameMatch.NEAR:
            continue
        presented = found.certificate.subject.rfc4514()
        summary = (
            f"the name of {case.name(party)}, {presented}, is listed for {found.member.name} in another form"
        )
        differences = "; ".join(found.differences)
        listed = Evidence(
            f"listed as {found.member.dn}; what differs: {differences}", source="mirror definition"
        )
        exhibit = case.exhibit(party, found.certificate, "equal to the listed name only after normalization")
        yield accuse_name(case, party, summary, (exhibit, listed), confidence=0.88)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.IDENTITY,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
    fails=(CheckName.CLIENT_DN, CheckName.SERVER_DN),
)
