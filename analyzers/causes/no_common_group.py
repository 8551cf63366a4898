"""The two ends have no group for the key exchange in common.

What it is:
    The key exchange needs an elliptic curve or a finite field group that both know. In TLS 1.3 there is
    no other way; in older versions suites without Diffie-Hellman remain, where they are allowed.

On the wire:
    The alert 40 handshake_failure in answer to the ClientHello, or after a HelloRetryRequest that the
    client cannot follow. A client that refuses the prime of an old server as too short says 40 after the
    server has answered.

In the logs:
    Server: `no suitable key share` (0A000065) or `no shared cipher`.
    Client: `sslv3 alert handshake failure`; `dh key too small` (0A00018A) where it refuses the prime.

Why it happens in a mirror:
    A hardened operating system allows few curves (FIPS, or an OpenSSL configuration with Groups), and the
    other member allows others; an old server has a prime of 1024 bits.

What to do:
    - Allow P-256 (secp256r1) or X25519 on both members.
    - On a server of an old release raise DiffieHellmanBits to 2048 or to Auto.

References:
    - RFC 8446 sections 4.1.1 and 4.2.7
    - InterSystems: Security.SSLConfigs, property DiffieHellmanBits
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.ciphers import suite
from analyzers.tls.codepoints import cipher_suite_name

from .entry import Evidence, Fact, Family, Severity, State, Suspicion, entry, of_party
from .inquiry.offers import read_offer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .inquiry.case import Case


_HANDSHAKE_FAILURE = 40

_SHORT_PRIME = 0.7
"""What a client may mean that refuses, in these words, a server which has sent a group of its own making."""


def check(case: Case) -> Iterator[Suspicion]:
    """Suspect the groups where a server refused the ClientHello, or a client the group that the server made
    up.
    """
    reading = read_offer(case)
    refusal = case.refusal
    if refusal is None:
        return
    ends = f"{case.name(Party.CLIENT)} and {case.name(Party.SERVER)}"
    if reading is not None and reading.weights[CAUSE.id]:
        summary = f"{ends} have no group for the key exchange in common"
        evidence = (refusal.evidence, *reading.evidence[CAUSE.id])
        yield Suspicion(of_party(None), summary, evidence, reading.weights[CAUSE.id], State.INFERRED)
    elif refusal.party is Party.CLIENT and refusal.alert_code == _HANDSHAKE_FAILURE and _has_own_group(case):
        chosen = cipher_suite_name(case.tls.cipher_suite or 0)
        evidence = (
            refusal.evidence,
            Evidence(f"the server chose {chosen}, with a prime of its own", source="ServerHello"),
        )
        summary = f"{case.name(Party.CLIENT)} may hold the prime of {case.name(Party.SERVER)} for too short"
        yield Suspicion(of_party(Party.SERVER), summary, evidence, _SHORT_PRIME, State.INFERRED)


def _has_own_group(case: Case) -> bool:
    code = case.tls.cipher_suite
    chosen = None if code is None else suite(code)
    return chosen is not None and chosen.key_exchange == "DHE" and case.tls.group is None


CAUSE = entry(
    __name__,
    __doc__,
    family=Family.NEGOTIATION,
    severity=Severity.HIGH,
    needs=frozenset({Fact.CLIENT_HELLO, Fact.REFUSAL}),
    check=check,
)
