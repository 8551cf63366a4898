"""Numbers and their names."""

from __future__ import annotations

import pytest

from analyzers.tls import codepoints

NAMED = [
    (codepoints.version_name, 0x0300, "SSLv3"),
    (codepoints.version_name, 0x0301, "TLSv1.0"),
    (codepoints.version_name, 0x0304, "TLSv1.3"),
    (codepoints.version_name, 0x7F17, "TLSv1.3-draft23"),
    (codepoints.version_name, 0xFB1A, "TLSv1.3-fb26"),
    (codepoints.version_name, 0x0305, "unknown-0x0305"),
    (codepoints.cipher_suite_name, 0x1302, "TLS_AES_256_GCM_SHA384"),
    (codepoints.cipher_suite_name, 0xC030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
    (codepoints.cipher_suite_name, 0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
    (codepoints.cipher_suite_name, 0xCC13, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256_OLD"),
    (codepoints.cipher_suite_name, 0x3A3A, "GREASE"),
    (codepoints.cipher_suite_name, 0x3A3B, "unknown-0x3a3b"),
    (codepoints.group_name, 0x001D, "x25519"),
    (codepoints.group_name, 0x11EC, "X25519MLKEM768"),
    (codepoints.group_name, 0x4138, "CECPQ2"),
    (codepoints.group_name, 0xFAFA, "GREASE"),
    (codepoints.signature_scheme_name, 0x0804, "rsa_pss_rsae_sha256"),
    (codepoints.signature_scheme_name, 0x0904, "mldsa44"),
    (codepoints.signature_scheme_name, 0x0301, "sha224_rsa"),
    (codepoints.signature_scheme_name, 0x0402, "sha256_dsa"),
    (codepoints.signature_scheme_name, 0x5A5A, "GREASE"),
    (codepoints.signature_scheme_name, 0x0909, "unknown-0x0909"),
    (codepoints.extension_name, 0, "server_name"),
    (codepoints.extension_name, 0xFE0D, "encrypted_client_hello"),
    (codepoints.extension_name, 17513, "application_settings_old"),
    (codepoints.extension_name, 0x0A0A, "GREASE"),
    (codepoints.alert_name, 43, "unsupported_certificate"),
    (codepoints.alert_name, 116, "certificate_required"),
    (codepoints.alert_name, 200, "unknown-0xc8"),
    (codepoints.alert_level_name, 1, "warning"),
    (codepoints.alert_level_name, 2, "fatal"),
    (codepoints.alert_level_name, 7, "7"),
    (codepoints.handshake_type_name, 13, "certificate_request"),
    (codepoints.handshake_type_name, 99, "unknown-0x63"),
    (codepoints.message_name, 13, "CertificateRequest"),
    (codepoints.message_name, 99, "unknown-0x63"),
    (codepoints.content_type_name, 22, "handshake"),
    (codepoints.content_type_name, 99, "unknown-0x63"),
]


@pytest.mark.parametrize(("name_of", "code", "name"), NAMED)
def test_every_code_has_a_name(name_of: object, code: int, name: str) -> None:
    """Registered, drafted, GREASE or unknown: there is always something to print."""
    assert callable(name_of)
    assert name_of(code) == name


def test_grease_is_what_rfc8701_lists() -> None:
    """The sixteen values that a client may put anywhere."""
    grease = [code for code in range(1 << 16) if codepoints.is_grease(code)]
    assert grease == [0x0A0A + 0x1010 * index for index in range(16)]


@pytest.mark.parametrize("version", [0x0304, 0x7F12, 0x7F1C, 0xFB17, 0xFB1A])
def test_drafts_are_tls13(version: int) -> None:
    """Drafts and their variants work as TLS 1.3 does."""
    assert codepoints.is_tls13(version)


@pytest.mark.parametrize("version", [0x0002, 0x0300, 0x0303, 0x0305, 0x3A3A])
def test_older_versions_are_not_tls13(version: int) -> None:
    """Nor are versions that nobody knows."""
    assert not codepoints.is_tls13(version)


@pytest.mark.parametrize(
    ("registered", "beside"),
    [
        (codepoints.CIPHER_SUITES, codepoints.UNREGISTERED_CIPHER_SUITES),
        (codepoints.GROUPS, codepoints.UNREGISTERED_GROUPS),
        (codepoints.EXTENSIONS, codepoints.UNREGISTERED_EXTENSIONS),
    ],
)
def test_no_code_stands_in_two_tables(registered: dict[int, str], beside: dict[int, str]) -> None:
    """What the registry has is not also a draft of ours; names are unique in the registry."""
    assert not registered.keys() & beside.keys()
    assert len(set(registered.values())) == len(registered)


def test_messages_and_handshake_types_are_the_same() -> None:
    """Each type has a name in the registry and one in its RFC."""
    assert codepoints.MESSAGES.keys() == codepoints.HANDSHAKE_TYPES.keys()
