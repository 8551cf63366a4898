"""What GnuTLS writes: gnutls-cli, gnutls-serv, and programs that print gnutls_strerror().

Source: the strings of GnuTLS 3.7.9 (gnutls_strerror, gnutls_alert_get_name) and domain facts 4.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["STACK", "WORDINGS"]

STACK = "GnuTLS"

_ALERTS: Mapping[int, str] = {
    10: "unexpected message",
    20: "bad record mac",
    21: "decryption failed",
    22: "record overflow",
    30: "decompression failed",
    40: "handshake failed",
    41: "no certificate (ssl 3.0)",
    42: "certificate is bad",
    43: "certificate is not supported",
    44: "certificate was revoked",
    45: "certificate is expired",
    46: "unknown certificate",
    47: "illegal parameter",
    48: "ca is unknown",
    49: "access was denied",
    50: "decode error",
    51: "decrypt error",
    70: "error in protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    100: "no renegotiation is allowed",
    109: "an extension was expected but was not seen",
    110: "an unsupported extension was sent",
    112: "the server name sent was not recognized",
    115: "the srp/psk username is missing or not known",
    116: "certificate is required",
    120: "no supported application protocol could be negotiated",
}


_ERRORS: tuple[tuple[int, str, str, Topic, int | None, Party | None], ...] = (
    (
        -8,
        "a packet with illegal or unsupported version was received",
        "unsupported_version_packet",
        Topic.VERSION,
        70,
        None,
    ),
    (
        -9,
        "a tls packet with unexpected length was received",
        "unexpected_packet_length",
        Topic.DECODE,
        None,
        None,
    ),
    (-53, "error in the push function", "push_error", Topic.RESET, None, None),
    (-54, "error in the pull function", "pull_error", Topic.RESET, None, None),
    (-9, "error decoding the received tls packet", "unexpected_packet_length", Topic.DECODE, 50, None),
    (-15, "an unexpected tls packet was received", "unexpected_packet", Topic.NOT_TLS, 10, None),
    (
        -19,
        "an unexpected tls handshake packet was received",
        "unexpected_handshake_packet",
        Topic.UNEXPECTED_MESSAGE,
        10,
        None,
    ),
    (-21, "could not negotiate a supported cipher suite", "unknown_cipher_suite", Topic.CIPHER, 40, None),
    (-24, "decryption has failed", "decryption_failed", Topic.RECORD, 20, None),
    (
        -32,
        "insufficient credentials for that request",
        "insufficient_credentials",
        Topic.LOCAL_CONFIGURATION,
        None,
        None,
    ),
    (-43, "error in the certificate.", "certificate_error", Topic.VERIFY_FAILED, 42, None),
    (
        -48,
        "key usage violation in certificate has been detected",
        "key_usage_violation",
        Topic.PURPOSE,
        80,
        None,
    ),
    (
        -49,
        "no certificate was found",
        "no_certificate_found",
        Topic.CERTIFICATE_MISSING,
        50,
        Party.SERVER,
    ),
    (-55, "an illegal parameter has been received", "received_illegal_parameter", Topic.DECODE, 47, None),
    (-58, "an illegal tls extension was received", "received_illegal_extension", Topic.DECODE, 110, None),
    (
        -60,
        "the certificate and the given key do not match",
        "certificate_key_mismatch",
        Topic.KEY_MISMATCH,
        None,
        None,
    ),
    (
        -63,
        "the diffie-hellman prime sent by the server is not acceptable",
        "dh_prime_unacceptable",
        Topic.WEAK_KEY,
        71,
        Party.CLIENT,
    ),
    (-64, "error while reading file", "file_error", Topic.LOCAL_CONFIGURATION, None, None),
    (-87, "no supported cipher suites have been found", "no_cipher_suites", Topic.CIPHER, 40, None),
    (
        -89,
        "public key signature verification has failed",
        "pk_sig_verify_failed",
        Topic.DECRYPT_ERROR,
        51,
        None,
    ),
    (
        -106,
        "the signature algorithm is not supported",
        "unsupported_signature_algorithm",
        Topic.SIGNATURE_SCHEME,
        40,
        None,
    ),
    (-107, "safe renegotiation failed", "safe_renegotiation_failed", Topic.RENEGOTIATION, 40, None),
    (-108, "unsafe renegotiation denied", "unsafe_renegotiation_denied", Topic.RENEGOTIATION, 40, None),
    (
        -110,
        "the tls connection was non-properly terminated",
        "premature_termination",
        Topic.CLOSED,
        None,
        None,
    ),
    (
        -112,
        "certificate is required",
        "certificate_required",
        Topic.CERTIFICATE_MISSING,
        116,
        Party.SERVER,
    ),
    (
        -216,
        "the given dsa key is incompatible with the selected tls protocol",
        "incompat_dsa_key_with_tls_protocol",
        Topic.KEY_TYPE,
        None,
        None,
    ),
    (
        -217,
        "one of the involved algorithms has insufficient security level",
        "insufficient_security",
        Topic.INSUFFICIENT_SECURITY,
        71,
        None,
    ),
    (-319, "the operation timed out", "timedout", Topic.SILENT, None, None),
    (-321, "no supported ecc curves were found", "ecc_no_supported_curves", Topic.GROUP, 40, None),
    (
        -324,
        "the provided x.509 certificate list is not sorted",
        "certificate_list_unsorted",
        Topic.CHAIN_ORDER,
        None,
        None,
    ),
    (-328, "peer has terminated the connection", "session_eof", Topic.CLOSED, None, None),
    (
        -348,
        "error in the certificate verification",
        "certificate_verification_error",
        Topic.VERIFY_FAILED,
        42,
        None,
    ),
    (
        -427,
        "an required tls extension was received",
        "missing_extension",
        Topic.MISSING_EXTENSION,
        109,
        None,
    ),
)
"""Number, gnutls_strerror()'s sentence, symbol without its prefix, topic, the alert that is sent with it, who raises it."""


def _errors() -> Iterator[Wording]:
    for number, sentence, symbol, topic, alert, writer in _ERRORS:
        for text in (sentence, f"gnutls_e_{symbol}", f"gnutls error {number} ", f"gnutls error {number}:"):
            yield Wording(text, topic, Direction.RAISED, alert, writer, code=str(number))


WORDINGS: tuple[Wording, ...] = (
    *_errors(),
    *(
        wording
        for number, name in _ALERTS.items()
        for wording in (
            *alert_wordings(f"received alert [{number}]: {{}}", {number: name}, Direction.RECEIVED),
            *alert_wordings(f"alert[{number}] - {{}} - was received", {number: name}, Direction.RECEIVED),
            *alert_wordings(f"alert[2|{number}] - {{}} - was received", {number: name}, Direction.RECEIVED),
            *alert_wordings(f"alert[2|{number}] - {{}} - was sent", {number: name}, Direction.RAISED),
        )
    ),
    # curl prints the alert's name after its own words, Emacs without its number.
    *(
        wording
        for pattern in (
            "gnutls_handshake() failed: {}",
            "received alert:  {}",
            "fatal alert has been received.: {}",
        )
        for wording in alert_wordings(pattern, _ALERTS, Direction.RECEIVED, code="-12")
    ),
    Wording(
        "a tls fatal alert has been received",
        Topic.OTHER,
        Direction.RECEIVED,
        code="-12",
        is_consequence=True,
    ),
    Wording(
        "gnutls_e_fatal_alert_received", Topic.OTHER, Direction.RECEIVED, code="-12", is_consequence=True
    ),
    Wording("gnutls_handshake() failed", Topic.OTHER, is_consequence=True),
    Wording("the certificate issuer is unknown", Topic.UNKNOWN_CA, alert=42),
    Wording("certificate issuer is unknown", Topic.UNKNOWN_CA, alert=42),
    Wording("the certificate issuer is not a ca", Topic.NOT_A_CA, alert=42),
    Wording("the certificate chain uses expired certificate", Topic.EXPIRED, alert=42),
    Wording("the certificate chain uses not yet valid certificate", Topic.NOT_YET_VALID, alert=42),
    Wording("the certificate chain is revoked", Topic.REVOKED, alert=42),
    Wording("the certificate chain uses insecure algorithm", Topic.WEAK_SIGNATURE, alert=42),
    Wording("the certificate chain violates the signer's constraints", Topic.NAME_CONSTRAINT, alert=42),
    Wording("the certificate contains an unknown critical extension", Topic.CRITICAL_EXTENSION, alert=42),
    Wording("the certificate doesn't match the specified purpose", Topic.PURPOSE, alert=42),
    Wording("the signature in the certificate is invalid", Topic.SIGNATURE, alert=42),
    Wording(
        "the name in the certificate does not match the expected",
        Topic.HOST_NAME,
        alert=42,
        writer=Party.CLIENT,
    ),
    Wording("the certificate is not trusted", Topic.VERIFY_FAILED, alert=42, is_consequence=True),
    Wording("the revocation or ocsp data are old", Topic.REVOCATION_UNKNOWN, alert=42),
    Wording("the revocation or ocsp data are issued with a future date", Topic.REVOCATION_UNKNOWN, alert=42),
    Wording(
        "pki verification of server certificate failed",
        Topic.VERIFY_FAILED,
        writer=Party.CLIENT,
        is_consequence=True,
    ),
    Wording("verifying peer's certificate", Topic.VERIFY_FAILED, also="fail"),
    Wording("received record packet of unknown type", Topic.NOT_TLS),
    Wording("no common key share with peer", Topic.GROUP, alert=40),
)
