"""What OpenSSL 1.0 to 3.x, LibreSSL and BoringSSL write, and the programs that print their words (Python, Node, curl, nginx ...).

Sources: sslerr.h, x509_txt.c and x509_vfy.h of OpenSSL 1.0.2, 1.1.1, 3.0 and 3.5 (domain facts 4.1 and 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import Topic
from .verify_errors import VERIFY_WORDINGS
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERT_NAMES", "STACK", "WORDINGS"]

STACK = "OpenSSL"

ALERT_NAMES: Mapping[int, str] = {
    0: "close notify",
    10: "unexpected message",
    20: "bad record mac",
    21: "decryption failed",
    22: "record overflow",
    30: "decompression failure",
    40: "handshake failure",
    41: "no certificate",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown ca",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    60: "export restriction",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user cancelled",
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

_REASON_TEXTS: tuple[tuple[str, Topic, int | None, Party | None], ...] = (
    ("no suitable key share", Topic.GROUP, 40, Party.SERVER),
    ("no suitable groups", Topic.GROUP, 40, Party.SERVER),
    ("no shared groups", Topic.GROUP, 40, Party.SERVER),
    ("no shared group", Topic.GROUP, 40, Party.SERVER),
    ("no suitable signature algorithm", Topic.SIGNATURE_SCHEME, 40, None),
    ("legacy sigalg disallowed or unsupported", Topic.SIGNATURE_SCHEME, None, None),
    ("bad key share", Topic.GROUP, 47, None),
    ("no shared signature algorithms", Topic.SIGNATURE_SCHEME, 40, None),
    ("no common signature algorithms", Topic.SIGNATURE_SCHEME, 40, None),
    ("wrong signature type", Topic.SIGNATURE_SCHEME, 47, None),
    ("missing sigalgs extension", Topic.SIGNATURE_SCHEME, 109, Party.SERVER),
    ("certificate verify failed", Topic.VERIFY_FAILED, None, None),
    ("peer did not return a certificate", Topic.CERTIFICATE_MISSING, 40, Party.SERVER),
    ("no certificates returned", Topic.CERTIFICATE_MISSING, 40, Party.SERVER),
    ("no certificate returned", Topic.CERTIFICATE_MISSING, 40, Party.SERVER),
    ("pem lib", Topic.LOCAL_CONFIGURATION, None, None),
    ("no shared cipher", Topic.CIPHER, 40, Party.SERVER),
    ("no ciphers available", Topic.CIPHER, None, Party.CLIENT),
    ("no ciphers specified", Topic.CIPHER, None, Party.SERVER),
    ("no cipher match", Topic.LOCAL_CONFIGURATION, None, None),
    ("wrong cipher returned", Topic.CIPHER, 47, Party.CLIENT),
    ("unknown cipher returned", Topic.CIPHER, 47, Party.CLIENT),
    ("unsupported protocol", Topic.VERSION, 70, None),
    ("unsupported ssl version", Topic.VERSION, 70, None),
    ("wrong ssl version", Topic.VERSION, 70, None),
    ("version too low", Topic.VERSION, 70, None),
    ("version too high", Topic.VERSION, 70, None),
    ("no protocols available", Topic.LOCAL_CONFIGURATION, None, None),
    ("wrong version number", Topic.NOT_TLS, None, None),
    ("unknown protocol", Topic.NOT_TLS, None, None),
    ("packet length too long", Topic.RECORD, 22, None),
    ("record layer failure", Topic.RECORD, None, None),
    ("http request", Topic.NOT_TLS, None, Party.SERVER),
    ("https proxy request", Topic.NOT_TLS, None, Party.SERVER),
    ("unexpected eof while reading", Topic.CLOSED, None, None),
    ("unexpected eof", Topic.CLOSED, None, None),
    ("eof occurred in violation of protocol", Topic.CLOSED, None, None),
    ("ssl_error_syscall in connection to", Topic.CLOSED, None, Party.CLIENT),
    ("ssl_connect: ssl_error_syscall", Topic.CLOSED, None, Party.CLIENT),
    ("ssl_error_syscall, errno 0", Topic.CLOSED, None, None),
    ("ssl_error_syscall, errno 104", Topic.RESET, None, None),
    ("ssl_error_syscall, errno 10054", Topic.RESET, None, None),
    ("ssl_error_syscall, errno 32", Topic.RESET, None, None),
    ("ssl_error_syscall, errno 110", Topic.CONNECT_TIMEOUT, None, None),
    ("ssl_connect syscall returned=5 errno=0", Topic.CLOSED, None, Party.CLIENT),
    ("ssl_accept syscall returned=5 errno=0", Topic.CLOSED, None, Party.SERVER),
    ("inappropriate fallback", Topic.FALLBACK, 86, None),
    ("unsafe legacy renegotiation disabled", Topic.RENEGOTIATION, 40, None),
    ("no renegotiation", Topic.RENEGOTIATION, None, None),
    ("decryption failed or bad record mac", Topic.RECORD, 20, None),
    ("bad record mac", Topic.RECORD, 20, None),
    ("bad signature", Topic.DECRYPT_ERROR, 51, None),
    ("unexpected message", Topic.UNEXPECTED_MESSAGE, 10, None),
    ("private key mismatch", Topic.KEY_MISMATCH, None, None),
    ("key values mismatch", Topic.KEY_MISMATCH, None, None),
    ("key type mismatch", Topic.KEY_MISMATCH, None, None),
    ("no certificate assigned", Topic.LOCAL_CONFIGURATION, None, None),
    ("no private key assigned", Topic.LOCAL_CONFIGURATION, None, None),
    ("no start line", Topic.LOCAL_CONFIGURATION, None, None),
    ("no certificate or crl found", Topic.LOCAL_CONFIGURATION, None, None),
    ("wrong tag", Topic.LOCAL_CONFIGURATION, None, None),
    ("digital envelope routines::unsupported", Topic.LOCAL_CONFIGURATION, None, None),
    ("bad end line", Topic.LOCAL_CONFIGURATION, None, None),
    ("bad base64 decode", Topic.LOCAL_CONFIGURATION, None, None),
    ("bad password read", Topic.LOCAL_CONFIGURATION, None, None),
    ("bad decrypt", Topic.LOCAL_CONFIGURATION, None, None),
    ("maybe wrong password", Topic.LOCAL_CONFIGURATION, None, None),
    ("mac verify failure", Topic.LOCAL_CONFIGURATION, None, None),
    ("ee key too small", Topic.WEAK_KEY, None, None),
    ("ca key too small", Topic.WEAK_KEY, None, None),
    ("dh key too small", Topic.WEAK_KEY, 40, None),
    ("ca md too weak", Topic.WEAK_SIGNATURE, None, None),
    ("insufficient security", Topic.INSUFFICIENT_SECURITY, 71, None),
    ("missing signing cert", Topic.KEY_TYPE, None, None),
    ("unknown certificate type", Topic.KEY_TYPE, 43, None),
    ("wrong certificate type", Topic.KEY_TYPE, 43, None),
    ("clienthello tlsext", Topic.SERVER_NAME, None, Party.SERVER),
    ("no application protocol", Topic.OTHER, 120, None),
    ("tlsv1.3 downgrade", Topic.DOWNGRADE, 47, Party.CLIENT),
    ("inconsistent extms", Topic.DOWNGRADE, None, None),
)

_EVERYDAY = frozenset(
    {
        "unsupported protocol",
        "version too low",
        "version too high",
        "wrong version number",
        "unknown protocol",
        "packet length too long",
        "record layer failure",
        "http request",
        "https proxy request",
        "unexpected eof while reading",
        "unexpected eof",
        "inappropriate fallback",
        "no renegotiation",
        "bad signature",
        "unexpected message",
        "private key mismatch",
        "key type mismatch",
        "key values mismatch",
        "no start line",
        "bad end line",
        "bad base64 decode",
        "bad password read",
        "bad decrypt",
        "insufficient security",
        "wrong signature type",
        "no shared group",
        "no shared groups",
        "no suitable groups",
        "no protocols available",
        "no application protocol",
        "wrong tag",
    }
)
"""Reasons that other programs word alike."""


def _from_reasons() -> tuple[Wording, ...]:
    plain = tuple(
        Wording(text, topic, Direction.RAISED, alert, writer, is_everyday=text in _EVERYDAY)
        for text, topic, alert, writer in _REASON_TEXTS
    )
    # Python and Node print the symbol: [SSL: NO_SHARED_CIPHER], ERR_SSL_NO_SHARED_CIPHER.
    symbols = tuple(
        Wording(prefix + text.replace(" ", "_"), topic, Direction.RAISED, alert, writer)
        for text, topic, alert, writer in _REASON_TEXTS
        for prefix in ("[ssl: ", "[x509: ", "err_ssl_", "openssl_internal:")
    )
    return plain + symbols


def _from_alerts() -> tuple[Wording, ...]:
    received = Direction.RECEIVED
    spaced = (
        "sslv3 alert {}",
        "tlsv1 alert {}",
        "tlsv13 alert {}",
        "ssl/tls alert {}",
        "tls alert {}",
        "tlsv1 {}",
    )
    tables = [alert_wordings(pattern, ALERT_NAMES, received) for pattern in spaced]
    symbols = {number: name.replace(" ", "_") for number, name in ALERT_NAMES.items()}
    tables += [
        alert_wordings(pattern, symbols, received)
        for pattern in ("sslv3_alert_{}", "tlsv1_alert_{}", "tlsv13_alert_{}", "tls_alert_{}")
    ]
    # The state callback of s_client and s_server, and the message trace of curl -v.
    tables += [
        alert_wordings("alert read:fatal:{}", ALERT_NAMES, received),
        alert_wordings("alert write:fatal:{}", ALERT_NAMES, Direction.RAISED),
    ]
    tables += [
        alert_wordings("alert read:warning:{}", ALERT_NAMES, received),
        alert_wordings("alert write:warning:{}", ALERT_NAMES, Direction.RAISED),
    ]
    return tuple(wording for table in tables for wording in table)


WORDINGS: tuple[Wording, ...] = (
    *_from_reasons(),
    *_from_alerts(),
    *VERIFY_WORDINGS,
    Wording("wrong ca certificate signature", Topic.REKEYED),
    Wording("cannot load certificate", Topic.LOCAL_CONFIGURATION),
    Wording("unable to load certificate", Topic.LOCAL_CONFIGURATION),
    Wording("unable to load private key", Topic.LOCAL_CONFIGURATION),
    Wording("unable to load client certificate private key", Topic.LOCAL_CONFIGURATION, writer=Party.CLIENT),
    Wording("unable to set private key file", Topic.LOCAL_CONFIGURATION),
    Wording("could not read private key", Topic.LOCAL_CONFIGURATION),
    Wording("could not find certificate", Topic.LOCAL_CONFIGURATION),
    Wording("could not find server certificate", Topic.LOCAL_CONFIGURATION, writer=Party.SERVER),
    Wording("does not match the certificate", Topic.KEY_MISMATCH, also="key"),
)
"""Everything, the alerts among them; the longest text that stands in a line wins."""
