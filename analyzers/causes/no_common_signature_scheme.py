"""The server has no key that can make a signature which the client accepts.

What it is:
    The client lists the signature schemes that it can verify. A server whose only key makes none of them
    cannot prove itself.

On the wire:
    The alert 40 handshake_failure in answer to the ClientHello.

In the logs:
    Server: `no suitable signature algorithm` (0A000076) or `no shared cipher`.
    Client: `sslv3 alert handshake failure`.

Why it happens in a mirror:
    A member's key is of a type that the other one's release or operating system does not accept: Ed25519
    with an old OpenSSL, RSA with a peer that was limited to ECDSA, SHA-1 signatures with a modern one.

What to do:
    - Use an RSA key of 2048 bits or more, or a P-256 key, with SHA-256.
    - Remove limits on signature algorithms from the operating system's cryptographic policy, or widen
      them alike on both.

References:
    - RFC 8446 section 4.2.3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import is_tls13

from .entry import Blamed, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.offers import read_offer
from .inquiry.progress import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case
    from .inquiry.refusal import Refusal

_HANDSHAKE_FAILURE = 40

_NO_CERTIFICATE = 0.6
"""What a server may mean that goes no further than its ServerHello; OpenJDK says so of a certificate with SHA-1."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the signature schemes where a server refused the ClientHello."""
    reading = read_offer(case)
    refusal = case.refusal
    if reading is not None and refusal is not None and reading.weights[CAUSE.id]:
        summary = (
            f"{case.name(Party.CLIENT)} and {case.name(Party.SERVER)} have no signature scheme in common"
        )
        evidence = (refusal.evidence, *reading.evidence[CAUSE.id])
        yield Suspicion(of_party(None), summary, evidence, reading.weights[CAUSE.id], State.INFERRED)
    elif refusal is not None and _has_none_to_show(case, refusal):
        summary = (
            f"{case.name(Party.SERVER)} has no certificate whose signatures {case.name(Party.CLIENT)} takes"
        )
        yield Suspicion(Blamed.SERVER, summary, (refusal.evidence,), _NO_CERTIFICATE, State.INFERRED)


def _has_none_to_show(case: Case, refusal: Refusal) -> bool:
    """Say whether a TLS 1.3 server gave up between its ServerHello and its certificate: only that is left to choose."""
    is_own = refusal.party is Party.SERVER and refusal.stage is Stage.SERVER_FLIGHT
    answer = case.connection.tls.server_hello if case.connection.tls is not None else None
    is_13 = answer is not None and is_tls13(answer.version) and not answer.is_hello_retry_request
    return is_own and is_13 and refusal.alert_code == _HANDSHAKE_FAILURE


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.REFUSAL}),
    check=check,
)
