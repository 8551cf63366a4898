"""What .NET writes: SslStream, HttpClient and WebRequest, whichever library is beneath.

Source: the resources of System.Net.Security in dotnet/runtime, and of the .NET Framework.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["WORDINGS"]

_DOTNET_ALERTS: Mapping[int, str] = {
    10: "UnexpectedMessage",
    20: "BadRecordMac",
    40: "HandshakeFailure",
    42: "BadCertificate",
    43: "UnsupportedCert",
    44: "CertificateRevoked",
    45: "CertificateExpired",
    46: "CertificateUnknown",
    47: "IllegalParameter",
    48: "UnknownCA",
    49: "AccessDenied",
    50: "DecodeError",
    51: "DecryptError",
    70: "ProtocolVersion",
    71: "InsufficientSecurity",
    80: "InternalError",
    90: "UserCanceled",
    100: "NoRenegotiation",
    110: "UnsupportedExt",
    116: "CertificateRequired",
    120: "NoApplicationProtocol",
}

WORDINGS: tuple[Wording, ...] = (
    *alert_wordings("the remote party sent a tls alert: '{}'", _DOTNET_ALERTS, Direction.RECEIVED),
    *alert_wordings("the remote party has sent tls alert {}", _DOTNET_ALERTS, Direction.RECEIVED),
    Wording("revocationstatusunknown", Topic.REVOCATION_UNKNOWN),
    Wording("offlinerevocation", Topic.REVOCATION_UNKNOWN),
    Wording(
        "could not establish trust relationship for the ssl/tls secure channel",
        Topic.VERIFY_FAILED,
        writer=Party.CLIENT,
    ),
    Wording(
        "connection was closed: an unexpected error occurred on a send", Topic.CLOSED, writer=Party.CLIENT
    ),
    Wording(
        "connection was closed: an unexpected error occurred on a receive", Topic.CLOSED, writer=Party.CLIENT
    ),
    Wording(
        "the ssl connection could not be established", Topic.OTHER, is_consequence=True, writer=Party.CLIENT
    ),
    Wording(
        "authenticationexception: authentication failed, see inner exception",
        Topic.OTHER,
        is_consequence=True,
    ),
    Wording("remotecertificatechainerrors", Topic.VERIFY_FAILED),
    Wording("remotecertificatenamemismatch", Topic.HOST_NAME),
    Wording("remotecertificatenotavailable", Topic.CERTIFICATE_MISSING),
    Wording("partialchain", Topic.ISSUER_NOT_FOUND),
    Wording("untrustedroot", Topic.UNKNOWN_CA),
    Wording("nottimevalid", Topic.EXPIRED_OR_NOT_YET_VALID),
    Wording("notvalidforusage", Topic.PURPOSE),
    Wording("the remote certificate is invalid according to the validation procedure", Topic.VERIFY_FAILED),
    Wording(
        "the remote certificate was rejected by the provided remotecertificatevalidationcallback",
        Topic.VERIFY_FAILED,
    ),
    Wording(
        "the remote certificate is invalid because of errors in the certificate chain", Topic.VERIFY_FAILED
    ),
    Wording("the remote party has closed the transport stream", Topic.CLOSED),
    Wording("received an unexpected eof or 0 bytes from the transport stream", Topic.CLOSED),
    Wording("cannot determine the frame size or a corrupted frame was received", Topic.NOT_TLS),
    Wording("the handshake failed due to an unexpected packet format", Topic.NOT_TLS),
    Wording(
        "the server mode ssl must use a certificate with the associated private key",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.SERVER,
    ),
    Wording("could not create ssl/tls secure channel", Topic.OTHER, is_consequence=True),
    Wording("a call to sspi failed", Topic.OTHER, is_consequence=True),
)
