"""Opening and sealing the protected records of one direction.

`tls13_protection` and `tls12_protection` make a `RecordProtection` from a secret. It counts the records of
its direction, because every nonce and MAC depends on that count; a record that does not open leaves the count
as it was, so that a record which was never meant for these keys (rejected early data, say) does no harm.
"""

from __future__ import annotations

from typing import Protocol

from ..errors import DecryptionFailed, ProtectionUnsupported
from .ciphers import BulkKind, CipherSuite, suite
from .keyschedule import key_block, prf
from .protection12 import AeadCipher, BlockCipher, DirectionKeys, StreamCipher
from .protection13 import Tls13Cipher
from .search import HEADER_BYTES

__all__ = ["MAX_PLAINTEXT_BYTES", "RecordProtection", "tls12_protection", "tls13_protection"]

MAX_PLAINTEXT_BYTES = 1 << 14
"""RFC 8446 section 5.1."""

MAX_FRAGMENT_BYTES = MAX_PLAINTEXT_BYTES + 2048
"""RFC 5246 section 6.2.3; TLS 1.3 allows less."""

SEARCH_WINDOW = 64
"""Sequence numbers tried after a gap: 64 records of full size are 1 MiB, a large receive window."""

SEARCH_BUDGET = 4096
"""Tries in the life of a protection: some 30 ms of work, so that a file full of holes keeps no one busy."""

_TLS10, _TLS12, _TLS13 = 0x0301, 0x0303, 0x0304


class _RecordCipher(Protocol):
    """The keys of one direction; the sequence number is counted outside."""

    suite: CipherSuite
    tail_bytes: int

    @property
    def can_search(self) -> bool: ...

    def open(self, sequence: int, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]: ...

    def seal(self, sequence: int, content_type: int, version: int, plaintext: bytes) -> bytes: ...

    def step_over(self, length: int, tail: bytes) -> bool: ...

    def next_generation(self) -> _RecordCipher: ...


class RecordProtection:
    """The record protection of one direction, from one change of keys to the next."""

    __slots__ = ("_budget", "_cipher", "_sealed", "_window", "sequence")

    def __init__(self, cipher: _RecordCipher) -> None:
        """Begin with the first record under `cipher`'s keys."""
        self._cipher = cipher
        self._sealed: tuple[bytes, int, bytes] | None = None
        """What it sealed itself last: the fragment, its content type, and the plaintext."""
        self._window = 0
        self._budget = SEARCH_BUDGET
        self.sequence = 0
        """The number of the next record."""

    @property
    def cipher_suite(self) -> int:
        """The cipher suite's code point."""
        return self._cipher.suite.code

    def open(self, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Open the next record, given its header's type and version, and what follows the header.

        Returns:
            The content type (the inner one in TLS 1.3) and the plaintext.

        Raises:
            DecryptionFailed: the keys do not open it.
        """
        if len(fragment) > MAX_FRAGMENT_BYTES:
            raise DecryptionFailed(
                f"a protected record has {len(fragment)} bytes, {MAX_FRAGMENT_BYTES} are allowed"
            )
        if self._sealed is not None:
            (sealed, kind, plaintext), self._sealed = self._sealed, None
            if sealed == fragment:  # it was counted when it was sealed, and the keys have gone on
                return kind, plaintext
        if self._window:
            return self._search(content_type, version, fragment)
        opened = self._cipher.open(self.sequence, content_type, version, fragment)
        self.sequence += 1
        return opened

    def _search(self, content_type: int, version: int, fragment: bytes) -> tuple[int, bytes]:
        """Open a record after a gap, which may have swallowed a KeyUpdate too."""
        candidates = [(self._cipher, self.sequence)]
        if self._cipher.suite.is_tls13:
            candidates.append((self._cipher.next_generation(), 0))
        for cipher, first in candidates:
            for sequence in range(first, first + min(self._window, self._budget)):
                self._budget -= 1
                try:
                    opened = cipher.open(sequence, content_type, version, fragment)
                except DecryptionFailed:
                    continue
                self._cipher = cipher
                self._window = 0
                self.sequence = sequence + 1
                return opened
        self._cipher.step_over(len(fragment), fragment)
        self._window += 1
        raise DecryptionFailed("no sequence number that is likely after the gap opens this record")

    def seal(self, content_type: int, plaintext: bytes, version: int = _TLS12) -> bytes:
        """Give a whole record that the receiver will take for the sender's next one.

        Who writes in the name of a sender that is observed shows the record to the observer too: `open` knows it again.

        Raises:
            ValueError: `plaintext` does not fit into one record.
        """
        if len(plaintext) > MAX_PLAINTEXT_BYTES:
            raise ValueError(f"a record holds {MAX_PLAINTEXT_BYTES} bytes, not {len(plaintext)}")
        record = self._cipher.seal(self.sequence, content_type, version, plaintext)
        self.sequence += 1
        self._sealed = record[HEADER_BYTES:], content_type, plaintext
        return record

    @property
    def tail_bytes(self) -> int:
        """How many bytes of a skipped record's end `skip` needs: some in CBC of TLS 1.0, else none."""
        return self._cipher.tail_bytes

    def skip(self, length: int, tail: bytes = b"") -> None:
        """Count a record of `length` bytes (without header) that is there and need not be opened."""
        self.sequence += 1
        if not self._cipher.step_over(length, tail):
            self.resynchronise(1)

    def resynchronise(self, limit: int = SEARCH_WINDOW) -> None:
        """Be told that up to `limit` records are missing, so that several numbers are tried for the next.

        A stream cipher cannot be taken up again after a gap: all further records of RC4 fail to open.
        """
        self._window = max(self._window, limit + 1) if self._cipher.can_search else 0

    def next_generation(self) -> None:
        """Change to the keys that a KeyUpdate announced (RFC 8446 section 7.2).

        Raises:
            ProtectionUnsupported: the protocol is not TLS 1.3.
        """
        self._cipher = self._cipher.next_generation()
        self.sequence = 0

    def __repr__(self) -> str:
        """Name the suite and the place, and no secret."""
        return f"<RecordProtection {self._cipher.suite.name}, record {self.sequence}>"


def _known_suite(code: int) -> CipherSuite:
    found = suite(code)
    if found is None:
        raise ProtectionUnsupported(f"cipher suite 0x{code:04x} is not known")
    return found


def tls13_protection(suite_code: int, traffic_secret: bytes, version: int = _TLS13) -> RecordProtection:
    """Make the protection that a TLS 1.3 traffic secret gives: of early data, handshake or application.

    Args:
        suite_code: the cipher suite's code point.
        traffic_secret: as the key log has it.
        version: the selected version, which may be a draft's (0x7f00 plus its number).

    Raises:
        ProtectionUnsupported: we cannot run the suite.
    """
    return RecordProtection(Tls13Cipher(_known_suite(suite_code), traffic_secret, version))


def tls12_protection(
    suite_code: int,
    version: int,
    master_secret: bytes,
    client_random: bytes,
    server_random: bytes,
    *,
    for_client: bool,
    encrypt_then_mac: bool = False,
    compression: int = 0,
) -> RecordProtection:
    """Make the protection that a master secret gives in TLS 1.0 to 1.2.

    Args:
        suite_code: the cipher suite's code point.
        version: the negotiated version, 0x0301 to 0x0303.
        master_secret: 48 bytes, extended or not (RFC 7627): that is settled before.
        client_random: of the ClientHello.
        server_random: of the ServerHello.
        for_client: whether the records are those that the client sends.
        encrypt_then_mac: whether the ServerHello has the extension of RFC 7366; only CBC suites heed it.
        compression: the ServerHello's compression method.

    Raises:
        ProtectionUnsupported: we cannot run the suite, the version or the compression.
    """
    found = _known_suite(suite_code)
    if not _TLS10 <= version <= _TLS12:
        raise ProtectionUnsupported(f"records of version 0x{version:04x} are not opened with a master secret")
    if compression:
        raise ProtectionUnsupported(f"records under compression method {compression} are not opened")
    is_aead = found.kind is BulkKind.AEAD
    if found.is_tls13 or found.prf_hash.startswith("STREEBOG") or (is_aead and version < _TLS12):
        raise ProtectionUnsupported(f"{found.name} is not supported in version 0x{version:04x}")
    keys = _direction_keys(found, version, master_secret, client_random, server_random, for_client=for_client)
    if is_aead:
        return RecordProtection(AeadCipher(found, keys))
    if found.kind is BulkKind.BLOCK:
        return RecordProtection(BlockCipher(found, keys, version, encrypt_then_mac=encrypt_then_mac))
    return RecordProtection(StreamCipher(found, keys))


def _direction_keys(
    found: CipherSuite,
    version: int,
    master_secret: bytes,
    client_random: bytes,
    server_random: bytes,
    *,
    for_client: bool,
) -> DirectionKeys:
    """Cut one direction's keys out of the key block (RFC 5246 section 6.3)."""
    lengths = (found.mac_bytes, found.key_bytes, found.iv_bytes)
    block = key_block(version, found.prf_hash, master_secret, client_random, server_random, 2 * sum(lengths))
    parts = []
    at = 0
    for length in lengths:
        start = at if for_client else at + length
        parts.append(block[start : start + length])
        at += 2 * length
    keys = DirectionKeys(*parts)
    randoms = client_random + server_random
    return _stretched(keys, found, version, randoms, for_client=for_client) if found.is_export else keys


def _stretched(
    keys: DirectionKeys, found: CipherSuite, version: int, randoms: bytes, *, for_client: bool
) -> DirectionKeys:
    """Give the final keys of an export suite (RFC 2246 section 6.3.1)."""
    label = b"client write key" if for_client else b"server write key"
    key = prf(version, found.prf_hash, keys.key, label, randoms, found.cipher_key_bytes)
    ivs = prf(version, found.prf_hash, b"", b"IV block", randoms, 2 * found.iv_bytes)
    iv = ivs[: found.iv_bytes] if for_client else ivs[found.iv_bytes :]
    return DirectionKeys(keys.mac_key, key, iv)
