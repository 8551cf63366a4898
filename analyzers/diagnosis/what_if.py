"""Whether a recorded failure would go away with another certificate.

The alert and the timing of a record belong to the old certificate, so the connection is not judged again.
Instead the new chain is held against what the refusing end is known to check: OpenSSL's rules for the role that
was played, at the time of the connection, by the mirror's CA certificates, and the names that the mirror lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.causes.entry import Family
from analyzers.connection import PARTIES, Party
from analyzers.x509.chain import build_chain
from analyzers.x509.names import NameMatch, compare_names
from analyzers.x509.purposes import Purpose

from .wordings.wording import Direction

if TYPE_CHECKING:
    from analyzers.connection import Connection
    from analyzers.mirror.definition import Mirror
    from analyzers.x509.certificate import Certificate

    from .findings import Verdict
    from .wordings.reading import Reading

__all__ = ["WhatIf", "what_if", "what_if_of_text"]

_OF_THE_CERTIFICATE = frozenset({Family.PURPOSE, Family.VALIDITY, Family.TRUST, Family.STRENGTH})
_UNSAID = "client-certificate-refused"
"""The root cause of a certificate that was refused for a reason which nobody saw."""
_PURPOSES = {Party.CLIENT: Purpose.CLIENT, Party.SERVER: Purpose.SERVER}


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What would become of a recorded failure."""

    member: str
    party: Party
    before: str | None
    """The root cause as recorded."""
    goes_away: bool | None
    """None: what is known does not decide."""
    text: str


def _party_of(verdict: Verdict, member: str) -> Party | None:
    if verdict.client_member == member:
        return Party.CLIENT
    return Party.SERVER if verdict.server_member == member else None


def _name_fault(chain: tuple[Certificate, ...], mirror: Mirror, member: str) -> str | None:
    """Why the mirror would drop the new certificate's DN, None where it lists it."""
    listed = [name for listed_member, name in mirror.listed_names() if listed_member.name == member]
    if not listed:
        return None
    compared = compare_names(chain[0].subject, listed[0])
    if compared.kind is NameMatch.EXACT:
        return None
    said = "differs in form from" if compared.kind is NameMatch.NEAR else "is not"
    dn = chain[0].subject.rfc4514()
    return f"its DN {dn} {said} the one that the mirror lists for {member}: authorize the DN update on the primary"


def _concerns(verdict: Verdict, party: Party) -> str | None:
    """Why no certificate of `party` could mend the failure; None where one could."""
    root = verdict.root
    if root is None:
        return "the recorded connection has no root cause that a certificate could mend"
    is_of_certificate = (
        catalogue()[root.id].family in _OF_THE_CERTIFICATE | {Family.IDENTITY} or root.id == _UNSAID
    )
    if not is_of_certificate or root.party not in (str(party), "both"):
        return f"{root.id} has nothing to do with the certificate that the {party} presents"
    return None


def _fault(
    chain: tuple[Certificate, ...], connection: Connection, mirror: Mirror, member: str, party: Party
) -> str | None:
    """Why the new certificate would fail too; None where it would not."""
    refusal = build_chain(chain, mirror.trust, connection.started, _PURPOSES[party]).refusal
    if refusal is not None:
        return f"the new certificate would be refused: {refusal.kind}, {refusal.text} (depth {refusal.depth})"
    name_fault = _name_fault(chain, mirror, member)
    return None if name_fault is None else f"the handshake would succeed, but {name_fault}"


def what_if(
    connection: Connection, verdict: Verdict, mirror: Mirror, member: str, chain: tuple[Certificate, ...]
) -> WhatIf | None:
    """Tell whether the failure would go away if `member` presented `chain`.

    Args:
        connection: as recorded.
        verdict: its judgement, with the same mirror definition.
        mirror: the definition; its CA certificates decide trust.
        member: who would have the other certificate.
        chain: the new chain, the member's own certificate first; not empty.

    Returns:
        None where the member is neither end of the connection.
    """
    party = _party_of(verdict, member)
    if party is None:
        return None
    root = verdict.root_cause
    if (unconcerned := _concerns(verdict, party)) is not None:
        return WhatIf(member, party, root, None if root is None else False, unconcerned)
    if (fault := _fault(chain, connection, mirror, member, party)) is not None:
        return WhatIf(member, party, root, goes_away=False, text=fault)
    if not mirror.trust:
        text = (
            "its usage, validity and name are right; the definition has no CA certificates to judge trust by"
        )
        return WhatIf(member, party, root, goes_away=None, text=text)
    if root == _UNSAID:
        text = f"OpenSSL accepts the new certificate as a TLS {party}'s; why the old one was refused is not known"
        return WhatIf(member, party, root, goes_away=None, text=text)
    text = f"{root} would go away: OpenSSL accepts the new certificate as a TLS {party}'s"
    return WhatIf(member, party, root, goes_away=True, text=text)


def what_if_of_text(
    reading: Reading, member: str, chain: tuple[Certificate, ...], trust: tuple[Certificate, ...], at: float
) -> str:
    """Tell whether what a log line speaks of would go away with `chain`, as far as a line can say.

    A line may not tell in which role the certificate was refused; then both roles are judged.

    Args:
        reading: the line.
        member: whose certificate it would be.
        chain: the new chain; not empty.
        trust: the CA certificates of the refusing end; empty where they are not known.
        at: epoch seconds to judge for.
    """
    if not reading.causes:
        return "the line names no root cause, so nothing follows"
    first = reading.causes[0][0]
    if catalogue()[first].family not in _OF_THE_CERTIFICATE and first != _UNSAID:
        return f"{first} has nothing to do with a certificate"
    writer = reading.written_by
    refused = None if writer is None else writer if reading.direction is Direction.RECEIVED else writer.other
    for party in PARTIES if refused is None else (refused,):
        refusal = build_chain(chain, trust, at, _PURPOSES[party]).refusal
        if refusal is not None:
            return f"as a TLS {party}'s it would be refused: {refusal.kind}, {refusal.text} (depth {refusal.depth})"
    roles = "in both roles" if refused is None else f"as a TLS {refused}'s"
    unknown = "" if trust else "; whether the peer trusts its issuer is not known without --mirror"
    return f"OpenSSL accepts the new certificate of {member} {roles}{unknown}"
