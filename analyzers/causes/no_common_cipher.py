"""The two ends have no cipher suite in common.

What it is:
    The client offers cipher suites, the server chooses one of them that it has too. Suites of TLS 1.3 and
    of older versions are configured apart (Ciphersuites and CipherList), and an older suite also needs a
    certificate of its kind: ECDSA suites are of no use to a server with an RSA key.

On the wire:
    The alert 40 handshake_failure in answer to the ClientHello (71 insufficient_security from some). No
    common group and no common signature scheme look the same: what the client offers decides which is
    likely.

In the logs:
    Server: `no shared cipher` (1408A0C1, 0A0000C1).
    Client: `sslv3 alert handshake failure` (14094410, 0A000410).

Why it happens in a mirror:
    One member's cipher list was cut down by a security review, and the other's was not; a member was
    moved to another key type; or the server has no usable certificate at all, which OpenSSL reports in
    the same words.

What to do:
    - Compare CipherList and Ciphersuites of %MirrorClient and %MirrorServer on both members, or set the
      defaults on both.
    - Check that the suites fit the kind of key in the server's certificate.

References:
    - RFC 8446 section 4.1.1, RFC 5246 section 7.4.1.3
    - InterSystems: Security.SSLConfigs, properties CipherList and Ciphersuites
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .entry import Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.offers import read_offer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the suites where a server refused the ClientHello."""
    reading = read_offer(case)
    refusal = case.refusal
    if reading is not None and refusal is not None and reading.weights[CAUSE.id]:
        summary = f"{case.name(Party.CLIENT)} and {case.name(Party.SERVER)} have no cipher suite in common"
        evidence = (refusal.evidence, *reading.evidence[CAUSE.id])
        yield Suspicion(of_party(None), summary, evidence, reading.weights[CAUSE.id], State.INFERRED)


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.REFUSAL}),
    check=check,
)
