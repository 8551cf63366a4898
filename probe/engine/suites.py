"""Cipher suites between three languages: IANA code points, OpenSSL's names, and OpenSSL's cipher strings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from OpenSSL import SSL

from analyzers.tls import codepoints
from analyzers.tls.ciphers import expand, openssl_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["EVERYTHING", "engine_suites", "expand_cipher_suites", "split_by_version"]

EVERYTHING = "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0"
"""All that our engine can do with certificates, at a security level that refuses nothing: judging is not the
engine's task."""


TLS13 = ":".join(
    f"TLS_{cipher}"
    for cipher in (
        "AES_256_GCM_SHA384",
        "CHACHA20_POLY1305_SHA256",
        "AES_128_GCM_SHA256",
        "AES_128_CCM_SHA256",
        "AES_128_CCM_8_SHA256",
    )
)
"""All of TLS 1.3 (RFC 8446 appendix B.4), which no cipher string touches; OpenSSL itself leaves CCM out."""


def _names(cipher_string: str) -> tuple[str, ...]:
    """Let OpenSSL expand a cipher string.

    Raises:
        OpenSSL.SSL.Error: it selects nothing, or is no cipher string.
    """
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_tls13_ciphersuites(TLS13.encode("ascii"))
    context.set_cipher_list(cipher_string.encode("ascii"))
    return tuple(SSL.Connection(context, None).get_cipher_list())


@cache
def engine_suites() -> dict[int, str]:
    """Give the suites that our engine has: code point to OpenSSL's name."""
    have = frozenset(_names(EVERYTHING))
    named = ((code, openssl_name(code)) for code in codepoints.CIPHER_SUITES)
    return {code: name for code, name in named if name in have}


def split_by_version(codes: Iterable[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name the suites that our engine has, in their order: for TLS 1.2 and older, and for TLS 1.3."""
    have = engine_suites()
    old: list[str] = []
    new: list[str] = []
    for code in codes:
        if name := have.get(code):
            (new if code >> 8 == 0x13 else old).append(name)
    return tuple(old), tuple(new)


def _expand_entry(text: str) -> Sequence[int] | None:
    codes = {name: code for code, name in engine_suites().items()}
    try:
        return expand([text])
    except ValueError:
        pass
    try:
        names = _names(text)
    except (SSL.Error, UnicodeEncodeError):
        return None
    tls13 = "TLS_"  # OpenSSL keeps its TLS 1.3 suites in every list, whatever the string says
    return [codes[name] for name in names if name in codes and (not name.startswith(tls13) or tls13 in text)]


def expand_cipher_suites(entries: Iterable[str]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Turn a policy's list of IANA names and OpenSSL cipher strings into code points.

    Returns:
        The code points in the order of the list, and the entries that are neither.
    """
    known, unknown = dict[int, None](), []
    for entry in entries:
        codes = _expand_entry(entry)
        if codes is None:
            unknown.append(entry)
        else:
            known.update(dict.fromkeys(codes))
    return tuple(known), tuple(unknown)
