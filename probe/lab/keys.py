"""Private keys for the lab, made once in a process.

A key of 2048 bits takes tens of milliseconds, and the lab wants some dozens of certificates at once. So a key
belongs to a kind and a label, and whoever asks for the same two gets the same key: certificates of one
subject share a key, as after a renewal that kept it. Where two keys must differ (a CA that was re-keyed under
its old name), their labels do. These keys protect nothing: they live for one run of a lab on loopback.
"""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["KeyKind", "PrivateKey", "key_pem", "private_key"]

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEYS_KEPT = 256
"""More than all faults together ask for."""


class KeyKind(StrEnum):
    """The kinds of key that a certificate of the lab may hold."""

    RSA_1024 = "rsa-1024"
    RSA_2048 = "rsa-2048"
    P256 = "p-256"


def _rsa(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


_MAKERS: Mapping[KeyKind, Callable[[], PrivateKey]] = {
    KeyKind.RSA_1024: lambda: _rsa(1024),
    KeyKind.RSA_2048: lambda: _rsa(2048),
    KeyKind.P256: lambda: ec.generate_private_key(ec.SECP256R1()),
}


@lru_cache(maxsize=KEYS_KEPT)
def private_key(kind: KeyKind, label: str) -> PrivateKey:  # noqa: ARG001  the label is a key of the cache
    """Give the key of this `kind` and `label`, the same one for the life of the process."""
    return _MAKERS[kind]()


def key_pem(key: PrivateKey) -> bytes:
    """Write `key` as PKCS#8 PEM without a password."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
