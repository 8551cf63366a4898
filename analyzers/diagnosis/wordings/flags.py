"""Verification results that are printed as a word of bits, taken apart: GnuTLS and mbed TLS.

Sources: gnutls_certificate_status_t of gnutls.h (3.7), MBEDTLS_X509_BADCERT_ of x509.h (2.28 and 3.x).
"""

from __future__ import annotations

import re

from .topics import Topic

__all__ = ["topic_of_flags"]

_GNUTLS = re.compile(r"peer cert untrusted or revoked \(0x([0-9a-f]{1,8})\)")
_MBEDTLS = re.compile(
    r"(?:verify flags|verification flags|certificate verification flags|mbedtls_ssl_get_verify_result\(\)|(?<![a-z])flags)[ =:]+0x([0-9a-f]{1,8})\b"
)

# The most telling bit first: an expired certificate is also "invalid", one of an unknown signer also "not trusted".
_GNUTLS_BITS: tuple[tuple[int, Topic], ...] = (
    (1 << 5, Topic.REVOKED),
    (1 << 10, Topic.EXPIRED),
    (1 << 9, Topic.NOT_YET_VALID),
    (1 << 11, Topic.SIGNATURE),
    (1 << 8, Topic.WEAK_SIGNATURE),
    (1 << 7, Topic.NOT_A_CA),
    (1 << 16, Topic.NAME_CONSTRAINT),
    (1 << 18, Topic.PURPOSE),
    (1 << 14, Topic.HOST_NAME),
    (1 << 6, Topic.UNKNOWN_CA),
    (1 << 1, Topic.VERIFY_FAILED),
)
_MBEDTLS_BITS: tuple[tuple[int, Topic], ...] = (
    (0x02, Topic.REVOKED),
    (0x01, Topic.EXPIRED),
    (0x0200, Topic.NOT_YET_VALID),
    (0x0800 | 0x1000 | 0x2000, Topic.PURPOSE),
    (0x4000, Topic.WEAK_SIGNATURE),
    (0x010000, Topic.WEAK_KEY),
    (0x8000, Topic.KEY_TYPE),
    (0x08, Topic.UNKNOWN_CA),
    (0x04, Topic.HOST_NAME),
    (0x10 | 0x20 | 0x0400, Topic.REVOCATION_UNKNOWN),
    (0x40, Topic.CERTIFICATE_MISSING),
)
_EVERY_BIT = 0xFFFFFFFF
"""mbed TLS sets all bits when it could not verify at all."""


def topic_of_flags(line: str) -> tuple[str, Topic, str] | None:
    """Give the stack, the topic and the flags as they stand in `line`, which is in lower case; None where there are none."""
    for stack, pattern, bits in (("GnuTLS", _GNUTLS, _GNUTLS_BITS), ("mbedTLS", _MBEDTLS, _MBEDTLS_BITS)):
        if (match := pattern.search(line)) is None or (stack == "mbedTLS" and "verif" not in line):
            continue
        flags = int(match[1], 16)
        if flags == _EVERY_BIT:
            return stack, Topic.VERIFY_FAILED, f"0x{flags:x}"
        for bit, topic in bits:
            if flags & bit:
                return stack, topic, f"0x{flags:x}"
    return None
