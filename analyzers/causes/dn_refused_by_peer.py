"""One end closed right after the handshake, as it does where the other's distinguished name is not listed.

What it is:
    A mirror member that does not know the distinguished name of the other end drops the connection after
    a perfect handshake, without an alert. From outside it looks like any early close: a health check of a
    load balancer, or a client that looks at the certificate only after the handshake, ends just so. Hence
    this is never more than an inference.

On the wire:
    A complete handshake, next to no application data, then close_notify or FIN by one end, at once, and
    again at each retry.

In the logs:
    The dropping side logs the refusal in its messages.log. The dropped side sees the end of the
    connection in its first read: `SSL_ERROR_ZERO_RETURN: connection closed`.

Why it happens in a mirror:
    The member is waiting to be authorized on the primary, or its renewed certificate bears another name.
    The side that closes is the one whose mirror configuration lacks the name.

What to do:
    - On the end that closed: compare the distinguished names in its mirror configuration with the
      certificate in the evidence.
    - Authorize pending members and pending DN updates on the primary.
    - If the mirror's definition is given to this probe, it compares the names itself.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "About Mirroring and TLS"
    - InterSystems High Availability Guide: Authorize X.509 DN updates
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.x509.names import NameMatch

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_NO_RENEGOTIATION = 100

_UNLISTED_ANYWHERE = 0.5
_LISTED_HERE = 0.6
"""A little more where the definition shows that the name is right: then the peer's own list is behind."""

_IS_NO_MEMBER = 0.3
"""A client that names the host that it dials is not IRIS."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the list of names of an end that left at once."""
    ending = case.departure
    if ending is None:
        return
    dropped = ending.party.other
    found = case.identity(dropped)
    if found is not None and found.kind is not NameMatch.EXACT:
        return  # dn-not-allowed and dn-near-miss say more.
    if case.tls.certificate_requested is False or any(
        alert.code == _NO_RENEGOTIATION for alert in case.tls.alerts
    ):
        return  # No mirror authenticates one end only; and who was refused a second handshake leaves for that.
    leaf = next(iter(case.certificates(dropped)), None)
    exhibits = () if leaf is None else (case.exhibit(dropped, leaf, f"shown by the {dropped}"),)
    summary = f"{case.name(ending.party)} may not list the distinguished name of {case.name(dropped)}"
    confidence = _LISTED_HERE if found is not None else _UNLISTED_ANYWHERE
    hello = case.tls.client_hello
    if ending.party is Party.CLIENT and hello is not None and hello.server_name is not None:
        confidence = _IS_NO_MEMBER
    yield Suspicion(
        of_party(dropped),
        summary,
        (ending.evidence, *exhibits),
        confidence,
        State.INFERRED,
        blames_unseen=True,
    )


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.IDENTITY,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.ESTABLISHED, Fact.TLS}),
    check=check,
)
