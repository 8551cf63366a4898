"""Records of TLS 1.3 (RFC 8446 section 5.2), and of the drafts that were deployed before it.

Drafts differ in two ways that matter here: before draft 20 the labels of the key schedule began with `TLS
1.3, `, and before draft 25 the record header was not authenticated.
"""

from __future__ import annotations

from struct import Struct

from cryptography.exceptions import InvalidTag

from ..errors import DecryptionFailed, ProtectionUnsupported
from .aead import Aead, aead_of
from .ciphers import BulkKind, CipherSuite
from .keyschedule import DIGEST_BYTES, expand_label

__all__ = ["Tls13Cipher"]

_TLS13 = 0x0304
_APPLICATION_DATA = 23
_LEGACY_VERSION = 0x0303
_HEADER = Struct("!BHH").pack


class Tls13Cipher:
    """The keys of one direction in one generation."""

    __slots__ = (
        "_aead",
        "_authenticates_header",
        "_iv",
        "_nonce_bytes",
        "_prefix",
        "_secret",
        "_version",
        "suite",
        "tail_bytes",
    )

    def __init__(self, suite: CipherSuite, traffic_secret: bytes, version: int) -> None:
        """Expand `traffic_secret` into key and IV (RFC 8446 section 7.3).

        Raises:
            ProtectionUnsupported: `suite` is not one of TLS 1.3, or we cannot run its cipher.
        """
        if not suite.is_tls13 or suite.prf_hash not in DIGEST_BYTES:
            raise ProtectionUnsupported(f"{suite.name} is no TLS 1.3 suite that we can open")
        draft = _draft(version)
        self.suite = suite
        self.tail_bytes = 0
        self._version = version
        self._secret = traffic_secret
        self._prefix = b"tls13 " if draft is None or draft >= 20 else b"TLS 1.3, "
        self._authenticates_header = draft is None or draft >= 25
        is_null = suite.kind is BulkKind.NULL  # RFC 9150 section 6: key and IV are as long as the hash.
        self._aead: Aead = aead_of(
            suite, self._expand(b"key", suite.mac_bytes if is_null else suite.key_bytes)
        )
        self._nonce_bytes = suite.mac_bytes if is_null else suite.iv_bytes
        self._iv = int.from_bytes(self._expand(b"iv", self._nonce_bytes), "big")

    @property
    def can_search(self) -> bool:
        """Whether records can be opened out of turn, given their number."""
        return True

    def _expand(self, label: bytes, length: int) -> bytes:
        return expand_label(self.suite.prf_hash, self._secret, label, b"", length, self._prefix)

    def open(self, sequence: int, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Give the inner content type and the plaintext without its padding (RFC 8446 section 5.4)."""
        header = _HEADER(content_type, version, len(fragment)) if self._authenticates_header else None
        try:
            inner = self._aead.decrypt(
                (self._iv ^ sequence).to_bytes(self._nonce_bytes, "big"), fragment, header
            )
        except InvalidTag:
            raise DecryptionFailed("the secret does not open this record") from None
        content = inner.rstrip(b"\0")
        if not content:
            raise DecryptionFailed("the record holds nothing but padding")
        return content[-1], content[:-1]

    def seal(self, sequence: int, content_type: int, version: int, plaintext: bytes) -> bytes:
        """Give a whole record; RFC 8446 fixes its outer type and version, so `version` does not matter."""
        del version
        inner = plaintext + bytes((content_type,))
        tag_bytes = self.suite.tag_bytes or self.suite.mac_bytes
        header = _HEADER(_APPLICATION_DATA, _LEGACY_VERSION, len(inner) + tag_bytes)
        nonce = (self._iv ^ sequence).to_bytes(self._nonce_bytes, "big")
        return header + self._aead.encrypt(nonce, inner, header if self._authenticates_header else None)

    def step_over(self, length: int, tail: bytes) -> bool:
        """Let a record pass unopened, which changes nothing but the sequence number."""
        del length, tail
        return True

    def next_generation(self) -> Tls13Cipher:
        """Give the cipher after a KeyUpdate (RFC 8446 section 7.2)."""
        label = b"traffic upd" if self._prefix == b"tls13 " else b"application traffic secret"
        return Tls13Cipher(self.suite, self._expand(label, DIGEST_BYTES[self.suite.prf_hash]), self._version)


def _draft(version: int) -> int | None:
    """Give the number of the draft that a version's code point stands for; None for RFC 8446 itself."""
    return version & 0xFF if version >> 8 in (0x7F, 0xFB) else None
