"""The AEAD algorithms of TLS, all with one face: `encrypt` and `decrypt` of (nonce, data, additional data).

AES and ChaCha20 come from `cryptography` as they are. SM4 in GCM and CCM (RFC 8998) and the integrity-only
suites (RFC 9150) are put together here from its parts. ARIA, Camellia-GCM, AEGIS and GOST ciphers are in no
library that we use: unsupported.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305

from ..errors import ProtectionUnsupported
from .keyschedule import hmac_of

if TYPE_CHECKING:
    from .ciphers import CipherSuite

__all__ = ["Aead", "aead_of"]

_BLOCK = 16


class Aead(Protocol):
    """Authenticated encryption under one key (RFC 5116); `decrypt` raises `InvalidTag`."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Give the ciphertext with its tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Give the plaintext, once the tag has proved to be right."""


class _Sm4Gcm:
    """SM4 in Galois/Counter mode."""

    __slots__ = ("_algorithm",)

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        encryptor = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated_data or b"")
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < _BLOCK:
            raise InvalidTag
        decryptor = Cipher(self._algorithm, modes.GCM(nonce, data[-_BLOCK:])).decryptor()
        decryptor.authenticate_additional_data(associated_data or b"")
        return decryptor.update(data[:-_BLOCK]) + decryptor.finalize()


class _Sm4Ccm:
    """SM4 in Counter with CBC-MAC mode (RFC 3610), with a nonce of 12 bytes and a tag of 16."""

    __slots__ = ("_algorithm",)

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def _counted(self, nonce: bytes, tag: bytes, data: bytes) -> tuple[bytes, bytes]:
        # RFC 3610 section 2.3: the first block of the key stream hides the tag, the rest hides the message.
        context = Cipher(self._algorithm, modes.CTR(b"\x02" + nonce + bytes(3))).encryptor()
        return context.update(tag), context.update(data)

    def _mac(self, nonce: bytes, plaintext: bytes, associated_data: bytes) -> bytes:
        # RFC 3610 section 2.2: the flags say that there is associated data, a 16-byte tag, and 3 bytes of
        # length.
        flags = 0x7A if associated_data else 0x3A
        blocks = bytes((flags,)) + nonce + len(plaintext).to_bytes(3, "big")
        if associated_data:
            blocks += _padded(len(associated_data).to_bytes(2, "big") + associated_data)
        blocks += _padded(plaintext)
        return Cipher(self._algorithm, modes.CBC(bytes(_BLOCK))).encryptor().update(blocks)[-_BLOCK:]

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        tag, ciphertext = self._counted(nonce, self._mac(nonce, data, associated_data or b""), data)
        return ciphertext + tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        if len(data) < _BLOCK:
            raise InvalidTag
        tag, plaintext = self._counted(nonce, data[-_BLOCK:], data[:-_BLOCK])
        if not compare_digest(tag, self._mac(nonce, plaintext, associated_data or b"")):
            raise InvalidTag
        return plaintext


class _IntegrityOnly:
    """A MAC over plain data, dressed as an AEAD (RFC 9150 section 5)."""

    __slots__ = ("_hash", "_key")

    def __init__(self, hash_name: str, key: bytes) -> None:
        self._hash = hash_name
        self._key = key

    def _mac(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        return hmac_of(self._hash, self._key, nonce + (associated_data or b"") + data)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        return data + self._mac(nonce, data, associated_data)

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        at = len(data) - len(self._key)  # The key is as long as the hash.
        if at < 0 or not compare_digest(data[at:], self._mac(nonce, data[:at], associated_data)):
            raise InvalidTag
        return data[:at]


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % _BLOCK)


def aead_of(suite: CipherSuite, key: bytes) -> Aead:
    """Give the AEAD of `suite` under `key`.

    Raises:
        ProtectionUnsupported: the suite's cipher is in no library that we use, or is disabled in it (FIPS).
    """
    cipher = suite.encryption
    try:
        if cipher in ("AES_128_GCM", "AES_256_GCM"):
            return AESGCM(key)
        if cipher == "CHACHA20_POLY1305":
            return ChaCha20Poly1305(key)
        if cipher.startswith(("AES_128_CCM", "AES_256_CCM")):
            return AESCCM(key, suite.tag_bytes)
        if cipher == "SM4_GCM":
            return _Sm4Gcm(key)
        if cipher == "SM4_CCM":
            return _Sm4Ccm(key)
        if cipher == "NULL" and suite.is_tls13:
            return _IntegrityOnly(suite.mac, key)
    except UnsupportedAlgorithm:
        raise ProtectionUnsupported(f"{cipher} is not available here") from None
    raise ProtectionUnsupported(f"{cipher} is not supported")
