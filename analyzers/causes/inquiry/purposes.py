"""Key usages that some stacks refuse and OpenSSL accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .stack import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzers.causes.entry import Evidence
    from analyzers.connection import Party

    from .case import Case

__all__ = ["purpose_faults"]

_DEMAND_SIGNATURE = frozenset({Stack.GNUTLS, Stack.JAVA, Stack.MBEDTLS, Stack.WOLFSSL})
"""Stacks that refuse a peer whose key usage lacks digitalSignature, in either role (measured). OpenSSL takes
keyEncipherment of a server, and Go looks at no key usage."""

_INVALID_PURPOSE = 26


def purpose_faults(case: Case, cause: str, party: Party) -> Iterator[Evidence]:
    """Yield why the own certificate of `party` is unfit for its role: by OpenSSL's rules, or by its
    verifier's.
    """
    found = False
    for fault in case.faults(cause, _INVALID_PURPOSE):
        if fault.party is party and fault.depth == 0:
            found = True
            yield fault.exhibit
    leaf = next(iter(case.certificates(party)), None)
    if found or leaf is None or leaf.key_usage is None or "digitalSignature" in leaf.key_usage:
        return
    if case.stack(party.other).stack in _DEMAND_SIGNATURE and case.fit(cause, party):
        text = f"Key Usage lacks digitalSignature, which {case.stack(party.other)} demands"
        yield case.exhibit(party, leaf, text)
