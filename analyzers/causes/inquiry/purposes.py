"""Key usages that some stacks refuse and OpenSSL accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.causes.entry import Evidence
    from analyzers.connection import Party
    from analyzers.x509.certificate import Certificate

    from .case import Case

__all__ = ["lacks_signature", "purpose_faults"]

_DEMAND_SIGNATURE = frozenset(
    (
        *(Stack.GNUTLS, Stack.JAVA, Stack.MBEDTLS, Stack.WOLFSSL),
        *(Stack.BORINGSSL, Stack.BOTAN, Stack.BEARSSL, Stack.BOUNCY_CASTLE, Stack.HASKELL),
    )
)
"""Stacks that refuse a peer whose key usage lacks digitalSignature, in either role (measured). OpenSSL takes
keyEncipherment of a server; Go, rustls and Erlang look at no key usage."""

_KNOWN, _PERHAPS = 1.0, 0.9
"""Whether the verifier is known to demand it, or is not known at all."""

_INVALID_PURPOSE = 26


def purpose_faults(case: Case, cause: str, party: Party) -> Iterator[tuple[Evidence, float]]:
    """Yield why the own certificate of `party` is unfit for its role, by OpenSSL's rules or by its verifier's,
    and how certain it is that this verifier minds.
    """
    found = False
    for fault in case.faults(cause, _INVALID_PURPOSE):
        if fault.party is party and fault.depth == 0:
            found = True
            yield fault.exhibit, _KNOWN
    leaf = next(iter(case.certificates(party)), None)
    if found or leaf is None or not lacks_signature(leaf) or not case.fit(cause, party):
        return
    stack = case.stack(party.other)
    if stack.stack in _DEMAND_SIGNATURE:
        yield case.exhibit(party, leaf, f"Key Usage lacks digitalSignature, which {stack} demands"), _KNOWN
    elif stack.stack is Stack.UNKNOWN:
        text = "Key Usage lacks digitalSignature, which most stacks other than OpenSSL and Go demand"
        yield case.exhibit(party, leaf, text), _PERHAPS


def lacks_signature(leaf: Certificate) -> bool:
    """Say whether the key usage forbids the signature that TLS 1.3 and ephemeral keys need."""
    return leaf.key_usage is not None and "digitalSignature" not in leaf.key_usage
