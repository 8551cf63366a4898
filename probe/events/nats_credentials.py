"""A NATS credentials file: a user's signed claims, and the seed of the key that proves them.

The file is read here and not by `nats-py`, which needs PyNaCl to sign what the `cryptography` that we have signs as
well, and reads a file without claims for ever.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["CREDENTIALS_BYTES", "signing"]

CREDENTIALS_BYTES = 65_536
"""The largest file that is read: claims are some hundred bytes."""

_BLOCK = r"-----BEGIN {0}-----\s+(\S+)\s+-+END {0}-----"
_CLAIMS = re.compile(_BLOCK.format("NATS USER JWT"))
_SEED = re.compile(_BLOCK.format("USER NKEY SEED"))

_USER_SEED = bytes((18 << 3 | 20 << 3 >> 5, (20 << 3 & 31) << 3))
"""How a user's seed begins: the prefixes S and U of five bits each, then zeros."""


def signing(path: Path) -> dict[str, Any]:
    """Read a file, and give the options with which `nats-py` connects as its user.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds no credentials; the text has nothing of the file.
    """
    with path.open("rb") as file:
        text = file.read(CREDENTIALS_BYTES).decode("ascii", "replace")
    claims, seed = _CLAIMS.search(text), _SEED.search(text)
    if claims is None or seed is None:
        raise ValueError(f"{path}: holds no NATS user JWT and nkey seed")
    key = _key_of(seed[1], path)

    def sign(nonce: str) -> bytes:
        return base64.b64encode(key.sign(nonce.encode()))

    return {"user_jwt_cb": lambda: bytearray(claims[1].encode()), "signature_cb": sign}


def _key_of(seed: str, path: Path) -> Ed25519PrivateKey:
    """Read an nkey: prefixes, 32 bytes, and their CRC-16 in little-endian order."""
    wrong = ValueError(f"{path}: its nkey seed is none of a user")
    try:
        data = base64.b32decode(seed + "=" * (-len(seed) % 8))
    except binascii.Error:
        raise wrong from None
    checksum = int.from_bytes(data[34:], "little")
    if len(data) != 36 or not data.startswith(_USER_SEED) or binascii.crc_hqx(data[:34], 0) != checksum:
        raise wrong
    return Ed25519PrivateKey.from_private_bytes(data[2:34])
