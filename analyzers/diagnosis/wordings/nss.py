"""What NSS writes (Firefox, Thunderbird, curl of old Red Hat, Java with FIPS): symbols, numbers and sentences.

Source: sslerr.h, secerr.h and SSLerrs.h of NSS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .nss_certificates import CERTIFICATE_ERRORS, NssError
from .topics import ALERT_TOPICS, Topic
from .wording import Direction, Wording

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["STACK", "WORDINGS"]

STACK = "NSS"

_RECEIVED: tuple[tuple[int, str, str, int], ...] = (
    (-12272, "ssl_error_bad_mac_alert", "ssl peer reports incorrect message authentication code", 20),
    (-12271, "ssl_error_bad_cert_alert", "ssl peer cannot verify your certificate", 42),
    (-12270, "ssl_error_revoked_cert_alert", "ssl peer rejected your certificate as revoked", 44),
    (-12269, "ssl_error_expired_cert_alert", "ssl peer rejected your certificate as expired", 45),
    (
        -12227,
        "ssl_error_handshake_failure_alert",
        "ssl peer was unable to negotiate an acceptable set of security parameters",
        40,
    ),
    (
        -12226,
        "ssl_error_illegal_parameter_alert",
        "ssl peer rejected a handshake message for unacceptable content",
        47,
    ),
    (
        -12225,
        "ssl_error_unsupported_cert_alert",
        "ssl peer does not support certificates of the type it received",
        43,
    ),
    (
        -12224,
        "ssl_error_certificate_unknown_alert",
        "ssl peer had some unspecified issue with the certificate it received",
        46,
    ),
    (
        -12229,
        "ssl_error_handshake_unexpected_alert",
        "ssl peer was not expecting a handshake message it received",
        10,
    ),
    (-12197, "ssl_error_decryption_failed_alert", "peer was unable to decrypt an ssl record it received", 21),
    (
        -12196,
        "ssl_error_record_overflow_alert",
        "peer received an ssl record that was longer than is permitted",
        22,
    ),
    (
        -12195,
        "ssl_error_unknown_ca_alert",
        "peer does not recognize and trust the ca that issued your certificate",
        48,
    ),
    (-12194, "ssl_error_access_denied_alert", "peer received a valid certificate, but access was denied", 49),
    (-12193, "ssl_error_decode_error_alert", "peer could not decode an ssl handshake message", 50),
    (
        -12192,
        "ssl_error_decrypt_error_alert",
        "peer reports failure of signature verification or key exchange",
        51,
    ),
    (
        -12190,
        "ssl_error_protocol_version_alert",
        "peer reports incompatible or unsupported protocol version",
        70,
    ),
    (
        -12189,
        "ssl_error_insufficient_security_alert",
        "server requires ciphers more secure than those supported by client",
        71,
    ),
    (-12188, "ssl_error_internal_error_alert", "peer reports it experienced an internal error", 80),
    (
        -12186,
        "ssl_error_no_renegotiation_alert",
        "peer does not permit renegotiation of ssl security parameters",
        100,
    ),
    (
        -12182,
        "ssl_error_unrecognized_name_alert",
        "ssl peer has no certificate for the requested dns name",
        112,
    ),
    (
        -12157,
        "ssl_error_inappropriate_fallback_alert",
        "the server rejected the handshake because the client downgraded to a lower tls version than the server supports",
        86,
    ),
    (-12145, "ssl_error_missing_extension_alert", "ssl peer reported a missing_extension alert", 109),
    (
        -12107,
        "ssl_error_rx_certificate_required_alert",
        "ssl peer reported that a client certificate is required",
        116,
    ),
)

_RAISED: tuple[NssError, ...] = (
    (
        -12286,
        "ssl_error_no_cypher_overlap",
        "cannot communicate securely with peer: no common encryption algorithm(s)",
        Topic.CIPHER,
        None,
    ),
    (
        -12285,
        "ssl_error_no_certificate",
        "unable to find the certificate or key necessary for authentication",
        Topic.CERTIFICATE_MISSING,
        None,
    ),
    (
        -12284,
        "ssl_error_bad_certificate",
        "unable to communicate securely with peer: peers's certificate was rejected",
        Topic.VERIFY_FAILED,
        None,
    ),
    (
        -12282,
        "ssl_error_bad_client",
        "the server has encountered bad data from the client",
        Topic.NOT_TLS,
        Party.SERVER,
    ),
    (
        -12281,
        "ssl_error_bad_server",
        "the client has encountered bad data from the server",
        Topic.NOT_TLS,
        Party.CLIENT,
    ),
    (-12280, "ssl_error_unsupported_certificate_type", "unsupported certificate type", Topic.KEY_TYPE, None),
    (
        -12279,
        "ssl_error_unsupported_version",
        "peer using unsupported version of security protocol",
        Topic.VERSION,
        None,
    ),
    (
        -12276,
        "ssl_error_bad_cert_domain",
        "requested domain name does not match the server's certificate",
        Topic.HOST_NAME,
        Party.CLIENT,
    ),
    (
        -12273,
        "ssl_error_bad_mac_read",
        "ssl received a record with an incorrect message authentication code",
        Topic.RECORD,
        None,
    ),
    (
        -12263,
        "ssl_error_rx_record_too_long",
        "ssl received a record that exceeded the maximum permissible length",
        Topic.NOT_TLS,
        None,
    ),
    (
        -12199,
        "ssl_error_no_trusted_ssl_client_ca",
        "no certificate authority is trusted for ssl client authentication",
        Topic.UNKNOWN_CA,
        Party.SERVER,
    ),
    (
        -12176,
        "ssl_error_renegotiation_not_allowed",
        "renegotiation is not allowed on this ssl socket",
        Topic.RENEGOTIATION,
        None,
    ),
    (
        -12175,
        "ssl_error_unsafe_negotiation",
        "peer attempted old style (potentially vulnerable) handshake",
        Topic.RENEGOTIATION,
        None,
    ),
    (
        -12173,
        "ssl_error_weak_server_ephemeral_dh_key",
        "ssl received a weak ephemeral diffie-hellman key",
        Topic.WEAK_KEY,
        Party.CLIENT,
    ),
    (
        -12156,
        "ssl_error_weak_server_cert_key",
        "the server certificate included a public key that was too weak",
        Topic.WEAK_KEY,
        Party.CLIENT,
    ),
    (
        -12154,
        "ssl_error_no_supported_signature_algorithm",
        "no supported tls signature algorithm was configured",
        Topic.SIGNATURE_SCHEME,
        None,
    ),
    (
        -12153,
        "ssl_error_unsupported_signature_algorithm",
        "the peer used an unsupported combination of signature and hash algorithm",
        Topic.SIGNATURE_SCHEME,
        None,
    ),
    (-5938, "pr_end_of_file_error", "encountered end of file", Topic.CLOSED, None),
    (-5961, "pr_connect_reset_error", "tcp connection reset by peer", Topic.RESET, None),
    (-5981, "pr_connect_refused_error", "connection refused by peer", Topic.REFUSED, None),
    (-5990, "pr_io_timeout_error", "i/o operation timed out", Topic.SILENT, None),
    *CERTIFICATE_ERRORS,
)


def _wordings() -> Iterator[Wording]:
    for number, symbol, sentence, alert in _RECEIVED:
        topic = ALERT_TOPICS[alert]
        for text in (symbol, sentence):
            yield Wording(text, topic, Direction.RECEIVED, alert, code=str(number))
        for text in (
            f"error {number}",
            f"error code {number}",
            f"errno {number}",
            f"error code: {number}",
            f"({number})",
        ):
            everyday = text.startswith("(")
            yield Wording(text, topic, Direction.RECEIVED, alert, code=str(number), is_everyday=everyday)
    for number, symbol, sentence, topic, writer in _RAISED:
        for text in (symbol, sentence):
            yield Wording(text, topic, writer=writer, code=str(number))
        for text in (
            f"error {number}",
            f"error code {number}",
            f"errno {number}",
            f"error code: {number}",
            f"nss error {number}",
            f"({number})",
        ):
            everyday = text.startswith("(")
            yield Wording(text, topic, writer=writer, code=str(number), is_everyday=everyday)


WORDINGS: tuple[Wording, ...] = (
    *_wordings(),
    # curl with NSS.
    Wording("certificate is signed by an untrusted issuer", Topic.UNKNOWN_CA, writer=Party.CLIENT),
    Wording("nss: client certificate not found", Topic.CERTIFICATE_MISSING, writer=Party.CLIENT),
)
