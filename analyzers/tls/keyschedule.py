"""From a secret to the keys of records.

TLS 1.3 expands a traffic secret with HKDF-Expand-Label (RFC 8446 section 7.1), TLS 1.2 a master secret with
P_hash (RFC 5246 section 5), TLS 1.0 and 1.1 with MD5 and SHA-1 side by side (RFC 2246 section 5).
`hmac.digest` runs all of it in C; a protection is set up for both directions of every handshake, so its cost
counts.
"""

from __future__ import annotations

from functools import lru_cache
from hmac import digest as hmac_digest

from ..errors import ProtectionUnsupported

__all__ = [
    "DIGEST_BYTES",
    "expand_label",
    "extended_master_secret",
    "hmac_of",
    "key_block",
    "master_secret",
    "prf",
]

DIGEST_BYTES = {"MD5": 16, "SHA": 20, "SHA256": 32, "SHA384": 48, "SHA512": 64, "SM3": 32}
"""Output lengths of the hashes, by the names that cipher suites give them."""

_HASHLIB_NAMES = {
    "MD5": "md5",
    "SHA": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
    "SM3": "sm3",
}
_TLS12 = 0x0303
_SSL3 = 0x0300


def hmac_of(hash_name: str, key: bytes, data: bytes) -> bytes:
    """Give HMAC (RFC 2104) with the hash that a cipher suite calls `hash_name`.

    Raises:
        ProtectionUnsupported: the hash is unknown, or this Python's OpenSSL forbids it (MD5 under FIPS).
    """
    name = _HASHLIB_NAMES.get(hash_name)
    if name is None:
        raise ProtectionUnsupported(f"hash {hash_name} is not supported")
    try:
        return hmac_digest(key, data, name)
    except ValueError:
        raise ProtectionUnsupported(f"hash {hash_name} is not available here") from None


@lru_cache(maxsize=256)
def _hkdf_label(prefix: bytes, label: bytes, context: bytes, length: int) -> bytes:
    full = prefix + label
    return length.to_bytes(2, "big") + bytes((len(full),)) + full + bytes((len(context),)) + context


def expand_label(
    hash_name: str, secret: bytes, label: bytes, context: bytes, length: int, prefix: bytes = b"tls13 "
) -> bytes:
    """Give HKDF-Expand-Label (RFC 8446 section 7.1); drafts before 20 had the `prefix` `TLS 1.3, `."""
    info = _hkdf_label(prefix, label, context, length)
    block = hmac_of(hash_name, secret, info + b"\x01")
    output = block
    counter = 1
    while len(output) < length:
        counter += 1
        block = hmac_of(hash_name, secret, block + info + bytes((counter,)))
        output += block
    return output[:length]


def _p_hash(hash_name: str, secret: bytes, seed: bytes, length: int) -> bytes:
    output = b""
    chain = seed
    while len(output) < length:
        chain = hmac_of(hash_name, secret, chain)
        output += hmac_of(hash_name, secret, chain + seed)
    return output[:length]


def prf(version: int, hash_name: str, secret: bytes, label: bytes, seed: bytes, length: int) -> bytes:
    """Give the pseudorandom function of TLS 1.0 to 1.2; `hash_name` matters to TLS 1.2 only.

    Raises:
        ProtectionUnsupported: SSL 3.0, which has another construction, or a hash that is not available.
    """
    if version <= _SSL3:
        raise ProtectionUnsupported("SSL 3.0 records are not opened")
    if version >= _TLS12:
        return _p_hash(hash_name, secret, label + seed, length)
    half = (len(secret) + 1) // 2
    md5 = _p_hash("MD5", secret[:half], label + seed, length)
    sha = _p_hash("SHA", secret[len(secret) - half :], label + seed, length)
    return (int.from_bytes(md5, "big") ^ int.from_bytes(sha, "big")).to_bytes(length, "big")


def master_secret(
    version: int, hash_name: str, premaster_secret: bytes, client_random: bytes, server_random: bytes
) -> bytes:
    """Give the master secret of a premaster secret (RFC 5246 section 8.1)."""
    return prf(version, hash_name, premaster_secret, b"master secret", client_random + server_random, 48)


def extended_master_secret(
    version: int, hash_name: str, premaster_secret: bytes, session_hash: bytes
) -> bytes:
    """Give the extended master secret (RFC 7627 section 4).

    `session_hash` covers the handshake messages up to and with ClientKeyExchange.
    """
    return prf(version, hash_name, premaster_secret, b"extended master secret", session_hash, 48)


def key_block(
    version: int, hash_name: str, master: bytes, client_random: bytes, server_random: bytes, length: int
) -> bytes:
    """Give the key block of a master secret (RFC 5246 section 6.3)."""
    return prf(version, hash_name, master, b"key expansion", server_random + client_random, length)
