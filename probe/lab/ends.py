"""How one end of a lab connection behaves, and what it experienced.

An `End` is a member's TLS configuration with the vendor's defaults: TLS 1.2 and 1.3, the vendor's cipher
list, a peer's certificate required on both sides, and after the handshake a comparison of the peer's
distinguished name with the members that the mirror lists. Whether IRIS compares names exactly or after
normalization is not public; the lab compares exactly, the stricter of the two. How IRIS closes after a
mismatch is not public either; the lab sends close_notify, then FIN.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from .identity import Identity

__all__ = [
    "TLS_1_0",
    "TLS_1_1",
    "TLS_1_2",
    "TLS_1_3",
    "VENDOR_CIPHERS",
    "VENDOR_CIPHER_SUITES",
    "VERSIONS",
    "Account",
    "End",
    "Manner",
    "Refusal",
]

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = 0x0301, 0x0302, 0x0303, 0x0304

VERSIONS: Mapping[str, int] = {"1.2": TLS_1_2, "1.3": TLS_1_3}
"""What a command line may ask for."""

VENDOR_CIPHERS = "ALL:!aNULL:!eNULL:!EXP:!SSLv2"
"""The default of `Security.SSLConfigs.CipherList`."""

VENDOR_CIPHER_SUITES = "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"
"""The default of `Security.SSLConfigs.Ciphersuites`."""


class Manner(StrEnum):
    """What an end does with an open connection."""

    TLS = "tls"
    PLAINTEXT = "plaintext"
    """Speaks the lab's words without TLS."""
    SILENT = "silent"
    """Reads, and never answers."""
    CLOSE_FIRST = "close-first"
    """Closes without having sent a byte: a server after the first bytes that it gets, a client at once."""
    CLOSE_MIDWAY = "close-midway"
    """Closes (FIN): a server in the middle of its part of the handshake, a client when it has got it."""
    RESET_MIDWAY = "reset-midway"
    """The same with a reset."""
    ABSENT = "absent"
    """Nobody listens."""


class Refusal(StrEnum):
    """In which way an end turned its peer down."""

    LOCAL_CONFIGURATION = "local configuration"
    """Its own files do not fit together, so it never spoke TLS."""
    HANDSHAKE = "handshake"
    """Its TLS engine gave up the handshake."""
    NAME = "distinguished name"
    """The handshake was good, and the peer's name is not that of a member."""


@dataclass(frozen=True, slots=True)
class End:
    """One end's configuration and manner."""

    name: str
    """The member's instance name."""
    identity: Identity | None
    """None: it has no certificate."""
    ca_pem: bytes
    """The authorities that it trusts; a server also names them in its CertificateRequest."""
    listed: tuple[str, ...]
    """The names of the mirror's members (RFC 4514), as this end's mirror configuration has them."""
    manner: Manner = Manner.TLS
    requests_certificate: bool = True
    """As a server."""
    minimum_version: int = TLS_1_2
    maximum_version: int = TLS_1_3
    ciphers: str = VENDOR_CIPHERS
    cipher_suites: str = VENDOR_CIPHER_SUITES
    curve: str | None = None
    """The one curve for the key exchange; None: the engine's defaults."""
    security_level: int = 1
    """OpenSSL's; 1 is the default of OpenSSL 3.0."""
    revocation_list: x509.CertificateRevocationList | None = None
    checks_revocation: bool = False
    falls_back: bool = False
    """Whether a client marks its hello as a retry with a lower version (RFC 7507)."""
    preamble: bool = False
    """Whether the lab's plaintext preamble goes before TLS."""


@dataclass(frozen=True, slots=True)
class Account:
    """What one end saw of one connection, in the words of its TLS engine."""

    is_complete: bool = False
    """Whether this end finished the handshake."""
    version: str | None = None
    cipher: str | None = None
    peer_chain: tuple[x509.Certificate, ...] | None = None
    """None: the engine never got so far as to read one."""
    sent_alerts: tuple[int, ...] = ()
    received_alerts: tuple[int, ...] = ()
    verify_error: int | None = None
    """The first X509_V_ERR number; None where the chain was good or was not looked at."""
    verify_depth: int | None = None
    refusal: Refusal | None = None
    error: str = ""
    """What a log of this end would say."""
    answer: bytes = b""
    """The application's words that it got from its peer."""
    key_log: tuple[str, ...] = field(default=(), repr=False)
    """Lines in the NSS format."""
