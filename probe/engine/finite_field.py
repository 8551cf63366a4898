"""The finite field for suites with ephemeral Diffie-Hellman up to TLS 1.2, where the server brings the field.

A field of RFC 7919 is used, whose prime is given by a formula there, so none has to be written down or generated.
"""

from __future__ import annotations

import base64
import tempfile
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from OpenSSL.SSL import Context

__all__ = ["set_finite_field"]

BITS = 2048
"""What every current stack accepts, and the size of the fields that servers bring most."""

OFFSET = 560316
"""The number X of ffdhe2048 (RFC 7919 appendix A.1)."""

GUARD_BITS = 64
"""Kept while the series of e is summed, so that rounding does not reach what is used."""


def _scaled_e(bits: int) -> int:
    """Give the whole part of e times 2 to the power of `bits`."""
    term = total = 1 << (bits + GUARD_BITS)
    count = 1
    while term:
        term //= count
        total += term
        count += 1
    return total >> GUARD_BITS


@cache
def _parameters() -> bytes:
    """Give ffdhe2048 as PKCS #3 in PEM: p = 2^b - 2^(b-64) + (floor(2^(b-130) e) + X) 2^64 - 1."""
    prime = (1 << BITS) - (1 << (BITS - 64)) + ((_scaled_e(BITS - 130) + OFFSET) << 64) - 1
    field = b"\x02" + _der_length(BITS // 8 + 1) + b"\x00" + prime.to_bytes(BITS // 8) + b"\x02\x01\x02"
    der = b"\x30" + _der_length(len(field)) + field
    return b"-----BEGIN DH PARAMETERS-----\n" + base64.encodebytes(der) + b"-----END DH PARAMETERS-----\n"


def _der_length(length: int) -> bytes:
    """Write a length from 256 to 65535."""
    return b"\x82" + length.to_bytes(2)


def set_finite_field(context: Context) -> None:
    """Let a server context answer with suites of ephemeral Diffie-Hellman; pyOpenSSL takes the field from a file."""
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:
        file.write(_parameters())
        file.flush()
        context.load_tmp_dh(file.name)
