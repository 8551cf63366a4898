"""The server did not ask for a client certificate, so anybody may connect.

What it is:
    TLS authenticates the client only if the server asks for its certificate. A server that does not ask
    accepts every client that trusts it, and the comparison of distinguished names has nothing to compare.
    To an ISCAgent that means that anybody may tell it to force a system down.

On the wire:
    A server flight without CertificateRequest, and a handshake that completes.

In the logs:
    Nothing: for TLS this is the usual web server's handshake.

Why it happens in a mirror:
    Something other than IRIS answers: a proxy that terminates TLS, or a TLS configuration with peer
    verification switched off (%MirrorServer is made with peer verification required).

What to do:
    - Find out what answers at this address: compare its certificate with that of the member.
    - Set peer verification of the server's configuration to Require, or remove the proxy from the path.

References:
    - InterSystems: Configuring IRIS to Use TLS with Mirroring, "About Mirroring and TLS", client
      authentication
    - InterSystems: Security.SSLConfigs, property VerifyPeer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Bearing, Blamed, CheckName, Evidence, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Report a server that ended its part of a full handshake without asking."""
    tls = case.tls
    if tls.certificate_requested is not False or tls.resumed is not False:
        return
    frame = case.frame_of(Party.SERVER, "ServerHelloDone") or case.frame_of(Party.SERVER, "ServerHello")
    text = "the server's part of the handshake has no CertificateRequest"
    evidence = (Evidence(text, frame=frame, source=None if frame is not None else "timeline"),)
    summary = f"{case.name(Party.SERVER)} did not ask {case.name(Party.CLIENT)} for a certificate"
    yield Suspicion(Blamed.SERVER, summary, evidence, 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.MUTUAL_AUTHENTICATION,
    severity=Severity.CRITICAL,
    needs=frozenset({Fact.SERVER_HELLO, Fact.MIRROR}),
    check=check,
    fails=(CheckName.MUTUAL_AUTHENTICATION,),
)
