"""Which of the configured identities stands for the peer that was seen."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_der_x509_certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzers.x509.certificate import Certificate

    from ..identity import Identity

__all__ = ["curve_of", "fitting"]


def fitting(identities: Sequence[Identity], shown: Sequence[Certificate] | None) -> tuple[Identity, bool]:
    """Choose the identity that was shown, else one with the same kind of key, else the first.

    What was shown is shown again with the very chain that came with it: a chain that is out of order, or lacks an
    issuer, is what the other end has to see.

    Returns:
        The identity, and whether it is what was shown (true also where nothing was).
    """
    if not shown:
        return identities[0], True
    for identity in identities:
        if identity.der == shown[0].der:
            return _with_chain(identity, tuple(certificate.der for certificate in shown[1:])), True
    alike = (identity for identity in identities if identity.key_type == shown[0].key_type)
    return next(alike, identities[0]), False


@lru_cache(maxsize=256)
def _with_chain(identity: Identity, chain: tuple[bytes, ...]) -> Identity:
    """Give an identity another chain; its own where the other one cannot be parsed."""
    try:
        return replace(identity, chain=tuple(load_der_x509_certificate(der) for der in chain))
    except ValueError:
        return identity


def curve_of(identity: Identity) -> str:
    """Give the curve of the identity's key; empty where it has none."""
    return identity.key.curve.name if isinstance(identity.key, ec.EllipticCurvePrivateKey) else ""
