"""Two members go by the same distinguished name.

What it is:
    A mirror tells its members apart by their distinguished names. Where two share one, each passes for
    the other: TLS and the comparison of names accept both, and a member that was removed may still
    connect under the name of one that was not.

On the wire:
    Nothing fails. Both ends of one connection show the same name, or the definition lists it twice.

In the logs:
    The portal refuses a second member with `SSL DN (Distinguished Name) field already in use`.

Why it happens in a mirror:
    One certificate was copied to all members, or a certificate was made from another member's request.

What to do:
    - Give each member a certificate of its own, with a common name that holds its host name and instance
      name.
    - Then authorize the DN update on the primary.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "About Mirroring and TLS"
    - InterSystems High Availability Guide: removing a mirror member
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import PARTIES, Party
from analyzers.x509.names import NameMatch

from .entry import Bearing, Blamed, Evidence, Fact, Family, Severity, State, Suspicion, entry, of_party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Report ends that show one name, and names of these ends that the definition lists twice."""
    shown = [(party, leaf) for party in PARTIES for leaf in case.certificates(party)[:1]]
    if len(shown) == len(Party) and shown[0][1].subject == shown[1][1].subject:
        same = "certificate" if shown[0][1] == shown[1][1] else "name"
        exhibits = tuple(case.exhibit(party, leaf, f"shown by the {party}") for party, leaf in shown)
        summary = f"both ends show the same {same}, {shown[0][1].subject.rfc4514()}"
        yield Suspicion(Blamed.BOTH, summary, exhibits, 1.0, State.OBSERVED, Bearing.STANDS)
    for party in PARTIES:
        found = case.identity(party)
        if found is None or case.mirror is None or found.kind is not NameMatch.EXACT:
            continue
        bearers = [member.name for member, name in case.mirror.listed_names() if name == found.listed]
        if len(bearers) > 1:
            text = f"{found.listed.rfc4514()} is listed for {' and '.join(bearers)}"
            evidence = (Evidence(text, source="mirror definition"),)
            summary = f"the name of {case.name(party)} is listed for {len(bearers)} members"
            yield Suspicion(of_party(party), summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.IDENTITY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
