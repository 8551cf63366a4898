"""The key schedules, against the vectors of their documents."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from analyzers.errors import ProtectionUnsupported
from analyzers.tls.keyschedule import expand_label, extended_master_secret, hmac_of, master_secret, prf
from tests.tls import rfc8448


def test_rfc8448_derives_the_handshake_traffic_secrets() -> None:
    """HKDF-Expand-Label gives both handshake traffic secrets of RFC 8448 section 3."""
    for label, secret in (
        (b"c hs traffic", rfc8448.CLIENT_HANDSHAKE_SECRET),
        (b"s hs traffic", rfc8448.SERVER_HANDSHAKE_SECRET),
    ):
        assert secret == expand_label("SHA256", rfc8448.HANDSHAKE_SECRET, label, rfc8448.HELLO_HASH, 32)


@pytest.mark.parametrize(("secret", "key", "iv"), rfc8448.KEYS)
def test_rfc8448_expands_traffic_secrets_into_keys(secret: bytes, key: bytes, iv: bytes) -> None:
    """Each traffic secret of RFC 8448 section 3 expands into the key and the IV that it prints."""
    assert key == expand_label("SHA256", secret, b"key", b"", 16)
    assert iv == expand_label("SHA256", secret, b"iv", b"", 12)


@pytest.mark.parametrize("length", [1, 32, 33, 80, 255])
def test_expand_label_is_hkdf_expand_of_a_label(length: int) -> None:
    """Any length agrees with the HKDF of another implementation, given the label as RFC 8446 lays it out."""
    label = length.to_bytes(2, "big") + b"\x09tls13 key\x02cx"
    assert HKDFExpand(SHA256(), length, label).derive(b"s" * 32) == expand_label(
        "SHA256", b"s" * 32, b"key", b"cx", length
    )


def test_tls12_prf_gives_the_published_output() -> None:
    """P_SHA256 gives the output that the TLS working group published for it in 2009."""
    output = prf(
        0x0303,
        "SHA256",
        bytes.fromhex("9bbe436ba940f017b17652849a71db35"),
        b"test label",
        bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c"),
        100,
    )
    assert output.hex() == (
        "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af"
        "0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
        "87347b66"
    )


def test_tls10_prf_splits_a_secret_of_odd_length() -> None:
    """Both halves of a secret of odd length have its middle byte (RFC 2246 section 5)."""
    secret = bytes(range(7))
    whole = prf(0x0301, "SHA256", secret, b"label", b"seed", 20)
    md5 = _p_hash("MD5", secret[:4], b"labelseed")
    sha = _p_hash("SHA", secret[3:], b"labelseed")
    assert whole == bytes(left ^ right for left, right in zip(md5[:20], sha[:20], strict=True))


def _p_hash(name: str, secret: bytes, seed: bytes) -> bytes:
    first = hmac_of(name, secret, seed)
    second = hmac_of(name, secret, first)
    return hmac_of(name, secret, first + seed) + hmac_of(name, secret, second + seed)


def test_master_secrets_have_48_bytes_and_differ() -> None:
    """The master secret and the extended one are different functions of the same premaster secret."""
    plain = master_secret(0x0303, "SHA384", b"p" * 48, b"c" * 32, b"s" * 32)
    extended = extended_master_secret(0x0303, "SHA384", b"p" * 48, b"h" * 48)
    assert (len(plain), len(extended)) == (48, 48)
    assert plain != extended


@pytest.mark.parametrize("name", ["STREEBOG_256", "", "sha256"])
def test_unknown_hashes_are_refused(name: str) -> None:
    """A hash that no supported suite names is unsupported, and no other error."""
    with pytest.raises(ProtectionUnsupported):
        hmac_of(name, b"key", b"data")


def test_ssl3_is_refused() -> None:
    """SSL 3.0 has a key derivation of its own, so it is refused by name."""
    with pytest.raises(ProtectionUnsupported, match=r"SSL 3\.0"):
        prf(0x0300, "SHA256", b"secret", b"label", b"seed", 16)
