"""Which signature schemes a key can make (RFC 8446 section 4.2.3)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from analyzers.connection import Party
from analyzers.tls.codepoints import is_tls13

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyzers.x509.certificate import Certificate

    from .case import Case

__all__ = ["can_sign", "key_types_of", "offered_schemes"]

_RSA_PKCS1 = frozenset({0x0201, 0x0301, 0x0401, 0x0501, 0x0601, 0x0101})
_RSA_PSS_RSAE = frozenset({0x0804, 0x0805, 0x0806})

_BY_KEY: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "RSA": _RSA_PKCS1 | _RSA_PSS_RSAE,
        "RSA-PSS": frozenset({0x0809, 0x080A, 0x080B}),
        "EC": frozenset({0x0203, 0x0303, 0x0403, 0x0503, 0x0603, 0x081A, 0x081B, 0x081C}),
        "DSA": frozenset({0x0202, 0x0302, 0x0402, 0x0502, 0x0602}),
        "Ed25519": frozenset({0x0807}),
        "Ed448": frozenset({0x0808}),
        "ML-DSA-44": frozenset({0x0904}),
        "ML-DSA-65": frozenset({0x0905}),
        "ML-DSA-87": frozenset({0x0906}),
    }
)

_TLS13_CURVES: Mapping[str, int] = MappingProxyType(
    {"secp256r1": 0x0403, "secp384r1": 0x0503, "secp521r1": 0x0603}
)
"""In TLS 1.3 a scheme stands for one curve."""


def offered_schemes(case: Case, verifier: Party) -> tuple[int, ...]:
    """Give the schemes that `verifier` says it can verify; empty where it said nothing."""
    tls = case.connection.tls
    if tls is None:
        return ()
    said = tls.client_hello if verifier is Party.CLIENT else tls.certificate_request
    return () if said is None else said.signature_schemes


def can_sign(leaf: Certificate, schemes: tuple[int, ...], version: int | None) -> bool:
    """Say whether the key of `leaf` can make one of `schemes` in this version; yes where we do not know the
    key.
    """
    possible = _BY_KEY.get(leaf.key_type)
    if possible is None:
        return True
    if version is not None and is_tls13(version):
        if leaf.key_type == "DSA":
            return False
        possible -= _RSA_PKCS1
        bound = _TLS13_CURVES.get(leaf.curve or "")
        possible = possible if bound is None else possible & {bound}
    return not possible.isdisjoint(schemes)


def key_types_of(schemes: tuple[int, ...]) -> frozenset[str]:
    """Give the types of key that some of `schemes` can be made with."""
    return frozenset(key_type for key_type, codes in _BY_KEY.items() if codes.intersection(schemes))
