"""Which of the configured identities stands for the peer that was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

    from ..identity import Identity

__all__ = ["curve_of", "fitting"]


def fitting(identities: tuple[Identity, ...], shown: Certificate | None) -> tuple[Identity, bool]:
    """Choose the identity that was shown, else one with the same kind of key, else the first.

    Returns:
        The identity, and whether it is what was shown (true also where nothing was).
    """
    if shown is None:
        return identities[0], True
    for identity in identities:
        if identity.der == shown.der:
            return identity, True
    alike = (identity for identity in identities if identity.key_type == shown.key_type)
    return next(alike, identities[0]), False


def curve_of(identity: Identity) -> str:
    """Give the curve of the identity's key; empty where it has none."""
    return identity.key.curve.name if isinstance(identity.key, ec.EllipticCurvePrivateKey) else ""
