"""Records of TLS 1.0 to 1.2 (RFC 5246 section 6.2.3): AEAD, block, stream and null ciphers."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from struct import Struct
from typing import TYPE_CHECKING, NoReturn

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, IDEA, RC2, SEED, Camellia, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from ..errors import DecryptionFailed, ProtectionUnsupported
from .aead import aead_of
from .keyschedule import hmac_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, CipherContext

    from .ciphers import CipherSuite

__all__ = ["AeadCipher", "BlockCipher", "DirectionKeys", "StreamCipher"]

_TLS11 = 0x0302
_EXPLICIT_NONCE_BYTES = 8
_PSEUDO_HEADER = Struct("!QBHH").pack
"""What a MAC covers beside the data: sequence number, type, version, length (RFC 5246 section 6.2.3.1)."""
_HEADER = Struct("!BHH").pack
_WRONG = "the secret does not open this record"


@dataclass(frozen=True, slots=True)
class DirectionKeys:
    """One direction's share of the key block."""

    mac_key: bytes = field(repr=False)
    key: bytes = field(repr=False)
    iv: bytes = field(repr=False)


class _Tls12Cipher:
    """What the ciphers up to TLS 1.2 have in common: no generations, and a MAC over the plain record."""

    __slots__ = ("_keys", "suite", "tail_bytes")

    def __init__(self, suite: CipherSuite, keys: DirectionKeys) -> None:
        self.suite = suite
        self._keys = keys
        self.tail_bytes = 0

    @property
    def can_search(self) -> bool:
        """Whether records can be opened out of turn, given their number."""
        return True

    def step_over(self, length: int, tail: bytes) -> bool:
        """Let a record pass unopened, which changes nothing but the sequence number."""
        del length, tail
        return True

    def next_generation(self) -> NoReturn:
        """Refuse: only TLS 1.3 has KeyUpdate."""
        raise ProtectionUnsupported("key updates exist in TLS 1.3 only")

    def _mac(self, sequence: int, content_type: int, version: int, data: bytes) -> bytes:
        if not self.suite.mac_bytes:
            return b""
        header = _PSEUDO_HEADER(sequence, content_type, version, len(data))
        return hmac_of(self.suite.mac, self._keys.mac_key, header + data)

    def _checked(self, sequence: int, content_type: int, version: int, data: bytes) -> bytes:
        """Give what precedes the MAC at the end of `data`, once the MAC has proved to be right."""
        at = len(data) - self.suite.mac_bytes
        if at < 0 or not compare_digest(self._mac(sequence, content_type, version, data[:at]), data[at:]):
            raise DecryptionFailed(_WRONG)
        return data[:at]


class AeadCipher(_Tls12Cipher):
    """AES-GCM (RFC 5288), AES-CCM (RFC 6655) and ChaCha20-Poly1305 (RFC 7905)."""

    __slots__ = ("_aead", "_has_explicit_nonce", "_iv", "_next_explicit")

    def __init__(self, suite: CipherSuite, keys: DirectionKeys) -> None:
        """Take the keys.

        Raises:
            ProtectionUnsupported: we cannot run the suite's cipher.
        """
        super().__init__(suite, keys)
        self._aead = aead_of(suite, keys.key)
        self._iv = int.from_bytes(keys.iv, "big")
        self._has_explicit_nonce = suite.encryption != "CHACHA20_POLY1305"
        self._next_explicit: int | None = None

    def open(self, sequence: int, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Give the plaintext with its type, which is not hidden in these versions."""
        if self._has_explicit_nonce:
            explicit, data = fragment[:_EXPLICIT_NONCE_BYTES], fragment[_EXPLICIT_NONCE_BYTES:]
            nonce = self._keys.iv + explicit
        else:
            explicit, data = b"", fragment
            nonce = (self._iv ^ sequence).to_bytes(12, "big")
        length = len(data) - self.suite.tag_bytes
        if length < 0:
            raise DecryptionFailed("the record is too short to be protected")
        try:
            plaintext = self._aead.decrypt(
                nonce, data, _PSEUDO_HEADER(sequence, content_type, version, length)
            )
        except InvalidTag:
            raise DecryptionFailed(_WRONG) from None
        if explicit:
            self._next_explicit = (int.from_bytes(explicit, "big") + 1) & 0xFFFF_FFFF_FFFF_FFFF
        return content_type, plaintext

    def seal(self, sequence: int, content_type: int, version: int, plaintext: bytes) -> bytes:
        """Give a whole record, its nonce one beyond the sender's last, since no nonce may come twice."""
        if self._has_explicit_nonce:
            number = sequence if self._next_explicit is None else self._next_explicit
            self._next_explicit = (number + 1) & 0xFFFF_FFFF_FFFF_FFFF
            explicit = number.to_bytes(_EXPLICIT_NONCE_BYTES, "big")
            nonce = self._keys.iv + explicit
        else:
            explicit = b""
            nonce = (self._iv ^ sequence).to_bytes(12, "big")
        header = _PSEUDO_HEADER(sequence, content_type, version, len(plaintext))
        fragment = explicit + self._aead.encrypt(nonce, plaintext, header)
        return _HEADER(content_type, version, len(fragment)) + fragment


class BlockCipher(_Tls12Cipher):
    """CBC: MAC then encrypt (RFC 5246 section 6.2.3.2), or encrypt then MAC (RFC 7366).

    TLS 1.0 takes the last block of a record as the IV of the next one; later versions send the IV.
    """

    __slots__ = ("_algorithm", "_block", "_encrypts_first", "_has_explicit_iv", "_iv")

    def __init__(
        self, suite: CipherSuite, keys: DirectionKeys, version: int, *, encrypt_then_mac: bool
    ) -> None:
        """Take the keys.

        Raises:
            ProtectionUnsupported: we cannot run the suite's cipher.
        """
        super().__init__(suite, keys)
        self._algorithm = _block_algorithm(suite.encryption, keys.key)
        self._block = suite.iv_bytes
        self._encrypts_first = encrypt_then_mac
        self._has_explicit_iv = version >= _TLS11
        self._iv = keys.iv
        if not self._has_explicit_iv:
            self.tail_bytes = self._block + (suite.mac_bytes if encrypt_then_mac else 0)
        try:
            Cipher(self._algorithm, modes.CBC(keys.iv)).decryptor()
        except UnsupportedAlgorithm:
            raise ProtectionUnsupported(f"{suite.encryption} is not available here") from None

    def open(self, sequence: int, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Give the plaintext with its type, which is not hidden in these versions."""
        data = self._checked(sequence, content_type, version, fragment) if self._encrypts_first else fragment
        iv, ciphertext = (
            (data[: self._block], data[self._block :]) if self._has_explicit_iv else (self._iv, data)
        )
        if not ciphertext or len(ciphertext) % self._block:
            raise DecryptionFailed(f"the record is no whole number of {self._block}-byte blocks")
        padded = Cipher(self._algorithm, modes.CBC(iv)).decryptor().update(ciphertext)
        padding = padded[-1] + 1
        if padding > len(padded) or padded[-padding:] != padded[-1:] * padding:
            raise DecryptionFailed(_WRONG)
        plaintext = padded[:-padding]
        if not self._encrypts_first:
            plaintext = self._checked(sequence, content_type, version, plaintext)
        if not self._has_explicit_iv:
            self._iv = ciphertext[-self._block :]
        return content_type, plaintext

    def seal(self, sequence: int, content_type: int, version: int, plaintext: bytes) -> bytes:
        """Give a whole record."""
        content = (
            plaintext
            if self._encrypts_first
            else plaintext + self._mac(sequence, content_type, version, plaintext)
        )
        padding = self._block - len(content) % self._block
        padded = content + bytes((padding - 1,)) * padding
        iv = self._iv
        if self._has_explicit_iv:
            # Nothing random here: `analyzers` is pure. A keyed hash of the sequence number is as
            # unpredictable to others.
            iv = hmac_of("SHA256", self._keys.key, b"iv" + sequence.to_bytes(8, "big"))[: self._block]
        ciphertext = Cipher(self._algorithm, modes.CBC(iv)).encryptor().update(padded)
        fragment = iv + ciphertext if self._has_explicit_iv else ciphertext
        self._iv = ciphertext[-self._block :]
        if self._encrypts_first:
            fragment += self._mac(sequence, content_type, version, fragment)
        return _HEADER(content_type, version, len(fragment)) + fragment

    def step_over(self, length: int, tail: bytes) -> bool:
        """Let a record pass unopened; False when the IV of the next one is not known then."""
        del length
        if self._has_explicit_iv:
            return True
        if self._encrypts_first:
            tail = tail[: -self.suite.mac_bytes]
        if len(tail) < self._block:
            return False
        self._iv = tail[-self._block :]
        return True


class StreamCipher(_Tls12Cipher):
    """RC4, one key stream over all records, and NULL, which only authenticates (RFC 5246 section 6.2.3.1)."""

    __slots__ = ("_context",)

    def __init__(self, suite: CipherSuite, keys: DirectionKeys) -> None:
        """Take the keys.

        Raises:
            ProtectionUnsupported: the cipher is neither RC4 nor NULL, or RC4 is disabled in our library.
        """
        super().__init__(suite, keys)
        self._context: CipherContext | None = None
        if suite.encryption == "NULL":
            return
        if not suite.encryption.startswith("RC4_"):
            raise ProtectionUnsupported(f"{suite.encryption} is not supported")
        try:
            self._context = Cipher(ARC4(keys.key), None).encryptor()
        except UnsupportedAlgorithm:
            raise ProtectionUnsupported("RC4 is not available here") from None

    @property
    def can_search(self) -> bool:
        """Whether records can be opened out of turn, which RC4's running key stream forbids."""
        return self._context is None

    def open(self, sequence: int, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Give the plaintext with its type, which is not hidden in these versions."""
        data = fragment if self._context is None else self._context.update(fragment)
        return content_type, self._checked(sequence, content_type, version, data)

    def seal(self, sequence: int, content_type: int, version: int, plaintext: bytes) -> bytes:
        """Give a whole record."""
        data = plaintext + self._mac(sequence, content_type, version, plaintext)
        fragment = data if self._context is None else self._context.update(data)
        return _HEADER(content_type, version, len(fragment)) + fragment

    def step_over(self, length: int, tail: bytes) -> bool:
        """Let a record pass unopened, with as much of the key stream as it took."""
        del tail
        if self._context is not None:
            self._context.update(bytes(length))
        return True


_BLOCK_ALGORITHMS: dict[str, Callable[[bytes], BlockCipherAlgorithm]] = {
    "3DES_EDE_CBC": TripleDES,
    "AES_128_CBC": AES,
    "AES_256_CBC": AES,
    "CAMELLIA_128_CBC": Camellia,
    "CAMELLIA_256_CBC": Camellia,
    "DES_CBC": lambda key: TripleDES(key * 3),  # The same key three times is single DES.
    "DES40_CBC": lambda key: TripleDES(key * 3),
    "DES_CBC_40": lambda key: TripleDES(key * 3),
    "IDEA_CBC": IDEA,
    "RC2_CBC_40": RC2,
    "RC2_CBC_56": RC2,
    "SEED_CBC": SEED,
}
"""By the suite's name for the cipher; ARIA is in no library that we use."""


def _block_algorithm(encryption: str, key: bytes) -> BlockCipherAlgorithm:
    algorithm = _BLOCK_ALGORITHMS.get(encryption)
    if algorithm is None:
        raise ProtectionUnsupported(f"{encryption} is not supported")
    return algorithm(key)
