"""Cipher suites: properties read from names, against the lists of real OpenSSL builds."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from analyzers.tls import codepoints
from analyzers.tls.ciphers import BulkKind, CipherSuite, expand, openssl_name, parse_suite_name, suite

SIGNALLING = {codepoints.RENEGOTIATION_INFO_SCSV, codepoints.FALLBACK_SCSV}
EVERYTHING = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"


def known(code: int) -> CipherSuite:
    """Give a suite that must be there."""
    found = suite(code)
    assert found is not None
    return found


def test_every_registered_suite_has_properties() -> None:
    """All names of the registry but the two signalling values are understood."""
    assert {code for code in codepoints.CIPHER_SUITES if suite(code) is None} == SIGNALLING


@pytest.mark.parametrize("code", [0x0A0A, 0xFAFA, 0x00FF, 0x5600, 0x1399, 0xFFFF, -1, 1 << 20])
def test_what_is_no_suite_has_no_properties(code: int) -> None:
    """GREASE, signalling values and unassigned codes give None, and have no OpenSSL name."""
    assert suite(code) is None
    assert openssl_name(code) is None


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (
            0xC02F,
            ("ECDHE", "RSA", "AES_128_GCM", BulkKind.AEAD, "AEAD", "SHA256", False, False, 16, 4, 0, 16),
        ),
        (
            0xC030,
            ("ECDHE", "RSA", "AES_256_GCM", BulkKind.AEAD, "AEAD", "SHA384", False, False, 32, 4, 0, 16),
        ),
        (0x1301, ("any", "any", "AES_128_GCM", BulkKind.AEAD, "AEAD", "SHA256", True, False, 16, 12, 0, 16)),
        (0x1305, ("any", "any", "AES_128_CCM_8", BulkKind.AEAD, "AEAD", "SHA256", True, False, 16, 12, 0, 8)),
        (0x1306, ("any", "any", "AEGIS_256", BulkKind.AEAD, "AEAD", "SHA512", True, False, 32, 32, 0, 16)),
        (0x00C6, ("any", "any", "SM4_GCM", BulkKind.AEAD, "AEAD", "SM3", True, False, 16, 12, 0, 16)),
        (0xC0B5, ("any", "any", "NULL", BulkKind.NULL, "SHA384", "SHA384", True, False, 0, 0, 48, 0)),
        (
            0xCCA9,
            (
                "ECDHE",
                "ECDSA",
                "CHACHA20_POLY1305",
                BulkKind.AEAD,
                "AEAD",
                "SHA256",
                False,
                False,
                32,
                12,
                0,
                16,
            ),
        ),
        (0xC0A0, ("RSA", "RSA", "AES_128_CCM_8", BulkKind.AEAD, "AEAD", "SHA256", False, False, 16, 4, 0, 8)),
        (
            0xC028,
            ("ECDHE", "RSA", "AES_256_CBC", BulkKind.BLOCK, "SHA384", "SHA384", False, False, 32, 16, 48, 0),
        ),
        (0x0035, ("RSA", "RSA", "AES_256_CBC", BulkKind.BLOCK, "SHA", "SHA256", False, False, 32, 16, 20, 0)),
        (0x000A, ("RSA", "RSA", "3DES_EDE_CBC", BulkKind.BLOCK, "SHA", "SHA256", False, False, 24, 8, 20, 0)),
        (0x0004, ("RSA", "RSA", "RC4_128", BulkKind.STREAM, "MD5", "SHA256", False, False, 16, 0, 16, 0)),
        (0x0006, ("RSA", "RSA", "RC2_CBC_40", BulkKind.BLOCK, "MD5", "SHA256", False, True, 5, 8, 16, 0)),
        (0x002E, ("RSA_PSK", "RSA", "NULL", BulkKind.NULL, "SHA", "SHA256", False, False, 0, 0, 20, 0)),
        (
            0xC0AA,
            ("DHE_PSK", "PSK", "AES_128_CCM_8", BulkKind.AEAD, "AEAD", "SHA256", False, False, 16, 4, 0, 8),
        ),
        (
            0x0034,
            ("DHE", "anon", "AES_128_CBC", BulkKind.BLOCK, "SHA", "SHA256", False, False, 16, 16, 20, 0),
        ),
        (
            0xC103,
            (
                "any",
                "any",
                "KUZNYECHIK_MGM_L",
                BulkKind.AEAD,
                "AEAD",
                "STREEBOG_256",
                True,
                False,
                32,
                16,
                0,
                16,
            ),
        ),
        (0x0000, ("NULL", "NULL", "NULL", BulkKind.NULL, "NULL", "SHA256", False, False, 0, 0, 0, 0)),
    ],
)
def test_properties_are_those_of_the_suites_documents(code: int, parts: tuple[object, ...]) -> None:
    """One suite of each kind has the parts and lengths that its RFC gives."""
    found = known(code)
    assert found.code == code
    assert found.name == codepoints.CIPHER_SUITES[code]
    assert parts == (
        found.key_exchange,
        found.authentication,
        found.encryption,
        found.kind,
        found.mac,
        found.prf_hash,
        found.is_tls13,
        found.is_export,
        found.key_bytes,
        found.iv_bytes,
        found.mac_bytes,
        found.tag_bytes,
    )


def test_secrecy_and_strength_follow_from_the_parts() -> None:
    """Forward secrecy, anonymity and effective key length are read off the parts."""
    assert [known(code).is_forward_secret for code in (0x1301, 0xC02F, 0x0033, 0x002F, 0xC004)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert [known(code).is_anonymous for code in (0x0034, 0xC018, 0x0000, 0x002F)] == [
        True,
        True,
        True,
        False,
    ]
    assert [known(code).bits for code in (0x1301, 0xC030, 0x000A, 0x0003, 0x0002)] == [128, 256, 112, 40, 0]


def test_export_ciphers_take_longer_keys_than_the_key_schedule_gives() -> None:
    """The key of an export suite is stretched (RFC 2246 section 6.3.1), every other one is taken as it is."""
    stretched = {
        name: (known(code).key_bytes, known(code).cipher_key_bytes)
        for code, name in codepoints.CIPHER_SUITES.items()
        if code not in SIGNALLING and known(code).key_bytes != known(code).cipher_key_bytes
    }
    assert all("_EXPORT_" in name for name in stretched)
    assert set(stretched.values()) == {(5, 8), (5, 16)}
    assert stretched["TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"] == (5, 16)


def test_names_agree_with_the_openssl_program() -> None:
    """For every suite that the system's `openssl` lists, both names lead to each other."""
    listing = subprocess.run(
        ["openssl", "ciphers", "-stdname", EVERYTHING], capture_output=True, text=True, check=True
    ).stdout
    pairs = [(line.split()[0], line.split()[2]) for line in listing.splitlines()]
    assert len(pairs) > 100
    for iana, openssl in pairs:
        (code,) = expand([iana])
        assert (openssl, (code,)) == (openssl_name(code), expand([openssl]))


def test_names_agree_with_the_engine_of_the_relay() -> None:
    """Every name that pyOpenSSL's OpenSSL lists is one that we give."""
    context = SSL.Context(SSL.TLS_METHOD)
    context.set_cipher_list(EVERYTHING.encode())
    names = SSL.Connection(context, None).get_cipher_list()
    assert names == [openssl_name(code) for code in expand(names)]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (0x000A, "DES-CBC3-SHA"),
        (0x0016, "DHE-RSA-DES-CBC3-SHA"),
        (0x0005, "RC4-SHA"),
        (0x008B, "PSK-3DES-EDE-CBC-SHA"),
        (0xC01A, "SRP-3DES-EDE-CBC-SHA"),
        (0xC00E, "ECDH-RSA-AES128-SHA"),
        (0x001F, "KRB5-DES-CBC3-SHA"),
        (0x0003, None),
        (0xC0B4, None),
        (0xC03C, None),
        (0xC07A, None),
        (0xD001, None),
        (0xC102, None),
    ],
)
def test_names_of_suites_that_openssl_dropped_or_never_had(code: int, name: str | None) -> None:
    """Suites of older releases have the name that those gave them; those that no release had have none."""
    assert name == openssl_name(code)


def test_no_two_suites_share_a_name() -> None:
    """An OpenSSL name stands for one suite."""
    names = [name for code in codepoints.CIPHER_SUITES if (name := openssl_name(code))]
    assert len(set(names)) == len(names)


def test_expand_keeps_order_and_drops_repetitions() -> None:
    """Names of both kinds mix, each suite comes once, in the order in which it was first named."""
    names = ["AES256-SHA", " TLS_AES_128_GCM_SHA256 ", "TLS_RSA_WITH_AES_256_CBC_SHA", "EDH-RSA-DES-CBC3-SHA"]
    assert expand(names) == (0x0035, 0x1301, 0x0016)
    assert expand([]) == ()


def test_expand_names_all_that_it_does_not_know() -> None:
    """All unknown names are in the one error."""
    with pytest.raises(ValueError, match="unknown cipher suites: HIGH, aes128-sha"):
        expand(["HIGH", "AES128-SHA", "aes128-sha"])


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["TLS", "RSA", "WITH", "AES", "128", "GCM", "SHA", ""])).map("_".join)
)
def test_any_name_is_read_without_an_error(name: str) -> None:
    """Whatever the name, it is a suite or it is None."""
    found = parse_suite_name(0, name)
    assert found is None or found.name == name
