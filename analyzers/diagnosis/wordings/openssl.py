"""What OpenSSL 1.0 to 3.x, LibreSSL and BoringSSL write, and the programs that print their words (Python, Node, curl, nginx ...).

Sources: sslerr.h, x509_txt.c and x509_vfy.h of OpenSSL 1.0.2, 1.1.1, 3.0 and 3.5 (domain facts 4.1 and 4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import VERIFY_TOPICS, Topic
from .wording import Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALERT_NAMES", "REASON_TOPICS", "STACK", "WORDINGS"]

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

REASON_TOPICS: Mapping[int, tuple[Topic, int | None, Party | None]] = {
    101: (Topic.GROUP, 40, Party.SERVER),
    103: (Topic.RECORD, 10, None),
    108: (Topic.GROUP, 47, None),
    112: (Topic.SIGNATURE_SCHEME, 109, Party.SERVER),
    118: (Topic.SIGNATURE_SCHEME, 40, None),
    123: (Topic.DECRYPT_ERROR, 51, None),
    129: (Topic.RECORD, 21, None),
    134: (Topic.VERIFY_FAILED, None, None),
    147: (Topic.RECORD, 21, None),
    149: (Topic.RECORD, 51, None),
    150: (Topic.RECORD, 22, None),
    155: (Topic.NOT_TLS, None, Party.SERVER),
    156: (Topic.NOT_TLS, None, Party.SERVER),
    159: (Topic.DECODE, 50, None),
    160: (Topic.DECODE, 50, None),
    166: (Topic.VERSION, 70, None),
    176: (Topic.CERTIFICATE_MISSING, 40, Party.SERVER),
    177: (Topic.LOCAL_CONFIGURATION, None, None),
    179: (Topic.LOCAL_CONFIGURATION, None, None),
    181: (Topic.CIPHER, None, Party.CLIENT),
    183: (Topic.CIPHER, None, Party.SERVER),
    185: (Topic.LOCAL_CONFIGURATION, None, None),
    190: (Topic.LOCAL_CONFIGURATION, None, None),
    191: (Topic.LOCAL_CONFIGURATION, None, None),
    193: (Topic.CIPHER, 40, Party.SERVER),
    198: (Topic.RECORD, 22, None),
    199: (Topic.CERTIFICATE_MISSING, 40, Party.SERVER),
    209: (Topic.GROUP, 109, Party.SERVER),
    221: (Topic.KEY_TYPE, None, None),
    226: (Topic.SERVER_NAME, 112, Party.SERVER),
    227: (Topic.DECODE, None, None),
    229: (Topic.CLOSED, None, None),
    235: (Topic.OTHER, 120, None),
    241: (Topic.INSUFFICIENT_SECURITY, 71, None),
    244: (Topic.UNEXPECTED_MESSAGE, 10, None),
    245: (Topic.UNEXPECTED_MESSAGE, 10, None),
    247: (Topic.KEY_TYPE, 43, None),
    252: (Topic.NOT_TLS, None, None),
    258: (Topic.VERSION, 70, None),
    259: (Topic.VERSION, 70, None),
    261: (Topic.CIPHER, 47, Party.CLIENT),
    266: (Topic.VERSION, 70, None),
    267: (Topic.NOT_TLS, None, None),
    281: (Topic.RECORD, 20, None),
    288: (Topic.KEY_MISMATCH, None, None),
    294: (Topic.CLOSED, None, None),
    295: (Topic.GROUP, 40, Party.SERVER),
    298: (Topic.RECORD, None, None),
    319: (Topic.SERVER_NAME, None, Party.SERVER),
    331: (Topic.CERTIFICATE_MISSING, None, None),
    338: (Topic.RENEGOTIATION, 40, None),
    339: (Topic.RENEGOTIATION, None, None),
    360: (Topic.SIGNATURE_SCHEME, None, None),
    370: (Topic.SIGNATURE_SCHEME, 47, None),
    372: (Topic.WEAK_KEY, 40, Party.CLIENT),
    373: (Topic.FALLBACK, 86, Party.SERVER),
    376: (Topic.SIGNATURE_SCHEME, 40, None),
    378: (Topic.GROUP, 47, None),
    383: (Topic.KEY_TYPE, 43, None),
    394: (Topic.WEAK_KEY, 40, None),
    396: (Topic.VERSION, 70, None),
    397: (Topic.WEAK_KEY, None, None),
    398: (Topic.WEAK_SIGNATURE, None, None),
    399: (Topic.WEAK_KEY, None, None),
    410: (Topic.GROUP, 40, Party.SERVER),
}
"""SSL_R numbers (the same from 1.0.2 to 3.5): topic, the alert that goes with it, the role that raises it."""

_REASON_TEXTS: tuple[tuple[str, Topic, int | None, Party | None], ...] = (
    ("no suitable key share", Topic.GROUP, 40, Party.SERVER),
    ("no suitable groups", Topic.GROUP, 40, Party.SERVER),
    ("no shared groups", Topic.GROUP, 40, Party.SERVER),
    ("no shared group", Topic.GROUP, 40, Party.SERVER),
    ("no suitable signature algorithm", Topic.SIGNATURE_SCHEME, 40, None),
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
    ("ssl handshake failure", Topic.CLOSED, None, None),
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

_VERIFY_TEXTS: tuple[tuple[str, int], ...] = (
    ("unable to get issuer certificate", 2),
    ("unable to get certificate crl", 3),
    ("certificate signature failure", 7),
    ("crl signature failure", 8),
    ("certificate is not yet valid", 9),
    ("certificate has expired", 10),
    ("crl is not yet valid", 11),
    ("crl has expired", 12),
    ("self signed certificate", 18),
    ("self-signed certificate", 18),
    ("self signed certificate in certificate chain", 19),
    ("self-signed certificate in certificate chain", 19),
    ("unable to get local issuer certificate", 20),
    ("unable to verify the first certificate", 21),
    ("certificate chain too long", 22),
    ("certificate revoked", 23),
    ("invalid ca certificate", 79),
    ("path length constraint exceeded", 25),
    ("unsupported certificate purpose", 26),
    ("unsuitable certificate purpose", 26),
    ("certificate not trusted", 27),
    ("certificate rejected", 28),
    ("subject issuer mismatch", 29),
    ("authority and subject key identifier mismatch", 30),
    ("authority and issuer serial number mismatch", 31),
    ("key usage does not include certificate signing", 32),
    ("unable to get crl issuer certificate", 33),
    ("unhandled critical extension", 34),
    ("invalid non-ca certificate (has ca markings)", 37),
    ("permitted subtree violation", 47),
    ("excluded subtree violation", 48),
    ("name constraints minimum and maximum not supported", 49),
    ("unsupported name constraint type", 51),
    ("hostname mismatch", 62),
    ("ip address mismatch", 64),
    ("ee certificate key too weak", 66),
    ("ca certificate key too weak", 67),
    ("ca md too weak", 68),
    ("application verification failure", 50),
)

_VERIFY_SYMBOLS: tuple[tuple[str, int], ...] = (
    ("unable_to_get_issuer_cert_locally", 20),
    ("unable_to_get_issuer_cert", 2),
    ("unable_to_verify_leaf_signature", 21),
    ("depth_zero_self_signed_cert", 18),
    ("self_signed_cert_in_chain", 19),
    ("cert_has_expired", 10),
    ("cert_not_yet_valid", 9),
    ("cert_signature_failure", 7),
    ("cert_revoked", 23),
    ("cert_chain_too_long", 22),
    ("cert_untrusted", 27),
    ("cert_rejected", 28),
    ("invalid_purpose", 26),
    ("invalid_ca", 79),
    ("path_length_exceeded", 25),
    ("unable_to_get_crl", 3),
    ("crl_has_expired", 12),
    ("crl_not_yet_valid", 11),
    ("hostname_mismatch", 62),
    ("err_tls_cert_altname_invalid", 62),
)
"""Node's `error.code` for OpenSSL's verify errors (also X509_V_ERR_ names)."""


def _from_reasons() -> tuple[Wording, ...]:
    plain = tuple(
        Wording(text, topic, Direction.RAISED, alert, writer) for text, topic, alert, writer in _REASON_TEXTS
    )
    # Python and Node print the symbol: [SSL: NO_SHARED_CIPHER], ERR_SSL_NO_SHARED_CIPHER.
    symbols = tuple(
        Wording(prefix + text.replace(" ", "_"), topic, Direction.RAISED, alert, writer)
        for text, topic, alert, writer in _REASON_TEXTS
        for prefix in ("[ssl: ", "err_ssl_", "openssl_internal:")
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


def _from_verify() -> tuple[Wording, ...]:
    texts = tuple(
        Wording(text, VERIFY_TOPICS[number], code=f"X509_V_ERR {number}")
        for text, number in _VERIFY_TEXTS
        if number in VERIFY_TOPICS
    )
    symbols = tuple(
        Wording(text, VERIFY_TOPICS[number], code=text.upper()) for text, number in _VERIFY_SYMBOLS
    )
    return texts + symbols


WORDINGS: tuple[Wording, ...] = (
    *_from_reasons(),
    *_from_alerts(),
    *_from_verify(),
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
