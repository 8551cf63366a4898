"""What Go's crypto/tls and crypto/x509 write.

Sources: alertText of crypto/tls/alert.go and the error strings of crypto/x509/verify.go; domain facts 4.3 (Go 1.19).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["STACK", "WORDINGS"]

STACK = "Go"

_ALERTS: Mapping[int, str] = {
    10: "unexpected message",
    20: "bad record mac",
    21: "decryption failed",
    22: "record overflow",
    30: "decompression failure",
    40: "handshake failure",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "revoked certificate",
    45: "expired certificate",
    46: "unknown certificate",
    47: "illegal parameter",
    48: "unknown certificate authority",
    49: "access denied",
    50: "error decoding message",
    51: "error decrypting message",
    60: "export restriction",
    70: "protocol version not supported",
    71: "insufficient security level",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    100: "no renegotiation",
    109: "missing extension",
    110: "unsupported extension",
    111: "certificate unobtainable",
    112: "unrecognized name",
    113: "bad certificate status response",
    114: "bad certificate hash value",
    115: "unknown psk identity",
    116: "certificate required",
    120: "no application protocol",
}

WORDINGS: tuple[Wording, ...] = (
    *alert_wordings("remote error: tls: {}", _ALERTS, Direction.RECEIVED),
    *alert_wordings("local error: tls: {}", _ALERTS, Direction.RAISED),
    Wording("x509: certificate signed by unknown authority", Topic.UNKNOWN_CA, alert=42),
    Wording(
        "possibly because of",
        Topic.REKEYED,
        alert=42,
        also="while trying to verify candidate authority certificate",
    ),
    Wording("x509: certificate has expired or is not yet valid", Topic.EXPIRED_OR_NOT_YET_VALID, alert=42),
    Wording(
        "x509: certificate has expired or is not yet valid: current time",
        Topic.EXPIRED,
        alert=42,
        also=" is after ",
    ),
    Wording(
        "x509: certificate has expired or is not yet valid: current time",
        Topic.NOT_YET_VALID,
        alert=42,
        also=" is before ",
    ),
    Wording("x509: certificate specifies an incompatible key usage", Topic.PURPOSE, alert=42),
    Wording(
        "x509: invalid signature: parent certificate cannot sign this kind of certificate",
        Topic.NOT_A_CA,
        alert=42,
    ),
    Wording("x509: certificate is not authorized to sign other certificates", Topic.NOT_A_CA, alert=42),
    Wording("x509: issuer name does not match subject from issuing certificate", Topic.CHAIN_ORDER, alert=42),
    Wording("x509: too many intermediates for path length constraint", Topic.PATH_LENGTH, alert=42),
    Wording("x509: issuer has name constraints but leaf", Topic.NAME_CONSTRAINT, alert=42),
    Wording("is not permitted by any constraint", Topic.NAME_CONSTRAINT, alert=42, also="x509:"),
    Wording("is excluded by constraint", Topic.NAME_CONSTRAINT, alert=42, also="x509:"),
    Wording("x509: unhandled critical extension", Topic.CRITICAL_EXTENSION, alert=42),
    Wording("x509: cannot verify signature: insecure algorithm", Topic.WEAK_SIGNATURE, alert=42),
    Wording("x509: cannot verify signature: algorithm unimplemented", Topic.KEY_TYPE, alert=42),
    Wording("x509: certificate is valid for", Topic.HOST_NAME, alert=42, writer=Party.CLIENT),
    Wording("x509: certificate is not valid for any names", Topic.HOST_NAME, alert=42, writer=Party.CLIENT),
    Wording(
        "because it doesn't contain any ip sans", Topic.HOST_NAME, alert=42, writer=Party.CLIENT, also="x509:"
    ),
    Wording(
        "x509: certificate relies on legacy common name field", Topic.HOST_NAME, alert=42, writer=Party.CLIENT
    ),
    Wording("x509: malformed", Topic.DECODE),
    Wording(
        "tls: client didn't provide a certificate", Topic.CERTIFICATE_MISSING, alert=42, writer=Party.SERVER
    ),
    Wording(
        "tls: no cipher suite supported by both client and server",
        Topic.CIPHER,
        alert=40,
        writer=Party.SERVER,
    ),
    Wording("tls: server chose an unconfigured cipher suite", Topic.CIPHER, alert=47, writer=Party.CLIENT),
    Wording("tls: client offered only unsupported versions", Topic.VERSION, alert=70, writer=Party.SERVER),
    Wording(
        "tls: server selected unsupported protocol version", Topic.VERSION, alert=70, writer=Party.CLIENT
    ),
    Wording("tls: no supported versions satisfy minversion and maxversion", Topic.VERSION),
    Wording(
        "tls: no ecdhe curve supported by both client and server", Topic.GROUP, alert=40, writer=Party.SERVER
    ),
    Wording(
        "tls: no key exchanges supported by both client and server",
        Topic.GROUP,
        alert=40,
        writer=Party.SERVER,
    ),
    Wording("tls: server selected unsupported group", Topic.GROUP, alert=47, writer=Party.CLIENT),
    Wording("tls: server selected unsupported curve", Topic.GROUP, alert=47, writer=Party.CLIENT),
    Wording(
        "tls: peer doesn't support any of the certificate's signature algorithms",
        Topic.SIGNATURE_SCHEME,
        alert=40,
    ),
    Wording(
        "tls: client certificate used with invalid signature algorithm", Topic.SIGNATURE_SCHEME, alert=47
    ),
    Wording("tls: certificate used with invalid signature algorithm", Topic.SIGNATURE_SCHEME, alert=47),
    Wording(
        "tls: peer doesn't support the certificate custom signature algorithms",
        Topic.SIGNATURE_SCHEME,
        alert=40,
    ),
    Wording(
        "tls: invalid signature by the client certificate", Topic.DECRYPT_ERROR, alert=51, writer=Party.SERVER
    ),
    Wording(
        "tls: invalid signature by the server certificate", Topic.DECRYPT_ERROR, alert=51, writer=Party.CLIENT
    ),
    Wording("tls: first record does not look like a tls handshake", Topic.NOT_TLS),
    Wording("http: server gave http response to https client", Topic.NOT_TLS, writer=Party.CLIENT),
    Wording("client sent an http request to an https server", Topic.NOT_TLS, writer=Party.SERVER),
    Wording("tls: oversized record received", Topic.NOT_TLS),
    Wording("tls: failed to verify certificate", Topic.VERIFY_FAILED, alert=42, is_consequence=True),
    Wording(
        "tls: failed to verify client certificate",
        Topic.VERIFY_FAILED,
        alert=42,
        writer=Party.SERVER,
        is_consequence=True,
    ),
    Wording(
        "tls: failed to verify client's certificate",
        Topic.VERIFY_FAILED,
        alert=42,
        writer=Party.SERVER,
        is_consequence=True,
    ),
    Wording("tls: private key does not match public key", Topic.KEY_MISMATCH),
    Wording("tls: private key type does not match public key type", Topic.KEY_MISMATCH),
    Wording("tls: failed to find ", Topic.LOCAL_CONFIGURATION, also=" pem block in "),
    Wording("tls: unsupported sslv2 handshake received", Topic.VERSION, alert=70, writer=Party.SERVER),
    Wording("tls: received unexpected handshake message", Topic.UNEXPECTED_MESSAGE, alert=10),
    Wording(
        "tls: server sent certificate containing rsa key larger",
        Topic.KEY_TYPE,
        alert=42,
        writer=Party.CLIENT,
    ),
    Wording(
        "tls: client sent certificate containing rsa key larger",
        Topic.KEY_TYPE,
        alert=42,
        writer=Party.SERVER,
    ),
    Wording("tls: server did not select tls version", Topic.VERSION, writer=Party.CLIENT),
    Wording("tls: handshake failed: eof", Topic.CLOSED),
    Wording("x509: failed to load system roots", Topic.UNKNOWN_CA),
    # What the verifier of macOS says, by way of Go.
    Wording("certificate is not trusted", Topic.UNKNOWN_CA, also="x509: "),
    Wording("certificate is expired", Topic.EXPIRED, also="x509: "),
    Wording("certificate is not standards compliant", Topic.VERIFY_FAILED, also="x509: "),
    Wording("certificate name does not match input", Topic.HOST_NAME, also="x509: ", writer=Party.CLIENT),
    Wording("tls: failed to find any pem data", Topic.LOCAL_CONFIGURATION),
    Wording("tls: failed to parse private key", Topic.LOCAL_CONFIGURATION),
    Wording("tls: no certificates configured", Topic.LOCAL_CONFIGURATION, writer=Party.SERVER),
    Wording("tls: unsupported certificate", Topic.KEY_TYPE),
    Wording(
        "tls: client using inappropriate protocol fallback", Topic.FALLBACK, alert=86, writer=Party.SERVER
    ),
    Wording("tls: downgrade attempt detected", Topic.DOWNGRADE, alert=47, writer=Party.CLIENT),
    Wording("tls: handshake failure", Topic.HANDSHAKE_FAILURE, alert=40),
    Wording("net/http: tls handshake timeout", Topic.SILENT, writer=Party.CLIENT),
    Wording("i/o timeout", Topic.SILENT, also="tls"),
    Wording("i/o timeout", Topic.CONNECT_TIMEOUT, also="dial tcp"),
    Wording("http: tls handshake error from", Topic.CLOSED, writer=Party.SERVER, also="eof"),
    Wording("connect: connection refused", Topic.REFUSED, also="dial tcp"),
    Wording("connection reset by peer", Topic.RESET, also="http: tls handshake error from"),
)
