"""What Windows writes: Schannel events and SSPI status codes.

Sources: winerror.h, the Schannel error table (domain facts 4.3, S16), dotnet/runtime's System.Net.Security resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import ALERT_TOPICS, Topic
from .wording import STANDARD_ALERTS, Direction, Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STACK", "WORDINGS"]

STACK = "SChannel"

# On receipt Schannel folds 42, 43 and 46 into one status, so these name no single alert.
_STATUS: tuple[tuple[str, str, Topic, Direction, int | None], ...] = (
    ("0x80090327", "sec_e_cert_unknown", Topic.CERTIFICATE_UNKNOWN, Direction.RECEIVED, None),
    # Both stand for an alert that was received, and for the verdict of this host's own check: the same number. The check is
    # the commoner, and unlike the alert it leaves no event 36887.
    ("0x80090328", "sec_e_cert_expired", Topic.EXPIRED, Direction.RAISED, None),
    ("0x80092010", "crypt_e_revoked", Topic.REVOKED, Direction.RECEIVED, 44),
    ("0x80090325", "sec_e_untrusted_root", Topic.UNKNOWN_CA, Direction.RAISED, None),
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


_SENT = "was generated and sent to the remote endpoint. this may result in termination of the connection."
_EVENTS: tuple[tuple[str, Direction, str], ...] = (
    ("fatal alert was received from the remote endpoint {}", Direction.RECEIVED, "36887"),
    ("fatal alert code is {}.", Direction.RECEIVED, "36887"),
    (
        "was received from the remote endpoint. the tls protocol defined fatal alert code is {}",
        Direction.RECEIVED,
        "36887",
    ),
    ("the following fatal alert was received: {}", Direction.RECEIVED, "36887"),
    ("the following fatal alert was generated: {}", Direction.RAISED, "36888"),
    ("fatal error code is {}.", Direction.RAISED, "36888"),
    (
        f"{_SENT} the tls protocol defined fatal error code is {{}}",
        Direction.RAISED,
        "36888",
    ),
    (
        f"{_SENT} the tls protocol defined fatal alert code is {{}}",
        Direction.RAISED,
        "36888",
    ),
)
"""The sentences of events 36887 and 36888 in the releases of Windows, with the alert's number in place of `{}`."""


def _events() -> Iterator[Wording]:
    for alert in STANDARD_ALERTS:
        topic = ALERT_TOPICS.get(alert, Topic.OTHER)
        for pattern, direction, event in _EVENTS:
            yield Wording(pattern.format(alert), topic, direction, alert, code=event)


WORDINGS: tuple[Wording, ...] = (
    *_status(),
    *_events(),
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
    Wording(
        "certificate received from the remote server has been revoked",
        Topic.REVOKED,
        writer=Party.CLIENT,
        code="36883",
    ),
    Wording(
        "certificate received from the remote client application has not validated correctly",
        Topic.VERIFY_FAILED,
        writer=Party.SERVER,
        code="36877",
    ),
    Wording(
        "certificate received from the remote client application is not suitable for direct mapping",
        Topic.DN,
        writer=Party.SERVER,
        code="36878",
    ),
    Wording(
        "certificate received from the remote client application was not successfully mapped",
        Topic.DN,
        writer=Party.SERVER,
        code="36879",
    ),
    Wording(
        "no supported cipher suites were found when initiating",
        Topic.CIPHER,
        writer=Party.CLIENT,
        code="36873",
    ),
    Wording(
        "has requested tls client authentication, but no suitable client certificate could be found",
        Topic.CERTIFICATE_MISSING,
        writer=Party.CLIENT,
        code="36875",
    ),
    Wording(
        "has requested ssl client authentication, but no suitable client certificate could be found",
        Topic.CERTIFICATE_MISSING,
        writer=Party.CLIENT,
        code="36875",
    ),
    Wording(
        "no suitable default server credential exists on this system",
        Topic.LOCAL_CONFIGURATION,
        writer=Party.SERVER,
        code="36886",
    ),
    Wording(
        "this server trusts so many certificate authorities that the list has grown too long",
        Topic.OTHER,
        writer=Party.SERVER,
        code="36885",
    ),
    Wording("cert_trust_is_untrusted_root", Topic.UNKNOWN_CA),
    Wording("cert_trust_is_partial_chain", Topic.ISSUER_NOT_FOUND),
    Wording("cert_trust_is_not_time_valid", Topic.EXPIRED_OR_NOT_YET_VALID),
    Wording("cert_trust_is_revoked", Topic.REVOKED),
    Wording("cert_trust_revocation_status_unknown", Topic.REVOCATION_UNKNOWN),
    Wording("cert_trust_is_not_valid_for_usage", Topic.PURPOSE),
    Wording("schannel: failed to receive handshake", Topic.CLOSED),
    Wording("schannel: server closed abruptly", Topic.CLOSED),
    Wording("an existing connection was forcibly closed by the remote host", Topic.RESET),
    Wording("no connection could be made because the target machine actively refused it", Topic.REFUSED),
    Wording(
        "a connection attempt failed because the connected party did not properly respond",
        Topic.CONNECT_TIMEOUT,
    ),
)
