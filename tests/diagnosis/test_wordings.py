"""Verbatim lines of real stacks, and what they must be read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzers.causes import catalogue
from analyzers.connection import Party
from analyzers.diagnosis.wordings import topics
from analyzers.diagnosis.wordings.index import TABLES, wordings_in
from analyzers.diagnosis.wordings.openssl_codes import find_packed_codes
from analyzers.diagnosis.wordings.reading import read_line
from analyzers.diagnosis.wordings.wording import Direction

C, S = Party.CLIENT, Party.SERVER
RECEIVED, RAISED = Direction.RECEIVED, Direction.RAISED

LINES = [
    # line, stack, direction, alert, written by, first cause
    ("error:14094413:SSL routines:SSL3_READ_BYTES:sslv3 alert unsupported certificate", "OpenSSL", RECEIVED, 43, None, "client-certificate-purpose"),
    ("SSL/TLS error in SSL_connect(), SSL_ERROR_SSL: protocol error, error:0A000413:SSL routines::ssl/tls alert unsupported certificate", "InterSystems", RECEIVED, 43, C, "client-certificate-purpose"),
    ("SSL/TLS error in SSL_accept(), SSL_ERROR_SSL: protocol error, error:14094413:SSL routines:ssl3_read_bytes:sslv3 alert unsupported certificate", "InterSystems", RECEIVED, 43, S, "server-certificate-purpose"),
    ("error:0A000415:SSL routines::tls alert certificate expired", "OpenSSL", RECEIVED, 45, None, "certificate-expired"),
    ("error:1417C0C7:SSL routines:tls_process_client_certificate:peer did not return a certificate", "OpenSSL", RAISED, 40, S, "client-certificate-missing"),
    ("error:0A0000C1:SSL routines::no shared cipher", "OpenSSL", RAISED, 40, S, "no-common-cipher"),
    ("error:0A000102:SSL routines::unsupported protocol", "OpenSSL", RAISED, 70, None, "no-common-version"),
    ("error:0A000065:SSL routines::no suitable key share", "OpenSSL", RAISED, 40, S, "no-common-group"),
    ("error:1408F10B:SSL routines:ssl3_get_record:wrong version number", "OpenSSL", RAISED, None, None, "not-tls-server"),
    ("verify error:num=26:unsuitable certificate purpose", "OpenSSL", RAISED, None, None, "client-certificate-purpose"),
    ("verify error:num=26:unsupported certificate purpose", "OpenSSL", RAISED, None, None, "client-certificate-purpose"),
    ("Verify return code: 19 (self-signed certificate in certificate chain)", "OpenSSL", RAISED, None, None, "unknown-ca"),
    ("05800074:x509 certificate routines:X509_check_private_key:key values mismatch", "OpenSSL", RAISED, None, None, "private-key-mismatch"),
    ("error:80000002:system library::No such file or directory", "OpenSSL", RAISED, None, None, "client-configuration"),
    ("error:0A00018F:SSL routines::ee key too small", "OpenSSL", RAISED, None, None, "weak-key"),
    ("error:0A00018E:SSL routines::ca md too weak", "OpenSSL", RAISED, None, None, "weak-signature"),
    ("* TLSv1.3 (IN), TLS alert, unknown CA (560):", "OpenSSL", RECEIVED, 48, C, "unknown-ca"),
    ("<<< TLS 1.2, Alert [length 0002], fatal bad_certificate", "OpenSSL", RECEIVED, 42, None, "certificate-not-yet-valid"),
    ("error:1404B42E:SSL routines:ST_CONNECT:tlsv1 alert protocol version", "LibreSSL", RECEIVED, 70, C, "no-common-version"),
    ("error:10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE", "BoringSSL", RECEIVED, 42, None, "certificate-not-yet-valid"),
    ("TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED", "BoringSSL", RAISED, None, None, "unknown-ca"),
    ("ssl.SSLError: [SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required (_ssl.c:2580)", "Python", RECEIVED, 116, C, "client-certificate-missing"),
    ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl.c:1006)", "Python", RAISED, None, None, "certificate-expired"),
    ("code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'", "Node", RAISED, None, None, "incomplete-chain"),
    ("*** Received alert [43]: Certificate is not supported", "GnuTLS", RECEIVED, 43, None, "client-certificate-purpose"),
    ("*** Fatal error: Key usage violation in certificate has been detected.", "GnuTLS", RAISED, 80, None, "client-certificate-purpose"),
    ("- Status: The certificate is NOT trusted. The certificate chain uses expired certificate. ", "GnuTLS", RAISED, 42, None, "certificate-expired"),
    ("javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_unknown", "Java", RECEIVED, 46, None, "unknown-ca"),
    ("PKIX path building failed: unable to find valid certification path to requested target", "Java", RAISED, 46, None, "unknown-ca"),
    ("Extended key usage does not permit use for TLS client authentication", "Java", RAISED, 46, S, "client-certificate-purpose"),
    ("Extended key usage does not permit use for TLS server authentication", "Java", RAISED, 46, C, "server-certificate-purpose"),
    ("remote error: tls: unknown certificate authority", "Go", RECEIVED, 48, None, "unknown-ca"),
    ("x509: certificate specifies an incompatible key usage", "Go", RAISED, 42, None, "client-certificate-purpose"),
    ("x509: certificate has expired or is not yet valid: current time 2026-01-01T00:00:00Z is before 2027-01-01T00:00:00Z", "Go", RAISED, 42, None, "certificate-not-yet-valid"),
    ("tls: client didn't provide a certificate", "Go", RAISED, 42, S, "client-certificate-missing"),
    ("SSL_ERROR_EXPIRED_CERT_ALERT", "NSS", RECEIVED, 45, None, "certificate-expired"),
    ("NSS error -12195 (SSL_ERROR_UNKNOWN_CA_ALERT)", "NSS", RECEIVED, 48, None, "unknown-ca"),
    ("mbedtls_ssl_handshake returned -0x7480", "mbedTLS", RAISED, None, S, "client-certificate-missing"),
    ("Usage does not match the extendedKeyUsage extension", "mbedTLS", RAISED, None, None, "client-certificate-purpose"),
    ("wolfSSL_accept error -386, Ext Key Use server/client auth not set Error", "wolfSSL", RAISED, None, S, "client-certificate-purpose"),
    ("A fatal alert was received from the remote endpoint. The TLS protocol defined fatal alert code is 43.", "SChannel", RECEIVED, 43, None, "client-certificate-purpose"),
    ("SEC_E_UNTRUSTED_ROOT (0x80090325) - The certificate chain was issued by an authority that is not trusted.", "SChannel", RAISED, None, None, "unknown-ca"),
    ("TLS server: In state certify received CLIENT ALERT: Fatal - Unsupported Certificate", "Erlang", RECEIVED, 43, S, "server-certificate-purpose"),
    ("TLS client: In state certify at ssl_handshake.erl:1950 generated CLIENT ALERT: Fatal - Unknown CA", "Erlang", RAISED, 48, C, "unknown-ca"),
    ("invalid peer certificate: NotValidYet", "rustls", RAISED, 42, None, "certificate-not-yet-valid"),
    ("received fatal alert: CertificateRequired", "rustls", RECEIVED, 116, C, "client-certificate-missing"),
    ("errSSLPeerUnsupportedCert (-9826)", "Secure Transport", RECEIVED, 43, None, "client-certificate-purpose"),
    ("ERROR #2069: Names in SSL Server Configuration '%MirrorServer' and Client Configuration '%MirrorClient' are different", "InterSystems", RAISED, None, None, "configuration-drift"),
    ("Certificate /iris/mgr/a.pem is not valid for TLS Web client authentication", "InterSystems", RAISED, None, S, "client-certificate-purpose"),
    ("SSL DN (Distinguished Name) field already in use", "InterSystems", RAISED, None, None, "dn-duplicate"),
    ("connect: Connection refused", "operating system", RAISED, None, None, "connection-refused"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "stack", "direction", "alert", "writer", "cause"), LINES, ids=[row[0][:50] for row in LINES]
)
def test_reads_a_verbatim_line(
    line: str, stack: str, direction: Direction, alert: int | None, writer: Party | None, cause: str
) -> None:
    """A line of a real stack gives its stack, direction, alert, writer and first root cause."""
    read = read_line(line)

    assert read is not None
    assert (stack, direction, alert, writer) == (read.stack, read.direction, read.alert, read.written_by)
    assert cause == read.causes[0][0]


@pytest.mark.parametrize(
    "line",
    ["Starting purge of journal files", "", "Certificate renewed, all is well", "error: file not found"],
)
def test_leaves_other_lines_alone(line: str) -> None:
    """A line that says nothing of a failed connection is not read."""
    assert read_line(line) is None


def test_certificate_padding_errors_mean_a_rekeyed_authority() -> None:
    """RSA padding errors before `certificate verify failed` come from an issuer of the same name with another key."""
    read = read_line(
        "SSL/TLS error in SSL_connect(), SSL_ERROR_SSL: protocol error, error:0200008A:rsa routines::invalid padding, "
        "error:02000072:rsa routines::padding check failed, error:0A000086:SSL routines::certificate verify failed"
    )

    assert read is not None
    assert read.causes[0][0] == "ca-rekeyed"


@pytest.mark.parametrize(
    ("text", "generation", "library", "reason", "alert"),
    [
        (
            "error:14094413:SSL routines:SSL3_READ_BYTES:sslv3 alert unsupported certificate",
            "1.x",
            20,
            1043,
            43,
        ),
        ("error:0A000413:SSL routines::ssl/tls alert unsupported certificate", "3.x", 20, 1043, 43),
        ("error:0A000086:SSL routines::certificate verify failed", "3.x", 20, 134, None),
        (
            "error:14090086:SSL routines:ssl3_get_server_certificate:certificate verify failed",
            "1.x",
            20,
            134,
            None,
        ),
        (
            "error:10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE",
            "BoringSSL",
            16,
            1042,
            42,
        ),
        ("error:0480006C:PEM routines::no start line", "3.x", 9, 108, None),
        ("error:0906D06C:PEM routines:PEM_read_bio:no start line", "1.x", 9, 108, None),
        ("error:0A000418", "3.x", 20, 1048, 48),
    ],
)
def test_decodes_packed_codes_by_arithmetic(
    text: str, generation: str, library: int, reason: int, alert: int | None
) -> None:
    """Library, reason and alert come out of the number, in each generation's layout."""
    (code,) = find_packed_codes(text)

    assert (generation, library, reason, alert) == (code.generation, code.library, code.reason, code.alert)


@given(st.integers(0, 255))
def test_every_received_alert_decodes_in_both_generations(alert: int) -> None:
    """Alert N is reason 1000 + N in 1.x's and in 3.x's layout."""
    old, new = 20 << 24 | 148 << 12 | 1000 + alert, 20 << 23 | 1000 + alert
    texts = (f"error:{old:08X}:SSL routines:ssl3_read_bytes:x", f"error:{new:08X}:SSL routines::x")

    assert [find_packed_codes(text)[0].alert for text in texts] == [alert or None] * 2


@given(st.text(max_size=400))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Any text is read or left alone."""
    read_line(text)


def test_the_index_finds_what_a_search_of_every_wording_finds() -> None:
    """No wording is lost by being filed under a key of its own text."""
    for line, *_ in LINES:
        folded = line.lower()
        slow = {
            wording
            for _, table in TABLES
            for wording in table
            if wording.text in folded and wording.also in folded
        }
        assert slow == {wording for _, wording in wordings_in(folded)}


def test_every_cause_named_is_in_the_catalogue() -> None:
    """Each topic ranks root causes that the catalogue has, with confidences that fall."""
    for ranking in (topics.causes_of(topic, party) for topic in topics.Topic for party in (C, S, None)):
        assert {cause for cause, _ in ranking} <= set(catalogue())
        assert list(ranking) == sorted(ranking, key=lambda entry: -entry[1])
