"""Two ways of writing one public key are one key."""

from __future__ import annotations

from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from analyzers.wire import Cursor
from analyzers.x509.der import BIT_STRING, OBJECT_IDENTIFIER, SEQUENCE, enter, expect, read_element, wrap
from analyzers.x509.keys import are_same_key

RSA_PSS = wrap(OBJECT_IDENTIFIER, bytes.fromhex("2a864886f70d01010a"))


@cache
def _spki(kind: str, number: int) -> bytes:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if kind == "ec":
        key = ec.generate_private_key(ec.SECP256R1())
    elif kind == "rsa":
        key = rsa.generate_private_key(65537, 2048)
    else:
        key = ed25519.Ed25519PrivateKey.generate()
    assert number >= 0, "a number tells keys of one kind apart"
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _rewritten(spki: bytes, algorithm: bytes | None = None, key: bytes | None = None) -> bytes:
    fields = enter(Cursor(spki), SEQUENCE, "SubjectPublicKeyInfo")
    old_algorithm, old_key = expect(fields, SEQUENCE, "algorithm"), expect(fields, BIT_STRING, "key")
    return wrap(
        SEQUENCE,
        wrap(SEQUENCE, old_algorithm if algorithm is None else algorithm)
        + wrap(BIT_STRING, old_key if key is None else b"\x00" + key),
    )


def _point(spki: bytes) -> bytes:
    fields = enter(Cursor(spki), SEQUENCE, "SubjectPublicKeyInfo")
    read_element(fields)
    return expect(fields, BIT_STRING, "key")[1:]


def test_a_restriction_to_pss_is_no_other_key() -> None:
    """Both rsassaPss and rsaEncryption name RSA keys."""
    assert are_same_key(_spki("rsa", 1), _rewritten(_spki("rsa", 1), RSA_PSS))
    assert not are_same_key(_spki("rsa", 2), _rewritten(_spki("rsa", 1), RSA_PSS))


@pytest.mark.parametrize("number", range(6))
def test_a_compressed_point_is_the_same_point(number: int) -> None:
    """The x coordinate and the sign of y are the point; with the other sign it is another one."""
    spki = _spki("ec", number)
    point = _point(spki)
    half = len(point) // 2
    right = bytes([2 + (point[-1] & 1)]) + point[1 : 1 + half]
    wrong = bytes([3 - (point[-1] & 1)]) + point[1 : 1 + half]

    assert are_same_key(spki, _rewritten(spki, key=right))
    assert are_same_key(_rewritten(spki, key=right), spki)
    assert not are_same_key(spki, _rewritten(spki, key=wrong))


def test_keys_of_different_kinds_are_different() -> None:
    """Nothing but the algorithm may tell them apart."""
    assert len({kind for kind in ("ec", "rsa", "ed") if are_same_key(_spki(kind, 1), _spki("ed", 1))}) == 1


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_compared(one: bytes, other: bytes) -> None:
    """What is no key equals itself only."""
    assert are_same_key(one, one)
    assert are_same_key(one, other) == are_same_key(other, one)
