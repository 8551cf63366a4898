"""What a survey offers: all that our engine has of each kind, and beside it what only its name is left of."""

from __future__ import annotations

from OpenSSL import SSL

from analyzers.tls import codepoints
from analyzers.tls.ciphers import suite

from ..engine import bindings
from ..engine.offers import TLS10, TLS12, TLS13, Offer, group_list, scheme_list
from ..engine.suites import engine_suites, split_by_version

__all__ = [
    "BARE_SUITES",
    "GROUPS",
    "SCHEMES",
    "SUITES",
    "VERSIONS",
    "offer_groups",
    "offer_schemes",
    "offer_suites",
]

TLS11 = 0x0302

VERSIONS = (TLS10, TLS11, TLS12, TLS13)
"""What our engine speaks."""

_NO_CERTIFICATE = ("PSK", "SRP", "KRB5", "GOST", "ECCPWD")
"""Key exchanges that a mirror cannot have."""


def _is_tls13(code: int) -> bool:
    return code >> 8 == 0x13


_OLD = tuple(code for code in engine_suites() if not _is_tls13(code))

SUITES = {
    **dict.fromkeys((TLS10, TLS11, TLS12), _OLD),
    TLS13: tuple(code for code in engine_suites() if _is_tls13(code)),
}
"""By version. OpenSSL leaves out by itself what an old version does not have."""

BARE_SUITES = tuple(
    code
    for code in codepoints.CIPHER_SUITES
    if code not in engine_suites()
    and (parts := suite(code)) is not None
    and not parts.is_tls13
    and not any(word in parts.name for word in _NO_CERTIFICATE)
)
"""Suites of TLS 1.2 and older that our engine does not have."""

_EPHEMERAL = tuple(code for code in _OLD if (parts := suite(code)) and parts.key_exchange == "ECDHE")
_SIGNED = tuple(
    code
    for code in _OLD
    if (parts := suite(code)) and parts.key_exchange in ("DHE", "ECDHE") and not parts.is_anonymous
)


def _known_groups() -> tuple[int, ...]:
    context = SSL.Context(SSL.TLS_METHOD)
    return tuple(code for code, name in codepoints.GROUPS.items() if bindings.set_groups(context, name))


def _known_schemes() -> tuple[int, ...]:
    context = SSL.Context(SSL.TLS_METHOD)
    names = codepoints.SIGNATURE_SCHEMES.items()
    return tuple(code for code, name in names if bindings.set_signature_schemes(context, name))


_GROUPS, _SCHEMES = _known_groups(), _known_schemes()

_ONLY_OLD = range(0x1A, 0x1D)
"""The Brainpool curves by their first numbers; TLS 1.3 has others for them (RFC 8734)."""

_ONLY_NEW = range(0x1F, 0x10000)

GROUPS = {
    TLS12: tuple(code for code in _GROUPS if code not in _ONLY_NEW),
    TLS13: tuple(code for code in _GROUPS if code not in _ONLY_OLD),
}
"""By version. In TLS 1.2 only curves show: a server brings its own finite field, and key encapsulation came later."""

SCHEMES = {TLS12: _SCHEMES, TLS13: _SCHEMES}


def offer_suites(version: int, codes: tuple[int, ...]) -> Offer:
    """Offer one version and these suites."""
    return Offer(version, version, *split_by_version(codes), "", "", (), is_fallback=False)


def offer_groups(version: int, codes: tuple[int, ...]) -> Offer:
    """Offer one version and these groups, with a key share for the first."""
    suites = split_by_version(SUITES[TLS13] if version == TLS13 else _EPHEMERAL)
    return Offer(version, version, *suites, group_list(codes, codes[:1]), "", (), is_fallback=False)


def offer_schemes(version: int, codes: tuple[int, ...]) -> Offer:
    """Offer one version and these signature schemes."""
    suites = split_by_version(SUITES[TLS13] if version == TLS13 else _SIGNED)
    return Offer(version, version, *suites, "", scheme_list(codes), (), is_fallback=False)
