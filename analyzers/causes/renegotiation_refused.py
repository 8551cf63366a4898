"""One end asked for a new handshake, or could not do so safely, and the other end refused.

What it is:
    Up to TLS 1.2 an end may ask for a new handshake on an open connection. Safe renegotiation (RFC 5746)
    must be announced in the first handshake; OpenSSL 3 refuses servers that do not announce it, even if
    nobody renegotiates.

On the wire:
    The alert 100 no_renegotiation on an open connection; or the alert 40 handshake_failure of an OpenSSL
    3 client right after a ServerHello without the renegotiation_info extension.

In the logs:
    Refusing side: `no renegotiation` (0A000153) or `unsafe legacy renegotiation disabled` (0A000152).
    Other side: `tlsv1 alert no renegotiation` (0A000464), `sslv3 alert handshake failure` (0A000410).

Why it happens in a mirror:
    A very old server, or a load balancer that speaks TLS for it, meets a member whose operating system
    has OpenSSL 3; or an old peer renews keys by renegotiation after some hours.

What to do:
    - Bring the older end to a release that announces safe renegotiation, or to TLS 1.3.
    - Take devices that terminate TLS out of the mirror's path.

References:
    - RFC 5746; RFC 5246 section 7.2.2
    - OpenSSL: SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Outcome, Party
from analyzers.tls.codepoints import is_tls13

from .entry import Bearing, Blamed, Evidence, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.progress import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.connection import Alert

    from .inquiry.case import Case

_HANDSHAKE_FAILURE, _NO_RENEGOTIATION = 40, 100
_RENEGOTIATION_INFO = 65281
_SCSV = 0x00FF
"""TLS_EMPTY_RENEGOTIATION_INFO_SCSV, which asks for it too."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect it by its own alert, and where a client refuses a server that does not announce safe renegotiation."""
    for alert in case.tls.alerts:
        if alert.code == _NO_RENEGOTIATION:
            yield _asked_again(case, alert)
            return
    refusal, hello, answer = case.refusal, case.tls.client_hello, case.tls.server_hello
    if refusal is None or answer is None or is_tls13(answer.version):
        return
    if hello is None or not (hello.extension(_RENEGOTIATION_INFO) or _SCSV in hello.cipher_suites):
        return  # A server must not announce what it was not asked for (RFC 5746 section 3.6).
    is_clients = refusal.party is Party.CLIENT and refusal.stage is Stage.SERVER_FLIGHT
    if is_clients and refusal.alert_code == _HANDSHAKE_FAILURE and not answer.extension(_RENEGOTIATION_INFO):
        text = "the ServerHello has no renegotiation_info extension"
        evidence = (refusal.evidence, case.quote(Party.SERVER, "ServerHello", text))
        summary = f"{case.name(Party.SERVER)} does not announce safe renegotiation, which the client demands"
        yield Suspicion(Blamed.SERVER, summary, evidence, 0.85, State.INFERRED)


def _asked_again(case: Case, alert: Alert) -> Suspicion:
    """The alert may end the connection, or be a mere no."""
    is_lasting = case.connection.outcome is Outcome.ESTABLISHED
    bearing = Bearing.STANDS if is_lasting else Bearing.EXPLAINS
    text = f"the {alert.sender} sent the alert no_renegotiation"
    evidence = (Evidence(text, frame=alert.frame, source=None if alert.frame else "timeline"),)
    summary = (
        f"{case.name(alert.sender)} refused a new handshake that {case.name(alert.sender.other)} asked for"
    )
    return Suspicion(of_party(alert.sender.other), summary, evidence, 0.9, State.OBSERVED, bearing)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.MEDIUM,
    needs=frozenset({Fact.SERVER_HELLO}),
    check=check,
)
