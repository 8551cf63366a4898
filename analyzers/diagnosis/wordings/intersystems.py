"""What InterSystems IRIS and its client libraries write.

Sources: the error reference (status numbers: domain facts 1.4, those not seen in a log are counted from neighbours), netssl's
texts as they stand in the client library, and public logs. Lines of MIRRORCOMM or ISCAgent about TLS are not public: none is
listed here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .wording import Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STACK", "WORDINGS"]

STACK = "InterSystems"

_STATUS: tuple[tuple[int, str, str, Topic], ...] = (
    (2067, "ssl configuration", "is required but missing", Topic.LOCAL_CONFIGURATION),
    (2068, "ssl configuration", "is not enabled", Topic.LOCAL_CONFIGURATION),
    (2069, "names in ssl server configuration", "are different", Topic.DRIFT),
    (2086, "agent is unreachable with", "", Topic.UNREACHABLE),
    (2087, "mirror member", "is unreachable with", Topic.UNREACHABLE),
    (2088, "ecp connection to mirror member", "is unreachable", Topic.UNREACHABLE),
    (2091, "failed to get ssl dn field", "", Topic.LOCAL_CONFIGURATION),
    (2092, "ssl required to mirror encrypted database", "", Topic.PLAINTEXT),
    (2095, "problem detected with mirror ssl/tls configuration", "", Topic.LOCAL_CONFIGURATION),
    (2118, "iscagent is not up", "", Topic.REFUSED),
    (2136, "version is later than iscagent", "", Topic.OTHER),
    (2175, "mirror ssl dn is too long", "", Topic.DN),
    (2207, "key file password", "", Topic.LOCAL_CONFIGURATION),
)


def _status() -> Iterator[Wording]:
    for number, text, also, topic in _STATUS:
        yield Wording(text, topic, code=f"#{number}", also=also)
        yield Wording(f"#{number}:", topic, code=f"#{number}")
        yield Wording(f"#{number} ", topic, code=f"#{number}")


WORDINGS: tuple[Wording, ...] = (
    *_status(),
    Wording("ssl dn (distinguished name) field already in use", Topic.DN_DUPLICATE),
    Wording("ssl dn (distinguished name) field cannot be null", Topic.DN),
    Wording("mirror ssl validation of", Topic.LOCAL_CONFIGURATION, also="failed with error"),
    Wording("member missing mirror ssl configuration", Topic.LOCAL_CONFIGURATION),
    Wording("mirror ssl configuration missing certificate file name", Topic.LOCAL_CONFIGURATION),
    Wording("mirror ssl configuration missing ca file name", Topic.LOCAL_CONFIGURATION),
    Wording(
        "is not valid for tls web client authentication",
        Topic.PURPOSE,
        writer=Party.SERVER,
        also="certificate",
    ),
    Wording(
        "is not valid for tls web server authentication",
        Topic.PURPOSE,
        writer=Party.CLIENT,
        also="certificate",
    ),
    Wording("the public key in certificate", Topic.KEY_MISMATCH, also="do not match"),
    Wording("decryption of private key file", Topic.LOCAL_CONFIGURATION, also="failed"),
    Wording("encryption with public key in certificate", Topic.KEY_MISMATCH, also="failed"),
    Wording("verification of certificate", Topic.UNKNOWN_CA, also="with ca file"),
    Wording("ca certificate file", Topic.LOCAL_CONFIGURATION, also="is not valid"),
    Wording("journal encryption is not allowed when mirror's usessl is not enabled", Topic.PLAINTEXT),
    Wording("ssl/tls is required for incoming connections", Topic.PLAINTEXT, writer=Party.SERVER),
    Wording(
        "ssl connection failed, make sure server address and port (not url) is specified",
        Topic.NOT_TLS,
        writer=Party.CLIENT,
    ),
    Wording("ssl/tls configuration", Topic.LOCAL_CONFIGURATION, also="is not activated"),
    Wording("no valid tls versions enabled", Topic.LOCAL_CONFIGURATION),
    Wording("ssl_error_want_read: operation did not complete", Topic.SILENT),
    Wording("ssl_error_zero_return: connection closed", Topic.CLOSED),
    Wording("ssl_error_syscall: i/o error (104)", Topic.RESET),
    Wording("ssl_error_syscall: i/o error (111)", Topic.REFUSED),
    Wording("ssl_error_syscall: i/o error (110)", Topic.CONNECT_TIMEOUT),
    Wording("ssl_error_syscall: i/o error", Topic.CLOSED),
    Wording("ssl_error_ssl: protocol error", Topic.OTHER, is_consequence=True),
    Wording("failed to respond with initial ac", Topic.SILENT, also="establishconnection^mirrorcomm"),
    *(
        Wording(f"{ending} has expired", Topic.EXPIRED, also="certificate")
        for ending in (".pem", ".crt", ".cer")
    ),
)
