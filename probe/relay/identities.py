"""Which of the configured identities stands for the peer that was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

    from ..identity import Identity

__all__ = ["curve_of", "fitting"]


def fitting(identities: tuple[Identity, ...], shown: tuple[Certificate, ...]) -> tuple[Identity, bool]:
    """Choose the identity that was shown, else one with the same kind of key, else the first.

    Of several with the certificate that was shown, the one with the same chain is chosen: a member that does not
    send its intermediate certificate must not get one from the relay.

    Returns:
        The identity, and whether its certificate is what was shown (true also where nothing was).
    """
    if not shown:
        return identities[0], True
    same = [identity for identity in identities if identity.der == shown[0].der]
    if same:
        return next((identity for identity in same if _sends(identity, shown[1:])), same[0]), True
    alike = (identity for identity in identities if identity.key_type == shown[0].key_type)
    return next(alike, identities[0]), False


def _sends(identity: Identity, issuers: tuple[Certificate, ...]) -> bool:
    return [issuer.public_bytes(Encoding.DER) for issuer in identity.chain] == [
        issuer.der for issuer in issuers
    ]


def curve_of(identity: Identity) -> str:
    """Give the curve of the identity's key; empty where it has none."""
    return identity.key.curve.name if isinstance(identity.key, ec.EllipticCurvePrivateKey) else ""
