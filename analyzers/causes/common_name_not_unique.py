"""The common name in a member's certificate does not tell it from another member.

What it is:
    The vendor recommends a common name that identifies the member, such as host name plus instance name:
    it is what makes the whole distinguished name unique, and what people read. Here two members share
    one, or there is none.

On the wire:
    Nothing fails.

In the logs:
    Nothing.

Why it happens in a mirror:
    Certificates were made for the service as a whole, and differ in another part of the name only.

What to do:
    - At the next renewal give each member's certificate a common name with its host name and its instance
      name.
    - Then authorize the DN update on the primary.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "About Mirroring and TLS"
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from analyzers.connection import PARTIES
from analyzers.x509.names import NameMatch

from .entry import Bearing, Evidence, Fact, Family, Severity, State, Suspicion, entry, of_party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.x509.names import DistinguishedName

    from .inquiry.case import Case

_NAMES_KEPT = 512


def check(case: Case) -> Iterator[Suspicion]:
    """Compare the common name of each end with those of the other listed members."""
    for party in PARTIES:
        found = case.identity(party)
        if found is None or case.mirror is None or not found.certificate.subject:
            continue
        own = _common_name(found.certificate.subject)
        is_named = found.kind is not NameMatch.DIFFERENT
        itself = found.member if is_named else case.member(party)
        others = [(member.name, name) for member, name in case.mirror.listed_names() if member != itself]
        sharing = [member for member, name in others if own and _common_name(name) == own]
        if not own or sharing:
            text = f"CN={own} is also that of {', '.join(sharing)}" if own else "there is no common name"
            exhibits = (
                case.exhibit(party, found.certificate, text),
                Evidence("the listed names", source="mirror definition"),
            )
            summary = f"the common name of {case.name(party)} does not identify it: {text}"
            yield Suspicion(of_party(party), summary, exhibits, 1.0, State.OBSERVED, Bearing.STANDS)


@lru_cache(maxsize=_NAMES_KEPT)
def _common_name(name: DistinguishedName) -> str:
    return next(iter(name.values("CN")), "")


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.POLICY,
    severity=Severity.LOW,
    needs=frozenset({Fact.CERTIFICATE, Fact.MIRROR}),
    check=check,
)
