"""A NATS operator with one account and one user, as `nsc` would make them: signed claims and a credentials file."""

from __future__ import annotations

import base64
import hashlib
import json
from binascii import crc_hqx
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

if TYPE_CHECKING:
    from pathlib import Path

_COUNTS = ("subs", "data", "payload", "imports", "exports", "conn", "leaf", "mem_storage", "disk_storage", "streams",
           "consumer", "max_ack_pending")  # fmt: skip
_UNLIMITED = {**dict.fromkeys(_COUNTS, -1), "wildcards": True}
_WITHOUT_JETSTREAM = {**dict.fromkeys(_COUNTS[:7], -1), "wildcards": True}


OPERATOR, ACCOUNT, USER = 14, 0, 20
"""The prefixes of public keys, as digits of base 32: O, A and U."""


class _Key:
    """A key pair of some kind, written as NATS does (nkeys)."""

    def __init__(self, prefix: int) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.public = _checked(bytes([prefix << 3]) + self._key.public_key().public_bytes_raw())
        seed_of = 18 << 11 | prefix << 6
        self.seed = _checked(seed_of.to_bytes(2, "big") + self._key.private_bytes_raw())

    def sign(self, subject: str, name: str, claims: dict[str, Any]) -> str:
        """Sign what is claimed of a subject (NATS JWT version 2)."""
        body: dict[str, Any] = {"iss": self.public, "sub": subject, "name": name, "iat": 1_700_000_000}
        body["nats"] = {**claims, "version": 2}
        digest = hashlib.sha256(json.dumps(body).encode()).digest()
        body["jti"] = base64.b32encode(digest).decode().rstrip("=")
        parts = [{"typ": "JWT", "alg": "ed25519-nkey"}, body]
        signed = ".".join(_base64(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{_base64(self._key.sign(signed.encode()))}"


def _checked(data: bytes) -> str:
    return base64.b32encode(data + crc_hqx(data, 0).to_bytes(2, "little")).decode().rstrip("=")


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def operated(credentials: Path) -> str:
    """Write a user's credentials, and give the lines of a server's configuration that trust the user's operator."""
    operator, user = _Key(OPERATOR), _Key(USER)
    account, system = _Key(ACCOUNT), _Key(ACCOUNT)
    trusted = operator.sign(operator.public, "operator", {"type": "operator"})
    limited = operator.sign(account.public, "account", {"type": "account", "limits": _UNLIMITED})
    own = operator.sign(system.public, "system", {"type": "account", "limits": _WITHOUT_JETSTREAM})
    allowed = account.sign(
        user.public, "probe", {"type": "user", "subs": -1, "data": -1, "payload": -1, "pub": {}, "sub": {}}
    )
    credentials.write_text(
        f"-----BEGIN NATS USER JWT-----\n{allowed}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )
    accounts = f"{account.public}: {limited}, {system.public}: {own}"
    return (
        f"operator: {trusted}\nsystem_account: {system.public}\n"
        f"resolver: MEMORY\nresolver_preload: {{ {accounts} }}\n"
    )
