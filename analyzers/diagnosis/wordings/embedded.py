"""What the small C and C++ stacks write: mbed TLS, wolfSSL, s2n, BearSSL and Botan.

Sources: error.h tables of mbed TLS 2.28 and 3.x, error-ssl.h and error-crypt.h of wolfSSL 5.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzers.connection import Party

from .topics import ALERT_TOPICS, Topic
from .wording import STANDARD_ALERTS, Direction, Wording, alert_wordings

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BEARSSL",
    "BEARSSL_WORDINGS",
    "BOTAN",
    "BOTAN_WORDINGS",
    "MBEDTLS",
    "MBEDTLS_WORDINGS",
    "S2N",
    "S2N_WORDINGS",
    "WOLFSSL",
    "WOLFSSL_WORDINGS",
]

MBEDTLS = "mbedTLS"
WOLFSSL = "wolfSSL"
BEARSSL = "BearSSL"
BOTAN = "Botan"
S2N = "s2n"

_MBED_CODES: tuple[tuple[int, str, Topic, Direction, Party | None, bool], ...] = (
    (0x2700, "x509 - certificate verification failed", Topic.VERIFY_FAILED, Direction.RAISED, None, False),
    (0x3000, "x509 - a fatal error occurred", Topic.VERIFY_FAILED, Direction.RAISED, None, False),
    (
        0x2780,
        "x509 - format not recognized as der or pem",
        Topic.LOCAL_CONFIGURATION,
        Direction.RAISED,
        None,
        False,
    ),
    (
        0x2600,
        "x509 - signature algorithm (oid) is unsupported",
        Topic.KEY_TYPE,
        Direction.RAISED,
        None,
        False,
    ),
    (
        0x6980,
        "ssl - none of the common ciphersuites is usable",
        Topic.CIPHER,
        Direction.RAISED,
        Party.SERVER,
        False,
    ),
    (0x6D00, "ssl - public key type mismatch", Topic.KEY_TYPE, Direction.RAISED, None, False),
    (
        0x6E80,
        "ssl - handshake protocol not within min/max boundaries",
        Topic.VERSION,
        Direction.RAISED,
        None,
        False,
    ),
    (0x6800, "ssl - the operation timed out", Topic.SILENT, Direction.RAISED, None, False),
    (0x7180, "ssl - verification of the message mac failed", Topic.RECORD, Direction.RAISED, None, False),
    (0x7200, "ssl - an invalid ssl record was received", Topic.NOT_TLS, Direction.RAISED, None, False),
    (0x7280, "ssl - the connection indicated an eof", Topic.CLOSED, Direction.RAISED, None, False),
    (0x7300, "ssl - an unknown cipher was received", Topic.CIPHER, Direction.RAISED, Party.CLIENT, False),
    (
        0x7380,
        "ssl - the server has no ciphersuites in common with the client",
        Topic.CIPHER,
        Direction.RAISED,
        Party.SERVER,
        False,
    ),
    (
        0x7480,
        "ssl - no client certification received from the client",
        Topic.CERTIFICATE_MISSING,
        Direction.RAISED,
        Party.SERVER,
        False,
    ),
    (
        0x7580,
        "ssl - the own certificate is not set",
        Topic.LOCAL_CONFIGURATION,
        Direction.RAISED,
        Party.SERVER,
        False,
    ),
    (
        0x7600,
        "ssl - the own private key or pre-shared key is not set",
        Topic.LOCAL_CONFIGURATION,
        Direction.RAISED,
        None,
        False,
    ),
    (0x7680, "ssl - no ca chain is set", Topic.LOCAL_CONFIGURATION, Direction.RAISED, None, False),
    (
        0x7700,
        "ssl - an unexpected message was received from our peer",
        Topic.UNEXPECTED_MESSAGE,
        Direction.RAISED,
        None,
        False,
    ),
    (
        0x7780,
        "ssl - a fatal alert message was received from our peer",
        Topic.OTHER,
        Direction.RECEIVED,
        None,
        True,
    ),
    (0x7800, "ssl - verification of our peer failed", Topic.VERIFY_FAILED, Direction.RAISED, None, False),
    (
        0x7900,
        "ssl - processing of the clienthello handshake message failed",
        Topic.DECODE,
        Direction.RAISED,
        Party.SERVER,
        False,
    ),
    (
        0x7980,
        "ssl - processing of the serverhello handshake message failed",
        Topic.DECODE,
        Direction.RAISED,
        Party.CLIENT,
        False,
    ),
    (
        0x7A00,
        "ssl - processing of the certificate handshake message failed",
        Topic.VERIFY_FAILED,
        Direction.RAISED,
        None,
        False,
    ),
    (
        0x7D80,
        "ssl - processing of the certificateverify handshake message failed",
        Topic.DECRYPT_ERROR,
        Direction.RAISED,
        None,
        False,
    ),
    (0x0050, "net - connection was reset by peer", Topic.RESET, Direction.RAISED, None, False),
    (
        0x0044,
        "net - the connection to the given server / port failed",
        Topic.REFUSED,
        Direction.RAISED,
        Party.CLIENT,
        False,
    ),
)

_MBED_FILES: tuple[tuple[int, str], ...] = (
    (0x1080, "pem - no pem header or footer found"),
    (0x1300, "pem - private key password can't be empty"),
    (0x1380, "pem - given private key password does not allow for correct decryption"),
    (0x2180, "x509 - the crt/crl/csr format is invalid"),
    (0x2880, "x509 - input invalid"),
    (0x3A80, "pk - the algorithm tag or value is invalid"),
    (0x3B00, "pk - the pubkey tag or value is invalid"),
    (0x3B80, "pk - given private key password does not allow for correct decryption"),
    (0x3C00, "pk - private key password can't be empty"),
    (0x3C80, "pk - key algorithm is unsupported"),
    (0x3D00, "pk - invalid key tag or value"),
    (0x3D80, "pk - unsupported key version"),
    (0x3E00, "pk - read/write of file failed"),
)
"""Error codes of own files that cannot be read."""

_MBED_FLAGS: tuple[tuple[str, Topic], ...] = (
    ("the certificate validity has expired", Topic.EXPIRED),
    ("the certificate has been revoked", Topic.REVOKED),
    ("the certificate common name (cn) does not match with the expected cn", Topic.HOST_NAME),
    ("the certificate is not correctly signed by the trusted ca", Topic.UNKNOWN_CA),
    ("the crl is not correctly signed by the trusted ca", Topic.REVOCATION_UNKNOWN),
    ("the crl is expired", Topic.REVOCATION_UNKNOWN),
    ("certificate was missing", Topic.CERTIFICATE_MISSING),
    ("the certificate validity starts in the future", Topic.NOT_YET_VALID),
    ("usage does not match the keyusage extension", Topic.PURPOSE),
    ("usage does not match the extendedkeyusage extension", Topic.PURPOSE),
    ("usage does not match the nscerttype extension", Topic.PURPOSE),
    ("the certificate is signed with an unacceptable hash", Topic.WEAK_SIGNATURE),
    ("the certificate is signed with an unacceptable pk alg", Topic.KEY_TYPE),
    ("the certificate is signed with an unacceptable key", Topic.WEAK_KEY),
)


def _mbedtls() -> Iterator[Wording]:
    for code, sentence, topic, direction, writer, is_consequence in _MBED_CODES:
        shown = f"-0x{code:04X}"
        yield Wording(sentence, topic, direction, writer=writer, code=shown, is_consequence=is_consequence)
        for text in dict.fromkeys((f"-0x{code:04x}", f"-0x{code:x}")):
            yield Wording(text, topic, direction, writer=writer, code=shown, is_consequence=is_consequence)
        if code > 0xFFF:
            yield Wording(
                f"returned -{code}",
                topic,
                direction,
                writer=writer,
                code=shown,
                is_consequence=is_consequence,
            )
    for code, sentence in _MBED_FILES:
        for text in (sentence, f"returned -0x{code:04x}", f"returned -0x{code:x}", f"returned -{code}"):
            yield Wording(text, Topic.LOCAL_CONFIGURATION, code=f"-0x{code:04X}")
    for text in ("returned -0x7f00", "returned -32512", "ssl - memory allocation failed"):
        yield Wording(text, Topic.OTHER, code="-0x7F00", is_consequence=True)
    for sentence, topic in _MBED_FLAGS:
        writer = Party.CLIENT if topic is Topic.HOST_NAME else None
        yield Wording(sentence, topic, writer=writer)
    yield Wording("verify flags", Topic.VERIFY_FAILED, is_consequence=True)
    yield Wording("certificate verification flags", Topic.VERIFY_FAILED, is_consequence=True)
    # ESP-IDF's bundle of root certificates.
    yield Wording("no matching trusted root certificate found", Topic.UNKNOWN_CA, writer=Party.CLIENT)
    yield Wording("esp-x509-crt-bundle: failed to verify certificate", Topic.UNKNOWN_CA, writer=Party.CLIENT)
    yield Wording("failed to verify peer certificate", Topic.VERIFY_FAILED, is_consequence=True)
    for alert in STANDARD_ALERTS:
        topic = ALERT_TOPICS.get(alert, Topic.OTHER)
        yield Wording(f"is a fatal alert message (msg {alert})", topic, Direction.RECEIVED, alert)
        yield Wording(f"send alert level=2 message={alert}", topic, Direction.RAISED, alert)
        yield Wording(f"got an alert message, type: [2:{alert}]", topic, Direction.RECEIVED, alert)


MBEDTLS_WORDINGS: tuple[Wording, ...] = tuple(_mbedtls())

_WOLF_CODES: tuple[tuple[int, str, Topic, Party | None], ...] = (
    (-150, "asn date error, current date before", Topic.NOT_YET_VALID, None),
    (-151, "asn date error, current date after", Topic.EXPIRED, None),
    (-155, "asn sig error, confirm failure", Topic.REKEYED, None),
    (-157, "asn sig error, unsupported key type", Topic.KEY_TYPE, None),
    (-160, "asn unsupported critical extension", Topic.CRITICAL_EXTENSION, None),
    (-162, "asn no pem header error", Topic.LOCAL_CONFIGURATION, None),
    (-188, "asn no signer error to confirm failure", Topic.ISSUER_NOT_FOUND, None),
    (-189, "asn crl sig error, confirm failure", Topic.REVOCATION_UNKNOWN, None),
    (-198, "name constraint error", Topic.NAME_CONSTRAINT, None),
    (-238, "asn ca path length larger than signer error", Topic.PATH_LENGTH, None),
    (-275, "asn self-signed certificate error", Topic.SELF_SIGNED, None),
    (-305, "verify mac problem", Topic.RECORD, None),
    (-308, "error state on socket", Topic.CLOSED, None),
    (-311, "unknown type in record hdr", Topic.NOT_TLS, None),
    (-312, "error during decryption", Topic.RECORD, None),
    (-317, "need the private key", Topic.LOCAL_CONFIGURATION, None),
    (-322, "peer subject name mismatch", Topic.HOST_NAME, Party.CLIENT),
    (-326, "record layer version error", Topic.VERSION, None),
    (-329, "verify problem on certificate", Topic.VERIFY_FAILED, None),
    (-330, "verify problem based on signature", Topic.DECRYPT_ERROR, None),
    (-345, "peer did not return a certificate", Topic.CERTIFICATE_MISSING, Party.SERVER),
    (-345, "peer didn't send cert", Topic.CERTIFICATE_MISSING, Party.SERVER),
    (-357, "not a ca by basic constraint error", Topic.NOT_A_CA, None),
    (-360, "ocsp cert revoked", Topic.REVOKED, None),
    (-361, "crl cert revoked", Topic.REVOKED, None),
    (-362, "crl missing, not loaded", Topic.REVOCATION_UNKNOWN, None),
    (-368, "maximum chain depth exceeded", Topic.PATH_LENGTH, None),
    (-378, "need peer certificate verify error", Topic.CERTIFICATE_MISSING, Party.SERVER),
    (-381, "unrecognized host name error", Topic.SERVER_NAME, Party.SERVER),
    (-383, "key use digitalsignature not set error", Topic.PURPOSE, None),
    (-385, "key use keyencipherment not set error", Topic.PURPOSE, None),
    (-386, "ext key use server/client auth not set error", Topic.PURPOSE, None),
    (-388, "invalid renegotiation info error", Topic.RENEGOTIATION, None),
    (-397, "peer closed underlying transport error", Topic.CLOSED, None),
    (-401, "dh key too small error", Topic.WEAK_KEY, None),
    (-409, "rsa key too small", Topic.WEAK_KEY, None),
    (-410, "ecc key too small", Topic.WEAK_KEY, None),
    (-440, "tls1.3 no certificate set error", Topic.LOCAL_CONFIGURATION, None),
    (-450, "bad/unsupported protocol version", Topic.VERSION, None),
    (-500, "unsupported cipher suite", Topic.CIPHER, None),
    (-501, "can't match cipher suite", Topic.CIPHER, None),
    (-503, "key share mismatch", Topic.GROUP, None),
)


def _wolfssl() -> Iterator[Wording]:
    for number, sentence, topic, writer in _WOLF_CODES:
        yield Wording(sentence, topic, writer=writer, code=str(number))
        for text in (
            f"error {number}",
            f"error = {number}",
            f"err = {number}",
            f"error: {number}",
            f"return {number}",
            f"ret = {number}",
        ):
            yield Wording(text, topic, writer=writer, code=str(number), also="wolfssl")
    for text in ("error = -313", "error: -313", "error -313", "err -313", "return -313"):
        yield Wording(text, Topic.OTHER, Direction.RECEIVED, code="-313", is_consequence=True, also="wolfssl")
    for text in ("received alert fatal error", "revcd alert fatal error"):
        yield Wording(text, Topic.OTHER, Direction.RECEIVED, code="-313", is_consequence=True)
    yield from alert_wordings("got alert: {}", STANDARD_ALERTS, Direction.RECEIVED)
    yield from alert_wordings("alert type: {}", STANDARD_ALERTS, Direction.RECEIVED)


WOLFSSL_WORDINGS: tuple[Wording, ...] = tuple(_wolfssl())

S2N_WORDINGS: tuple[Wording, ...] = (
    Wording("s2n_err_cert_untrusted", Topic.UNKNOWN_CA),
    Wording("certificate is untrusted", Topic.UNKNOWN_CA, also="s2n"),
    Wording("s2n_err_cert_expired", Topic.EXPIRED),
    Wording("s2n_err_cert_not_yet_valid", Topic.NOT_YET_VALID),
    Wording("s2n_err_cert_revoked", Topic.REVOKED),
    Wording("s2n_err_cert_type_unsupported", Topic.KEY_TYPE),
    Wording("s2n_err_cert_intent_invalid", Topic.PURPOSE),
    Wording("s2n_err_missing_client_cert", Topic.CERTIFICATE_MISSING, writer=Party.SERVER),
    Wording("s2n_err_no_client_cert", Topic.CERTIFICATE_MISSING, writer=Party.SERVER),
    Wording("s2n_err_cipher_not_supported", Topic.CIPHER),
    Wording("s2n_err_protocol_version_unsupported", Topic.VERSION),
    Wording("s2n_err_bad_message", Topic.DECODE),
    Wording("s2n_err_closed", Topic.CLOSED),
    Wording("tls alert received", Topic.OTHER, Direction.RECEIVED, also="s2n", is_consequence=True),
)

_BEARSSL_ERRORS: tuple[tuple[int, str, str, Topic, Party | None], ...] = (
    (52, "x509_bad_signature", "invalid signature on certificate", Topic.SIGNATURE, None),
    (54, "x509_expired", "certificate is expired or not yet valid", Topic.EXPIRED_OR_NOT_YET_VALID, None),
    (55, "x509_dn_mismatch", "issuer / subject dn mismatch", Topic.CHAIN_ORDER, None),
    (
        56,
        "x509_bad_server_name",
        "expected server name was not found in the chain",
        Topic.HOST_NAME,
        Party.CLIENT,
    ),
    (57, "x509_critical_extension", "unknown critical extension", Topic.CRITICAL_EXTENSION, None),
    (58, "x509_not_ca", "not a ca, or path length constraint violation", Topic.NOT_A_CA, None),
    (59, "x509_forbidden_key_usage", "key usage extension prohibits intended usage", Topic.PURPOSE, None),
    (60, "x509_weak_public_key", "public key found in certificate is too small", Topic.WEAK_KEY, None),
    (62, "x509_not_trusted", "chain could not be linked to a trust anchor", Topic.ISSUER_NOT_FOUND, None),
)
"""brerr.c of BearSSL's tools and bearssl_ssl.h."""


def _bearssl() -> Iterator[Wording]:
    for number, symbol, sentence, topic, writer in _BEARSSL_ERRORS:
        yield Wording(f"br_err_{symbol}", topic, writer=writer, code=str(number))
        yield Wording(sentence, topic, writer=writer, code=str(number))
        yield Wording(f"failed, error {number}", topic, writer=writer, code=str(number), also="bssl:")


BEARSSL_WORDINGS: tuple[Wording, ...] = tuple(_bearssl())

BOTAN_WORDINGS: tuple[Wording, ...] = (
    Wording("certificate validation failure: cannot establish trust", Topic.UNKNOWN_CA),
    Wording("certificate validation failure: certificate issuer not found", Topic.ISSUER_NOT_FOUND),
    Wording("certificate validation failure: certificate has expired", Topic.EXPIRED),
    Wording("certificate validation failure: certificate is not yet valid", Topic.NOT_YET_VALID),
    Wording("certificate validation failure: certificate is revoked", Topic.REVOKED),
    Wording("certificate validation failure: ca certificate not allowed to issue certs", Topic.NOT_A_CA),
    Wording("certificate validation failure: certificate chain too long", Topic.PATH_LENGTH),
    Wording("certificate validation failure: signature error", Topic.SIGNATURE),
    Wording(
        "certificate validation failure: certificate does not match provided name",
        Topic.HOST_NAME,
        writer=Party.CLIENT,
    ),
)
