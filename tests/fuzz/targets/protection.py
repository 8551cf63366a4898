"""Record protection: no fragment does anything but open or fail, and what we seal opens.

Two bytes pick the cipher suite, the third the version and the options, the rest is the fragment.
"""

from __future__ import annotations

from analyzers.errors import DecryptionFailed, ProtectionUnsupported
from analyzers.tls import codepoints
from analyzers.tls.protection import MAX_PLAINTEXT_BYTES, RecordProtection, tls12_protection, tls13_protection

CODES = tuple(sorted(codepoints.CIPHER_SUITES))
TLS13_VERSIONS = (0x0304, 0x7F12, 0x7F17)


def make(code: int, options: int) -> RecordProtection:
    """Make the protection that the options ask for."""
    version = 0x0301 + options % 4
    if version == 0x0304:
        return tls13_protection(code, b"s" * 32, TLS13_VERSIONS[(options >> 2) % 3])
    return tls12_protection(
        code,
        version,
        b"m" * 48,
        b"c" * 32,
        b"s" * 32,
        for_client=bool(options & 4),
        encrypt_then_mac=bool(options & 8),
    )


def one_input(data: bytes) -> None:
    """Open the fragment, after a gap where the options say so, and then seal and open it."""
    if len(data) < 3:
        return
    code, options, fragment = CODES[int.from_bytes(data[:2], "big") % len(CODES)], data[2], data[3:]
    try:
        reader, writer = make(code, options), make(code, options)
    except ProtectionUnsupported:
        return
    version = min(0x0301 + options % 4, 0x0303)
    if options & 16:
        reader.resynchronise(options >> 5)
    try:
        reader.open(23, version, fragment)
    except DecryptionFailed:
        assert reader.sequence == 0
    if len(fragment) > MAX_PLAINTEXT_BYTES:
        return
    record = writer.seal(23, fragment, version)
    assert len(record) == 5 + int.from_bytes(record[3:5], "big")
    assert make(code, options).open(record[0], version, record[5:]) == (23, fragment)
