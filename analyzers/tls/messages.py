"""Handshake messages as values (RFC 8446 section 4, RFC 5246 section 7.4).

Codes stay integers and text stays what the sender wrote: GREASE and unknown code points are kept in place,
and every extension keeps its bytes beside what was read from it. `hellos.py` and `handshake.py` make these
values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import codepoints

if TYPE_CHECKING:
    from ..x509.names import DistinguishedName

__all__ = [
    "HELLO_RETRY_REQUEST_RANDOM",
    "CertificateMessage",
    "CertificateRequest",
    "CertificateStatus",
    "CertificateVerify",
    "ClientHello",
    "ClientKeyExchange",
    "EncryptedExtensions",
    "Extension",
    "KeyUpdate",
    "Message",
    "NewSessionTicket",
    "Opaque",
    "ServerHello",
    "ServerKeyExchange",
]

HELLO_RETRY_REQUEST_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""SHA-256 of "HelloRetryRequest": a ServerHello with this random asks for another hello (RFC 8446 4.1.3)."""

_DOWNGRADE_TO_TLS12 = b"DOWNGRD\x01"
_DOWNGRADE_TO_TLS11 = b"DOWNGRD\x00"


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension as it was sent."""

    type: int
    data: bytes

    @property
    def name(self) -> str:
        """The extension's name in the IANA registry."""
        return codepoints.extension_name(self.type)


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client offers (RFC 8446 section 4.1.2); a tuple is empty where its extension is absent too."""

    legacy_version: int
    random: bytes
    session_id: bytes
    cipher_suites: tuple[int, ...]
    compression_methods: tuple[int, ...]
    extensions: tuple[Extension, ...] = ()
    supported_versions: tuple[int, ...] = ()
    groups: tuple[int, ...] = ()
    point_formats: tuple[int, ...] = ()
    signature_schemes: tuple[int, ...] = ()
    signature_schemes_cert: tuple[int, ...] = ()
    server_name: str | None = None
    alpn: tuple[str, ...] = ()
    key_share_groups: tuple[int, ...] = ()
    psk_modes: tuple[int, ...] = ()
    psk_identities: int = 0
    """How many identities pre_shared_key offers."""
    session_ticket_bytes: int | None = None
    """Length of the ticket that is offered (RFC 5077); None without the extension."""
    certificate_compression: tuple[int, ...] = ()
    certificate_authorities: tuple[DistinguishedName, ...] = ()
    is_sslv2: bool = False
    """Whether it came in the SSL 2.0 compatible form (RFC 5246 appendix E.2), which has no extensions."""
    problems: tuple[str, ...] = ()
    """What is wrong with extensions that could not be read."""

    @property
    def extension_types(self) -> tuple[int, ...]:
        """The extensions' code points, in the order of the message."""
        return tuple(extension.type for extension in self.extensions)

    def extension(self, code: int) -> Extension | None:
        """Give the extension with that code point; None where it was not sent."""
        return _find(self.extensions, code)

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that it really offers: GREASE left out, and the range that an old hello stands for."""
        if self.supported_versions:
            return tuple(version for version in self.supported_versions if not codepoints.is_grease(version))
        return tuple(range(min(self.legacy_version, 0x0303), 0x02FF, -1))

    @property
    def offers_psk(self) -> bool:
        """Whether it offers to resume a session in TLS 1.3, or an external key."""
        return self.psk_identities > 0

    @property
    def offers_early_data(self) -> bool:
        """Whether data may follow before the server answers (RFC 8446 section 4.2.10)."""
        return _find(self.extensions, 42) is not None

    @property
    def offers_post_handshake_auth(self) -> bool:
        """Whether the server may ask for a certificate later (RFC 8446 section 4.2.6)."""
        return _find(self.extensions, 49) is not None

    @property
    def offers_ech(self) -> bool:
        """Whether an encrypted ClientHello, or GREASE that looks like one, is in it (RFC 9849)."""
        return any(extension.type in _ECH for extension in self.extensions)

    @property
    def is_fallback(self) -> bool:
        """Whether the client says that it retries with a lower version than it could (RFC 7507)."""
        return codepoints.FALLBACK_SCSV in self.cipher_suites


_ECH = frozenset((0xFE0D, 0xFE0A, 0xFE09, 0xFE08))


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What a server chose (RFC 8446 section 4.1.3), or what it wants of a second ClientHello (4.1.4)."""

    legacy_version: int
    random: bytes
    session_id: bytes
    cipher_suite: int
    compression_method: int
    extensions: tuple[Extension, ...]
    version: int
    """The version that it selects: of supported_versions where that is sent, else the legacy version."""
    group: int | None = None
    """The group of its key share, or the one that a HelloRetryRequest asks for."""
    alpn: str | None = None
    selected_psk: int | None = None
    """Index of the pre-shared key that it accepts."""
    is_hello_retry_request: bool = False
    problems: tuple[str, ...] = ()

    @property
    def extension_types(self) -> tuple[int, ...]:
        """The extensions' code points, in the order of the message."""
        return tuple(extension.type for extension in self.extensions)

    def extension(self, code: int) -> Extension | None:
        """Give the extension with that code point; None where it was not sent."""
        return _find(self.extensions, code)

    @property
    def downgraded_from(self) -> int | None:
        """The version that the server could have done, as the end of its random says (RFC 8446 4.1.3)."""
        if self.random.endswith(_DOWNGRADE_TO_TLS12):
            return 0x0304
        return 0x0303 if self.random.endswith(_DOWNGRADE_TO_TLS11) else None


@dataclass(frozen=True, slots=True)
class EncryptedExtensions:
    """What a TLS 1.3 server says under protection (RFC 8446 section 4.3.1)."""

    extensions: tuple[Extension, ...]
    alpn: str | None = None


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """A server's wish for a client certificate (RFC 8446 section 4.3.2, RFC 5246 section 7.4.4)."""

    certificate_types: tuple[int, ...] = ()
    """ClientCertificateType codes; TLS 1.2 and older only."""
    signature_schemes: tuple[int, ...] = ()
    signature_schemes_cert: tuple[int, ...] = ()
    authorities: tuple[DistinguishedName, ...] = ()
    """The issuers that the server would accept; empty where it names none."""
    context: bytes = b""
    """certificate_request_context: not empty when a TLS 1.3 server asks after the handshake."""
    unreadable_authorities: int = 0
    """How many of the names are no distinguished names."""


@dataclass(frozen=True, slots=True)
class CertificateMessage:
    """A chain, the sender's own certificate first (RFC 8446 section 4.4.2)."""

    chain: tuple[bytes, ...]
    """Each certificate's DER, as sent."""
    context: bytes = b""
    is_compressed: bool = False
    problem: str | None = None
    """Why the chain is not readable: a compression that we lack (RFC 8879), or a bound."""


@dataclass(frozen=True, slots=True)
class CertificateStatus:
    """A stapled OCSP response (RFC 6066 section 8)."""

    status_type: int
    response: bytes


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """The server's ephemeral key (RFC 5246 section 7.4.3, RFC 8422 section 5.4)."""

    group: int | None = None
    """The named curve, for ECDHE."""
    signature_scheme: int | None = None
    """The scheme of its signature, which the message names from TLS 1.2 on."""
    prime_bits: int | None = None
    """Length of the prime, for finite-field DHE."""
    parameters: bytes = b""
    """The part of the message that is signed, with both randoms before it."""
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class ClientKeyExchange:
    """The client's half of the key exchange (RFC 5246 section 7.4.7)."""

    body: bytes


@dataclass(frozen=True, slots=True)
class CertificateVerify:
    """The proof that the sender has the key of its certificate (RFC 8446 section 4.4.3)."""

    signature_scheme: int | None
    """None in TLS 1.1 and older, where the message names none."""
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class NewSessionTicket:
    """A ticket for resumption (RFC 8446 section 4.6.1, RFC 5077 section 3.3)."""

    lifetime_seconds: int
    ticket_bytes: int


@dataclass(frozen=True, slots=True)
class KeyUpdate:
    """The sender's records use the next keys from here on (RFC 8446 section 4.6.3)."""

    is_update_requested: bool


@dataclass(frozen=True, slots=True)
class Opaque:
    """A message whose contents we do not read: Finished, ServerHelloDone, and types that we do not know."""

    type: int
    length: int
    """Bytes, without the message's header."""


Message = (
    ClientHello
    | ServerHello
    | EncryptedExtensions
    | CertificateRequest
    | CertificateMessage
    | CertificateStatus
    | ServerKeyExchange
    | ClientKeyExchange
    | CertificateVerify
    | NewSessionTicket
    | KeyUpdate
    | Opaque
)


def _find(extensions: tuple[Extension, ...], code: int) -> Extension | None:
    for extension in extensions:
        if extension.type == code:
            return extension
    return None
