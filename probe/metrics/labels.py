"""The labels of the families, and every value that each may have.

Nothing that comes from the network becomes a label value by itself: names of peers, serial numbers and addresses
never do, and codes only by a name of their registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from analyzers.causes import catalogue
from analyzers.causes.entry import Blamed, CheckName
from analyzers.connection import Outcome, Party, Road
from analyzers.tls.codepoints import CIPHER_SUITES, UNREGISTERED_CIPHER_SUITES, VERSIONS
from analyzers.x509.algorithms import CURVES, KEY_TYPES, SIGNATURES

from ..account import DIRECT
from ..pairs import CHANNELS
from ..relayed import LegName
from .scene import UNKNOWN_PEER

if TYPE_CHECKING:
    from analyzers.x509.certificate import Certificate

    from .scene import Scene

__all__ = ["OTHER", "UNDECIDED", "Label", "Source", "cipher_suite_of", "key_of", "signature_of", "version_of"]

UNDECIDED = "undecided"
"""The cause of a failure of which the evidence does not decide why."""

OTHER = "other"
"""What no registry names: a peer could make up as many codes as it likes."""


class Source(Enum):
    """Where the values of a label come from."""

    CLOSED = "the values listed"
    WATCHED = "names of `[[relay]]`, `[[check]]` and `[[sniff]]`"
    PEER = f"names of members, or `{UNKNOWN_PEER}`"
    MEMBER = "names of members"
    CALLED = "names of members, or empty"
    SINK = "names of sinks"
    REGISTRY = f"names of the registry, or `{OTHER}`"
    CERTIFICATE = f"one value for each member and role, of registered names or `{OTHER}`"
    PROGRAM = "one value"


@dataclass(frozen=True, slots=True)
class Label:
    """One label."""

    name: str
    source: Source
    meaning: str
    values: tuple[str, ...] = ()
    """All of them, for the sources CLOSED and REGISTRY."""

    def allowed(self, scene: Scene) -> frozenset[str] | None:
        """Give all values under a configuration; None where it does not say."""
        if self.values:
            return frozenset(self.values)
        named = {
            Source.WATCHED: scene.names,
            Source.PEER: scene.peers,
            Source.MEMBER: scene.members,
            Source.CALLED: ("", *scene.members),
        }
        return frozenset(named[self.source]) if self.source in named else None


RELAY = Label("relay", Source.WATCHED, "The relay, check or live capture that saw it.")
PEER = Label("peer", Source.PEER, "The member that connected; of a check, in whose name.")
OUTCOME = Label("outcome", Source.CLOSED, "How far the connection came.", tuple(Outcome))
LEG = Label(
    "leg",
    Source.CLOSED,
    "The leg of a terminating relay on which a real peer began the end; `direct` where there is only one.",
    (*LegName, DIRECT),
)
CAUSE = Label(
    "cause",
    Source.CLOSED,
    f"The root cause, as `mirrorprobe causes` lists them; `{UNDECIDED}` where the evidence does not decide.",
    (UNDECIDED, *catalogue()),
)
PARTY = Label("party", Source.CLOSED, "The end whose fault it is.", tuple(Blamed))
CHECK = Label("check", Source.CLOSED, "The check that failed.", tuple(CheckName))
ACTION = Label("action", Source.CLOSED, "What the relay does about it.", ("observe", "shadow", "enforce"))
DIRECTION = Label("direction", Source.CLOSED, "The end that sent.", tuple(Party))
CEILING = Label(
    "ceiling",
    Source.CLOSED,
    "`connections`, or `pending` handshakes of one source.",
    ("connections", "pending"),
)
VERSION = Label("version", Source.REGISTRY, "The protocol version.", (*VERSIONS.values(), OTHER))
CIPHER_SUITE = Label(
    "cipher_suite",
    Source.REGISTRY,
    "The cipher suite, by its IANA name.",
    (*CIPHER_SUITES.values(), *UNREGISTERED_CIPHER_SUITES.values(), OTHER),
)
FROM = Label("from", Source.MEMBER, "The member that connects.")
TO = Label("to", Source.MEMBER, "The member that is connected to.")
CHANNEL = Label(
    "channel", Source.CLOSED, "What the definition says of the address that was connected to.", CHANNELS
)
ROAD = Label(
    "road",
    Source.CLOSED,
    "How its connections are seen.",
    (Road.RELAY, Road.PASSTHROUGH, Road.CHECK, Road.SNIFF),
)
CALLED = Label(
    "member", Source.CALLED, "The member that its connections go to, empty where the definition names none."
)
MEMBER = Label("member", Source.MEMBER, "The member that shows the certificate.")
ROLE = Label("role", Source.CLOSED, "The role in which it shows it.", tuple(Party))
KEY = Label("key", Source.CERTIFICATE, "Type of key and its size or curve: `RSA 2048`.")
SIGNATURE = Label("signature", Source.CERTIFICATE, "The algorithm of the issuer's signature.")
SINK = Label("sink", Source.SINK, "Where events are sent to.")
BUILD = (
    Label("version", Source.PROGRAM, "This program's version."),
    Label("mirror", Source.PROGRAM, "The name of the mirror in the configuration."),
)

_CURVES = frozenset(curve.name for curve in CURVES.values())
_KEY_TYPES = frozenset(KEY_TYPES.values())
_SIGNATURES = frozenset(signature.name for signature in SIGNATURES.values())


def version_of(code: int) -> str:
    """Give the value of the label for a protocol version's code point."""
    return VERSIONS.get(code, OTHER)


def cipher_suite_of(code: int) -> str:
    """Give the value of the label for a cipher suite's code point."""
    return CIPHER_SUITES.get(code) or UNREGISTERED_CIPHER_SUITES.get(code, OTHER)


def key_of(certificate: Certificate) -> str:
    """Give the value of the label for a certificate's key."""
    is_known = certificate.key_type in _KEY_TYPES and certificate.curve in (None, *_CURVES)
    return certificate.key if is_known else OTHER


def signature_of(certificate: Certificate) -> str:
    """Give the value of the label for the signature on a certificate."""
    return certificate.signature if certificate.signature in _SIGNATURES else OTHER
