"""What Windows writes: Schannel events, SSPI status codes, and .NET on top of both.

Sources: winerror.h, the Schannel error table (domain facts 4.3, S16), dotnet/runtime's System.Net.Security resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import ALERT_TOPICS, Topic
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["STACK", "WORDINGS"]

STACK = "SChannel"

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

# On receipt Schannel folds 42, 43 and 46 into one status, so these name no single alert.
_STATUS: tuple[tuple[str, str, Topic, Direction, int | None], ...] = (
    ("0x80090327", "sec_e_cert_unknown", Topic.CERTIFICATE_UNKNOWN, Direction.RECEIVED, None),
    ("0x80090328", "sec_e_cert_expired", Topic.EXPIRED, Direction.RECEIVED, 45),
    ("0x80092010", "crypt_e_revoked", Topic.REVOKED, Direction.RECEIVED, 44),
    ("0x80090325", "sec_e_untrusted_root", Topic.UNKNOWN_CA, Direction.RECEIVED, 48),
    ("0x80090326", "sec_e_illegal_message", Topic.HANDSHAKE_FAILURE, Direction.RECEIVED, None),
    ("0x80090330", "sec_e_decrypt_failure", Topic.DECRYPT_ERROR, Direction.RECEIVED, 51),
    ("0x80090302", "sec_e_unsupported_function", Topic.VERSION, Direction.RECEIVED, 70),
    ("0x80090331", "sec_e_algorithm_mismatch", Topic.CIPHER, Direction.RAISED, None),
    ("0x8009030f", "sec_e_message_altered", Topic.RECORD, Direction.RAISED, None),
    ("0x80090308", "sec_e_invalid_token", Topic.NOT_TLS, Direction.RAISED, None),
    ("0x80090322", "sec_e_wrong_principal", Topic.HOST_NAME, Direction.RAISED, None),
    ("0x80090320", "sec_e_incomplete_credentials", Topic.CERTIFICATE_MISSING, Direction.RAISED, None),
    ("0x00090320", "sec_i_incomplete_credentials", Topic.CERTIFICATE_MISSING, Direction.RAISED, None),
    ("0x8009030e", "sec_e_no_credentials", Topic.LOCAL_CONFIGURATION, Direction.RAISED, None),
    ("0x8009030d", "sec_e_unknown_credentials", Topic.LOCAL_CONFIGURATION, Direction.RAISED, None),
    ("0x8009030c", "sec_e_logon_denied", Topic.ACCESS_DENIED, Direction.RECEIVED, 49),
    ("0x80090349", "sec_e_cert_wrong_usage", Topic.PURPOSE, Direction.RAISED, None),
    ("0x80090304", "sec_e_internal_error", Topic.INTERNAL, Direction.RECEIVED, 80),
    ("0x800b0101", "cert_e_expired", Topic.EXPIRED, Direction.RAISED, None),
    ("0x800b0109", "cert_e_untrustedroot", Topic.UNKNOWN_CA, Direction.RAISED, None),
    ("0x800b010a", "cert_e_chaining", Topic.ISSUER_NOT_FOUND, Direction.RAISED, None),
    ("0x800b010c", "cert_e_revoked", Topic.REVOKED, Direction.RAISED, None),
    ("0x800b010f", "cert_e_cn_no_match", Topic.HOST_NAME, Direction.RAISED, None),
    ("0x800b0110", "cert_e_wrong_usage", Topic.PURPOSE, Direction.RAISED, None),
    ("0x800b0114", "cert_e_invalid_name", Topic.NAME_CONSTRAINT, Direction.RAISED, None),
    ("0x80092012", "crypt_e_no_revocation_check", Topic.REVOCATION_UNKNOWN, Direction.RAISED, None),
    ("0x80092013", "crypt_e_revocation_offline", Topic.REVOCATION_UNKNOWN, Direction.RAISED, None),
)


def _status() -> Iterator[Wording]:
    for number, symbol, topic, direction, alert in _STATUS:
        for text in (number, symbol):
            yield Wording(text, topic, direction, alert, code=number)


def _events() -> Iterator[Wording]:
    for alert in (
        10,
        20,
        21,
        22,
        30,
        40,
        41,
        42,
        43,
        44,
        45,
        46,
        47,
        48,
        49,
        50,
        51,
        70,
        71,
        80,
        86,
        90,
        100,
        110,
        112,
        116,
        120,
    ):
        topic = ALERT_TOPICS.get(alert, Topic.OTHER)
        yield Wording(f"fatal alert code is {alert}.", topic, Direction.RECEIVED, alert, code="36887")
        yield Wording(
            f"was received from the remote endpoint. the tls protocol defined fatal alert code is {alert}",
            topic,
            Direction.RECEIVED,
            alert,
            code="36887",
        )
        yield Wording(
            f"the following fatal alert was received: {alert}", topic, Direction.RECEIVED, alert, code="36887"
        )
        yield Wording(
            f"the following fatal alert was generated: {alert}", topic, Direction.RAISED, alert, code="36888"
        )
        yield Wording(f"fatal error code is {alert}.", topic, Direction.RAISED, alert, code="36888")
        yield Wording(
            f"was generated and sent to the remote endpoint. this may result in termination of the connection. the tls protocol defined fatal error code is {alert}",
            topic,
            Direction.RAISED,
            alert,
            code="36888",
        )
        yield Wording(
            f"was generated and sent to the remote endpoint. this may result in termination of the connection. the tls protocol defined fatal alert code is {alert}",
            topic,
            Direction.RAISED,
            alert,
            code="36888",
        )


WORDINGS: tuple[Wording, ...] = (
    *_status(),
    *_events(),
    *alert_wordings("the remote party sent a tls alert: '{}'", _DOTNET_ALERTS, Direction.RECEIVED),
    *alert_wordings("the remote party has sent tls alert {}", _DOTNET_ALERTS, Direction.RECEIVED),
    Wording(
        "none of the cipher suites supported by the client application are supported by the server",
        Topic.CIPHER,
        alert=40,
        writer=Party.SERVER,
        code="36874",
    ),
    Wording("do not possess a common algorithm", Topic.CIPHER),
    Wording(
        "certificate received from the remote server was issued by an untrusted certificate authority",
        Topic.UNKNOWN_CA,
        writer=Party.CLIENT,
        code="36882",
    ),
    Wording(
        "certificate received from the remote client was issued by an untrusted",
        Topic.UNKNOWN_CA,
        writer=Party.SERVER,
        code="36882",
    ),
    Wording(
        "certificate received from the remote server has expired",
        Topic.EXPIRED,
        writer=Party.CLIENT,
        code="36881",
    ),
    Wording(
        "certificate received from the remote server has either expired or is not yet valid",
        Topic.EXPIRED_OR_NOT_YET_VALID,
        writer=Party.CLIENT,
        code="36881",
    ),
    Wording(
        "certificate received from the remote client has expired",
        Topic.EXPIRED,
        writer=Party.SERVER,
        code="36881",
    ),
    Wording(
        "certificate received from the remote client has either expired or is not yet valid",
        Topic.EXPIRED_OR_NOT_YET_VALID,
        writer=Party.SERVER,
        code="36881",
    ),
    Wording(
        "certificate received from the remote server does not contain the expected name",
        Topic.HOST_NAME,
        writer=Party.CLIENT,
        code="36884",
    ),
    Wording(
        "certificate received from the remote server has not validated correctly",
        Topic.VERIFY_FAILED,
        writer=Party.CLIENT,
        code="36880",
    ),
    Wording(
        "fatal error occurred when attempting to access the ssl server credential private key",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.SERVER,
        code="36870",
    ),
    Wording(
        "fatal error occurred when attempting to access the tls server credential private key",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.SERVER,
        code="36870",
    ),
    Wording(
        "fatal error occurred while creating a tls client credential",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.CLIENT,
        code="36871",
    ),
    Wording(
        "fatal error occurred while creating an ssl client credential",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.CLIENT,
        code="36871",
    ),
    Wording(
        "fatal error occurred while creating a tls server credential",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.SERVER,
        code="36871",
    ),
    Wording(
        "the message received was unexpected or badly formatted",
        Topic.HANDSHAKE_FAILURE,
        Direction.RECEIVED,
        code="0x80090326",
    ),
    Wording(
        "the certificate chain was issued by an authority that is not trusted",
        Topic.UNKNOWN_CA,
        code="0x80090325",
    ),
    Wording(
        "certificate chain processed, but terminated in a root certificate which is not trusted",
        Topic.UNKNOWN_CA,
    ),
    Wording(
        "an unknown error occurred while processing the certificate",
        Topic.CERTIFICATE_UNKNOWN,
        Direction.RECEIVED,
        code="0x80090327",
    ),
    Wording("the received certificate has expired", Topic.EXPIRED, Direction.RECEIVED, code="0x80090328"),
    Wording(
        "a required certificate is not within its validity period",
        Topic.EXPIRED_OR_NOT_YET_VALID,
        code="0x800B0101",
    ),
    Wording("the certificate is not valid for the requested usage", Topic.PURPOSE, code="0x800B0110"),
    Wording("the target principal name is incorrect", Topic.HOST_NAME, code="0x80090322"),
    Wording("a certificate was explicitly revoked by its issuer", Topic.REVOKED, code="0x800B010C"),
    Wording(
        "the revocation function was unable to check revocation", Topic.REVOCATION_UNKNOWN, code="0x80092012"
    ),
    Wording(
        "no credentials are available in the security package", Topic.LOCAL_CONFIGURATION, code="0x8009030E"
    ),
    Wording("the token supplied to the function is invalid", Topic.NOT_TLS, code="0x80090308"),
    Wording(
        "the message or signature supplied for verification has been altered", Topic.RECORD, code="0x8009030F"
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
    Wording("an existing connection was forcibly closed by the remote host", Topic.RESET),
    Wording("no connection could be made because the target machine actively refused it", Topic.REFUSED),
    Wording(
        "a connection attempt failed because the connected party did not properly respond",
        Topic.CONNECT_TIMEOUT,
    ),
    Wording("could not create ssl/tls secure channel", Topic.OTHER, is_consequence=True),
    Wording("a call to sspi failed", Topic.OTHER, is_consequence=True),
)
