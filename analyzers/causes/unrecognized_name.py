"""The server knows no certificate for the host name that the client asked for.

What it is:
    A client may name the host that it wants (server name indication, SNI), so that one address can serve
    many. IRIS sends no name and looks at none. Who answers with unrecognized_name is another program: a
    proxy or load balancer that routes by name.

On the wire:
    The alert 112 unrecognized_name in answer to the ClientHello. As a warning it does not end the
    handshake.

In the logs:
    Client: `tlsv1 unrecognized name` (14094458, 0A000458).
    Server: the log of the proxy.

Why it happens in a mirror:
    A proxy was put in front of the members, or the client is not IRIS. A mirror member behind a proxy
    that routes by name cannot be reached, for IRIS gives it no name to route by.

What to do:
    - Connect the members directly, or let the proxy forward TCP without looking into TLS.

References:
    - RFC 6066 section 3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Bearing, Blamed, Fact, Family, Severity, State, Suspicion, entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case

_UNRECOGNIZED_NAME = 112


def check(case: Case) -> Iterator[Suspicion]:
    """Take the server at its word; a warning stands beside, a fatal alert is the cause."""
    hello, refusal = case.tls.client_hello, case.refusal
    is_refused = refusal is not None and refusal.alert_code == _UNRECOGNIZED_NAME
    if hello is None or not (
        is_refused or any(alert.code == _UNRECOGNIZED_NAME for alert in case.tls.alerts)
    ):
        return
    asked = "no name" if hello.server_name is None else hello.server_name
    evidence = case.quote(Party.CLIENT, "ClientHello", f"the client asks for {asked}")
    summary = f"{case.name(Party.SERVER)} has nothing for {asked}, so it is no IRIS but a program that routes by name"
    if refusal is not None and is_refused:
        yield Suspicion(Blamed.SERVER, summary, (refusal.evidence, evidence), 0.97, State.OBSERVED)
    else:
        yield Suspicion(Blamed.SERVER, summary, (evidence,), 1.0, State.OBSERVED, Bearing.STANDS)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.CLIENT_HELLO}),
    check=check,
)
