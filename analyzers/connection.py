"""The record: all that one TCP connection showed, whichever road its bytes came by.

An `Observer` makes it, `diagnose` judges it, the reports print it (design section 6). It holds observations
only: no member names, no verdicts. Every time is in epoch seconds, every offset counts the bytes of one
direction of the TCP stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

from .tls import codepoints

if TYPE_CHECKING:
    from .tls.messages import CertificateRequest, ClientHello, ServerHello
    from .x509.certificate import Certificate
    from .x509.signatures import SignatureVerdict

__all__ = [
    "PARTIES",
    "Alert",
    "CloseKind",
    "Connection",
    "Endpoint",
    "Event",
    "EventKind",
    "NetworkError",
    "NetworkErrorKind",
    "Outcome",
    "Party",
    "Preamble",
    "Problem",
    "ProblemKind",
    "Road",
    "Seen",
    "Tls",
    "VerifyError",
]


class Party(StrEnum):
    """One of the two ends of a connection; as a direction, the end that sends."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def other(self) -> Party:
        """The end that this one talks to."""
        return Party.SERVER if self is Party.CLIENT else Party.CLIENT


PARTIES: Final = (Party.CLIENT, Party.SERVER)
"""Both, for loops that are gone through for every connection: going through an enumeration takes ten times as long."""


class Road(StrEnum):
    """How the bytes came to us."""

    PCAP = "pcap"
    RELAY = "relay"
    PASSTHROUGH = "passthrough"
    CHECK = "check"
    SNIFF = "sniff"


class Outcome(StrEnum):
    """How far the connection came."""

    ESTABLISHED = "established"
    """Both ends finished the TLS handshake, and nothing that followed shows that one of them refused it."""
    FAILED = "failed"
    """TLS began, and one end refused, closed or reset before it was complete."""
    INCOMPLETE = "incomplete"
    """TLS began, and we saw neither its completion nor its failure (a capture that ends, or has holes)."""
    PLAINTEXT = "plaintext"
    """Data passed, and none of it was TLS."""
    NO_DATA = "no_data"
    """TCP opened and closed without a byte."""
    REFUSED = "refused"
    """TCP did not open: the other end answered with RST."""
    TIMEOUT = "timeout"
    """TCP did not open, or an end fell silent until a deadline."""


class CloseKind(StrEnum):
    """How the connection was closed, by the end that closed first."""

    FIN = "fin"
    RST = "rst"
    CLOSE_NOTIFY = "close_notify"
    NONE = "none"


class Seen(StrEnum):
    """How we know of an alert."""

    CLEARTEXT = "cleartext"
    DECRYPTED = "decrypted"
    INFERRED = "inferred"


class EventKind(StrEnum):
    """What an entry of the timeline is."""

    HANDSHAKE = "handshake"
    ENCRYPTED_HANDSHAKE = "encrypted_handshake"
    CHANGE_CIPHER_SPEC = "change_cipher_spec"
    ALERT = "alert"
    ENCRYPTED_ALERT = "encrypted_alert"
    """By its type; in TLS 1.3, where the type is hidden, a record as short as only alerts are, and its sender's last."""
    APPLICATION_DATA = "application_data"
    PLAINTEXT = "plaintext"
    GAP = "gap"
    FIN = "fin"
    RST = "rst"


class ProblemKind(Enum):
    """Why a part of a stream could not be read."""

    MALFORMED = "malformed"
    """The sender broke the protocol."""
    GAP = "gap"
    """The capture lacks bytes."""
    BOUND = "bound"
    """One of our limits was reached."""
    DECRYPTION = "decryption"
    """A secret was there, and did not open the record."""
    CUT = "cut"
    """The sender began its first record, and left before it was whole."""


class NetworkErrorKind(StrEnum):
    """Why TCP gave up, on the roads where we are an end of the connection."""

    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    RESET = "reset"
    NAME = "name"
    """The host name did not resolve."""
    HANDSHAKE_TIMEOUT = "handshake_timeout"
    """TCP opened, and the handshake did not end before the deadline."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One end's address as the packets name it."""

    address: str
    port: int

    def __str__(self) -> str:
        """Give host and port as they are usually written."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


@dataclass(frozen=True, slots=True)
class Preamble:
    """What each end sent before TLS began: all that it sent, where it never began."""

    client_bytes: int = 0
    server_bytes: int = 0
    client_hex: str = ""
    """The first bytes, bounded."""
    server_hex: str = ""


@dataclass(slots=True, unsafe_hash=True)
class Event:
    """One entry of the timeline: a handshake message, a record, or the end of a direction.

    Mutable by its class only, and never changed: there are dozens for each connection, and to make a frozen one takes
    six times as long.
    """

    at: float
    sender: Party
    kind: EventKind
    name: str
    """The message's name as its RFC writes it (`ClientHello`), the alert's description, or the kind."""
    length: int
    """Bytes of the handshake message with its header, or of the record's fragment; runs are added up."""
    offset: int
    """Where the record begins in the sender's stream."""
    frame: int | None
    """The packet's number as Wireshark counts, from 1; None on the roads that see no packets."""
    protected: bool
    """Whether it was encrypted on the wire."""
    count: int = 1
    """How many records a run holds."""

    def __reduce__(self) -> tuple[type[Event], tuple[object, ...]]:
        """Go to another process as the values alone, which takes half the time."""
        values = (self.at, self.sender, self.kind, self.name, self.length)
        return Event, (*values, self.offset, self.frame, self.protected, self.count)


@dataclass(frozen=True, slots=True)
class Alert:
    """One TLS alert (RFC 8446 section 6)."""

    sender: Party
    level: int
    code: int
    seen: Seen
    at: float
    frame: int | None
    event: int
    """Its place in the timeline: the index of its event in `Connection.events`."""
    while_handshaking: bool
    """Whether its sender had not yet taken the handshake for complete, as far as the wire shows.

    In TLS 1.3 a server has accepted the client's certificate only when something else follows the client's
    Finished.
    """

    @property
    def description(self) -> str:
        """The alert's name in the IANA registry."""
        return codepoints.alert_name(self.code)

    @property
    def level_name(self) -> str:
        """`warning`, `fatal`, or the number where it is neither."""
        return codepoints.alert_level_name(self.level)

    @property
    def is_closure(self) -> bool:
        """Whether it only says that the sender is done (close_notify, user_canceled)."""
        return self.code in (0, 90)


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a stream that could not be read, and why."""

    kind: ProblemKind
    what: str
    sender: Party | None
    offset: int | None
    frame: int | None
    at: float | None


@dataclass(frozen=True, slots=True)
class NetworkError:
    """What the operating system said when TCP failed."""

    kind: NetworkErrorKind
    text: str
    party: Party
    """The end that did not answer as it should."""
    after_seconds: float


@dataclass(frozen=True, slots=True)
class VerifyError:
    """What our own TLS engine found wrong with the chain that a party presented (relay and checks only)."""

    party: Party
    """The party that presented the chain."""
    depth: int
    code: int
    """X509_V_ERR number of OpenSSL."""
    text: str


@dataclass(frozen=True, slots=True)
class Tls:
    """What TLS showed. None means: not observable; an empty tuple means: seen to be empty."""

    version: int | None
    """The negotiated protocol version's code point; None until a ServerHello was seen."""
    cipher_suite: int | None
    group: int | None
    """The key exchange's group, from the key share or the ServerKeyExchange."""
    signature_scheme: int | None
    """The scheme with which the server signed."""
    client_signature_scheme: int | None
    resumed: bool | None
    history: str
    client_hello: ClientHello | None
    """The last ClientHello: the second one after a HelloRetryRequest."""
    first_client_hello: ClientHello | None
    """The first ClientHello, where the client had to send another; the fingerprints and reports are of this one."""
    hello_retry_request: ServerHello | None
    server_hello: ServerHello | None
    certificate_request: CertificateRequest | None
    certificate_requested: bool | None
    """None where it is not observable, and in a resumed session, which lives on an earlier handshake's answer."""
    client_certificates: tuple[Certificate, ...] | None
    server_certificates: tuple[Certificate, ...] | None
    alerts: tuple[Alert, ...]
    has_secrets: bool
    """Whether a key log opened at least one protected record."""
    client_finished: bool | None
    """Whether the client's Finished passed; None where encryption hides it."""
    server_finished: bool | None
    ja3: str | None
    ja3s: str | None
    ja4: str | None
    alpn: str | None = None
    """The application protocol that the server chose: in its ServerHello, or in TLS 1.3 its EncryptedExtensions."""
    is_sslv2_hello: bool = False
    """Whether the ClientHello came in the SSL 2.0 compatible form (RFC 5246 appendix E.2)."""
    client_proof: SignatureVerdict | None = None
    """Whether the client's signature over the handshake is its certificate's key's.

    None where it is not observable, and where nobody refused the handshake or left it: then it is not looked at.
    """
    server_proof: SignatureVerdict | None = None

    @property
    def is_own(self) -> bool:
        """Whether something in it is true of this connection alone, however much another one is like it."""
        return self.client_proof is not None or self.server_proof is not None

    def proof_of(self, party: Party) -> SignatureVerdict | None:
        """What is known of `party`'s signature over the handshake."""
        return self.client_proof if party is Party.CLIENT else self.server_proof


@dataclass(frozen=True, slots=True)
class Connection:
    """All that one TCP connection showed."""

    client: Endpoint
    server: Endpoint
    started: float
    ended: float
    road: Road
    preamble: Preamble
    outcome: Outcome
    closed_by: Party | None
    """The end that closed first: FIN, RST, or a close_notify."""
    close_kind: CloseKind
    client_application_bytes: int
    """Bytes of plaintext where it was decrypted or never encrypted, else of the encrypted records."""
    server_application_bytes: int
    tls: Tls | None
    events: tuple[Event, ...]
    """The timeline, bounded; runs of application data are one event."""
    problems: tuple[Problem, ...] = ()
    network_error: NetworkError | None = None
    verify_errors: tuple[VerifyError, ...] = ()
    has_start: bool = True
    """Whether the connection was seen from its first byte (a capture may begin in the middle)."""
    directions_seen: frozenset[Party] = frozenset(Party)
    """The ends of which a packet was seen; a capture beside an asymmetric path shows one only."""

    @property
    def handshake_seconds(self) -> float | None:
        """Seconds from the ClientHello until both Finished had passed; None where not all of them can be seen."""
        begun = next((event.at for event in self.events if event.name == "ClientHello"), None)
        ends: dict[Party, float] = {}
        for event in self.events:
            if event.kind is EventKind.ENCRYPTED_HANDSHAKE or event.name == "Finished":
                ends.setdefault(event.sender, event.at)
        return None if begun is None or len(ends) < len(Party) else max(ends.values()) - begun

    def certificates_of(self, party: Party) -> tuple[Certificate, ...] | None:
        """The chain that `party` presented: None where not observable, empty where sent empty."""
        if self.tls is None:
            return None
        return self.tls.client_certificates if party is Party.CLIENT else self.tls.server_certificates

    def endpoint(self, party: Party) -> Endpoint:
        """The address of `party`."""
        return self.client if party is Party.CLIENT else self.server

    def application_bytes(self, party: Party) -> int:
        """How many bytes of application data `party` sent."""
        return self.client_application_bytes if party is Party.CLIENT else self.server_application_bytes
