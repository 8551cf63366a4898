"""The TLS client that a mirror member is, as OpenSSL has to be told.

IRIS takes OpenSSL's own verification: the chain must lead to the CA file, in the role of a server, and no host name
counts. The settings are the defaults of `Security.SSLConfigs` in the class reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL

from ..engine.contexts import Contexts
from ..engine.offers import TLS12, TLS13, Offer

if TYPE_CHECKING:
    from OpenSSL import crypto

    from analyzers.mirror.definition import Mirror

    from ..identity import Identity

__all__ = ["DEFAULT_VERSIONS", "member_context", "trust_of"]

CIPHERS = "ALL:!aNULL:!eNULL:!EXP:!SSLv2"
"""The default of `CipherList`."""

CIPHER_SUITES = ("TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256")
"""The default of `Ciphersuites`."""

DEFAULT_VERSIONS = (TLS12, TLS13)
"""The defaults of `TLSMinVersion` and `TLSMaxVersion`."""

LEVELS = (1024, 2048)
"""Bits of RSA from which OpenSSL's security levels 1 and 2 begin. Higher ones forbid suites and versions, too, of
which a rule about keys says nothing."""


def trust_of(mirror: Mirror) -> tuple[bytes, ...]:
    """Give what `Contexts` takes: the CA certificates in DER."""
    return tuple(certificate.der for certificate in mirror.trust)


def member_context(
    mirror: Mirror,
    identity: Identity | None,
    versions: tuple[int, int] = DEFAULT_VERSIONS,
    *,
    refuses: bool = True,
) -> SSL.Context:
    """Give the context of a member of `mirror` that has this identity.

    Args:
        mirror: its trust is the member's CA file; without any, no server's certificate is refused.
        identity: what is shown; None: nothing.
        versions: code points of the oldest and the newest version.
        refuses: whether a bad certificate is refused, as a member does; else it is noted only.
    """
    offer = Offer(*versions, (CIPHERS,), CIPHER_SUITES, "", "", (), is_fallback=False)
    context = Contexts(trust_of(mirror)).client(offer, identity)
    if not refuses or not mirror.trust:
        return context
    level = sum(mirror.policy.minimum_rsa_bits >= bits for bits in LEVELS)
    if versions[0] < TLS12:
        level = 0  # Their signatures are with SHA-1, which level 1 forbids.
    while level and identity is not None and not _bears(identity, level):
        level -= 1
    context.set_cipher_list(f"{CIPHERS}:@SECLEVEL={level}".encode("ascii"))
    context.set_verify(SSL.VERIFY_PEER, _refuse)
    return context


def _refuse(
    connection: SSL.Connection, _certificate: crypto.X509, code: int, depth: int, is_good: int
) -> bool:
    """Note the first thing that is wrong; OpenSSL then sends the alert for it."""
    if not is_good:
        connection.get_app_data()[1].append((depth, code))
    return bool(is_good)


def _bears(identity: Identity, level: int) -> bool:
    """Tell whether OpenSSL lets a client of this security level show its own certificate."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(f"{CIPHERS}:@SECLEVEL={level}".encode("ascii"))
    try:
        context.use_certificate(identity.certificate)
    except SSL.Error:
        return False
    return True
